import { deepStrictEqual, equal, ok } from "node:assert/strict";
import { createRedactor } from "../../src/redact/create_redactor.ts";
import { fromBytes, toBytes } from "../../src/redact/latin1.ts";
import { compileRule } from "../../src/redact/line_rule.ts";
import { LONG_LINE, type LongLineSize } from "../../src/redact/long_line.ts";
import { HIDDEN, MASK } from "../../src/redact/mask.ts";
import { redactLines } from "../../src/redact/redact_lines.ts";
import { builtInRules } from "../../src/redact/registry.ts";
import { RuleSet } from "../../src/redact/rule_set.ts";
import { findCut, findItemCuts } from "../../src/redact/safe_cut.ts";
import { pick, random } from "./random.ts";

const SMALL: LongLineSize = { lineBytes: 4096, itemsBytes: 512, windowBytes: 2048, overlapBytes: 512 };

const rules = new RuleSet(builtInRules.filter(({ files }) => files === undefined).map(compileRule));

interface Result {
  text: string;
  count: number;
  hidden: number;
}

function redacted(text: string, path: string, size: LongLineSize, chunkBytes = text.length): Result {
  const result: Result = { text: "", count: 0, hidden: 0 };
  const emit = (bytes: Uint8Array) => result.text += fromBytes(bytes);
  const step = redactLines(
    rules,
    path,
    (tallies) => {
      tallies.forEach(({ count, hidden }) => {
        result.count += count;
        result.hidden += hidden;
      });
    },
    HIDDEN,
    size,
  );
  const bytes = toBytes(text);
  for (let at = 0; at < bytes.length; at += chunkBytes) step.push(bytes.slice(at, at + chunkBytes), emit);
  step.end(emit);
  return result;
}

// Fillers without a place in them where a cut would be safe, and with many.
const word = (length: number) => "abcdefgh01".repeat(Math.ceil(length / 10)).slice(0, length);
const prose = (length: number) => "four of four replicas are ready, ".repeat(Math.ceil(length / 33)).slice(0, length);
const item = (i: number) => JSON.stringify({ id: i, note: prose(200), tags: ["a", "b"] });
const items = (count: number) => Array.from({ length: count }, (_, i) => item(i)).join(",");

const pem = (body: string) => `-----BEGIN RSA PRIVATE KEY-----${body}-----END RSA PRIVATE KEY-----`;
const keyLine = (i: number) => btoa(`hunter2-${i}`.repeat(6)).slice(0, 64);

// What is around is longer than anything that is looked at in one piece, so every border is crossed by some.
const hides: [name: string, path: string, secret: (i: number) => string, around: (length: number) => string][] = [
  ["in a list", "a.json", (i) => `{"password":"hunter2-${i}","n":1}`, (length) => `"${prose(length)}"`],
  ["in pairs", "a.json", (i) => `{"name":"API_TOKEN","value":"hunter2-${i}"}`, (length) => `"${word(length)}"`],
  ["in pairs, value first", "a.json", (i) => `{"value":"hunter2-${i}","name":"API_TOKEN"}`, (length) => item(length)],
  [
    "in a Secret, data first",
    "a.json",
    (i) => `{"data":{"${word(900)}":"aHVudGVy","x":"hunter2-${i}"},"kind":"Secret"}`,
    item,
  ],
  ["in strings in strings", "a.json", (i) => JSON.stringify(`{"password":"hunter2-${i}"}`), (l) => `"${prose(l)}"`],
  ["in keys", "a.json", (i) => `"${pem(`\\nMIIE\\n${keyLine(i)}\\n`)}"`, (length) => `"${prose(length)}"`],
  ["close together", "a.log", (i) => Array(40).fill(`pwd=hunter2-${i};`).join(" "), () => " "],
  ["in words", "a.log", (i) => ` password=hunter2-${i} `, prose],
  ["in addresses", "a.log", (i) => ` redis://:hunter2-${i}@cache:6379/0 `, prose],
  ["in base64", "a.txt", (i) => ` ${btoa(`DB_PASSWORD=hunter2-${i}\n`)} `, prose],
];
for (const [name, path, secret, around] of hides) {
  const isJson = path.endsWith(".json");
  const line = Array.from({ length: 60 }, (_, i) => around(97 + i * 13) + (isJson ? "," : "") + secret(i))
    .join(isJson ? "," : "");
  const text = isJson ? `[${line}]` : line;
  Deno.test(`redactLines() hides ${name} on a line longer than it looks at, as on a short one`, () => {
    ok(text.length > 2 * SMALL.lineBytes);
    const whole = redacted(text, path, LONG_LINE);
    ok(!/hunter2|aHVudGVy|REJfUEFT/.test(whole.text), whole.text);
    deepStrictEqual(redacted(text, path, SMALL), whole);
    // a list that has no end, and what is around as one item of one
    if (isJson) equal(redacted(text.slice(0, -1), path, SMALL).text, whole.text.slice(0, -1));
  });
}

