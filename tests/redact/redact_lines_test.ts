import { deepStrictEqual, equal, ok } from "node:assert/strict";
import { Buffer } from "node:buffer";
import { createRedactor } from "../../src/redact/create_redactor.ts";
import { fromBytes, fromUnicode, toBytes } from "../../src/redact/latin1.ts";
import { compileRule } from "../../src/redact/line_rule.ts";
import { MASK, maskSpans } from "../../src/redact/mask.ts";
import { redactLines } from "../../src/redact/redact_lines.ts";
import { RuleSet } from "../../src/redact/rule_set.ts";
import { asStream } from "../../src/redact/stage.ts";
import type { RedactionRule } from "../../src/redact/rule.ts";
import { namedValue } from "../../src/redact/rules/named_value.ts";
import { StringNesting } from "../../src/redact/string_nesting.ts";
import { random } from "./random.ts";
import { bytesOf, redactBytes, redactText, streamOf } from "./redact_text.ts";

const redactor = createRedactor({ builtIn: true, custom: [] });

const sameBytes: [name: string, bytes: Uint8Array][] = [
  ["nothing", new Uint8Array()],
  ["a line feed", toBytes("\n")],
  ["no final line feed", toBytes("a\nb")],
  ["CRLF", toBytes("a\r\nb\r\n")],
  ["a byte order mark", toBytes("\xef\xbb\xbfa: b\n")],
  ["every byte", Uint8Array.from({ length: 512 }, (_, i) => i % 256)],
];
for (const [name, bytes] of sameBytes) {
  Deno.test(`redact() keeps ${name}`, async () => {
    deepStrictEqual((await redactBytes(redactor, "a.log", bytes)).bytes, new Uint8Array(bytes));
  });
}

const beside: [name: string, before: string, after: string][] = [
  ["CRLF", "a\r\npassword=hunter2\r\nb\r\n", `a\r\npassword=${MASK}\r\nb\r\n`],
  ["no final line feed", "a\npassword=hunter2", `a\npassword=${MASK}`],
  ["invalid UTF-8", "\xff\xfe password=hunter2 \x80\xc3(\n\xe9\n", `\xff\xfe password=${MASK} \x80\xc3(\n\xe9\n`],
  ["a byte order mark", '\xef\xbb\xbf{"password":"hunter2"}', `\xef\xbb\xbf{"password":"${MASK}"}`],
  ["NUL bytes", "\0\x01password=hunter2\0\0AKIA\n", `\0\x01password=${MASK}\0\0AKIA\n`],
];
for (const [name, before, after] of beside) {
  Deno.test(`redact() hides next to ${name} and keeps it`, async () => {
    equal(fromBytes((await redactBytes(redactor, "a.log", toBytes(before))).bytes), after);
  });
}

Deno.test("redact() keeps random bytes that hold no keyword", async () => {
  const next = random(7);
  for (let round = 0; round < 30; round++) {
    // no letters: no keyword without letters or ":" is among the rules
    const bytes = Uint8Array.from({ length: 20_000 }, () => {
      const byte = Math.floor(next() * 256);
      return /[A-Za-z:$]/.test(String.fromCharCode(byte)) ? 10 : byte;
    });
    deepStrictEqual((await redactBytes(redactor, "a.bin", bytes, [1 + Math.floor(next() * 5000)])).bytes, bytes);
  }
});

const pem = (text: string) => `-----BEGIN ${text} PRIVATE KEY-----\n`;
const document = [
  "first line",
  "password=hunter2 é\r",
  "",
  '  "name": "API_TOKEN",',
  '  "value": "hunter2",',
  '  "value": "hunter2",',
  '  "name": "SMTP_PASS"',
  pem("RSA") + "MIIEpAIBAAKCAQEA\nAbCdEfGh1234",
  "-----END RSA PRIVATE KEY-----",
  "auth:\n  password: |\n    hunter2\n    more\n  user: x",
  '"--token",\n"hunter2",',
  "\xff\xfe end",
  "Authorization: Bearer abcdefgh1jkl",
].join("\n");

Deno.test("redact() gives the same bytes and counts however the input is cut", async () => {
  const bytes = toBytes(document);
  const whole = await redactBytes(redactor, "a.log", bytes);
  ok(!whole.text.includes("hunter2") && !whole.text.includes("MIIE"), whole.text);
  for (let size = 1; size <= bytes.length; size++) {
    const cut = await redactBytes(redactor, "a.log", bytes, [size]);
    equal(cut.text, whole.text, `chunks of ${size}`);
    deepStrictEqual(cut.report, whole.report);
  }
  const next = random(3);
  for (let round = 0; round < 50; round++) {
    const sizes = Array.from({ length: 20 }, () => 1 + Math.floor(next() * 60));
    equal((await redactBytes(redactor, "a.log", bytes, sizes)).text, whole.text);
  }
});

