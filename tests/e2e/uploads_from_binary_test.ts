import { strictEqual } from "node:assert/strict";
import { join } from "node:path";
import { filesBelow } from "../contracts/uploader_contract.ts";
import { fingerprint, hasSshd, startSshd } from "../fixtures/sshd_server.ts";
import { BINARY, Sandbox } from "./program.ts";

const SPEC = `apiVersion: troubleshoot.sh/v1beta2
kind: SupportBundle
metadata: { name: host }
spec: { hostCollectors: [hostOS: {}] }
`;

// Packages with native code may work from their sources and not from the bundle that the binary is made of.
Deno.test({
  name: "the binary delivers to sftp:",
  ignore: BINARY === undefined || !hasSshd,
  async fn() {
    const server = await startSshd();
    try {
      await using sandbox = await Sandbox.create();
      const spec = await sandbox.write("spec.yaml", SPEC);
      const hostKey = await fingerprint(server.hostKeys.ed25519);
      const to = `sftp://${server.user}@127.0.0.1:${server.port}${server.data}/bundles/`;
      const upload = ["--upload", to, "--upload-options", `hostKey=${hostKey}`, "--upload-credentials", "env:SSH_KEY"];
      const { code, stderr } = await sandbox.run([spec, "--interactive=false", "-o", "b", ...upload], {
        env: { SSH_KEY: server.keys.ed25519 },
      });
      strictEqual(code, 0, stderr);
      strictEqual((await filesBelow(join(server.data, "bundles"))).join(), "b.tar.gz");
    } finally {
      await server.stop();
    }
  },
});
