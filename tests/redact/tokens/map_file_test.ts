import { deepStrictEqual, equal, match, ok, rejects } from "node:assert/strict";
import { join } from "node:path";
import { EXIT } from "../../../src/core/exit_codes.ts";
import { readMap, writeMap } from "../../../src/redact/tokens/map_file.ts";
import { encryptFor, type MapKeys } from "../../../src/redact/tokens/map_lock.ts";
import { redactionMap } from "../../../src/redact/tokens/redaction_map.ts";
import { Tokenizer } from "../../../src/redact/tokens/tokenizer.ts";
import { ManualClock } from "../../manual_clock.ts";

const { generateIdentity, identityToRecipient } = await import("age-encryption");

const clock = new ManualClock("2026-03-02T10:00:00.000Z");

function sampleMap() {
  const tokens = new Tokenizer({ key: new Uint8Array(32), clock });
  const file = tokens.start("a.log");
  const token = file.of("hunter2", "password", "");
  file.end();
  return { token, map: redactionMap(tokens, { bundleId: "b1", now: clock.now() }) };
}

async function inFolder(check: (path: string, folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await check(join(folder, "map.json"), folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

const names = (folder: string) => [...Deno.readDirSync(folder)].map(({ name }) => name).sort();
const noKeys = () => Promise.reject(new Error("asked for keys"));
const withKeys = (keys: MapKeys) => () => Promise.resolve(keys);

Deno.test("a map is written for its owner alone, whole, and nothing beside it", () =>
  inFolder(async (path, folder) => {
    const { token, map } = sampleMap();
    await writeMap(path, map, undefined);
    equal((await Deno.stat(path)).mode! & 0o777, 0o600);
    deepStrictEqual(names(folder), ["map.json"]);
    deepStrictEqual(JSON.parse(await Deno.readTextFile(path)).tokens, { [token]: "hunter2" });
    const open = await readMap(path, noKeys);
    deepStrictEqual([...open.values], [[token, "hunter2"]]);
    deepStrictEqual(open.files, { [token]: ["a.log"] });
  }));

Deno.test("a map takes the place of an older one of its owner", () =>
  inFolder(async (path) => {
    await Deno.writeTextFile(path, "old", { mode: 0o600 });
    await writeMap(path, sampleMap().map, undefined);
    ok((await Deno.readTextFile(path)).startsWith("{"));
  }));

const refused: [name: string, prepare: (path: string, folder: string) => Promise<void>, why: RegExp][] = [
  ["a file that others may read", (path) => Deno.writeTextFile(path, "old", { mode: 0o644 }), /others may access it/],
  ["a folder", (path) => Deno.mkdir(path), /not a file/],
  ["a link", async (path, folder) => {
    await Deno.writeTextFile(join(folder, "target"), "old", { mode: 0o600 });
    await Deno.symlink(join(folder, "target"), path);
  }, /not a file/],
  ["a folder that is not there", (_, folder) => Deno.remove(folder), /does not exist/],
];
for (const [name, prepare, why] of refused) {
  Deno.test(`a map is not written into ${name}`, async () => {
    const folder = await Deno.makeTempDir();
    const path = join(folder, "map.json");
    try {
      await prepare(path, folder);
      const before = await Deno.readTextFile(path).catch(() => undefined);
      await rejects(writeMap(path, sampleMap().map, undefined), (error: Error) => why.test(error.message));
      equal(await Deno.readTextFile(path).catch(() => undefined), before);
    } finally {
      await Deno.remove(folder, { recursive: true }).catch(() => {});
    }
  });
}

Deno.test("a map that cannot be written leaves nothing", () =>
  inFolder(async (path, folder) => {
    const { map } = sampleMap();
    const broken = () => Promise.reject(new Error("no"));
    await rejects(writeMap(path, map, broken));
    deepStrictEqual(names(folder), []);
  }));

Deno.test("an encrypted map opens for each of its recipients, and for nobody else", () =>
  inFolder(async (path) => {
    const { token, map } = sampleMap();
    const [mine, yours, stranger] = await Promise.all([generateIdentity(), generateIdentity(), generateIdentity()]);
    const recipients = await Promise.all([mine, yours].map(identityToRecipient));
    await writeMap(path, map, await encryptFor({ recipients }));
    const text = await Deno.readTextFile(path);
    ok(!text.includes("hunter2"));
    equal((await Deno.stat(path)).mode! & 0o777, 0o600);
    const written = JSON.parse(text);
    equal(written.isEncrypted, true);
    match(written.tokens, /^-----BEGIN AGE ENCRYPTED FILE-----\n/);
    equal(written.stats.totalSecrets, 1);
    for (const identity of [mine, yours]) {
      const open = await readMap(path, withKeys({ identities: [identity!] }));
      deepStrictEqual([...open.values], [[token, "hunter2"]]);
    }
    await rejects(readMap(path, withKeys({ identities: [stranger!] })), /not encrypted for this identity/);
    const middle = written.tokens.length >> 1;
    const other = written.tokens[middle] === "A" ? "B" : "A";
    const damaged = written.tokens.slice(0, middle) + other + written.tokens.slice(middle + 1);
    await Deno.writeTextFile(path, JSON.stringify({ ...written, tokens: damaged }));
    await rejects(readMap(path, withKeys({ identities: [mine!] })), { name: "RedactionMapError" });
  }));

Deno.test("a map encrypted with a passphrase asks for it, and takes no other", () =>
  inFolder(async (path) => {
    const { token, map } = sampleMap();
    await writeMap(path, map, await encryptFor({ passphrase: "correct horse battery" }));
    const asked: string[] = [];
    const open = await readMap(path, (kind) => {
      asked.push(kind);
      return Promise.resolve({ passphrase: "correct horse battery" });
    });
    deepStrictEqual(asked, ["passphrase"]);
    deepStrictEqual([...open.values], [[token, "hunter2"]]);
    await rejects(readMap(path, withKeys({ passphrase: "wrong horse battery" })), /passphrase does not open/);
  }));

Deno.test("what is no recipient is refused before there is something to encrypt, and an identity is not repeated", async () => {
  const identity = await generateIdentity();
  await rejects(
    encryptFor({ recipients: ["age1nobody"] }),
    (error: Error) => /"age1nobody" is not/.test(error.message),
  );
  await rejects(encryptFor({ recipients: [identity] }), (error: Error) => {
    ok(!error.message.includes(identity.slice(-20)), error.message);
    return true;
  });
});

const unreadable: [name: string, text: string | undefined, why: RegExp][] = [
  ["no file", undefined, /Cannot read/],
  ["something that is no JSON", "token: hunter2", /is not a redaction map/],
  ["JSON that is no map", '{"tokens":[1]}', /is not a redaction map/],
  ["a map that Troubleshoot encrypted", '{"tokens":{"***TOKEN_X_A1***":"00ff"},"isEncrypted":true}', /nobody has/],
  ["a damaged age file", '{"tokens":"-----BEGIN AGE","isEncrypted":true}', /damaged/],
];
for (const [name, text, why] of unreadable) {
  Deno.test(`readMap() says what is wrong with ${name}, and repeats nothing of it`, () =>
    inFolder(async (path) => {
      if (text !== undefined) await Deno.writeTextFile(path, text);
      await rejects(readMap(path, noKeys), (error: Error & { exitCode?: number }) => {
        match(error.message, why);
        ok(!error.message.includes("hunter2"));
        equal(error.exitCode, EXIT.failure);
        return true;
      });
    }));
}