Deno.test("redact() keeps the number of lines", async () => {
  const { text } = await redactText(redactor, document);
  equal(text.split("\n").length, document.split("\n").length);
});

Deno.test("redact() reads a JSON line of 10 MB with thousands of secrets, and it stays JSON", async () => {
  const rows = Array.from({ length: 40_000 }, (_, i) => ({
    id: i,
    name: `row-${i}`,
    note: "key auth session token bucket of the day, see https://example.net/x?y=1 " + "0123456789".repeat(15),
    ...(i % 20 === 0 ? { password: `hunter2-${i}`, dsn: `postgres://u:hunter2@h:5432/d${i}` } : {}),
  }));
  const text = JSON.stringify({ rows });
  ok(text.length > 10_000_000 && !text.includes("\n"));
  const { text: now, report } = await redactText(redactor, text, "a.json");
  ok(!now.includes("hunter2"));
  const parsed = JSON.parse(now);
  equal(parsed.rows.length, rows.length);
  equal(parsed.rows[1].note, rows[1]!.note);
  equal(parsed.rows[20].password, MASK);
  equal(report.reduce((sum, { count }) => sum + count, 0) >= 4000, true);
});

// What would take minutes if any rule looked at the rest of the line for each of its many beginnings: a test that hangs.
const tempting = [
  "password",
  "token=",
  '"key":"',
  'auth: \\"',
  "eyJhbGciOi",
  "http://a:",
  "://@",
  "Bearer ",
  "cookie: a=b;",
  '"name":"TOKEN","value":"',
  '\\"name\\":\\"user\\",\\"value\\":\\"',
  "-----BEGIN PRIVATE KEY-----",
  '"kind":"Secret"',
  "a:b@tcp(",
  "cGFzc3dvcmQ9",
  "'password':'",
  "pwd=a;",
  "secret[",
  "session_",
];
for (const beginning of tempting) {
  Deno.test(`redact() is linear in a line of many "${beginning}"`, async () => {
    const text = beginning.repeat(Math.ceil(400_000 / beginning.length));
    equal((await redactText(redactor, text, "a.json")).text.includes("\n"), false);
  });
}

Deno.test("a rule of two lines never uses a line twice, and sees only the next", async () => {
  const rule: RedactionRule = {
    id: "pair",
    why: "",
    keywords: ["select"],
    selector: /^select/,
    pattern: /(?<mask>\d+)/g,
    hides: [],
    keeps: [],
  };
  const set = new RuleSet([compileRule(rule)]);
  const run = async (text: string) =>
    fromBytes(await bytesOf(streamOf(toBytes(text)).pipeThrough(asStream(redactLines(set, "a", () => {})))));
  equal(await run("select 1\nx 2\ny 3\n"), `select 1\nx ${MASK}\ny 3\n`);
  equal(await run("select 1\nselect 2\nselect 3\n"), `select 1\nselect ${MASK}\nselect 3\n`);
});

const around: [name: string, find: NonNullable<RedactionRule["find"]>, text: string, expected: string][] = [
  [
    "the line before",
    (line) => ({ hide: [], hideBefore: line.previous()?.startsWith("x") ? [{ start: 0, end: 1 }] : undefined }),
    "y\nkey\ny\nkey\nx\nkey\n",
    `y\nkey\ny\nkey\n${MASK}\nkey\n`,
  ],
  [
    "what was carried to it",
    ({ text, carried }) =>
      text.includes("all") ? { hide: [], carry: true } : { hide: carried ? [{ start: 0, end: 3 }] : [] },
    "key\nkey\nkey all\nkey\nkey\n",
    `key\nkey\nkey all\n${MASK}\nkey\n`,
  ],
  [
    "what it carries to the next",
    ({ text, carried }) =>
      text.includes("all") ? { hide: [], carry: true } : { hide: carried ? [{ start: 0, end: 3 }] : [] },
    "key all\nkey\nkey\nkey all\nkey\nkey\n",
    `key all\n${MASK}\nkey\nkey all\n${MASK}\nkey\n`,
  ],
  [
    "the line before and what it carries",
    (line) =>
      line.text.includes("all")
        ? { hide: [], carry: line.previous()?.startsWith("x") ? true : undefined }
        : { hide: line.carried ? [{ start: 0, end: 3 }] : [] },
    "key all\nkey\nx\nkey all\nkey\ny\nkey all\nkey\nx\nkey all\nkey\n",
    `key all\nkey\nx\nkey all\n${MASK}\ny\nkey all\nkey\nx\nkey all\n${MASK}\n`,
  ],
  [
    "the path of its file",
    ({ path }) => ({ hide: path === "b.log" ? [{ start: 0, end: 3 }] : [] }),
    "key\n",
    `${MASK}\n`,
  ],
];
for (const [name, find, text, expected] of around) {
  Deno.test(`redactLines() judges a line by ${name}, however often it has seen the line`, async () => {
    const rule: RedactionRule = { id: "r", why: "", keywords: ["key"], find, hides: [], keeps: [] };
    const set = new RuleSet([compileRule(rule)]);
    const run = async (path: string, text: string) => {
      const step = asStream(redactLines(set, path, () => {}));
      return fromBytes(await bytesOf(streamOf(toBytes(text)).pipeThrough(step)));
    };
    equal(await run("a.log", "key\nkey\n"), "key\nkey\n");
    equal(await run("b.log", text), expected);
  });
}

