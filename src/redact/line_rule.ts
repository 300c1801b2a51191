import { type FileMasks, maskSpans } from "./mask.ts";
import type { RedactionRule, RuleLine, Span } from "./rule.ts";
import { quoteYamlMasks } from "./yaml_quoting.ts";

/** A rule as the stream runs it, built in or of a user's redactor. */
export interface LineRule {
  /** What reports call it. */
  name: string;
  builtIn: boolean;
  /** Lower-case, one character per byte; undefined when every line has to be looked at. */
  keywords: string[] | undefined;
  /** As `keywords`: this, or one of these, must be on the line too. */
  alsoHas?: string | string[];
  /** Whether a file of this bundle path is concerned; undefined for all. */
  appliesTo?: (path: string) => boolean;
  /** @param carried what the rule returned as `carry` for the line before
   * @param masks of the file */
  run(line: RuleLine, carried: unknown, masks: FileMasks): LineChange | undefined;
}

export interface LineChange {
  /** The line after the rule, undefined when it is as it was. */
  text?: string;
  count: number;
  hidden: number;
  /** The line before, changed too. */
  previous?: string;
  carry?: unknown;
}

/** Makes a built-in rule ready to run. */
export function compileRule(rule: RedactionRule): LineRule {
  const find = rule.find ?? finderOf(rule);
  const name = rule.title ?? rule.id;
  return {
    name,
    builtIn: true,
    keywords: rule.keywords,
    alsoHas: rule.alsoHas,
    appliesTo: rule.files && ((path) => rule.files!.test(path)),
    run(line, carried, masks) {
      line.carried = carried;
      const { hide, hideBefore, carry } = find(line);
      if (hide.length === 0 && hideBefore === undefined) {
        return carry === undefined ? undefined : { count: 0, hidden: 0, carry };
      }
      const now = maskSpans(line.text, hide, name, masks);
      const before = hideBefore && maskSpans(line.previous() ?? "", hideBefore, name, masks);
      return {
        text: now.count > 0 ? quoteYamlMasks(now.text, line.format) : undefined,
        previous: before && before.count > 0 ? quoteYamlMasks(before.text, line.format) : undefined,
        count: now.count + (before?.count ?? 0),
        hidden: now.hidden + (before?.hidden ?? 0),
        carry,
      };
    },
  };
}

/** The selector's line is never changed by its own rule, and a line that was the second of a pair is not the first of
 * another. */
function finderOf(rule: RedactionRule): NonNullable<RedactionRule["find"]> {
  const pattern = withFlags(rule.pattern!, "gd");
  if (rule.selector === undefined) return (line) => ({ hide: groupSpans(pattern, line.text) });
  const selector = withFlags(rule.selector, "");
  return (line) => {
    if (line.carried !== undefined) return { hide: groupSpans(pattern, line.text) };
    return { hide: [], carry: selector.test(line.text) ? true : undefined };
  };
}

function withFlags(pattern: RegExp, wanted: string): RegExp {
  const flags = new Set(pattern.flags.replace(/[gy]/g, "") + wanted);
  return new RegExp(pattern.source, [...flags].join(""));
}

const MASK_GROUP = /^mask\d*$/, DROP_GROUP = /^drop\d*$/;

function groupSpans(pattern: RegExp, text: string): Span[] {
  const spans: Span[] = [];
  pattern.lastIndex = 0;
  for (let match = pattern.exec(text); match !== null; match = pattern.exec(text)) {
    if (match[0] === "") pattern.lastIndex++;
    for (const [name, place] of Object.entries(match.indices?.groups ?? {})) {
      if (place === undefined) continue;
      if (MASK_GROUP.test(name)) spans.push({ start: place[0], end: place[1] });
      else if (DROP_GROUP.test(name)) spans.push({ start: place[0], end: place[1], drop: true });
    }
  }
  return spans;
}
