import { sftp } from "../../src/upload/kinds/sftp.ts";
import { resumeContract } from "../contracts/resume_contract.ts";
import { filesBelow, remoteUploaderContract, uploaderContract } from "../contracts/uploader_contract.ts";
import { canMountSmallDisk, mountSmallDisk } from "../crash/small_disk.ts";
import { freePort } from "../fixtures/server_process.ts";
import { fingerprint, hasSshd, sftpDestination, startSshd } from "../fixtures/sshd_server.ts";

const ignore = !hasSshd;

const open = async (root?: string) => {
  const server = await startSshd({ root });
  const wrong = crypto.randomUUID();
  const hostKey = await fingerprint(server.hostKeys.ed25519);
  const to = (path: string, port = server.port) => sftpDestination(server, path, { hostKey }, "env:SSH_KEY", port);
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