Deno.test("a keyword with a line feed is on no line, and hides no line feed from the others", async () => {
  const rule = (id: string, keyword: string): RedactionRule => ({
    id,
    why: "",
    keywords: [keyword],
    pattern: /^(?<mask>secret)/,
    hides: [],
    keeps: [],
  });
  const set = new RuleSet([compileRule(rule("a", "a\nsecret")), compileRule(rule("b", "secret"))]);
  const stream = streamOf(toBytes("a\nsecret\nx secret\n")).pipeThrough(asStream(redactLines(set, "a", () => {})));
  equal(fromBytes(await bytesOf(stream)), `a\n${MASK}\nx secret\n`);
});

Deno.test("asStream() gives few pieces, and none that is large because it was put together", async () => {
  const lines = toBytes(("x".repeat(1000) + "\npassword=hunter2\n").repeat(1000));
  const sizes: number[] = [];
  const step = redactLines(new RuleSet([compileRule(namedValue)]), "a.log", () => {});
  for await (const piece of streamOf(lines).pipeThrough(asStream(step))) sizes.push(piece.length);
  ok(sizes.length <= 1 + lines.length / (32 << 10), `${sizes.length} pieces`);
  ok(Math.max(...sizes) <= 64 << 10);
});

Deno.test("fromBytes() and toBytes() are inverse for every byte", () => {
  const bytes = Uint8Array.from({ length: 256 }, (_, i) => i);
  const text = fromBytes(bytes);
  for (let i = 0; i < 256; i++) equal(text.charCodeAt(i), i);
  deepStrictEqual(new Uint8Array(toBytes(text)), bytes);
  equal(Buffer.from(fromUnicode("é"), "latin1").toString("utf8"), "é");
});

const spans: [name: string, text: string, spans: [number, number][], expected: string, count: number][] = [
  ["hides", "abcdef", [[1, 3]], `a${MASK}def`, 1],
  ["joins overlapping spans", "abcdef", [[1, 3], [2, 4]], `a${MASK}${MASK}ef`, 2],
  ["leaves a mask alone", `a${MASK}b`, [[1, 13]], `a${MASK}b`, 0],
  ["leaves the inside of a mask alone", `a${MASK}b`, [[4, 10]], `a${MASK}b`, 0],
  ["swallows a mask", `a${MASK}b`, [[0, 14]], MASK, 1],
  ["does not cut into a mask from the left", `ab${MASK}`, [[0, 5]], `${MASK}${MASK}`, 1],
  ["does not cut into a mask from the right", `${MASK}ab`, [[5, 14]], `${MASK}${MASK}`, 1],
  ["ignores empty spans", "abc", [[1, 1]], "abc", 0],
];
for (const [name, text, places, expected, count] of spans) {
  Deno.test(`maskSpans() ${name}`, () => {
    const masked = maskSpans(text, places.map(([start, end]) => ({ start, end })));
    equal(masked.text, expected);
    equal(masked.count, count);
  });
}

Deno.test("StringNesting knows the depth in JSON in JSON", () => {
  const text = JSON.stringify({ a: JSON.stringify({ b: JSON.stringify("x") }) });
  const nesting = new StringNesting(text);
  equal(nesting.depthAt(text.indexOf("x")), 3);
  equal(nesting.depthAt(0), 0);
  equal(nesting.depthAt(text.indexOf("b")), 2);
  equal(nesting.depthAt(text.length), 0);
});
