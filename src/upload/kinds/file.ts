import { createHash } from "node:crypto";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { describeError, UsageError } from "../../core/errors.ts";
import { formatSize } from "../../core/size.ts";
import { UploadError } from "../upload_error.ts";
import type { Delivery, Destination, LocalFile, UploadContext, Uploader } from "../uploader.ts";

const CHUNK_BYTES = 1024 * 1024;

/** A folder or a file of this machine, or of what is mounted on it. */
export const file: Uploader = {
  scheme: "file",
  summary: "A folder (file:///folder/) or a file (file:///folder/name.tar.gz)",
  options: {},

  validate({ url, credentials }: Destination): void {
    if (url.host !== "" && url.host !== "localhost" && Deno.build.os !== "windows") {
      throw new UsageError(
        `The destination ${url.href} names a host: "${url.host}"`,
        "Write three slashes, as in file:///folder/: the host is always this one",
      );
    }
    if (credentials !== undefined) {
      throw new UsageError("Destinations with file: take no credentials", "Leave --upload-credentials out");
    }
  },

  async upload(local: LocalFile, destination: Destination, context: UploadContext): Promise<Delivery> {
    context.signal.throwIfAborted();
    const target = await targetPath(local, destination);
    const folder = dirname(target);
    try {
      await Deno.mkdir(folder, { recursive: true });
      await deliver(local, target, context);
      await syncFolder(folder);
    } catch (error) {
      context.signal.throwIfAborted();
      throw explain(error, local, folder);
    }
    return { url: pathToFileURL(target).href, bytes: local.bytes, sha256: local.sha256 };
  },
};

async function targetPath(local: LocalFile, { url }: Destination): Promise<string> {
  const path = fileURLToPath(url);
  const isFolder = url.pathname.endsWith("/") || await Deno.stat(path).then((info) => info.isDirectory, () => false);
  return isFolder ? join(path, local.name) : path;
}

/** Writes beside the target, reads back what the disk has, and only then gives it its name. */
async function deliver(local: LocalFile, target: string, context: UploadContext): Promise<void> {
  const partial = join(dirname(target), `.${local.name}.${crypto.randomUUID()}.partial`);
  try {
    await copy(local, partial, context);
    if (await sha256OfFile(partial, context.signal) !== local.sha256) {
      throw new UploadError(`What was written to ${dirname(target)} differs from the bundle`, {
        transient: false,
        code: "UPLOAD_CORRUPT",
        hint: `Check the disk; the bundle is still in ${local.path}`,
      });
    }
    await Deno.rename(partial, target);
  } catch (error) {
    await Deno.remove(partial).catch(() => {});
    throw error;
  }
}

async function copy(local: LocalFile, to: string, context: UploadContext): Promise<void> {
  using source = await Deno.open(local.path);
  using copied = await Deno.open(to, { write: true, createNew: true, mode: 0o600 });
  const chunk = new Uint8Array(CHUNK_BYTES);
  let sent = 0;
  for (let count = await source.read(chunk); count !== null; count = await source.read(chunk)) {
    context.signal.throwIfAborted();
    await context.pace?.(count, context.signal);
    for (let written = 0; written < count;) written += await copied.write(chunk.subarray(written, count));
    sent += count;
    context.progress(sent);
  }
  await copied.sync();
}

async function sha256OfFile(path: string, signal: AbortSignal): Promise<string> {
  using source = await Deno.open(path);
  const hash = createHash("sha256");
  const chunk = new Uint8Array(CHUNK_BYTES);
  for (let count = await source.read(chunk); count !== null; count = await source.read(chunk)) {
    signal.throwIfAborted();
    hash.update(chunk.subarray(0, count));
  }
  return hash.digest("hex");
}

/** So that the new name survives a loss of power. Not every system can, and the file itself is safe by now. */
async function syncFolder(folder: string): Promise<void> {
  try {
    using handle = await Deno.open(folder);
    await handle.sync();
  } catch {
    // Windows has no handles of folders.
  }
}

function explain(error: unknown, local: LocalFile, folder: string): Error {
  if (error instanceof UploadError) return error;
  const kept = `the bundle is still in ${local.path}`;
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  if (code === "ENOSPC" || code === "EDQUOT") {
    return new UploadError(
      `Cannot deliver the bundle to ${folder}: no space is left there for its ${formatSize(local.bytes)}`,
      { cause: error, transient: false, code: "DISK_FULL", hint: `Make room, then deliver it again; ${kept}` },
    );
  }
  if (error instanceof Deno.errors.PermissionDenied || code === "EROFS") {
    return new UploadError(`Cannot deliver the bundle to ${folder}: this account may not write there`, {
      cause: error,
      transient: false,
      code: "UPLOAD_DENIED",
      hint: `Give it write access, or name another folder; ${kept}`,
    });
  }
  return new UploadError(`Cannot deliver the bundle to ${folder}: ${describeError(error)}`, {
    cause: error,
    transient: code === "EIO" || code === "ESTALE" || code === "ETIMEDOUT",
    hint: `Check the folder; ${kept}`,
  });
}
