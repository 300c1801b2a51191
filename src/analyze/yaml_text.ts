import { SpecConditionError } from "./condition_error.ts";
import { parseAllDocuments, stringify } from "yaml";

const BARE_MASK = /(^[ \t]*|[:-][ \t]+|[[{,][ \t]*)(\*{3}[A-Z][A-Z0-9_]{0,100}\*{3})(?=[ \t]*(?:[,\]}\r]|$))/gm;

/** The first document of a YAML text.
 * @param exact makes bigints of integers, so that they can be told from floats
 * @throws {Error} when it is not YAML; no message quotes the text */
export function parseYaml(text: string, exact = false): unknown {
  try {
    return firstDocument(text, exact);
  } catch (error) {
    // Without quotes a mask reads as an alias.
    const quoted = text.replace(BARE_MASK, '$1"$2"');
    if (quoted === text) throw error;
    return firstDocument(quoted, exact);
  }
}

/** Reads the value that a spec expects.
 * @param exact as in {@linkcode parseYaml}
 * @throws {SpecConditionError} when it is not YAML */
export function expectedYaml(text: string | undefined, field: string, exact = false): unknown {
  try {
    return parseYaml(text ?? "", exact);
  } catch (error) {
    throw new SpecConditionError(`field ${field}`, (error as Error).message, "Write the expected value as YAML");
  }
}

function firstDocument(text: string, exact: boolean): unknown {
  const documents = parseAllDocuments(text.replace(/^\uFEFF/, ""), {
    intAsBigInt: exact,
    merge: true,
    // Looking for repeated keys takes a time that grows with the square of their number.
    uniqueKeys: false,
    logLevel: "silent",
    prettyErrors: false,
  });
  const first = Array.isArray(documents) ? documents[0] : undefined;
  if (first === undefined) return null;
  if (first.errors.length > 0) throw new Error("it is not valid YAML");
  try {
    return first.toJS() ?? null;
  } catch {
    throw new Error("its YAML has aliases that lead nowhere, or too far");
  }
}

/** As Go programs write it: sorted keys, lists not indented, long lines as they are. Ends with a line break. */
export function toYaml(value: unknown): string {
  const text = stringify(value ?? null, { sortMapEntries: true, indentSeq: false, lineWidth: 0 });
  // A text of several lines on its own: the package does not indent it.
  return typeof value === "string" && /^[|>]/.test(text) ? text.replace(/\n(?=[^\n])/g, "\n  ") : text;
}

/** The same data with numbers in place of bigints. */
export function withoutBigInts(value: unknown): unknown {
  if (typeof value === "bigint") return Number(value);
  if (Array.isArray(value)) return value.map(withoutBigInts);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, child]) => [key, withoutBigInts(child)]));
}
