import { ok, strictEqual } from "node:assert/strict";
import { Buffer } from "node:buffer";
import { join } from "node:path";
import { usableKey } from "../../src/upload/sftp/usable_key.ts";
import { runOnce } from "../fixtures/server_process.ts";
import { TEST_SSH_KEYGEN } from "../fixtures/sshd_server.ts";

const rows: [type: string, bits: string, usable: boolean][] = [
  ["ed25519", "256", true],
  ["rsa", "2048", true],
  ["ecdsa", "256", true],
  ["ecdsa", "384", true],
  ["ecdsa", "521", false],
];
for (const [type, bits, usable] of rows) {
  Deno.test({
    name: `usableKey() ${usable ? "signs with" : "refuses"} ${type} keys of ${bits} bits`,
    ignore: TEST_SSH_KEYGEN === undefined,
    async fn() {
      const { default: { utils } } = await import("ssh2");
      const folder = await Deno.makeTempDir({ prefix: "keys-" });
      try {
        // Every other ECDSA key has a zero in front of its number.
        for (let n = 0; n < (type === "ecdsa" ? 8 : 1); n++) {
          const path = join(folder, String(n));
          await runOnce([TEST_SSH_KEYGEN!, "-q", "-t", type, "-b", bits, "-N", "", "-f", path]);
          const key = usableKey(utils.parseKey(await Deno.readTextFile(path)));
          strictEqual(key !== undefined, usable);
          if (key === undefined) continue;
          const data = Buffer.from("what is signed");
          const hash = type === "rsa" ? "sha512" : undefined;
          const signature = key.sign(data, hash);
          ok(!(signature instanceof Error), String(signature));
          ok(utils.parseKey(await Deno.readTextFile(`${path}.pub`)).verify(data, signature, hash) === true);
        }
      } finally {
        await Deno.remove(folder, { recursive: true });
      }
    },
  });
}
