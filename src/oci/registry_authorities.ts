import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";

const MAX_FILES = 50;

/** Certificates of authorities that this machine trusts for one registry, from where Docker and Podman keep them: files
 * `*.crt` in `certs.d/<host>[:port]/`. They are trusted beside the system's own.
 * @see https://docs.docker.com/engine/security/certificates/ */
export async function registryAuthorities(
  host: string,
  env: Readonly<Record<string, string | undefined>>,
): Promise<string[]> {
  const home = env.HOME;
  const folders = [
    ...(home ? [join(home, ".config", "containers", "certs.d"), join(home, ".config", "docker", "certs.d")] : []),
    "/etc/containers/certs.d",
    "/etc/docker/certs.d",
  ];
  const found: string[] = [];
  for (const folder of folders) {
    const names = await readdir(join(folder, host)).catch(() => []);
    for (const name of names.filter((name) => name.endsWith(".crt")).sort().slice(0, MAX_FILES)) {
      const text = await readFile(join(folder, host, name), "utf8").catch(() => "");
      if (text.includes("-----BEGIN CERTIFICATE")) found.push(text);
    }
  }
  return found;
}
