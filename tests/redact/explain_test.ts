import { deepStrictEqual, equal, ok, throws } from "node:assert/strict";
import { gzipSync } from "node:zlib";
import { explainRedaction } from "../../src/redact/explain.ts";
import { MASK } from "../../src/redact/mask.ts";
import type { RedactorSpec } from "../../src/redact/redactor.ts";
import { TracedLine } from "../../src/redact/traced_line.ts";
import { bytes } from "../bundle/tar_bytes.ts";

const values = (...list: string[]): RedactorSpec => ({ name: "mine", removals: { values: list } });
const regex = (redactor: string): RedactorSpec => ({ name: "mine", removals: { regex: [{ redactor }] } });

const behaviour: [name: string, path: string, text: string, custom: RedactorSpec[], expected: string[]][] = [
  ["nothing", "a.log", "harmless\n", [], []],
  ["no line feed at the end", "a.log", "x\npassword=hunter2", [], ["2:10 7 named-value"]],
  ["several on a line", "a.log", "password=hunter2 token=abcdef123456\n", [], [
    "1:10 7 named-value",
    "1:24 12 named-value",
  ]],
  ["the same line twice", "a.log", "password=hunter2\nx\npassword=hunter2\n", [], [
    "1:10 7 named-value",
    "3:10 7 named-value",
  ]],
  ["quotes that a mask needs", "a.yaml", "password: hunter2  # see below\n", [], ["1:11 7 named-value"]],
  ["quotes that end behind more", "a.yaml", "- abcd://x\n", [values("abcd")], ["1:3 4 mine.literal.0"]],
  ["characters, not bytes", "a.log", "größe ü password=hünter2\n", [values("hünter2")], ["1:18 7 named-value"]],
  ["a rule behind another", "a.log", "password=hunter2 and more\n", [values("and")], [
    "1:10 7 named-value",
    "1:18 3 mine.literal.0",
  ]],
  ["a mask that was there", "a.log", `password=${MASK} abc\n`, [values("abc")], [
    `1:${11 + MASK.length} 3 mine.literal.0`,
  ]],
  ["a selector's second line", "a.log", "pick\nabc\nabc\n", [{
    name: "mine",
    removals: { regex: [{ selector: "pick", redactor: "(?P<mask>abc)" }] },
  }], ["2:1 3 mine.multiLine.0"]],
  ["what is deleted", "a.log", "one two 3\n", [regex("(one )(?P<drop>two )(3)")], ["1:5 4 mine.regex.0"]],
  ["a pretty list", "a.json", '{\n"name": "DB_PASSWORD",\n"value": "hunter2"\n}\n', [], ["3:11 7"]],
  ["a file as a whole", "a.yaml", "a:\n  b: one\n", [{ name: "mine", removals: { yamlPath: ["a.b"] } }], [
    "undefined:undefined 3 mine.yaml.0",
  ]],
];
for (const [name, path, text, custom, expected] of behaviour) {
  Deno.test(`explainRedaction() says where, how much, and which rule: ${name}`, () => {
    const { findings, lines } = explainRedaction(path, bytes(text), custom);
    const shown = findings.map(({ line, column, characters, rule }) => `${line}:${column} ${characters} ${rule}`);
    // A rule whose name is long is not written out in the table.
    const cut = shown.map((one, i) =>
      expected[i]?.split(" ").length === 2 ? one.split(" ").slice(0, 2).join(" ") : one
    );
    deepStrictEqual(cut, expected);
    equal(lines, text.split("\n").length - (text.endsWith("\n") ? 1 : 0));
    for (const { why, text } of findings) ok(why.length > 10 && !text?.includes("hunter2"), `${why} ${text}`);
  });
}

Deno.test("explainRedaction() shows lines as they are in the end, whichever rule comes first", () => {
  const text = "x password=hunter2 and the other value\n";
  const { findings } = explainRedaction("a.log", bytes(text), [values("other value")]);
  deepStrictEqual(findings.map(({ text }) => text), Array(2).fill(`x password=${MASK} and the ${MASK}`));
});

Deno.test("explainRedaction() explains files, not archives", () => {
  throws(() => explainRedaction("a.gz", new Uint8Array(gzipSync("x")), []), { code: "REDACTION_ARCHIVE" });
});

const changes: [name: string, before: string, after: string, expected: string[]][] = [
  ["one", "a secret b", `a ${MASK} b`, ["3+6"]],
  ["at both ends", "one two three", `${MASK} two ${MASK}`, ["1+3", "9+5"]],
  ["all", "one", MASK, ["1+3"]],
  ["next to each other", "user:word@x", `${MASK}:${MASK}@x`, ["1+4", "6+4"]],
  ["in quotes", "k: one two # c", `k: '${MASK} two' # c`, ["4+3"]],
  ["deleted", "one two 3", "one 3", ["5+4"]],
  ["in another order", "one two", `two${MASK}`, ["1+7"]],
];
for (const [name, before, after, expected] of changes) {
  Deno.test(`TracedLine finds what was hidden: ${name}`, () => {
    const hidden = new TracedLine(before).change(before, after);
    deepStrictEqual(hidden.map(({ column, characters }) => `${column}+${characters}`), expected);
  });
}

Deno.test("TracedLine counts what an earlier change hid only once", () => {
  const line = new TracedLine("a secret is here");
  deepStrictEqual(line.change("a secret is here", `a ${MASK} is here`), [{ column: 3, characters: 6 }]);
  deepStrictEqual(line.change(`a ${MASK} is here`, `a ${MASK}`), [{ column: 9, characters: 8 }]);
  deepStrictEqual(line.change("another line", MASK), []);
});
