import { deepStrictEqual, equal, match, notEqual, ok, rejects } from "node:assert/strict";
import { Buffer } from "node:buffer";
import { join } from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";
import type { Manifest } from "../../src/bundle/manifest.ts";
import { EXIT } from "../../src/core/exit_codes.ts";
import { MASK, masksIn } from "../../src/redact/mask.ts";
import { readMap } from "../../src/redact/tokens/map_file.ts";
import type { TokenOptions } from "../../src/redact/tokens/tokenization.ts";
import { MAX_VALUES } from "../../src/redact/values/known_values.ts";
import { text } from "../bundle/tar_bytes.ts";
import { collected, ROOT, Scratch, secret, textOf, VERSION } from "./bundle_scratch.ts";

const noKeys = () => Promise.reject(new Error("asked for keys"));
const tokensOf = (text: string) => masksIn(text).map(({ start, end }) => text.slice(start, end));

Deno.test("redactBundle() with tokens: equal values have equal tokens in all files, and the map leads back", async () => {
  await using scratch = await Scratch.create();
  const [value, other] = [secret(), secret()];
  const large = `DB_PASSWORD=${value}\n` + "2026-01-31 nothing of interest\n".repeat(100_000);
  const bundle = await scratch.archive(
    VERSION,
    [{ name: `${ROOT}/a.env` }, `PASSWORD=${value}\nAPI_PASSWORD=${other}\n`],
    [{ name: `${ROOT}/large.log` }, large],
    [{ name: `${ROOT}/b.gz` }, gzipSync(`password=${value}\n`)],
  );
  const path = join(scratch.folder, "map.json");
  const result = await scratch.redact(bundle, [], { tokens: { bundleId: "case-7", map: { path } } });
  const [one, two] = tokensOf(textOf(result, "a.env"));
  notEqual(one, two);
  deepStrictEqual(tokensOf(textOf(result, "large.log")), [one]);
  deepStrictEqual(tokensOf(text(gunzipSync(result.files.get(`${ROOT}/b.gz`)!))), [one]);
  const map = await readMap(path, noKeys);
  deepStrictEqual([map.bundleId, Object.fromEntries(map.values)], ["case-7", { [one!]: value, [two!]: other }]);
  deepStrictEqual(map.files[one!], ["a.env", "large.log", "b.gz"]);
  const { tokens } = result.redacted;
  deepStrictEqual([tokens!.totalSecrets, tokens!.occurrences, tokens!.map], [2, 4, { path, encrypted: false }]);
});

const again: [name: string, tokens: TokenOptions | undefined, expected: Manifest["tokens"]][] = [
  ["with tokens", { bundleId: "second" }, { bundleId: "second", earlier: ["first"] }],
  ["without tokens", undefined, { bundleId: "first" }],
];
for (const [name, tokens, expected] of again) {
  Deno.test(`redactBundle() keeps the tokens of a bundle when it is redacted again ${name}`, async () => {
    await using scratch = await Scratch.create();
    const bundle = await collected(scratch, secret(), { tokens: { bundleId: "first" } });
    const rule = { removals: { values: ["harmless"], regex: [{ redactor: "(password=)(?P<mask>.*)" }] } };
    const before = text(await fileOf(bundle, "mine/a.txt"));
    const result = await scratch.redact(bundle, [rule], { tokens });
    equal(tokensOf(before).length, 1);
    equal(textOf(result, "mine/a.txt"), before);
    match(textOf(result, "mine/b.txt"), tokens === undefined ? /^\*{3}HIDDEN\*{3}\n$/ : /^\*{3}TOKEN_\w+\*{3}\n$/);
    deepStrictEqual(JSON.parse(textOf(result, "MANIFEST.json")).tokens, expected);
  });
}

async function fileOf(archive: string, path: string): Promise<Uint8Array> {
  const { stdout } = await new Deno.Command("tar", { args: ["xzOf", archive, `out/${path}`] }).output();
  return stdout;
}

Deno.test("redactBundle() keeps tokens of whatever tool, in places that rules hide", async () => {
  await using scratch = await Scratch.create();
  const there = [
    MASK,
    "***TOKEN_PASSWORD_0A1B2C***",
    "***TOKEN_APIKEY_0A1B2C3D4E5F_1***",
    "***ACME_IP_0A1B2C3D4E5F6789***",
  ];
  const before = there.map((token) => `password=${token}\nAuthorization: Bearer ${token}\n"token": "${token}"\n`)
    .join("");
  const bundle = await scratch.archive(VERSION, [{ name: `${ROOT}/a.log` }, before]);
  for (const tokens of [undefined, {}]) equal(textOf(await scratch.redact(bundle, [], { tokens }), "a.log"), before);
});

