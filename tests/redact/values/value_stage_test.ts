import { deepStrictEqual, equal, ok } from "node:assert/strict";
import { Buffer } from "node:buffer";
import { gunzipSync, gzipSync } from "node:zlib";
import { createRedactor } from "../../../src/redact/create_redactor.ts";
import { fromBytes, toBytes } from "../../../src/redact/latin1.ts";
import { MASK } from "../../../src/redact/mask.ts";
import { KnownValues } from "../../../src/redact/values/known_values.ts";
import { redactBytes, redactText } from "../redact_text.ts";

const H = MASK;
const SIMPLE = "hunter2-hunter2";
const ODD = `p"w\\d<&>'$/+ é9`;
const KEY = `AbC/dEf+${"0".repeat(3)}GhI/jK=`;

function known(...texts: string[]): KnownValues {
  const values = new KnownValues();
  for (const text of texts) values.addText(text, "secret-value");
  return values;
}

function hiding(...texts: string[]) {
  return createRedactor({ builtIn: false, custom: [], values: known(...texts) });
}

const LONG = Array.from(crypto.getRandomValues(new Uint16Array(2000)), (n) => n.toString(36)).join("");

const json = (text: string, depth = 1): string =>
  depth === 0 ? text : json(JSON.stringify(text).slice(1, -1), depth - 1);
const base64 = (text: string) => Buffer.from(text).toString("base64");
const urlSafe = (text: string) => base64(text).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
const goJson = (text: string) =>
  json(text).replace(/[<>&]/g, (c) => `\\u00${c.charCodeAt(0).toString(16).padStart(2, "0")}`);
const ascii = (text: string) => json(text).replaceAll("é", "\\u00e9");
const xml = (text: string) =>
  text.replace(/[&<>"']/g, (c) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&apos;" })[c]!);
const query = (text: string) => new URLSearchParams({ x: text }).toString().slice(2);

const spellings: [name: string, text: string][] = [
  ["as it is", ODD],
  ["in JSON", json(ODD)],
  ["in JSON in JSON", json(ODD, 2)],
  ["in JSON in JSON in JSON", json(ODD, 3)],
  ["in JSON as Go writes it", goJson(ODD)],
  ["in JSON in JSON as Go writes it", json(goJson(ODD))],
  ["in JSON of ASCII", ascii(ODD)],
  ["in JSON of ASCII, in capitals", ascii(ODD).replace("00e9", "00E9")],
  ["in JSON with escaped slashes", json(ODD).replaceAll("/", "\\/")],
  ["in a URL", encodeURIComponent(ODD)],
  ["in a URL, in small letters", encodeURIComponent(ODD).replace(/%../g, (code) => code.toLowerCase())],
  ["in a query", query(ODD)],
  ["in a URL in a URL", encodeURIComponent(encodeURIComponent(ODD))],
  ["in a whole URL", encodeURI(ODD)],
  ["in XML", xml(ODD)],
  ["in XML as Go writes it", xml(ODD).replaceAll("&quot;", "&#34;").replaceAll("&apos;", "&#39;")],
  ["in XML as Python writes it", xml(ODD).replaceAll("&apos;", "&#x27;")],
  ["in single quotes of YAML", ODD.replaceAll("'", "''")],
  ["in single quotes of a shell", ODD.replaceAll("'", "'\\''")],
  ["in properties", ODD.replaceAll("\\", "\\\\").replaceAll("=", "\\=")],
  ["in base64", base64(ODD)],
  ["in base64 for URLs", urlSafe(ODD)],
  ["in base64 in a query", encodeURIComponent(base64(ODD))],
];
for (const [name, text] of spellings) {
  Deno.test(`a known value is hidden ${name}`, async () => {
    equal((await redactText(hiding(ODD), `<${text}> [${text}]`)).text, `<${H}> [${H}]`);
  });
}