Deno.test("redactLines() keeps what is no secret on a long line, wherever a piece begins or ends", () => {
  const next = random(6);
  const phrases = [
    "invalid token: unexpected end of file",
    "token: invalid",
    "password: wrong",
    "ended",
    "a replica is ready",
  ];
  const text = "it " + Array.from({ length: 20_000 }, () => pick(next, phrases)).join(" ");
  equal(redacted(text, "a.log", SMALL).text, text);
});

Deno.test("redactLines() knows what is in strings behind a string longer than it looks at", () => {
  const entries = Array.from(
    { length: 60 },
    (_, i) => ({ m: `token=hunter2-${i}`, note: "[{}, {}, {" + prose(97 + i) }),
  );
  const text = JSON.stringify({ a: [word(9000), ...entries], b: word(9000), c: entries });
  const { text: now } = redacted(text, "a.json", SMALL);
  deepStrictEqual(
    JSON.parse(now),
    JSON.parse(text, (key, value) => key === "m" ? `token=${MASK}` : value),
  );
});

Deno.test("redactLines() gives the same for a long line however it arrives, between lines that stay", () => {
  const line = `{"items":[${items(9)},{"password":"hunter2"},${items(9)}],"token":"hunter2"}`;
  const text = `first\npassword=hunter2\n${line}\n  password: |\n    hunter2\n${line}`;
  const whole = redacted(text, "a.log", SMALL);
  ok(!whole.text.includes("hunter2"));
  equal(whole.text, redacted(text, "a.log", LONG_LINE).text);
  for (const chunkBytes of [1, 2, 3, 7, 64, 1000, 4095, 4096, 4097, 5000]) {
    deepStrictEqual(redacted(text, "a.log", SMALL, chunkBytes), whole, `chunks of ${chunkBytes}`);
  }
});

Deno.test("redactLines() gives the same however a line of random words and secrets is taken apart", () => {
  const next = random(5);
  // of rules that judge by what is close by
  const ids = ["json-web-token", "url-credentials", "database-url", "bearer-token", "github-token", "connection-pwd"];
  const samples = builtInRules.flatMap(({ id, hides, keeps }) => ids.includes(id) ? [...hides, ...keeps] : []);
  samples.push('{"password":"hunter2"}', 'say "password": "hunter2"', "--token hunter2", "password token key");
  for (let round = 0; round < 60; round++) {
    const values = Array.from({ length: 250 }, () => pick(next, samples));
    const isJson = round % 2 === 0;
    const text = isJson
      ? JSON.stringify({ kind: "List", items: values.map((value, i) => next() < 0.5 ? value : { [`k${i}`]: value }) })
      : values.join(" ");
    const path = isJson ? "a.json" : "a.log";
    const whole = redacted(text, path, LONG_LINE);
    const size = { ...SMALL, itemsBytes: 1 + Math.floor(next() * 2000), windowBytes: 2048 + Math.floor(next() * 2048) };
    equal(redacted(text, path, size, 1 + Math.floor(next() * 6000)).text, whole.text, `round ${round}`);
    if (isJson) JSON.parse(whole.text);
  }
});

const endless: [name: string, text: string, expected: string][] = [
  ["a string", `{"password":"${word(30_000)}","a":"b"}`, `{"password":"${MASK}","a":"b"}`],
  ["a string of words", `{"password":"${prose(30_000)}","a":"b"}`, `{"password":"${MASK}","a":"b"}`],
  ["a word", `${prose(5000)} password=${word(30_000)} end`, `${prose(5000)} password=${MASK} end`],
  ["a string in a string", `{"a":"{\\"token\\":\\"${word(30_000)}\\"}"}`, `{"a":"{\\"token\\":\\"${MASK}\\"}"}`],
];
for (const [name, text, expected] of endless) {
  Deno.test(`redactLines() hides all of ${name} that is longer than it looks at`, () => {
    const { text: now, hidden } = redacted(text, "a.json", SMALL);
    equal(now, expected);
    equal(hidden, text.length - expected.length + MASK.length);
  });
}

