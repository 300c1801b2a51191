import { RE2JS } from "re2js";
import { fromUnicode, toBytes } from "../latin1.ts";
import { MASK, type Masked } from "../mask.ts";
import { PatternPace } from "./pattern_pace.ts";
import { requiredLiteral } from "./required_literal.ts";

/** What becomes of a capture group's text in the replacement. */
type Group = { emit: "text"; from: number } | { emit: "mask" } | { emit: "nothing" };

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

  replace(text: string): Masked {
    if (!this.test(text)) return { text, count: 0, hidden: 0 };
    // bytes are read as UTF-8, and positions in bytes are positions in the line
    const matcher = this.#pattern.matcher(NOT_ASCII.test(text) ? toBytes(text) : text);
    const out: string[] = [];
    let at = 0, count = 0, hidden = 0, behind = -1;
    while (matcher.find()) {
      const start = matcher.start(), end = matcher.end();
      // As in Go, an empty match right behind another is none.
      if (start === end && start === behind) continue;
      behind = end;
      if (start < at || isInMask(text, start, end)) continue;
      const replacement = this.#replacement(text, matcher);
      if (replacement === text.slice(start, end)) continue;
      out.push(text.slice(at, start), replacement);
      at = end;
      count++;
      hidden += Math.max(0, end - start - replacement.replaceAll(MASK, "").length);
    }
    if (count === 0) return { text, count: 0, hidden: 0 };
    out.push(text.slice(at));
    return { text: out.join(""), count, hidden };
  }

  #replacement(text: string, matcher: { start(group: number): number; end(group: number): number }): string {
    let replacement = "";
    this.#groups.forEach((group, i) => {
      if (group.emit === "nothing" || matcher.start(i + 1) < 0) return;
      replacement += group.emit === "mask" ? MASK : text.slice(matcher.start(group.from), matcher.end(group.from));
    });
    return replacement;
  }
}

/** True for a match that is no more than (a part of) a mask. */
function isInMask(text: string, start: number, end: number): boolean {
  const before = Math.max(0, start - MASK.length);
  const from = text.slice(before, start + MASK.length).lastIndexOf(MASK, start - before);
  return from >= 0 && end > start && end <= before + from + MASK.length;
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
      } else if (source[i + 1] !== "?") groups.push({ emit: "text", from: groups.length + 1 });
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
