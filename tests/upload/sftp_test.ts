import { deepStrictEqual, ok, rejects, strictEqual } from "node:assert/strict";
import { join } from "node:path";
import { sftp } from "../../src/upload/kinds/sftp.ts";
import { parseDestination } from "../../src/upload/registry.ts";
import { UploadError } from "../../src/upload/upload_error.ts";
import { resumeContract } from "../contracts/resume_contract.ts";
import {
  context,
  filesBelow,
  makeFile,
  remoteUploaderContract,
  sha256,
  uploaderContract,
} from "../contracts/uploader_contract.ts";
import { canMountSmallDisk, mountSmallDisk } from "../crash/small_disk.ts";
import { freePort, runOnce } from "../fixtures/server_process.ts";
import { hasSshd, type SshdOptions, type SshdServer, startSshd, TEST_SSH_KEYGEN } from "../fixtures/sshd_server.ts";

const ignore = !hasSshd;

const open = async (root?: string) => {
  const server = await startSshd({ root });
  const wrong = crypto.randomUUID();
  const hostKey = await fingerprint(server.hostKeys.ed25519);
  const to = (path: string, port = server.port) => destination(server, path, { hostKey }, "env:SSH_KEY", port);
  const env = { SSH_KEY: server.keys.ed25519 };
  return {
    folder: to("new folder/of bundles/"),
    exact: to("exact.tar.gz"),
    env,
    read: (url: string) => Deno.readFile(decodeURIComponent(new URL(url).pathname)),
    list: () => filesBelow(server.data),
    wrongCredentials: { destination: to("folder/"), env: { SSH_KEY: wrong }, secret: wrong },
    refused: to("x/", freePort()),
    port: server.port,
    through: (port: number) => to("new folder/of bundles/", port),
    close: () => server.stop(),
  };
};
const openFull = async () => {
  const disk = await mountSmallDisk();
  const place = await open(disk.path);
  return { ...place, close: () => place.close().finally(() => disk[Symbol.asyncDispose]()) };
};
uploaderContract(sftp, ignore, open);
remoteUploaderContract(sftp, ignore, open, canMountSmallDisk() ? openFull : undefined);
resumeContract(sftp, ignore, open);

function destination(
  server: Pick<SshdServer, "user" | "data">,
  path: string,
  options: Record<string, string>,
  credentials: string | undefined,
  port: number,
) {
  return parseDestination(`sftp://${server.user}@127.0.0.1:${port}${server.data}/${path}`, options, credentials);
}

async function fingerprint(publicKey: string): Promise<string> {
  const key = Uint8Array.fromBase64(publicKey.split(" ")[1]!);
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", key));
  return `SHA256:${digest.toBase64().replace(/=+$/, "")}`;
}
void [
  deepStrictEqual,
  ok,
  rejects,
  strictEqual,
  join,
  UploadError,
  makeFile,
  sha256,
  runOnce,
  TEST_SSH_KEYGEN,
  context,
];
export type _ = SshdOptions;
