import { RE2JS } from "re2js";
import { fromUnicode, toBytes } from "../latin1.ts";
import { BEFORE, clearOf, type FileMasks, hide, maskAround, type Masked, masksIn, withoutMasks } from "../mask.ts";
import type { Span } from "../rule.ts";
import { PatternPace } from "./pattern_pace.ts";
import { requiredLiteral } from "./required_literal.ts";

/** What becomes of a capture group's text in the replacement. */
interface Group {
  emit: "text" | "mask" | "nothing";
  /** Number of the group whose text it is, where that is another one. */
  from?: number;
}

const NOT_ASCII = /[\x80-\xff]/;

/** A pattern of a user's redactor, in RE2 syntax, matched in time linear in the line.
 *
 * A match is replaced by its groups, one after the other: `mask` groups by the mask, `drop` groups by nothing, all others by
 * their text. What lies outside of groups goes. */
export class UserPattern {
  /** Lower-case, one character per byte: on every line that matches; undefined when nothing is known. */
  readonly keyword: string | undefined;
  readonly #pattern: RE2JS;
  readonly #groups: Group[];
  readonly #pace: PatternPace;

  /** @throws when the pattern cannot be read */
  constructor(source: string) {
    const { plain, groups } = withoutNames(source);
    this.#pattern = RE2JS.compile(plain);
    this.#groups = groups;
    this.#pace = new PatternPace(source, (text) => {
      const matcher = this.#pattern.matcher(text);
      while (matcher.find());
    });
    const literal = requiredLiteral(plain);
    this.keyword = literal && fromUnicode(literal).toLowerCase();
  }

  /** @throws {RedactionError} when it would take too long */
  test(text: string): boolean {
    this.#pace.check(text);
    return NOT_ASCII.test(text) ? this.#pattern.matcher(toBytes(text)).find() : this.#pattern.test(text);
  }

  /** @param rule reported name of the redactor */
  replace(text: string, rule: string, masks: FileMasks): Masked {
    if (!this.test(text)) return { text, count: 0, hidden: 0 };
    const there = masksIn(text);
    // bytes are read as UTF-8, and positions in bytes are positions in the line
    const matcher = this.#pattern.matcher(NOT_ASCII.test(text) ? toBytes(text) : text);
    const out: string[] = [];
    let at = 0, count = 0, hidden = 0, behind = -1;
    while (matcher.find()) {
      const found = { start: matcher.start(), end: matcher.end() };
      // As in Go, an empty match right behind another is none.
      if (found.start === found.end && found.start === behind) continue;
      behind = found.end;
      const match = clearOf(there, found.start, found.end);
      if (match.start < at || match.end < match.start) continue;
      const before = text.slice(match.start, match.end);
      const left = withoutMasks(before).length;
      if (left === 0 && found.end > found.start) continue;
      const after = this.#replacement(
        text,
        matcher,
        match,
        there,
        (value, start) => hide(value, rule, text.slice(Math.max(0, start - BEFORE), start), masks),
      );
      if (after === before) continue;
      out.push(text.slice(at, match.start), after);
      at = match.end;
      count++;
      hidden += Math.max(0, left - withoutMasks(after).length);
    }
    if (count === 0) return { text, count: 0, hidden: 0 };
    out.push(text.slice(at));
    return { text: out.join(""), count, hidden };
  }

  #replacement(
    text: string,
    matcher: { start(group: number): number; end(group: number): number },
    match: Span,
    there: readonly Span[],
    hide: (value: string, start: number) => string,
  ): string {
    // A mask on the border of two groups belongs to the first one.
    const border = (at: number) => Math.min(match.end, maskAround(there, at)?.end ?? at);
    return this.#groups.map(({ emit, from }, i) => {
      const start = matcher.start(from ?? i + 1), end = matcher.end(from ?? i + 1);
      if (emit === "nothing" || start < 0 || matcher.start(i + 1) < 0) return "";
      const part = text.slice(Math.max(match.start, border(start)), border(end));
      if (emit === "text") return part;
      // Nothing that is not hidden already: the group lies in a mask, or is empty in front of one.
      const hidden = part === "" && (end > start || there.some((mask) => mask.start === start));
      return hidden ? "" : hide(part, start);
    }).join("");
  }
}

/** The pattern with its named groups unnamed, since names may repeat, and what each group is for. */
function withoutNames(source: string): { plain: string; groups: Group[] } {
  const groups: Group[] = [];
  const firstOf = new Map<string, number>();
  let plain = "", inClass = false;
  for (let i = 0; i < source.length; i++) {
    const c = source[i]!;
    if (c === "\\") {
      const literal = source[i + 1] === "Q" ? source.indexOf("\\E", i + 2) : -1;
      const end = source[i + 1] !== "Q" ? i + 2 : literal < 0 ? source.length : literal + 2;
      plain += source.slice(i, end);
      i = end - 1;
    } else if (inClass) {
      if (c === "[" && source[i + 1] === ":") {
        const end = source.indexOf(":]", i + 2);
        if (end > 0) {
          plain += source.slice(i, end + 2);
          i = end + 1;
          continue;
        }
      }
      if (c === "]") inClass = false;
      plain += c;
    } else if (c === "[") {
      inClass = true;
      const first = /^\[\^?\]?/.exec(source.slice(i, i + 3))![0];
      plain += first;
      i += first.length - 1;
    } else if (c === "(") {
      const name = /^\(\?P?<(\w+)>/.exec(source.slice(i, i + 200));
      if (name !== null) {
        groups.push(groupOf(name[1]!, groups.length + 1, firstOf));
        i += name[0].length - 1;
      } else if (source[i + 1] !== "?") groups.push({ emit: "text" });
      plain += "(";
    } else plain += c;
  }
  return { plain, groups };
}

function groupOf(name: string, number: number, firstOf: Map<string, number>): Group {
  if (name === "mask") return { emit: "mask" };
  if (name === "drop") return { emit: "nothing" };
  if (!firstOf.has(name)) firstOf.set(name, number);
  return { emit: "text", from: firstOf.get(name)! };
}
