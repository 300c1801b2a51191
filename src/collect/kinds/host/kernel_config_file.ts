import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { readBounded } from "../../bounded_body.ts";

const MAX_BYTES = 8_000_000;

/** Where distributions keep the configuration of the kernel that runs. */
function configPaths(release: string): string[] {
  return [
    "proc/config.gz",
    `boot/config-${release}`,
    `usr/src/linux-${release}/.config`,
    "usr/src/linux/.config",
    `usr/lib/modules/${release}/config`,
    `usr/lib/ostree-boot/config-${release}`,
    `usr/lib/kernel/config-${release}`,
    `usr/src/linux-headers-${release}/.config`,
    `lib/modules/${release}/build/.config`,
  ];
}

/** The text of the first configuration that can be read, up to 8 MB.
 * @param root `/`, or another folder in tests
 * @returns undefined when there is none, with `problems` filled */
export async function readKernelConfig(
  root: string,
  release: string,
  problems: string[] = [],
): Promise<{ path: string; text: string } | undefined> {
  for (const relative of configPaths(release)) {
    const path = join(root, relative);
    try {
      if ((await stat(path)).size > MAX_BYTES) throw new Error(`more than ${MAX_BYTES} bytes`);
      const bytes = new Uint8Array(await readFile(path));
      return { path, text: await plainText(bytes) };
    } catch (error) {
      const { code, message } = error as { code?: string; message: string };
      if (code !== "ENOENT" && code !== "ENOTDIR") problems.push(`${path}: ${message}`);
    }
  }
}

async function plainText(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return new TextDecoder().decode(bytes);
  const plain = await readBounded(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip")), MAX_BYTES);
  return new TextDecoder().decode(plain.bytes);
}
