import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { createHash } from "node:crypto";
import { join } from "node:path";
import type { Execution } from "../../src/schedule/execution.ts";
import { killLiving, livingProcesses } from "../crash/living_processes.ts";
import { startFaultyProxy } from "../fixtures/faulty_proxy.ts";
import { type S3Server, startS3Server, TEST_SERVICES } from "../fixtures/s3_server.ts";
import { BINARY, Sandbox, until } from "./program.ts";

const ignore = BINARY === undefined || TEST_SERVICES === undefined;

const SPEC = `apiVersion: troubleshoot.sh/v1beta2
kind: HostCollector
metadata: {name: host}
spec:
  collectors: [{memory: {}}]
`;

interface Stage {
  box: Sandbox;
  server: S3Server;
  /** Environment of the daemon: it alone has the keys. */
  keys: Record<string, string>;
  /** Makes the job `nightly`, which delivers to the server at this port. */
  create(port: number): Promise<void>;
  startDaemon(): Promise<void>;
  executions(): Promise<Execution[]>;
  /** Ids of the executions whose bundles were delivered, as they were taken down. */
  uploaded(): Promise<string[]>;
}

function uploadTest(name: string, body: (stage: Stage) => Promise<void>): void {
  Deno.test({
    name,
    ignore,
    async fn() {
      await using box = await Sandbox.create();
      const server = await startS3Server(TEST_SERVICES!);
      const keys = { KEYS: `${server.accessKeyId}:${server.secretAccessKey}`, CRASH_MARK: crypto.randomUUID() };
      try {
        const spec = await box.write("spec.yaml", SPEC);
        await Deno.mkdir(box.state, { recursive: true });
        await Deno.writeTextFile(join(box.state, "config.yaml"), "metricsPort: 0\nhealthCheckPort: 0\n");
        await body({
          box,
          server,
          keys,
          async create(port) {
            const made = await box.run([
              ...["schedule", "create", "nightly", "--every", "10h", "-s", spec],
              ...["--upload", `s3://${server.bucket}/{job}/{execution}/`, "--upload-credentials", "env:KEYS"],
              ...["--upload-options", `endpoint=http://127.0.0.1:${port},region=us-east-1`],
            ]);
            strictEqual(made.code, 0, made.stderr);
          },
          async startDaemon() {
            const started = await box.run(["schedule", "daemon", "start"], { env: keys });
            strictEqual(started.code, 0, started.stderr);
          },
          executions: async () => (await box.json(["schedule", "history", "nightly"])).toReversed(),
          async uploaded() {
            const text = await Deno.readTextFile(join(box.state, "audit.jsonl"));
            return text.trimEnd().split("\n").map((line) => JSON.parse(line))
              .filter(({ action }) => action === "uploaded").map(({ execution }) => execution);
          },
        });
      } finally {
        await server.stop();
        await killLiving(keys.CRASH_MARK);
      }
    },
  });
}

const sha256 = async (path: string) => createHash("sha256").update(await Deno.readFile(path)).digest("hex");

uploadTest(
  "with the network cut for ten executions and restored, all ten arrive, in order, once",
  async ({ box, server, create, startDaemon, executions, uploaded }) => {
    let isCut = true;
    const port = Number(new URL(server.endpoint).port);
    const proxy = startFaultyProxy(port, () => isCut ? { do: "cut", afterBytes: 0 } : { do: "pass" });
    try {
      await create(proxy.port);
      await startDaemon();
      for (let run = 1; run <= 10; run++) {
        const { code, stderr } = await box.run(["schedule", "run", "nightly", "--wait"]);
        strictEqual(code, 7, stderr);
      }
      const cut = await executions();
      deepStrictEqual(
        cut.map(({ status, errorCode }) => `${status} ${errorCode}`),
        Array(10).fill("partial UPLOAD_SPOOLED"),
      );
      match(cut[0]!.upload.lastErrorCode, /^UPLOAD_UNREACHABLE$/);
      ok(
        cut[1]!.stages.some(({ stage, status, code }) =>
          stage === "upload" && status === "skipped" && code === "UPLOAD_BEHIND"
        ),
      );
      const waiting = await box.json(["schedule", "uploads"]);
      deepStrictEqual(waiting.map((it: { execution: string }) => it.execution), cut.map(({ id }) => id));
      deepStrictEqual(waiting.map((it: { behind: number }) => it.behind), [...Array(10).keys()]);
      deepStrictEqual(await uploaded(), []);

      isCut = false;
      await until(
        "an empty spool",
        async () => (await box.json(["schedule", "uploads"])).length === 0 || undefined,
        120_000,
      );
      const done = await executions();
      deepStrictEqual(done.map(({ status, error }) => `${status} ${error}`), Array(10).fill("completed "));
      deepStrictEqual(await uploaded(), done.map(({ id }) => id), "in order, once");
      for (const { id, uploadUrl, bundleSha256 } of done) {
        strictEqual(uploadUrl, `s3://${server.bucket}/nightly/${id}/${id}.tar.gz`);
        strictEqual(await sha256(join(server.folder, server.bucket, "nightly", id, `${id}.tar.gz`)), bundleSha256);
      }
      // Nothing but the bundles stays in their folder.
      const left = [...Deno.readDirSync(join(box.state, "bundles", "nightly"))].map(({ name }) => name);
      deepStrictEqual(left.filter((name) => !/^job-[\w-]+\.(tar\.gz|analysis\.json)$/.test(name)), []);
      const next = await box.run(["schedule", "run", "nightly", "--wait"]);
      strictEqual(next.code, 0, "and the next one needs no spool");
    } finally {
      await proxy.stop();
    }
  },
);

