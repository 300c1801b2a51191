import { deepStrictEqual, equal, match, notEqual } from "node:assert/strict";
import { join } from "node:path";
import { ensureTokenKey, jobTokens, removeTokenKey } from "../../src/daemon/job_tokens.ts";
import { stateFolder } from "../../src/schedule/state_folder.ts";
import { secretsOf } from "../secrets.ts";

async function withState(check: (state: ReturnType<typeof stateFolder>) => Promise<void>): Promise<void> {
  const root = await Deno.makeTempDir();
  try {
    await check(stateFolder({ TROUBLESHOOT_SCHEDULER_DIR: join(root, "state") }));
  } finally {
    await Deno.remove(root, { recursive: true });
  }
}

Deno.test("a job's token key is made once, for its owner alone, and read by its reference", () =>
  withState(async (state) => {
    await Promise.all(Array.from({ length: 5 }, () => ensureTokenKey("job-1", state)));
    const { key, typesFile, map } = jobTokens("job-1", state);
    const value = await secretsOf()(key!);
    match(value, /^[0-9a-f]{64}$/);
    await ensureTokenKey("job-1", state);
    equal(await secretsOf()(key!), value);
    equal(map, undefined);
    equal(typesFile, join(state.tokens, "job-1.types.json"));
    deepStrictEqual([...Deno.readDirSync(state.tokens)].map(({ name }) => name), ["job-1.key"]);
    equal((await Deno.stat(join(state.tokens, "job-1.key"))).mode! & 0o777, 0o600);
    equal((await Deno.stat(state.tokens)).mode! & 0o777, 0o700);
    await ensureTokenKey("job-2", state);
    notEqual(await secretsOf()(jobTokens("job-2", state).key!), value);
  }));

Deno.test("with the job go its key and what it remembers; twice is harmless", () =>
  withState(async (state) => {
    await ensureTokenKey("job-1", state);
    await ensureTokenKey("job-2", state);
    await Deno.writeTextFile(join(state.tokens, "job-1.types.json"), "{}");
    await removeTokenKey("job-1", state);
    await removeTokenKey("job-1", state);
    deepStrictEqual([...Deno.readDirSync(state.tokens)].map(({ name }) => name), ["job-2.key"]);
  }));
