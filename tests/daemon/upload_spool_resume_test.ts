import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { createHash } from "node:crypto";
import { join } from "node:path";
import { resumePath } from "../../src/bundle/resume_path.ts";
import { EXECUTION_ENV } from "../../src/core/execution_mark.ts";
import { killMarked } from "../../src/daemon/process_identity.ts";
import { filesBelow } from "../contracts/uploader_contract.ts";
import { type End, type FaultyProxy, startFaultyProxy } from "../fixtures/faulty_proxy.ts";
import { startS3Server, TEST_SERVICES } from "../fixtures/s3_server.ts";
import { type SpoolStage, spoolStage } from "./spool_stage.ts";
import { until } from "./until.ts";

const MIB = 1024 * 1024;
const BYTES = 64 * MIB + 17;
/** So much is on its way when the line freezes. */
const FROZEN: End = { do: "freeze", afterBytes: 44 * MIB, of: "client" };
/** So much of it has arrived at least, and must not be sent again. */
const KEPT = 8 * MIB;

interface Cut {
  /** Of the execution whose bundle is in the middle of its upload. */
  id: string;
  path: string;
  /** Has the line back, under the same address. */
  restore(): Promise<FaultyProxy>;
  /** What the server has: objects, and parts of unfinished ones. */
  files(): Promise<string[]>;
  sha256(name: string): Promise<string>;
}

/** A bundle of several parts on its way to a real S3 server, whose line has frozen in the middle. */
function cutTest(name: string, body: (stage: SpoolStage, cut: Cut) => Promise<void>): void {
  Deno.test({
    name,
    ignore: TEST_SERVICES === undefined || Deno.build.os !== "linux",
    sanitizeResources: false,
    sanitizeOps: false,
    fn: () =>
      spoolStage(async (stage) => {
        const server = await startS3Server(TEST_SERVICES!);
        const target = Number(new URL(server.endpoint).port);
        let proxy = startFaultyProxy(target, () => ({ do: "pass" }), FROZEN);
        const { port } = proxy;
        const bucket = join(server.folder, server.bucket);
        try {
          const keys = join(stage.state.root, "keys");
          await Deno.writeTextFile(keys, `${server.accessKeyId}:${server.secretAccessKey}`, { mode: 0o600 });
          const options = { endpoint: `http://127.0.0.1:${port}`, region: "us-east-1" };
          const job = await stage.job({ endpoint: `s3://${server.bucket}/`, credentials: `file:${keys}`, options });
          const { id, bundlePath: path } = await stage.waits(job, 1, {}, BYTES);
          stage.spool.start();
          await proxy.ended;
          await until("two parts to be taken down", async () => {
            const text = await Deno.readTextFile(resumePath(path)).catch(() => "");
            return [...text.matchAll(/ETag/gi)].length >= 2;
          });
          await body(stage, {
            id,
            path,
            async restore() {
              await proxy.stop();
              return proxy = startFaultyProxy(target, () => ({ do: "pass" }), undefined, port);
            },
            files: () => filesBelow(bucket),
            sha256: async (name) => createHash("sha256").update(await Deno.readFile(join(bucket, name))).digest("hex"),
          });
        } finally {
          await proxy.stop();
          await server.stop();
        }
      }),
  });
}

async function arrives({ another, delivered, clock }: SpoolStage, { id, restore, files, sha256 }: Cut): Promise<void> {
  const proxy = await restore();
  another().start();
  await clock.advance(30_000);
  const { bundleSha256, status } = await delivered(id);
  strictEqual(status, "completed");
  ok(proxy.sentBytes < BYTES - KEPT, `${proxy.sentBytes} bytes were sent after it`);
  strictEqual(await sha256(`${id}.tar.gz`), bundleSha256);
  deepStrictEqual(await files(), [`${id}.tar.gz`]);
}

cutTest("UploadSpool goes on where a sender was killed with kill -9", async (stage, cut) => {
  await killMarked(EXECUTION_ENV, cut.id);
  const { upload } = await stage.becomes(cut.id, "tried", ({ attempts }) => attempts === 1);
  deepStrictEqual([upload.state, upload.lastErrorCode], ["waiting", "CRASHED"]);
  await stage.spool.stop();
  await arrives(stage, cut);
});

cutTest("UploadSpool goes on where a daemon was stopped", async (stage, cut) => {
  await stage.spool.stop();
  strictEqual((await stage.store.getExecution(cut.id))!.upload.attempts, 0);
  await arrives(stage, cut);
});

cutTest("UploadSpool frees what has arrived of a bundle that is given up", async (stage, cut) => {
  await stage.spool.stop();
  ok((await cut.files()).length > 0, "parts have arrived");
  await cut.restore();
  await stage.another().abandon((await stage.store.getExecution(cut.id))!);
  deepStrictEqual(await cut.files(), []);
  strictEqual(await Deno.stat(resumePath(cut.path)).catch(() => "gone"), "gone");
});
