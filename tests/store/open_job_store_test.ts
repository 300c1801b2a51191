import { deepStrictEqual, match, ok, rejects, strictEqual } from "node:assert/strict";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { EXIT } from "../../src/core/exit_codes.ts";
import { key } from "../../src/store/keys.ts";
import { openJobStore } from "../../src/store/kv_job_store.ts";
import { StoreError } from "../../src/store/store_error.ts";
import { sampleJob } from "../contracts/job_store_contract.ts";
import { kvServerProgram, startKvServer } from "../fixtures/kv_server.ts";
import { ManualClock } from "../manual_clock.ts";

const posix = Deno.build.os !== "windows";
const clock = new ManualClock("2026-03-02T12:00:00Z");

async function inFolder(check: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await check(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

const modeOf = (path: string) => Deno.statSync(path).mode! & 0o777;

/** A closed store with `jobs` jobs. */
async function storeWithJobs(path: string, jobs: number): Promise<void> {
  const store = await openJobStore({ path });
  for (let i = 0; i < jobs; i++) await store.createJob(sampleJob({ description: "x".repeat(2_000) }));
  store.close();
}

Deno.test({
  name: "openJobStore() makes folders that only their owner can enter, and files only they can read",
  ignore: !posix,
  fn: () =>
    inFolder(async (folder) => {
      const path = join(folder, "a", "b", "store.db");
      const store = await openJobStore({ path });
      await store.createJob(sampleJob());
      deepStrictEqual([modeOf(join(folder, "a")), modeOf(join(folder, "a", "b"))], [0o700, 0o700]);
      const files = [...Deno.readDirSync(join(folder, "a", "b"))].map((entry) => entry.name).sort();
      deepStrictEqual(files, ["store.db", "store.db-shm", "store.db-wal"]);
      for (const file of files) strictEqual(modeOf(join(folder, "a", "b", file)), 0o600, file);
      store.close();
    }),
});

Deno.test({
  name: "openJobStore() takes a store away from other readers, and leaves an existing folder's mode alone",
  ignore: !posix,
  fn: () =>
    inFolder(async (folder) => {
      await Deno.chmod(folder, 0o755);
      const path = join(folder, "store.db");
      await Deno.writeFile(path, new Uint8Array(), { mode: 0o644 });
      (await openJobStore({ path })).close();
      deepStrictEqual([modeOf(path), modeOf(folder)], [0o600, 0o755]);
    }),
});

const unwritable: [name: string, prepare: (folder: string) => Promise<string>][] = [
  ["a file where the folder should be", async (folder) => {
    await Deno.writeTextFile(join(folder, "state"), "");
    return join(folder, "state", "store.db");
  }],
  ["a file where a folder above should be", async (folder) => {
    await Deno.writeTextFile(join(folder, "state"), "");
    return join(folder, "state", "deep", "store.db");
  }],
  ["a folder where the file should be", async (folder) => {
    await Deno.mkdir(join(folder, "store.db"));
    return join(folder, "store.db");
  }],
  // Not even root writes there.
  ...(Deno.build.os === "linux"
    ? [["a folder in which nothing can be made", () => Promise.resolve("/proc/self/fdinfo/state/store.db")] as [
      string,
      () => Promise<string>,
    ]]
    : []),
];
for (const [name, prepare] of unwritable) {
  Deno.test(`openJobStore() refuses ${name} with STATE_NOT_WRITABLE`, () =>
    inFolder(async (folder) => {
      const path = await prepare(folder);
      await rejects(openJobStore({ path }), (error: StoreError) => {
        ok(error instanceof StoreError, String(error));
        deepStrictEqual([error.code, error.exitCode], ["STATE_NOT_WRITABLE", EXIT.state]);
        match(error.hint!, /TROUBLESHOOT_SCHEDULER_DIR/);
        return true;
      });
    }));
}

const damages: [name: string, damage: (good: Uint8Array) => Uint8Array][] = [
  ["that is no database", () => new TextEncoder().encode("no database ".repeat(2_000))],
  ["without its header", (good) => good.fill(0, 0, 100)],
  ["cut in half", (good) => good.subarray(0, good.length >> 1)],
  ["cut within the first page", (good) => good.subarray(0, 300)],
  ["with overwritten pages", (good) => good.fill(0xff, 8_192)],
  ["with one overwritten page in the middle", (good) => {
    const page = (good.length >> 13) * 4_096;
    return good.fill(0xab, page, page + 4_096);
  }],
];
for (const [name, damage] of damages) {
  Deno.test(`openJobStore() sets a file aside ${name}, and starts afresh`, () =>
    inFolder(async (folder) => {
      const path = join(folder, "store.db");
      await storeWithJobs(path, 60);
      const damaged = damage(await Deno.readFile(path));
      await Deno.writeFile(path, damaged);
      const store = await openJobStore({ path }, { clock });
      try {
        strictEqual(store.setAside?.path, `${path}.corrupt-20260302T120000Z`);
        ok(store.setAside.reason.length > 0);
        deepStrictEqual(await Deno.readFile(store.setAside.path), damaged);
        deepStrictEqual(await store.listJobs(), []);
        ok(await store.createJob(sampleJob()));
        if (posix) strictEqual(modeOf(path), 0o600);
      } finally {
        store.close();
      }
      const again = await openJobStore({ path }, { clock });
      strictEqual(again.setAside, undefined);
      strictEqual((await again.listJobs()).length, 1);
      again.close();
    }));
}

Deno.test("openJobStore() gives a second damaged file of the same second a name of its own", () =>
  inFolder(async (folder) => {
    const path = join(folder, "store.db");
    const names = new Set<string>();
    for (let i = 0; i < 3; i++) {
      await Deno.writeTextFile(path, `damaged ${i}`);
      const store = await openJobStore({ path }, { clock });
      names.add(store.setAside!.path);
      store.close();
    }
    strictEqual(names.size, 3);
  }));

Deno.test("openJobStore() by many at once sets a damaged file aside once, and loses nothing written since", () =>
  inFolder(async (folder) => {
    const path = join(folder, "store.db");
    await Deno.writeTextFile(path, "damaged");
    const stores = await Promise.all(Array.from({ length: 6 }, async () => {
      const store = await openJobStore({ path });
      ok(await store.createJob(sampleJob()));
      return store;
    }));
    try {
      strictEqual(stores.filter((store) => store.setAside !== undefined).length, 1);
      for (const store of stores) strictEqual((await store.listJobs()).length, 6);
    } finally {
      for (const store of stores) store.close();
    }
  }));

Deno.test("openJobStore() leaves a healthy file alone that another process keeps locked", () =>
  inFolder(async (folder) => {
    const path = join(folder, "store.db");
    await storeWithJobs(path, 3);
    using writer = new DatabaseSync(path);
    for (const begin of ["BEGIN IMMEDIATE", "BEGIN EXCLUSIVE"]) {
      writer.exec(begin);
      await rejects(openJobStore({ path }, { callTimeoutMs: 200 }), (error: StoreError) => {
        deepStrictEqual([error.code, error.exitCode], ["STATE_LOCKED", EXIT.state]);
        return true;
      });
      writer.exec("ROLLBACK");
    }
    const store = await openJobStore({ path });
    strictEqual(store.setAside, undefined);
    strictEqual((await store.listJobs()).length, 3);
    store.close();
    deepStrictEqual([...Deno.readDirSync(folder)].map((e) => e.name).filter((name) => name.includes("corrupt")), []);
  }));

Deno.test("openJobStore() waits for a lock that is given up in time", () =>
  inFolder(async (folder) => {
    const path = join(folder, "store.db");
    await storeWithJobs(path, 1);
    using writer = new DatabaseSync(path);
    writer.exec("BEGIN IMMEDIATE");
    const opening = openJobStore({ path });
    setTimeout(() => writer.exec("COMMIT"), 200);
    (await opening).close();
  }));

Deno.test("KvJobStore gives up on a file that stays locked, and goes on when it is free", () =>
  inFolder(async (folder) => {
    const path = join(folder, "store.db");
    await storeWithJobs(path, 1);
    using writer = new DatabaseSync(path);
    const store = await openJobStore({ path }, { callTimeoutMs: 200 });
    try {
      writer.exec("BEGIN IMMEDIATE");
      await rejects(store.createJob(sampleJob()), { code: "STATE_LOCKED", exitCode: EXIT.state });
      strictEqual((await store.listJobs()).length, 1);
      writer.exec("ROLLBACK");
      ok(await store.createJob(sampleJob()));
    } finally {
      store.close();
    }
  }));

Deno.test("openJobStore() refuses a store of a later version and leaves it as it is", () =>
  inFolder(async (folder) => {
    const path = join(folder, "store.db");
    await storeWithJobs(path, 2);
    const kv = await Deno.openKv(path);
    await kv.set(key.schema, 2);
    kv.close();
    await rejects(openJobStore({ path }), { code: "STATE_NEWER", exitCode: EXIT.state });
    deepStrictEqual([...Deno.readDirSync(folder)].map((e) => e.name), ["store.db"]);
  }));

const token = crypto.randomUUID();

/** Runs the check with a token in the environment, where Deno KV looks for it. */
async function withToken(value: string, check: () => Promise<void>): Promise<void> {
  Deno.env.set("DENO_KV_ACCESS_TOKEN", value);
  try {
    await check();
  } finally {
    Deno.env.delete("DENO_KV_ACCESS_TOKEN");
  }
}

/** Serves one answer. @returns its URL */
function serve(answer: () => Response | Promise<Response>): { url: string; stop(): Promise<void> } {
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, answer);
  return { url: `http://127.0.0.1:${server.addr.port}`, stop: () => server.shutdown() };
}

const unreachable: [name: string, answer: "none" | "late" | Response, says: RegExp][] = [
  ["is not there", "none", /no connection/],
  ["never answers", "late", /does not answer/],
  ["refuses the token", new Response("no", { status: 401 }), /refuses the token \(401\)/],
  ["is no KV server", new Response("hello", { status: 404 }), /answers 404/],
];
for (const [name, answer, says] of unreachable) {
  Deno.test(`openJobStore() gives up on a server that ${name}`, () =>
    withToken(token, async () => {
      const late = Promise.withResolvers<Response>();
      const server = serve(() => answer instanceof Response ? answer : late.promise);
      if (answer === "none") await server.stop();
      try {
        await rejects(openJobStore({ url: server.url }, { callTimeoutMs: 300 }), (error: StoreError) => {
          deepStrictEqual([error.code, error.exitCode], ["STATE_UNREACHABLE", EXIT.state]);
          match(error.message, says);
          return true;
        });
      } finally {
        late.resolve(new Response());
        if (answer !== "none") await server.stop();
      }
    }));
}

Deno.test("openJobStore() asks for the token of a server", async () => {
  await rejects(openJobStore({ url: "http://127.0.0.1:4512" }), (error: StoreError) => {
    strictEqual(error.code, "STATE_UNREACHABLE");
    match(error.hint!, /DENO_KV_ACCESS_TOKEN/);
    return true;
  });
});

const program = kvServerProgram();

Deno.test({
  name: "openJobStore() gives up on a real server that refuses the token",
  ignore: program === undefined,
  fn: () =>
    inFolder((folder) =>
      withToken(token, async () => {
        const server = await startKvServer(program!, folder, crypto.randomUUID());
        try {
          await rejects(openJobStore({ url: server.url }), { code: "STATE_UNREACHABLE" });
        } finally {
          await server.stop();
        }
      })
    ),
});

Deno.test({
  name: "KvJobStore tells when its server goes away, and goes on when it is back",
  ignore: program === undefined,
  // Deno's client goes on with the call that failed, with longer and longer pauses, even when the store is closed.
  sanitizeOps: false,
  fn: () =>
    inFolder((folder) =>
      withToken(token, async () => {
        let server = await startKvServer(program!, folder, token);
        const store = await openJobStore({ url: server.url }, { callTimeoutMs: 1_500 });
        try {
          ok(await store.createJob(sampleJob()));
          await server.stop();
          await rejects(store.listJobs(), (error: StoreError) => error instanceof StoreError);
          server = await startKvServer(program!, folder, token, Number(new URL(server.url).port));
          let jobs = 0;
          for (let i = 0; i < 20 && jobs === 0; i++) jobs = await store.listJobs().then((list) => list.length, () => 0);
          strictEqual(jobs, 1);
        } finally {
          store.close();
          await server.stop();
        }
      })
    ),
});
