import { equal, ok } from "node:assert/strict";
import { createRedactor } from "../../src/redact/create_redactor.ts";
import { toBytes } from "../../src/redact/latin1.ts";
import { compileRule } from "../../src/redact/line_rule.ts";
import { LONG_LINE } from "../../src/redact/long_line.ts";
import { MASK } from "../../src/redact/mask.ts";
import { redactLines } from "../../src/redact/redact_lines.ts";
import type { RedactionRule } from "../../src/redact/rule.ts";
import { RuleSet } from "../../src/redact/rule_set.ts";
import { pick, random } from "./random.ts";

/** What a line is made of, over and over. */
const FILLERS: [name: string, filler: string][] = [
  ["one word", "word"],
  ["blanks", " "],
  ["opening brackets", "[{"],
  ["closing brackets", "]}"],
  ["quotes", '"'],
  ["backslashes", "\\"],
  ["escaped quotes", '\\"'],
  ["items", '{"a":1},'],
  ["items of ever deeper lists", "{},{[{},{["],
  ["items of ever higher lists", "}],{}]},{}"],
  ["commas", ","],
  ["NUL bytes", "\0"],
  ["letters of other scripts", "\xc3\xa9"],
  ["line feeds", "\n"],
  ["carriage returns", "\r"],
  ["lines with a secret", "password=hunter2\n"],
  ["secrets", "password=hunter2 "],
  ["secrets without an end", "password='"],
  ["secrets in a word", "sk_live_0123456789abcdef0123456789"],
];

/** Bytes that rules looked at. */
function work(filler: string, bytes: number): number {
  let seen = 0;
  const look: RedactionRule = {
    id: "look",
    why: "",
    keywords: [filler.slice(-1).toLowerCase() === "\n" ? "r" : filler.slice(-1).toLowerCase()],
    find({ text }) {
      seen += text.length;
      const hide = [...text.matchAll(/=hunter2|='|sk_live_\w*/g)];
      return { hide: hide.map(({ 0: found, index }) => ({ start: index, end: index + found.length })) };
    },
    hides: [],
    keeps: [],
  };
  const size = { lineBytes: LONG_LINE.lineBytes >> 4, itemsBytes: 4096, windowBytes: 6144, overlapBytes: 1536 };
  const step = redactLines(new RuleSet([compileRule(look)]), "a.txt", () => {}, undefined, size);
  step.push(toBytes(filler.repeat(Math.ceil(bytes / filler.length))), () => {});
  step.end(() => {});
  return seen;
}

for (const [name, filler] of FILLERS) {
  Deno.test(`redactLines() shows rules a line of ${name} a few times, however long it is`, () => {
    const once = work(filler, 1_000_000), fourTimes = work(filler, 4_000_000);
    ok(fourTimes <= 4.2 * once + 100_000, `${once} bytes, of four times as much ${fourTimes}`);
    ok(fourTimes <= 100_000_000, `${fourTimes} bytes`);
  });
}

const builtIn = createRedactor({ builtIn: true, custom: [] });

for (const [name, filler] of FILLERS) {
  Deno.test(`redact() ends with 4 MB of ${name}`, () => {
    const bytes = toBytes(filler.repeat(4_000_000 / filler.length));
    const { bytes: now } = builtIn.redactBytes("a.json", bytes)!;
    if (!/hunter2|='|sk_live/.test(filler)) equal(now.length, bytes.length);
  });
}

Deno.test("redact() ends with 4 MB of random bytes, with line feeds and without", () => {
  const next = random(23);
  const bytes = Uint8Array.from({ length: 4_000_000 }, () => Math.floor(next() * 256));
  ok(builtIn.redactBytes("core", bytes)!.bytes.length > 3_900_000);
  ok(builtIn.redactBytes("core", bytes.map((byte) => byte === 10 ? 11 : byte))!.bytes.length > 3_900_000);
});

Deno.test("redact() ends with 4 MB of everything that rules look for", () => {
  const next = random(29);
  const words =
    '"|\\"|{|}|:|=|,| |password|token|key|"name":|"value":|://|@|Bearer |-----BEGIN PRIVATE KEY-----|eyJ|hunter2'
      .split("|");
  let line = "";
  while (line.length < 4_000_000) line += pick(next, words);
  ok(builtIn.redactBytes("a.json", toBytes(line))!.bytes.length < 4_000_000);
});

const patterns: [pattern: string, text: string][] = [
  ["(x+x+)+y", "x"],
  ["(x*)*(?P<mask>y)", "x"],
  ["(.*)(.*)(.*)(.*)(?P<mask>zz)", "x"],
  ["^(([a-z])+.)+[A-Z]([a-z])+$", "a"],
  ["(?i)(password.*)*=(?P<mask>.*)", "password "],
];
for (const [pattern, text] of patterns) {
  Deno.test(`a user's pattern ${pattern} ends on a line of 4 MB, and on a short one`, () => {
    const custom = [{ removals: { regex: [{ redactor: pattern }] } }];
    const redactor = createRedactor({ builtIn: false, custom });
    for (const length of [4_000_000, 100_000]) {
      const bytes = toBytes(text.repeat(length / text.length));
      equal(redactor.redactBytes("a.txt", bytes)!.bytes.length, bytes.length);
    }
  });
}

Deno.test("a user's pattern hides all of a line of any length", () => {
  const redactor = createRedactor({
    builtIn: false,
    custom: [{ removals: { regex: [{ redactor: "(secret )(?P<mask>.*)" }] } }],
  });
  for (const filler of ["x", "x y ", '{"a":1},', "\\n"]) {
    const text = "a\nsecret " + filler.repeat(3_000_000 / filler.length) + "\nb";
    const { bytes, redactions } = redactor.redactBytes("a.txt", toBytes(text))!;
    equal(new TextDecoder().decode(bytes), `a\nsecret ${MASK}\nb`);
    ok(redactions[0]!.bytesHidden >= 3_000_000);
  }
});
