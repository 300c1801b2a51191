import { MASK_SOURCE } from "./mask.ts";
import type { TextFormat } from "./text_format.ts";

// Where a plain scalar may begin: at the start of a line or of an entry in a flow collection, after `- `, `key: `,
// an anchor or a tag.
const IN_FILE = new RegExp(
  String
    .raw`(^[ \t]*(?:- +)*(?:[\w."'\/$\x80-\xff-]{1,200}:[ \t]+)?|[,{\[] *(?:[\w."'\/$\x80-\xff-]{1,200}: +)?)((?:[&!][\w!]{1,100} +)*)(${MASK_SOURCE}[^\r\n]*)`,
);
// The same in a YAML text that is the value of a JSON string: lines end with an escaped line feed there. Its first line has none
// before it, but one behind it.
const IN_STRING = new RegExp(
  String
    .raw`((?:\\n|(?<=[^\\]")(?=[^"\\\n]{1,400}\\n))[ \t]*(?:- +)*(?:[\w.'\/$\x80-\xff-]{1,200}:[ \t]+)?(?:[&!][\w!]{1,100} +)*)(${MASK_SOURCE}[^\\"\n]*)`,
  "g",
);

/** Quotes masks that begin a plain YAML scalar: unquoted, `***HIDDEN***` or a token is an alias to an anchor nobody set, and the
 * file could not be read any more. Single quotes need no escaping inside JSON strings. */
export function quoteYamlMasks(line: string, format: TextFormat): string {
  if (!line.includes("***")) return line;
  if (format === "yaml") return quoteInFile(line);
  if (format !== "json") return line;
  return line.replace(IN_STRING, (_, before: string, scalar: string) => before + quoted(scalar, blockEnd(scalar)));
}

function quoteInFile(line: string): string {
  let done = "", rest = line;
  for (let match = IN_FILE.exec(rest); match !== null; match = IN_FILE.exec(rest)) {
    const before = match[1]! + match[2]!, scalar = match[3]!;
    const inFlow = /^[,{\[]/.test(match[1]!);
    // a value that ends in a comma stands in a flow collection of several lines
    const end = inFlow || /^[^,]*,\s*$/.test(scalar) ? flowEnd(scalar) : blockEnd(scalar);
    done += rest.slice(0, match.index) + before + quoted(scalar.slice(0, end), end);
    rest = rest.slice(match.index + before.length + end);
  }
  return done + rest;
}

function quoted(scalar: string, end: number): string {
  return `'${scalar.slice(0, end).replaceAll("'", "''")}'${scalar.slice(end)}`;
}

/** End of a plain scalar in block style: a comment or the end of the line. */
function blockEnd(scalar: string): number {
  const comment = scalar.search(/[ \t]#/);
  return (comment < 0 ? scalar : scalar.slice(0, comment)).trimEnd().length;
}

function flowEnd(scalar: string): number {
  const end = scalar.search(/[,}\]]/);
  return (end < 0 ? scalar : scalar.slice(0, end)).trimEnd().length;
}
