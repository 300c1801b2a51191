import { deepStrictEqual, ok, rejects, strictEqual } from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { file } from "../../src/upload/kinds/file.ts";
import { UploadError } from "../../src/upload/upload_error.ts";
import type { Destination } from "../../src/upload/uploader.ts";
import { context, filesBelow, makeFile, uploaderContract } from "../contracts/uploader_contract.ts";

uploaderContract(file, false, async () => {
  const root = await Deno.makeTempDir({ prefix: "file-uploader-" });
  return {
    folder: to(join(root, "new folder", "of bundles") + "/"),
    exact: to(join(root, "exact.tar.gz")),
    env: {},
    read: (url) => Deno.readFile(fileURLToPath(url)),
    list: () => filesBelow(root),
    close: () => Deno.remove(root, { recursive: true }),
  };
});

Deno.test("file: puts the bundle into a folder that exists, even when the URL does not end in a slash", async () => {
  await inFolder(async (root) => {
    const local = await makeFile(root, "bundle.tar.gz", 10);
    await Deno.mkdir(join(root, "target"));
    const delivery = await file.upload(local, to(join(root, "target")), context({}));
    strictEqual(fileURLToPath(delivery.url), join(root, "target", "bundle.tar.gz"));
  });
});

Deno.test({
  name: "file: lets only its owner read what it wrote",
  ignore: Deno.build.os === "windows",
  async fn() {
    await inFolder(async (root) => {
      const local = await makeFile(root, "bundle.tar.gz", 10);
      const delivery = await file.upload(local, to(join(root, "target") + "/"), context({}));
      strictEqual((await Deno.stat(fileURLToPath(delivery.url))).mode! & 0o777, 0o600);
    });
  },
});

Deno.test("file: says what stands in its way", async () => {
  await inFolder(async (root) => {
    const local = await makeFile(root, "bundle.tar.gz", 10);
    const error = await failure(file.upload(local, to(join(root, "bundle.tar.gz", "folder") + "/"), context({})));
    ok(error.message.includes(join(root, "bundle.tar.gz", "folder")), error.message);
    ok(error.hint?.includes(local.path), error.hint);
  });
});

// A file system of its own that is really full: only the superuser can make one.
const canMount = Deno.build.os === "linux" && Deno.uid() === 0 && await tryMount();

Deno.test({
  name: "file: says that the disk is full, and leaves no half file there",
  ignore: !canMount,
  async fn() {
    await inFolder(async (root) => {
      const disk = join(root, "disk");
      await Deno.mkdir(disk);
      await mount(disk);
      try {
        const local = await makeFile(root, "bundle.tar.gz", 2_000_000);
        const error = await failure(file.upload(local, to(disk + "/"), context({})));
        strictEqual(error.code, "DISK_FULL");
        strictEqual(error.transient, false);
        deepStrictEqual(await filesBelow(disk), []);
      } finally {
        await new Deno.Command("umount", { args: [disk] }).output();
      }
    });
  },
});

async function mount(folder: string): Promise<boolean> {
  const args = ["-t", "tmpfs", "-o", "size=256k", "tmpfs", folder];
  return await new Deno.Command("mount", { args, stderr: "null" }).output().then((out) => out.success, () => false);
}

async function tryMount(): Promise<boolean> {
  const folder = await Deno.makeTempDir();
  const mounted = await mount(folder);
  if (mounted) await new Deno.Command("umount", { args: [folder] }).output();
  await Deno.remove(folder);
  return mounted;
}

function to(path: string): Destination {
  return { url: pathToFileURL(path), options: {} };
}

async function failure(promise: Promise<unknown>): Promise<UploadError> {
  let caught: unknown;
  await rejects(promise, (error) => (caught = error, error instanceof UploadError));
  return caught as UploadError;
}

async function inFolder(fn: (root: string) => Promise<void>): Promise<void> {
  const root = await Deno.makeTempDir({ prefix: "file-uploader-" });
  try {
    await fn(root);
  } finally {
    await Deno.remove(root, { recursive: true });
  }
}

Deno.test("file: asks for each byte before it writes it", async () => {
  await inFolder(async (root) => {
    const local = await makeFile(root, "bundle.tar.gz", 3_000_000);
    let asked = 0;
    const pace = (bytes: number) => Promise.resolve(void (asked += bytes));
    await file.upload(local, to(join(root, "target") + "/"), context({}, { pace }));
    strictEqual(asked, local.bytes);
  });
});
