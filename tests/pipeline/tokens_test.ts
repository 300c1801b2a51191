import { deepStrictEqual, equal, match, notEqual, ok, rejects } from "node:assert/strict";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { bytesEntry, textEntry } from "../../src/bundle/entry.ts";
import { EXIT } from "../../src/core/exit_codes.ts";
import { readMap } from "../../src/redact/tokens/map_file.ts";
import { MASK, masksIn } from "../../src/redact/mask.ts";
import { VALID } from "../redact/tokens/valid_token.ts";
import { collector, type Ran, specOf, withRun } from "./with_run.ts";

const newTokenKey = () => crypto.getRandomValues(new Uint8Array(32)).toHex();
const noKeys = () => Promise.reject(new Error("asked for keys"));

function tokensOf(text: string): string[] {
  return masksIn(text).map(({ start, end }) => text.slice(start, end));
}

async function withFolder(check: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await check(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** A run with a secret in a file of each of two collectors, of which one waits for the other. */
async function runWith(
  secret: string,
  first: "env" | "custom",
  tokens: Record<string, unknown>,
  check: (ran: Ran) => void | Promise<void>,
): Promise<void> {
  const files = {
    env: textEntry("app.env", `DB_PASSWORD=${secret}\nSMTP_PASSWORD=${secret}\nAPI_TOKEN=${secret}2\n`),
    custom: textEntry("notes.txt", `seen: ${secret} twice: ${secret}\n`),
  };
  const done = Promise.withResolvers<void>();
  const unit = (name: "env" | "custom") =>
    collector(name, async function* () {
      if (name !== first) await done.promise;
      yield files[name];
      if (name === first) done.resolve();
    });
  const spec = await specOf("", unit("env"), unit("custom"));
  spec.redactors.push({ name: "mine", removals: { values: [secret, "not there"] } });
  await withRun(spec, check, { tokens });
}

Deno.test("runPipeline() with tokens: equal values have equal tokens in all files, and the map leads back", () =>
  withFolder(async (folder) => {
    const secret = "Planted" + crypto.randomUUID().replaceAll("-", "");
    const path = join(folder, "map.json");
    await runWith(secret, "env", { map: { path }, bundleId: "case-7" }, async ({ report, manifest, files }) => {
      deepStrictEqual([report.status, report.exitCode], ["completed", 0]);
      for (const [name, text] of files) ok(!text.includes(secret) && !text.includes("***HIDDEN***"), name);
      const [db, smtp, api] = tokensOf(files.get("app.env")!);
      equal(db, smtp);
      notEqual(db, api);
      ok(VALID.test(db!) && VALID.test(api!));
      deepStrictEqual(tokensOf(files.get("notes.txt")!), [db, db]);
      deepStrictEqual(manifest.tokens, { bundleId: "case-7" });

      const map = await readMap(path, noKeys);
      equal(map.bundleId, "case-7");
      deepStrictEqual(Object.fromEntries(map.values), { [db!]: secret, [api!]: `${secret}2` });
      deepStrictEqual(map.files, { [db!]: ["app.env", "notes.txt"], [api!]: ["app.env"] });
      const { tokens } = report;
      deepStrictEqual([tokens!.totalSecrets, tokens!.occurrences, tokens!.filesCovered, tokens!.map], [2, 5, 2, {
        path,
        encrypted: false,
      }]);
      deepStrictEqual(tokens!.topFiles, [{ path: "app.env", occurrences: 3, values: 2 }, {
        path: "notes.txt",
        occurrences: 2,
        values: 1,
      }]);
      ok(!JSON.stringify(report).includes(secret));
    });
  }));

Deno.test("runPipeline() with tokens: a random key leaves nothing in common between two bundles", async () => {
  const seen = new Set<string>();
  for (let run = 0; run < 2; run++) {
    await runWith("hunter2", "env", {}, ({ files }) => void seen.add(tokensOf(files.get("app.env")!)[0]!));
  }
  equal(seen.size, 2);
});

Deno.test("runPipeline() with tokens: with a key and types that are kept, whatever is read first", () =>
  withFolder(async (folder) => {
    const key = join(folder, "key"), typesFile = join(folder, "types.json");
    await Deno.writeTextFile(key, newTokenKey() + "\n", { mode: 0o600 });
    const runs: string[] = [];
    for (const first of ["custom", "env", "env"] as const) {
      await runWith("hunter2", first, { key: `file:${key}`, typesFile }, ({ files }) => {
        runs.push(files.get("app.env")! + files.get("notes.txt")!);
        for (const text of files.values()) ok(!text.includes(Deno.readTextFileSync(key).trim()));
      });
    }
    equal(new Set(runs).size, 1, runs.join("\n"));
    match(tokensOf(runs[0]!)[0]!, /GENERIC/);
  }));

Deno.test("runPipeline() with tokens: the key is not in the bundle, even where a collector finds it, and not in the map", () =>
  withFolder(async (folder) => {
    const key = newTokenKey(), keyFile = join(folder, "key"), path = join(folder, "map.json");
    await Deno.writeTextFile(keyFile, key + "\n", { mode: 0o600 });
    const unit = collector("unit", async function* () {
      yield textEntry("found.txt", `x ${key}\nTOKEN_KEY=${key}\n{"password":"${key}"}\n`);
    });
    await withRun(await specOf("", unit), async ({ files }) => {
      equal(files.get("found.txt"), `x ${MASK}\nTOKEN_KEY=${MASK}\n{"password":"${MASK}"}\n`);
      for (const text of [...files.values(), await Deno.readTextFile(path)]) ok(!text.includes(key));
    }, { tokens: { key: `file:${keyFile}`, map: { path } } });
  }));

Deno.test("runPipeline() with tokens: what could be wrong ends the run before anything is collected", () =>
  withFolder(async (folder) => {
    let collected = false;
    const unit = collector("unit", async function* () {
      collected = true;
      yield textEntry("a.txt", "a");
    });
    const wide = join(folder, "wide.json");
    await Deno.writeTextFile(wide, "{}", { mode: 0o644 });
    const wrong: [tokens: Record<string, unknown>, why: RegExp][] = [
      [{ key: "env:NOT_SET" }, /NOT_SET/],
      [{ key: `file:${join(folder, "none")}` }, /does not exist/],
      [{ format: "x" }, /%s/],
      [{ map: { path: wide } }, /others may access it/],
      [{ map: { path: join(folder, "no", "map.json") } }, /does not exist/],
      [{ map: { path: join(folder, "m"), encrypt: { recipients: ["age1x"] } } }, /not an age recipient/],
      [{ map: { path: join(folder, "m"), encrypt: { passphrase: "env:NOT_SET" } } }, /NOT_SET/],
    ];
    for (const [tokens, why] of wrong) {
      const spec = await specOf("", unit);
      await rejects(withRun(spec, () => {}, { tokens }), (error: Error) => why.test(error.message), String(why));
    }
    equal(collected, false);
    deepStrictEqual([...Deno.readDirSync(folder)].map(({ name }) => name), ["wide.json"]);
  }));

Deno.test("runPipeline() with tokens: a map that cannot be written is an error, and the bundle is there", () =>
  withFolder(async (folder) => {
    const sub = join(folder, "sub");
    await Deno.mkdir(sub);
    const unit = collector("unit", async function* () {
      yield textEntry("a.env", "DB_PASSWORD=hunter2\n");
      await Deno.remove(sub);
    });
    await withRun(await specOf("", unit), ({ report, files }) => {
      deepStrictEqual([report.status, report.error?.code], ["partial", "REDACTION_MAP"]);
      equal(report.exitCode, EXIT.failure);
      ok(files.get("a.env")!.startsWith("DB_PASSWORD=***TOKEN_PASSWORD_"));
    }, { tokens: { map: { path: join(sub, "map.json") } } });
  }));

Deno.test("runPipeline() with tokens: values of a file that is left out are in no map", () =>
  withFolder(async (folder) => {
    const path = join(folder, "map.json");
    const noise = crypto.getRandomValues(new Uint8Array(50_000)).toHex();
    const unit = collector("unit", async function* () {
      yield textEntry("kept.env", "DB_PASSWORD=hunter2\n");
      // It ends too early, when much of it has been read.
      yield bytesEntry("left-out.gz", gzipSync(`DB_PASSWORD=hunter3\n${noise}`).subarray(0, -1000));
    });
    await withRun(await specOf("", unit), async ({ manifest }) => {
      ok(manifest.missing.some(({ path }) => path === "left-out.gz"));
      deepStrictEqual([...(await readMap(path, noKeys)).values.values()], ["hunter2"]);
    }, { tokens: { map: { path } } });
  }));