uploadTest(
  "a bundle whose daemon and sender are killed in the middle of its upload arrives after all, once",
  async ({ box, server, keys, create, startDaemon, executions, uploaded }) => {
    // Takes connections, and never says a word.
    const silent = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const talking = Promise.withResolvers<void>();
    const open: Deno.Conn[] = [];
    const taking = (async () => {
      for await (const connection of silent) {
        open.push(connection);
        talking.resolve();
      }
    })().catch(() => {});
    const to = (port: number) =>
      box.run([
        "schedule",
        "modify",
        "nightly",
        "--upload-options",
        `endpoint=http://127.0.0.1:${port},region=us-east-1`,
      ]);
    try {
      await create(1); // nobody listens there
      await startDaemon();
      await box.run(["schedule", "run", "nightly", "--wait"]);
      const id = (await executions())[0]!.id;
      strictEqual((await to(silent.addr.port)).code, 0);
      const retried = await box.run(["schedule", "uploads", "retry", id]);
      strictEqual(retried.code, 0, retried.stderr);
      await talking.promise;

      const mark = keys.CRASH_MARK!;
      ok((await livingProcesses(mark)).length >= 2, "the daemon and what sends");
      await killLiving(mark);
      strictEqual((await to(Number(new URL(server.endpoint).port))).code, 0);
      deepStrictEqual(await uploaded(), []);
      await startDaemon();
      const done = await until("its delivery", async () => {
        const found = (await executions()).find((it) => it.id === id)!;
        return found.upload.state === "delivered" ? found : undefined;
      });
      deepStrictEqual([done.status, done.error], ["completed", ""]);
      deepStrictEqual(await uploaded(), [id]);
      strictEqual(
        await sha256(join(server.folder, server.bucket, "nightly", id, `${id}.tar.gz`)),
        done.bundleSha256,
      );
    } finally {
      silent.close();
      for (const connection of open) connection.close();
      await taking;
    }
  },
);

uploadTest("upload delivers a bundle by hand, and says what stands in its way", async ({ box, server, keys }) => {
  const bundle = box.path("bundle.tar.gz");
  await Deno.writeFile(bundle, crypto.getRandomValues(new Uint8Array(50_000)));
  const options = ["--upload-options", `endpoint=${server.endpoint},region=us-east-1`];
  const to = ["upload", "bundle.tar.gz", `s3://${server.bucket}/by-hand/`, ...options];
  const done = await box.json([...to, "--upload-credentials", "env:KEYS", "--metadata", "ticket=4711"], { env: keys });
  deepStrictEqual(done, {
    url: `s3://${server.bucket}/by-hand/bundle.tar.gz`,
    bytes: 50_000,
    sha256: await sha256(bundle),
    fallback: false,
  });
  const wrong = await box.run([...to, "--upload-credentials", "env:KEYS"], { env: { KEYS: "AKIAWRONG:nonsense" } });
  strictEqual(wrong.code, 7);
  ok(!wrong.stderr.includes("nonsense"));
  const fallback = await box.json([
    ...[...to, "--upload-credentials", "env:KEYS", "--upload-fallback", "./fallback/"],
  ], { env: { KEYS: "AKIAWRONG:nonsense" } });
  strictEqual(fallback.fallback, true);
  strictEqual(await sha256(box.path("fallback/bundle.tar.gz")), await sha256(bundle));
});
