import { deepStrictEqual, rejects, strictEqual } from "node:assert/strict";
import { Buffer } from "node:buffer";
import { gzipSync } from "node:zlib";
import {
  computedValues,
  decodeHelmRelease,
  goTimeText,
  MAX_RELEASE_BYTES,
} from "../../../../src/collect/kinds/cluster/helm_release.ts";

const times = [
  ["2024-05-01T10:11:12.1Z", "2024-05-01 10:11:12.1 +0000 UTC"],
  ["2024-05-01T10:11:12.120450000Z", "2024-05-01 10:11:12.12045 +0000 UTC"],
  ["2024-05-01T10:11:12.123456789+02:00", "2024-05-01 10:11:12.123456789 +0200 +0200"],
  ["2024-05-01T10:11:12-03:30", "2024-05-01 10:11:12 -0330 -0330"],
  ["2024-05-01T10:11:12.000+00:00", "2024-05-01 10:11:12 +0000 UTC"],
  ["0001-01-01T00:00:00Z", "0001-01-01 00:00:00 +0000 UTC"],
  ["yesterday", "yesterday"],
  ["", ""],
] as const;
for (const [time, text] of times) {
  Deno.test(`goTimeText() makes "${text}" of "${time}"`, () => strictEqual(goTimeText(time), text));
}

const merges: [string, Record<string, unknown>, Record<string, unknown>, unknown][] = [
  ["takes the chart's default where the user says nothing", { a: 1 }, {}, { a: 1 }],
  ["takes what the user says", { a: 1 }, { a: 2, b: 3 }, { a: 2, b: 3 }],
  ["merges tables, however deep", { a: { b: { c: 1, d: 2 } } }, { a: { b: { d: 3 } } }, { a: { b: { c: 1, d: 3 } } }],
  ["takes a list as a whole", { a: [1, 2] }, { a: [3] }, { a: [3] }],
  ["lets the user's null remove a default", { a: { b: 1, c: 2 } }, { a: { b: null } }, { a: { c: 2 } }],
  ["keeps a null that has no default", {}, { a: null }, { a: null }],
  ["lets the user put a value over a table", { a: { b: 1 } }, { a: "x" }, { a: "x" }],
  ["sorts keys, in lists too", { b: [{ d: 1, c: 2 }] }, { a: 1 }, { a: 1, b: [{ c: 2, d: 1 }] }],
  [
    "has no key that means something to JavaScript",
    JSON.parse('{"__proto__": {"a": 1}}'),
    JSON.parse('{"__proto__": {"b": 2}}'),
    JSON.parse('{"__proto__": {"a": 1, "b": 2}}'),
  ],
];
for (const [name, values, config, expect] of merges) {
  Deno.test(`computedValues() ${name}`, () => {
    strictEqual(JSON.stringify(computedValues({ chart: { values }, config })), JSON.stringify(expect));
  });
}

const base64 = (bytes: Uint8Array | string) => Buffer.from(bytes).toString("base64");
const smallest = { name: "r", version: 3 };
const read = {
  name: "r",
  namespace: "",
  version: 3,
  info: { status: "", last_deployed: "" },
  chart: { metadata: { name: "", version: "", appVersion: "" }, values: {} },
  config: {},
};
const readable: [string, string][] = [
  ["gzip", base64(gzipSync(JSON.stringify(smallest)))],
  ["plain JSON, as old versions stored it", base64(JSON.stringify(smallest))],
  ["nulls", base64(JSON.stringify({ ...smallest, info: null, chart: { metadata: null, values: null }, config: null }))],
];
for (const [name, payload] of readable) {
  Deno.test(`decodeHelmRelease() reads ${name}`, async () => deepStrictEqual(await decodeHelmRelease(payload), read));
}

const unreadable: [string, () => string, RegExp][] = [
  ["what is not base64", () => "%%%", /Cannot read the Helm release: /],
  ["broken gzip", () => base64(gzipSync("{}").subarray(0, 12)), /Cannot read the Helm release: /],
  ["what is not JSON, without quoting it", () => base64("hush-hush"), /its record is not JSON$/],
  ["a record without a name", () => base64('{"version":1}'), /no name or no version/],
  ["a record without a version", () => base64('{"name":"x"}'), /no name or no version/],
  ["a record that is a list", () => base64("[]"), /no name or no version/],
  ["a bomb", () => base64(gzipSync(Buffer.alloc(MAX_RELEASE_BYTES * 8, " "))), /unpacked, .* more than 16777216 bytes/],
  ["a large plain record", () => base64(Buffer.alloc(MAX_RELEASE_BYTES + 1, " ")), /more than 16777216 bytes/],
];
for (const [name, payload, message] of unreadable) {
  Deno.test(`decodeHelmRelease() refuses ${name}`, async () => {
    await rejects(decodeHelmRelease(payload()), { code: "HELM_RELEASE", message });
  });
}