const contexts: [name: string, values: string[], before: string, after: string][] = [
  ["wherever it is in a word", [SIMPLE], `x${SIMPLE}y-p${SIMPLE}`, `x${H}y-p${H}`],
  ["twice in a row", [SIMPLE], SIMPLE + SIMPLE, H + H],
  ["together with one that overlaps", ["abcdefgh12", "gh12ijklmn"], "[abcdefgh12ijklmn]", `[${H}]`],
  ["together with a longer one around it", ["abcd1234", "user:abcd1234@host"], "x user:abcd1234@host y", `x ${H} y`],
  ["not in another case", [SIMPLE], SIMPLE.toUpperCase(), SIMPLE.toUpperCase()],
  ["not in part", [SIMPLE], SIMPLE.slice(1), SIMPLE.slice(1)],
  ["at both ends of a file", [SIMPLE], `${SIMPLE}\n${SIMPLE}`, `${H}\n${H}`],
  ["with a backslash at its end", ["abcdef12\\"], '{"a":"abcdef12\\\\"}', `{"a":"${H}"}`],
  ["of four characters", ["4711"], "pin 4711.", `pin ${H}.`],
  ["of four characters in base64 of its own", ["x4t!"], `a: ${base64("x4t!")}`, `a: ${H}`],
  ["of six characters inside of base64", ["x4t!y7"], `a: ${base64("abc:x4t!y7;")}`, `a: YWJj${H}`],
  ["of signs alone", ["!$%&/()="], JSON.stringify("<!$%&/()=>"), `"<${H}>"`],
  ["outside of ASCII", ["пароль-секрет"], "пароль-секрет " + encodeURIComponent("пароль-секрет"), `${H} ${H}`],
  [
    "outside of Unicode's first plane",
    ["🔑🔑🔑🔑x"],
    `🔑🔑🔑🔑x "\\ud83d\\udd11\\ud83d\\udd11\\ud83d\\udd11\\ud83d\\udd11x"`,
    `${H} "${H}"`,
  ],
  ["of many kilobytes", [LONG], `<${LONG}>`, `<${H}>`],
];
for (const [name, values, before, after] of contexts) {
  Deno.test(`a known value is hidden ${name}`, async () => {
    equal((await redactText(hiding(...values), before)).text, after);
  });
}

Deno.test("a known value is hidden in base64 at each place in a group, and what is left of that can be read", async () => {
  for (let before = 0; before < 7; before++) {
    for (let after = 0; after < 7; after++) {
      const whole = base64("~".repeat(before) + KEY + "?".repeat(after));
      const { text } = await redactText(hiding(KEY), `"${whole}"`);
      const parts = text.slice(1, -1).split(H);
      equal(parts.length, 2, text);
      ok(parts.every((part) => part.length % 4 === 0), text);
      ok(/^~*$/.test(atob(parts[0]!)) && /^\?*$/.test(atob(parts[1]!)), text);
      ok(atob(parts[0]!).length > before - 3 && atob(parts[1]!).length > after - 3, text);
    }
  }
});

Deno.test("bytes that are no text are hidden in base64", async () => {
  const bytes = crypto.getRandomValues(new Uint8Array(900));
  const values = new KnownValues();
  values.addBinary(bytes);
  const redactor = createRedactor({ builtIn: false, custom: [], values });
  const encoded = Buffer.from(bytes).toString("base64");
  equal((await redactText(redactor, `data: "${encoded}"\nend`)).text, `data: "${H}"\nend`);
  equal((await redactText(redactor, `data: "${encoded.slice(0, -80)}"`)).text.includes(encoded.slice(0, 400)), false);
});

const quoting: [name: string, path: string, value: string, before: string, after: string][] = [
  ["a plain scalar", "a.yaml", SIMPLE, `a: ${SIMPLE}\nb: [${SIMPLE}, x]\n`, `a: '${H}'\nb: ['${H}', x]\n`],
  ["the middle of a plain scalar", "a.yaml", SIMPLE, `a: x${SIMPLE}\n`, `a: x${H}\n`],
  ["YAML in JSON", "a.json", SIMPLE, `{"a":"x: y\\nb: ${SIMPLE}\\n"}`, `{"a":"x: y\\nb: '${H}'\\n"}`],
  ["a number in JSON", "a.json", "471100", '{"a":471100,"b":[1]}', `{"a":"${H}","b":[1]}`],
  ["a part of a number in JSON", "a.log", "4711", '{"a": -347110.5e3}', `{"a": "${H}"}`],
  ["a number in JSON in JSON", "a.log", "471100", '{"a":"{\\"b\\":471100}"}', `{"a":"{\\"b\\":\\"${H}\\"}"}`],
  ["a number in a string of JSON", "a.json", "471100", '{"a":"x: 471100, y"}', `{"a":"x: ${H}, y"}`],
];
for (const [name, path, value, before, after] of quoting) {
  Deno.test(`the mask of a known value is quoted where it must be: ${name}`, async () => {
    equal((await redactText(hiding(value), before, path)).text, after);
  });
}

Deno.test("known values are hidden before a rule hides a part of them", async () => {
  const value = "Zq8:x/y@w#3kLm";
  const redactor = createRedactor({
    builtIn: true,
    custom: [{ removals: { values: ["x/y"], regex: [{ redactor: "(?P<mask>kLm)" }] } }],
    values: known(value),
  });
  const lines = [
    `url=postgres://app:${value}@db:5432/shop`,
    `password=${value}`,
    `{"name":"DB_PASSWORD","value":"${value}"}`,
    `Authorization: Basic ${base64(`app:${value}`)}`,
    `mysql -p${value} shop`,
  ];
  const { text } = await redactText(redactor, lines.join("\n"));
  for (const part of ["Zq8", "x/y", "w#3", "kLm", base64(value).slice(4, 12)]) ok(!text.includes(part), text);
  equal(text.split("\n").length, lines.length);
});

