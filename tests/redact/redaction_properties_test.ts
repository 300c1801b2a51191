import { deepStrictEqual, equal, ok } from "node:assert/strict";
import { createRedactor } from "../../src/redact/create_redactor.ts";
import { fromBytes, fromUnicode, toBytes } from "../../src/redact/latin1.ts";
import { MASK } from "../../src/redact/mask.ts";
import { builtInRules } from "../../src/redact/registry.ts";
import { pick, random } from "./random.ts";
import { redactBytes } from "./redact_text.ts";

const redactor = createRedactor({ builtIn: true, custom: [] });

const LINE_ENDS = ["\n", "\n", "\r\n", "\n\n", "\r", ""];
const SAMPLES = builtInRules.flatMap(({ hides, keeps }) => [...hides, ...keeps]).map(fromUnicode);
const STRUCTURE = [
  '"',
  '\\"',
  "\\\\",
  "'",
  "{",
  "}",
  "[",
  "],",
  ":",
  ": ",
  "=",
  ",",
  " ",
  "\t",
  "\\n",
  "- ",
  "<",
  ">",
  "`",
];
const ODD = ["\0", "\xff\xfe", "\x80", "\xc3(", "\xef\xbb\xbf", fromUnicode("é€😀"), "\x1b[31m", "***", "\x7f"];

/** A text of one character per byte, without masks. */
function randomText(next: () => number, kind: "lines" | "anything", samples = SAMPLES): string {
  let text = "";
  for (let parts = 1 + Math.floor(next() * 40); parts > 0; parts--) {
    if (kind === "lines") text += pick(next, samples) + pick(next, LINE_ENDS.slice(0, 4));
    else {
      const from = pick(next, [samples, samples, STRUCTURE, STRUCTURE, ODD, LINE_ENDS]);
      const part = pick(next, from);
      text += next() < 0.8 ? part : part.slice(Math.floor(next() * part.length));
    }
  }
  return text.replaceAll(MASK, "");
}

/** Fails unless a text is the other one with parts of its lines hidden: masked, or left out as parts of what a line before
 * has a mask for. */
function assertHidden(text: string, original: string): void {
  const lines = text.split("\n"), before = original.split("\n");
  equal(lines.length, before.length);
  lines.forEach((line, i) => {
    let at = 0;
    for (const c of line.replaceAll(MASK, "")) {
      at = before[i]!.indexOf(c, at) + 1;
      ok(at > 0, `${JSON.stringify(line)} of ${JSON.stringify(before[i])}`);
    }
  });
  if (!text.includes(MASK)) equal(text, original);
}

function redact(text: string, path: string): string {
  return fromBytes(redactor.redactBytes(path, toBytes(text))!.bytes);
}

const ROUNDS = 150;

for (const kind of ["lines", "anything"] as const) {
  Deno.test(`redact() changes nothing but what it hides, in ${kind}`, () => {
    const next = random(17);
    for (let round = 0; round < ROUNDS; round++) {
      const text = randomText(next, kind);
      // no YAML: masks are written in quotes there
      assertHidden(redact(text, pick(next, ["a.log", "a.txt", "a.env", "a.xml", "noname"])), text);
    }
  });

  Deno.test(`redact() gives the same however the input is cut, in ${kind}`, async () => {
    const next = random(18);
    for (let round = 0; round < ROUNDS; round++) {
      const bytes = toBytes(randomText(next, kind)), path = pick(next, ["a.log", "a.json", "a.yaml", "a.env"]);
      const whole = redactor.redactBytes(path, bytes)!;
      const sizes = Array.from({ length: 20 }, () => 1 + Math.floor(next() * 100));
      for (const chunks of [[1], sizes]) {
        const cut = await redactBytes(redactor, path, bytes, chunks);
        equal(fromBytes(cut.bytes), fromBytes(whole.bytes), `round ${round}`);
        deepStrictEqual(cut.report, whole.redactions);
      }
    }
  });
}

Deno.test("redact() finds nothing more in what it has redacted", () => {
  // what follows a key without an end is hidden as long as it looks like one, a mask less so than what it hides
  const samples = SAMPLES.filter((sample) => !sample.includes("-----BEGIN") || sample.includes("-----END"));
  const next = random(19);
  for (let round = 0; round < ROUNDS; round++) {
    const path = pick(next, ["a.log", "a.json", "a.yaml", "a.env"]);
    const once = redact(randomText(next, "lines", samples), path);
    equal(redact(once, path), once, `round ${round}`);
  }
});

Deno.test("redactBytes() gives the bytes themselves where nothing is hidden", () => {
  const bytes = toBytes("a\nb\n".repeat(100_000));
  equal(redactor.redactBytes("a.log", bytes)!.bytes, bytes);
});