const wrong: [name: string, tokens: (scratch: Scratch) => TokenOptions, why: RegExp][] = [
  ["there is no key", () => ({ key: "env:NOT_SET" }), /NOT_SET/],
  ["the map's folder is missing", ({ folder }) => ({ map: { path: join(folder, "no", "m") } }), /does not exist/],
  [
    "the map would take the bundle's place",
    ({ folder }) => ({ map: { path: join(folder, "in.tar.gz") } }),
    /take its place/,
  ],
  [
    "the map would lie in the bundle",
    ({ folder }) => ({ map: { path: join(folder, "folder", "m") } }),
    /in the bundle itself/,
  ],
];
for (const [name, tokens, why] of wrong) {
  Deno.test(`redactBundle() reads nothing when ${name}`, async () => {
    await using scratch = await Scratch.create();
    await scratch.archive(VERSION);
    const folder = join(scratch.folder, "folder");
    await Deno.mkdir(folder);
    await Deno.writeTextFile(join(folder, "version.yaml"), "apiVersion: v1\n");
    const bundle = name.endsWith("lie in the bundle") ? folder : join(scratch.folder, "in.tar.gz");
    await Deno.chmod(join(scratch.folder, "in.tar.gz"), 0o600);
    let read = false;
    const progress = () => void (read = true);
    await rejects(scratch.redact(bundle, [], { tokens: tokens(scratch), progress }), why);
    deepStrictEqual([read, scratch.left()], [false, []]);
    deepStrictEqual([...Deno.readDirSync(folder)].map(({ name }) => name), ["version.yaml"]);
  });
}

Deno.test("redactBundle() writes no map when there is no bundle", async () => {
  await using scratch = await Scratch.create();
  const bundle = await scratch.archive(VERSION, [{ name: `${ROOT}/a.env` }, `PASSWORD=${secret()}\n`.repeat(5000)]);
  await Deno.truncate(bundle, 500);
  const path = join(scratch.folder, "map.json");
  await rejects(scratch.redact(bundle, [], { tokens: { map: { path } } }), { code: "ARCHIVE_DAMAGED" });
  await rejects(Deno.stat(path), Deno.errors.NotFound);
});

Deno.test("redactBundle() tells of a map that cannot be written, and the bundle is there", async () => {
  await using scratch = await Scratch.create();
  const folder = join(scratch.folder, "maps");
  await Deno.mkdir(folder);
  const bundle = await scratch.archive(VERSION, [{ name: `${ROOT}/a.env` }, `PASSWORD=${secret()}\n`]);
  const result = await scratch.redact(bundle, [], {
    tokens: { map: { path: join(folder, "map.json") } },
    progress: (stage) => void (stage === "leak-gate" && Deno.removeSync(folder)),
  });
  const { tokens, tokenError } = result.redacted;
  equal(tokens, undefined);
  deepStrictEqual(
    [(tokenError as { code: string }).code, (tokenError as { exitCode: number }).exitCode],
    ["REDACTION_MAP", EXIT.failure],
  );
  match(textOf(result, "a.env"), /^PASSWORD=\*{3}TOKEN_PASSWORD_/);
});

Deno.test("redactBundle() hides the values that the user names, in every file and in the manifest", async () => {
  await using scratch = await Scratch.create();
  const value = `Rv ${secret()} x`;
  const packed = Buffer.from(value).toString("base64");
  const bundle = await scratch.archive(
    VERSION,
    [{ name: `${ROOT}/a.log` }, `the words ${value} and ${packed} in a line\n`],
    [{ name: `${ROOT}/large.log` }, `x ${value} y\n`.repeat(50_000)],
    [{ name: `${ROOT}/b.gz` }, gzipSync(`z ${value}\n`)],
  );
  const result = await scratch.redact(bundle, [], { userValues: [value] });
  equal(textOf(result, "a.log"), `the words ${MASK} and ${MASK} in a line\n`);
  equal(textOf(result, "large.log"), `x ${MASK} y\n`.repeat(50_000));
  equal(text(gunzipSync(result.files.get(`${ROOT}/b.gz`)!)), `z ${MASK}\n`);
  deepStrictEqual(result.redacted.report.rules.map(({ rule, count, files }) => [rule, count, files]), [[
    "user-value",
    50_003,
    3,
  ]]);
  const made = await collected(scratch, secret());
  const { files } = await scratch.redact(made, [], { userValues: ["memory.json"] });
  ok(![...files.values()].some((content) => text(content).includes("memory.json")), "the manifest names the file");
});

Deno.test("redactBundle() refuses more values than it could hide", async () => {
  await using scratch = await Scratch.create();
  const userValues = Array.from({ length: MAX_VALUES + 1 }, (_, i) => `value-${i}`);
  await rejects(scratch.redact(await scratch.archive(VERSION), [], { userValues }), {
    code: "VALUE_LIST",
    message: /more than 50,000 values/,
  });
  deepStrictEqual(scratch.left(), []);
});
