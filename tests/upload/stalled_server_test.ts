import { ok, rejects, strictEqual } from "node:assert/strict";
import { once } from "node:events";
import { join } from "node:path";
import { judgeHttp } from "../../src/upload/http/http_failure.ts";
import { sendFile } from "../../src/upload/http/send_file.ts";
import { sftp } from "../../src/upload/kinds/sftp.ts";
import { StallLimit } from "../../src/upload/stall_limit.ts";
import { context, makeFile } from "../contracts/uploader_contract.ts";
import { startFaultyProxy } from "../fixtures/faulty_proxy.ts";
import { FileResumeState } from "../fixtures/file_resume_state.ts";
import { fingerprint, hasSshd, sftpDestination, startSshd } from "../fixtures/sshd_server.ts";

const LIMIT_MS = 30;

Deno.test("StallLimit ends what does not move, and says so", async () => {
  using limit = new StallLimit(LIMIT_MS, new AbortController().signal);
  await once(limit.signal, "abort");
  strictEqual(limit.signal.reason.name, "TimeoutError");
  ok(limit.signal.reason.message.includes("0.03 s"), limit.signal.reason.message);
});

Deno.test("StallLimit waits for what is slow on purpose", async () => {
  using limit = new StallLimit(LIMIT_MS, new AbortController().signal);
  await limit.allow(new Promise((resolve) => setTimeout(resolve, 3 * LIMIT_MS)));
  strictEqual(limit.signal.aborted, false);
  await once(limit.signal, "abort");
});

Deno.test("StallLimit ends with its parent, and keeps no timer once it is disposed", () => {
  const parent = new AbortController();
  using limit = new StallLimit(60_000, parent.signal);
  const reason = new Error("the run was stopped");
  parent.abort(reason);
  strictEqual(limit.signal.reason, reason);
});

for (const [what, afterBytes] of [["never answers", 0], ["stops reading in the middle", 2_000_000]] as const) {
  Deno.test(`sendFile() gives up, for now, on a server that ${what}`, async () => {
    const work = await Deno.makeTempDir({ prefix: "send-file-" });
    const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, async (request) => {
      await request.arrayBuffer().catch(() => {});
      return new Response();
    });
    const end = { do: "freeze", afterBytes, of: "client" } as const;
    const proxy = startFaultyProxy(server.addr.port, () => ({ do: "pass" }), end);
    try {
      const file = await makeFile(work, "bundle.tar.gz", 20_000_000);
      const url = new URL(`http://127.0.0.1:${proxy.port}/x`);
      const sending = sendFile({ method: "PUT", url, headers: {}, file, stallMs: 1500 }, context({}));
      await rejects(sending, (error) => error instanceof DOMException && judgeHttp(error).retry);
    } finally {
      await proxy.stop();
      await server.shutdown();
      await Deno.remove(work, { recursive: true });
    }
  });
}

Deno.test({
  name: "sftp: ends when it is aborted while the server stands still",
  ignore: !hasSshd,
  async fn() {
    const work = await Deno.makeTempDir({ prefix: "send-file-" });
    const server = await startSshd();
    const end = { do: "freeze", afterBytes: 2_000_000, of: "client" } as const;
    const proxy = startFaultyProxy(server.port, () => ({ do: "pass" }), end);
    try {
      const file = await makeFile(work, "bundle.tar.gz", 20_000_000);
      const hostKey = await fingerprint(server.hostKeys.ed25519);
      const to = sftpDestination(server, "", { hostKey }, "env:KEY", proxy.port);
      const abort = new AbortController();
      const reason = new Error("the run was stopped");
      proxy.ended.then(() => abort.abort(reason));
      const resume = new FileResumeState(join(work, "state.json"));
      const env = { KEY: server.keys.ed25519 };
      await rejects(sftp.upload(file, to, context(env, { signal: abort.signal, resume })), reason);
    } finally {
      await proxy.stop();
      await server.stop();
      await Deno.remove(work, { recursive: true });
    }
  },
});
