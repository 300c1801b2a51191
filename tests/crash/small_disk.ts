/** A small file system in memory. */
export interface SmallDisk extends AsyncDisposable {
  path: string;
}

/** True where this account may mount one: root on Linux, outside of most containers. */
export function canMountSmallDisk(): boolean {
  if (Deno.build.os !== "linux" || Deno.uid() !== 0) return false;
  const folder = Deno.makeTempDirSync({ prefix: "sb-disk-" });
  try {
    if (!run("mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", folder)) return false;
    run("umount", folder);
    return true;
  } finally {
    Deno.removeSync(folder);
  }
}

/** @param size default: what a daemon's store, log and bundles need, and little more */
export async function mountSmallDisk(size = "12m"): Promise<SmallDisk> {
  const path = await Deno.makeTempDir({ prefix: "sb-disk-" });
  if (!run("mount", "-t", "tmpfs", "-o", `size=${size},mode=0700`, "tmpfs", path)) {
    throw new Error(`cannot mount ${path}`);
  }
  return {
    path,
    async [Symbol.asyncDispose]() {
      if (!run("umount", path)) throw new Error(`cannot unmount ${path}`);
      await Deno.remove(path);
    },
  };
}

function run(command: string, ...args: string[]): boolean {
  try {
    return new Deno.Command(command, { args, stdin: "null", stdout: "null", stderr: "null" }).outputSync().success;
  } catch {
    return false; // there is no such program
  }
}
