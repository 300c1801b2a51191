import { isScalar } from "yaml";
import type * as z from "zod";
import { schemaAt, takesText } from "../spec/unknown_keys.ts";
import type { LintDocument, Path } from "./lint_document.ts";

/** What YAML 1.1 reads as a boolean, and YAML 1.2 in part as text. */
const BOOLEAN = /^(?:y|Y|yes|Yes|YES|n|N|no|No|NO|true|True|TRUE|false|False|FALSE|on|On|ON|off|Off|OFF)$/;
/** What either reads as a number: decimal, hexadecimal, octal, with exponent; base 60, as in times of the day. */
const NUMBER =
  /^[-+]?(?:\d[\d_]*(?:\.\d*)?(?:[eE][-+]?\d+)?|\.\d+|0x[\da-fA-F_]+|0o?[0-7_]+|\d+(?::[0-5]?\d)+(?:\.\d*)?)$/;

/** Finds texts without quotes that are no text to readers of YAML 1.1: `message: yes`, `when: 3`. */
export function checkTextTypes(document: LintDocument, path: Path, schema: z.ZodType, body: unknown): void {
  for (const inside of scalarPaths(body)) {
    const at = schemaAt(schema, inside);
    if (at === undefined || !takesText(at)) continue;
    const node = document.node([...path, ...inside]);
    if (!isScalar(node) || node.type !== "PLAIN" || !node.range || node.tag !== undefined) continue;
    const [start, end] = node.range;
    const written = document.text.slice(start, end);
    const what = BOOLEAN.test(written) ? "a boolean" : NUMBER.test(written) ? "a number" : undefined;
    if (what === undefined) continue;
    document.report("SB401", [...path, ...inside], `Without quotes this is ${what} in YAML 1.1, not a text`, {
      suggestion: "Write it in quotes",
      edits: [{ start, end, text: `"${written}"` }],
    });
  }
}

function scalarPaths(value: unknown, path: (string | number)[] = []): (string | number)[][] {
  if (typeof value !== "object" || value === null) return [path];
  return Object.entries(value).flatMap(([key, child]) =>
    scalarPaths(child, [...path, Array.isArray(value) ? Number(key) : key])
  );
}