Deno.test("redactLines() hides all of a base64 text in which a secret reaches the border, and keeps others", () => {
  const secret = btoa("DB_PASSWORD=" + "hunter2-".repeat(2000));
  equal(redacted(`${prose(5000)}"${secret}" end`, "a.txt", SMALL).text, `${prose(5000)}"${MASK}" end`);
  const plain = btoa(prose(30_000));
  equal(redacted(`${plain} end`, "a.txt", SMALL).text, `${plain} end`);
  // the secret lies in one piece only, and the rest of the base64 is looked at on its own
  const middle = btoa(prose(15_000) + "\nDB_PASSWORD=hunter2\n" + prose(15_000));
  const { text } = redacted(middle, "a.txt", SMALL);
  ok(!text.split(MASK).some((part) => atob(part.slice(0, part.length & ~3)).includes("hunter2")), text);
});

const cuts: [name: string, text: string, depth: number, at: number, depthThere: number, safe: boolean][] = [
  ["between items before all else", `xxxxxxxx{"a":1},{"b":2} c, d`, 0, 16, 0, true],
  ["between items with a blank", `xxxxxxxx{"a":1}, {"b":"c d"}`, 0, 16, 0, true],
  ["not at a comma in a string", `xxxxxxxx"a,\\"b","c d`, 0, 16, 0, true],
  ["after the last blank", "xxxxxxxx a b,c", 0, 11, 0, true],
  ["after a line feed of a text in a string", "xxxxxxxx,a\\nb", 1, 12, 1, true],
  ["after the last mark", "xxxxxxxx;a=b&cc", 0, 13, 0, true],
  ["in a word so that base64 stays in step", "xxx-xxxxxxxxxxx:bcdefghijklmno", 0, 28, 0, false],
  ["in a word before an escape", "xxxxxxxxxxxxxx\\\\", 0, 14, 0, false],
];
for (const [name, text, depth, at, depthThere, safe] of cuts) {
  Deno.test(`findCut() cuts ${name}`, () => {
    const bytes = toBytes(text);
    deepStrictEqual(findCut(bytes, 8, bytes.length, depth), { at, depth: depthThere, safe });
  });
}

Deno.test("findItemCuts() cuts between items of the outermost list, so far apart as wanted", () => {
  const list = (n: number) => `{"n":[{"a":1},{"b":"},{"}, {"c":[${n}]}]}`;
  const text = `{"items":[${[0, 1, 2, 3].map(list).join(",")}`;
  const starts = [1, 2, 3].map((i) => text.indexOf(list(i)));
  deepStrictEqual(findItemCuts(toBytes(text), 0, 1), { cuts: starts, depth: 0 });
  deepStrictEqual(findItemCuts(toBytes(text), 0, starts[0]! + 5).cuts, [starts[1]]);
  deepStrictEqual(findItemCuts(toBytes(JSON.stringify(text)), 0, 1).cuts, [], "all of it in a string");
  deepStrictEqual(findItemCuts(toBytes('[{"a":"'), 0, 1), { cuts: [], depth: 1 });
});

Deno.test("redactLines() holds no more of a long line than it is told", () => {
  const step = redactLines(rules, "a.json", () => {}, HIDDEN, SMALL);
  const chunk = toBytes(`{"password":"hunter2","x":"${word(500)}"},`);
  const texts: [string, Uint8Array][] = [["items", chunk], ["words", toBytes(word(500))], [
    "brackets",
    toBytes("{[".repeat(250)),
  ]];
  for (const [name, piece] of texts) {
    let held = 0;
    for (let i = 0; i < 1000; i++) {
      held += piece.length;
      step.push(piece, (out) => held -= out.length);
      ok(held <= SMALL.lineBytes + SMALL.windowBytes + piece.length, `${held} bytes of ${name}`);
    }
    step.push(toBytes("\n"), () => {});
    held = 0;
  }
  step.end(() => {});
});

Deno.test("redact() reads a line of 30 MB, and it stays JSON", () => {
  const pod = { kind: "Pod", spec: { env: [{ name: "DB_PASSWORD", value: "hunter2" }] }, note: prose(2000) };
  const bytes = toBytes(JSON.stringify({ items: Array.from({ length: 15_000 }, (_, i) => ({ ...pod, i })) }));
  ok(bytes.length > 30_000_000);
  const redactor = createRedactor({ builtIn: true, custom: [] });
  const { bytes: now, redactions } = redactor.redactBytes("a.json", bytes)!;
  const parsed = JSON.parse(fromBytes(now));
  equal(parsed.items.length, 15_000);
  deepStrictEqual(parsed.items[14_999], { ...pod, i: 14_999, spec: { env: [{ name: "DB_PASSWORD", value: MASK }] } });
  equal(redactions.reduce((sum, { count }) => sum + count, 0), 15_000);
});
