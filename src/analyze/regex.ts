import { RE2JS } from "re2js";
import { SpecConditionError } from "./condition_error.ts";

/** Compiles a pattern of a spec: RE2 syntax, matched in linear time.
 * @param field names it in the error
 * @throws {SpecConditionError} */
export function compileRegex(pattern: string, field: string): RE2JS {
  try {
    return RE2JS.compile(pattern);
  } catch (cause) {
    const problem = (cause as Error).message.replace(/^error parsing regexp: /, "");
    throw new SpecConditionError(
      `${field} "${pattern}"`,
      problem,
      "Write RE2 syntax, without look-around and back-references",
      { cause },
    );
  }
}

/** The first match: where it starts and ends, and the text of each named group (empty for a group that took no part).
 * @param from where the first one may start; what is before it is still seen by `^` and `\b` */
export function firstRegexMatch(
  regex: RE2JS,
  text: string,
  from = 0,
): { index: number; end: number; groups: Record<string, string> } | undefined {
  // To say no, test() takes a tenth of the time that find() takes.
  if (!regex.test(text)) return undefined;
  const matcher = regex.matcher(text);
  if (!matcher.find(from)) return undefined;
  const groups: Record<string, string> = {};
  for (const name of Object.keys(regex.namedGroups())) groups[name] = matcher.group(name) ?? "";
  return { index: matcher.start(), end: matcher.end(), groups };
}

/** The line, from 1, of a position in a text. */
export function lineAt(text: string, index: number): number {
  let line = 1;
  for (let at = text.indexOf("\n"); at !== -1 && at < index; at = text.indexOf("\n", at + 1)) line++;
  return line;
}