Deno.test("known values are hidden in archives", async () => {
  const { bytes } = await redactBytes(hiding(SIMPLE), "a/b.log.gz", gzipSync(`x ${SIMPLE} y`));
  equal(gunzipSync(bytes).toString(), `x ${H} y`);
});

Deno.test("known values are reported by where they come from, each mask once", async () => {
  const values = known(SIMPLE, "abcd1234");
  values.addText("from-a-list", "user-value");
  const redactor = createRedactor({ builtIn: false, custom: [], values });
  const { report } = await redactText(redactor, `${SIMPLE}abcd1234 from-a-list ${base64("from-a-list")}\n${SIMPLE}\n`);
  deepStrictEqual(report, [
    { rule: "secret-value", count: 3, bytesHidden: 2 * SIMPLE.length + 8, builtIn: true },
    { rule: "user-value", count: 2, bytesHidden: 11 + 16, builtIn: true },
  ]);
});

Deno.test("known values are hidden, and every other byte kept, however the input is cut", async () => {
  const values = [SIMPLE, ODD, "abcdefgh12", "gh12ijklmn", KEY, "é".repeat(9)];
  const bytes = toBytes(
    "\xff\xfe" + [...values, ...values.map(base64), ...values.map((text) => json(text, 2)), ...values.map(query)]
      .map((text) => fromBytes(new TextEncoder().encode(text))).join(" \xfe\r\n \0 ") +
      "; abcdefgh12ijklmn",
  );
  const redactor = hiding(...values);
  const whole = await redactBytes(redactor, "a.log", bytes);
  equal(whole.text.split(H).length - 1, 4 * values.length + 1);
  for (let size = 1; size < 200; size++) {
    const cut = await redactBytes(redactor, "a.log", bytes, [size, 1, size * 7]);
    equal(fromBytes(cut.bytes), fromBytes(whole.bytes), `chunks of ${size}`);
    deepStrictEqual(cut.report, whole.report);
  }
});

Deno.test("known values are found at every offset, whatever others there are", async () => {
  for (const other of [[], ["4711"], ["a1b2c3"], ["a-longer-one-12345"]]) {
    const redactor = hiding(SIMPLE, ...other);
    for (let offset = 0; offset < 40; offset++) {
      const { text } = await redactText(redactor, "x".repeat(offset) + SIMPLE + "y".repeat(offset));
      equal(text, "x".repeat(offset) + H + "y".repeat(offset));
    }
  }
});

Deno.test("thousands of values that look alike are told apart, in time linear in the text", async () => {
  const value = (i: number) => `tenant-secret-${String(i).padStart(6, "0")}-of-the-shop`;
  const redactor = hiding(...Array.from({ length: 5_000 }, (_, i) => value(i * 2)));
  const text = Array.from({ length: 40_000 }, (_, i) => `tenant-secret-of-the-shop ${value(i)}\n`).join("");
  const { text: now, report } = await redactText(redactor, text);
  equal(report[0]!.count, 5_000);
  ok(now.includes(value(1)) && now.includes(value(10_001)) && !now.includes(value(9_998)));
});

const hostile: [name: string, value: string, text: string][] = [
  ["a file of its beginnings", SIMPLE, SIMPLE.slice(0, -1).repeat(100_000)],
  ["a file of backslashes", "ab\\\\\\\\\\\\cd1234", "\\".repeat(1_000_000)],
  ["a file of one character", "a".repeat(400) + "bcdefgh", "a".repeat(1_000_000)],
  ["a file of quotes", `""""""""abcd1`, '\\"'.repeat(500_000)],
];
for (const [name, value, text] of hostile) {
  Deno.test(`known values take no longer in ${name}`, async () => {
    equal((await redactText(hiding(value), text)).text, text);
  });
}

Deno.test("KnownValues keeps to its bounds, and says so", () => {
  const values = new KnownValues();
  for (let i = 0; i < 60_000; i++) values.addText(`value-${i}`, "secret-value");
  equal(values.size, 50_000);
  ok(values.overflown);
  equal([...values].length, 50_000);
});

Deno.test("KnownValues shows its values to nobody who prints it", () => {
  const values = known(SIMPLE);
  for (const shown of [Deno.inspect(values, { depth: 9 }), JSON.stringify(values), String(values)]) {
    ok(!shown.includes("hunter2"), shown);
  }
  deepStrictEqual([...values].map(fromBytes), [SIMPLE]);
});
