import { deepStrictEqual, equal, ok } from "node:assert/strict";
import { redactionMap } from "../../../src/redact/tokens/redaction_map.ts";
import { Tokenizer } from "../../../src/redact/tokens/tokenizer.ts";
import { ManualClock } from "../../manual_clock.ts";
import { VALID } from "./valid_token.ts";

const NOW = "2026-03-02T10:00:00.000Z";

type Hidden = [value: string, rule: string];

async function mapOf(files: Record<string, Hidden[]>, name?: string) {
  const clock = new ManualClock(NOW);
  const key = crypto.getRandomValues(new Uint8Array(32));
  const tokens = new Tokenizer({ key, clock });
  for (const [path, hidden] of Object.entries(files)) {
    const file = tokens.start(path);
    for (const [value, rule] of hidden) file.of(value, rule, "");
    file.end();
    await clock.advance(1000);
  }
  return { key, map: redactionMap(tokens, { bundleId: "b1", name, now: clock.now() }) };
}

Deno.test("a map of nothing is whole", async () => {
  const { map } = await mapOf({});
  deepStrictEqual(map, {
    tokens: {},
    stats: {
      totalSecrets: 0,
      uniqueSecrets: 0,
      tokensGenerated: 0,
      occurrences: 0,
      secretsByType: {},
      processingTimeMs: 0,
      filesCovered: 0,
      duplicateCount: 0,
      correlationCount: 0,
      normalizationHits: 0,
      cacheHits: 0,
      cacheMisses: 0,
      notInMap: 0,
      fileCoverage: Object.create(null),
    },
    timestamp: NOW,
    profile: "support-bundle",
    bundleId: "b1",
    secretRefs: {},
    duplicates: [],
    correlations: [],
    isEncrypted: false,
  });
});

Deno.test("a map counts what is in the files, no more and no less", async () => {
  const { map } = await mapOf({
    "a.log": [["hunter2", "password"], ["hunter2", "x"], [" hunter3 ", "x"]],
    "b/__proto__": [["hunter2", "token"]],
  }, "case-7");
  const [two, three] = Object.keys(map.tokens);
  ok(VALID.test(two!) && VALID.test(three!));
  deepStrictEqual(map.tokens, { [two!]: "hunter2", [three!]: "hunter3" });
  const { processingTimeMs, fileCoverage, ...stats } = map.stats;
  ok(processingTimeMs >= 0);
  deepStrictEqual(stats, {
    totalSecrets: 2,
    uniqueSecrets: 2,
    tokensGenerated: 2,
    occurrences: 4,
    secretsByType: { PASSWORD: 1, GENERIC: 1 },
    filesCovered: 2,
    duplicateCount: 1,
    correlationCount: 0,
    normalizationHits: 1,
    cacheHits: 2,
    cacheMisses: 2,
    notInMap: 0,
  });
  deepStrictEqual({ ...fileCoverage }, {
    "a.log": { filePath: "a.log", secretsFound: 3, tokensUsed: 2, secretTypes: { PASSWORD: 1, GENERIC: 1 } },
    "b/__proto__": { filePath: "b/__proto__", secretsFound: 1, tokensUsed: 1, secretTypes: { PASSWORD: 1 } },
  });
  deepStrictEqual(map.secretRefs, { [two!]: ["a.log", "b/__proto__"], [three!]: ["a.log"] });
  deepStrictEqual(map.duplicates, [{
    token: two,
    secretType: "PASSWORD",
    locations: ["a.log", "b/__proto__"],
    count: 3,
    firstSeen: NOW,
    lastSeen: "2026-03-02T10:00:01.000Z",
  }]);
  equal(map.profile, "support-bundle-case-7");
  equal(map.timestamp, "2026-03-02T10:00:02.000Z");
});

Deno.test("the value is the text of the file in UTF-8", async () => {
  const bytes = String.fromCharCode(...new TextEncoder().encode("pässwört"));
  deepStrictEqual(Object.values((await mapOf({ a: [[bytes, "x"]] })).map.tokens), ["pässwört"]);
});

Deno.test("nothing in a map but its values discloses them, or the key", async () => {
  const { key, map } = await mapOf({ a: [["hunter2", "password"], ["hunter2", "x"]] });
  const text = JSON.stringify({ ...map, tokens: Object.keys(map.tokens) }).toLowerCase();
  ok(!text.includes("hunter2"));
  for (let at = 0; at + 4 <= key.length; at++) ok(!text.includes(key.slice(at, at + 4).toHex()), "bytes of the key");
  ok(!text.includes("secrethash"));
});

const related: [name: string, files: Record<string, Hidden[]>, patterns: Record<string, string[]>][] = [
  ["a password alone", { a: [["1", "password"]] }, {}],
  ["the same password twice", { a: [["1", "password"], ["1", "password"]] }, {}],
  ["two in different files", { a: [["1", "password"]], b: [["2", "database"]] }, {}],
  ["two in one file", { a: [["1", "password"], ["2", "database"]], b: [["1", "x"]] }, { database_credentials: ["a"] }],
  ["types that do not belong together", { a: [["1", "password"], ["2", "jwt"]] }, {}],
  ["keys beside tokens and secrets", { a: [["1", "api-key"], ["2", "jwt"]], b: [["3", "secret"], ["1", "x"]] }, {
    aws_credentials: ["b"],
    api_authentication: ["a"],
  }],
];
for (const [name, files, patterns] of related) {
  Deno.test(`correlations of ${name}`, async () => {
    const { map } = await mapOf(files);
    deepStrictEqual(Object.fromEntries(map.correlations.map(({ pattern, files }) => [pattern, files])), patterns);
    equal(map.stats.correlationCount, map.correlations.length);
    ok(map.correlations.every(({ tokens }) => tokens.length > 1 && tokens.every((token) => token in map.tokens)));
  });
}
