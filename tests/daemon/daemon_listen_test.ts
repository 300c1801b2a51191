import { match, ok, rejects, strictEqual } from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { stopDaemon } from "../../src/daemon/control_client.ts";
import { startDetached } from "../../src/daemon/start_detached.ts";
import type { StateFolder } from "../../src/schedule/state_folder.ts";
import { hasOpenssl, makeCertificates } from "../fixtures/certificates.ts";
import { temporaryState } from "./temporary_state.ts";

// Real daemons in processes of their own.
const PROGRAM = fileURLToPath(new URL("../fixtures/daemon/run_daemon.ts", import.meta.url));
const command = { command: Deno.execPath(), args: ["run", "-A", "--quiet", "--unstable-kv", PROGRAM] };
const start = (state: StateFolder) =>
  startDetached(state, {
    command,
    flags: ["--log-file", join(state.logs, "daemon.log")],
    timeoutMs: 60_000,
  });
const detached = { sanitizeResources: false, sanitizeOps: false };

Deno.test({
  name: "a daemon does not start where other machines would read its metrics in the clear",
  ...detached,
  ignore: Deno.build.os === "windows",
  async fn() {
    await using state = await temporaryState();
    await Deno.writeTextFile(state.configFile, 'metricsPort: "0.0.0.0:0"\nhealthCheckPort: 0\n');
    await rejects(start(state), /Cannot listen on 0\.0\.0\.0:0 \(`metricsPort`\)/);
  },
});

Deno.test({
  name: "a daemon serves over TLS for a token, tells its addresses, and closes the state folder that was open",
  ...detached,
  ignore: Deno.build.os === "windows" || !hasOpenssl,
  async fn() {
    await using state = await temporaryState();
    const { ca, server } = await makeCertificates();
    const at = (name: string) => join(state.root, "..", name);
    await Deno.writeTextFile(at("token"), "0123456789abcdef", { mode: 0o600 });
    await Deno.writeTextFile(at("c.pem"), server.cert);
    await Deno.writeTextFile(at("k.pem"), server.key);
    await Deno.writeTextFile(
      state.configFile,
      `metricsPort: 0\nhealthCheckPort: 0\ntlsCertFile: ${at("c.pem")}\ntlsKeyFile: ${at("k.pem")}\n` +
        `listenToken: file:${at("token")}\n`,
    );
    await Deno.chmod(state.root, 0o755);
    await Deno.chmod(state.bundles, 0o755);
    try {
      const { urls, ports } = await start(state);
      ok(urls!.includes(`https://127.0.0.1:${ports.metrics}`), String(urls));
      using client = Deno.createHttpClient({ caCerts: [ca], poolMaxIdlePerHost: 0 });
      const metrics = async (token: string) => {
        const headers = { authorization: `Bearer ${token}` };
        const response = await fetch(`https://127.0.0.1:${ports.metrics}/metrics`, { client, headers });
        return [response.status, await response.text()] as const;
      };
      strictEqual((await metrics("not-the-right-token"))[0], 401);
      const [status, text] = await metrics("0123456789abcdef");
      strictEqual(status, 200);
      match(text, /^troubleshoot_scheduler_jobs_total 0$/m);
      strictEqual((await Deno.stat(state.bundles)).mode! & 0o777, 0o700);
      const log = await Deno.readTextFile(join(state.logs, "daemon.log"));
      match(log, /bundles was open to other accounts/);
      ok(!log.includes("0123456789abcdef"));
    } finally {
      await stopDaemon(state, { timeoutMs: 60_000 });
    }
  },
});
