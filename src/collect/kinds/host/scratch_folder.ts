import { mkdir, mkdtemp, rm, rmdir, stat, statfs } from "node:fs/promises";
import { join } from "node:path";
import { SupportBundleError } from "../../../core/errors.ts";
import { formatSize } from "../../../core/size.ts";

/** A folder of its own below another one; it goes with all that is in it, and so does the other one if it was made here
 * and is empty.
 * @param bytes that have to be free there
 * @throws {SupportBundleError} `HOST_FILE` when it cannot be made, `DISK_FULL` when there is no room */
export async function makeScratchFolder(
  directory: string,
  bytes: number,
): Promise<{ path: string } & AsyncDisposable> {
  const existed = await stat(directory).then(() => true, () => false);
  let path: string;
  try {
    await mkdir(directory, { recursive: true, mode: 0o700 });
    path = await mkdtemp(join(directory, ".support-bundle-"));
  } catch (cause) {
    throw new SupportBundleError(`Cannot write into "${directory}"`, { code: "HOST_FILE", cause });
  }
  const remove = async () => {
    await rm(path, { recursive: true, force: true });
    if (!existed) await rmdir(directory).catch(() => {});
  };
  const { bavail, bsize } = await statfs(path);
  if (bavail * bsize < bytes) {
    await remove();
    throw new SupportBundleError(`Cannot measure in "${directory}": it takes ${formatSize(bytes)} of free space`, {
      code: "DISK_FULL",
      hint: "Lower fileSize, or choose another directory",
    });
  }
  return { path, [Symbol.asyncDispose]: remove };
}
