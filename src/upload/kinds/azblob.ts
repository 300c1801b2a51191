import { createHash } from "node:crypto";
import { systemClock } from "../../core/clock.ts";
import { tryParseDuration } from "../../core/duration.ts";
import { UsageError } from "../../core/errors.ts";
import { type Advice, explainCloud, ServiceFailure } from "../cloud_failure.ts";
import { parseEndpoint, requireEncryption } from "../endpoint.ts";
import { filePieces, pieceBytes } from "../file_pieces.ts";
import { objectKey } from "../object_key.ts";
import { UploadError } from "../upload_error.ts";
import type { Delivery, Destination, LocalFile, UploadContext, Uploader } from "../uploader.ts";
import { AzblobClient, type StoredBlob } from "./azblob_client.ts";
import { azureAccount } from "./azblob_credentials.ts";
import { blobHeaders } from "./azblob_headers.ts";

const MiB = 1024 * 1024;
// A blob has at most this many blocks.
const MAX_BLOCKS = 50_000;

/** Blob Storage of Azure. */
export const azblob: Uploader = {
  scheme: "azblob",
  summary: "A container of Azure Blob Storage (azblob://container/folder/ or azblob://container/name.tar.gz)",
  options: {
    account: "storage account; default: that of the connection string, else AZURE_STORAGE_ACCOUNT",
    endpoint:
      "URL of the Blob service; default: that of the connection string, else https://ACCOUNT.blob.core.windows.net",
    accessTier: "Hot, Cool, Cold or Archive; default: the account's",
    tags: "index tags, such as team=ops&kind=bundle",
    encryptionScope: "default: the container's",
    retainFor:
      "duration such as 30d during which the blob cannot be changed or deleted; needs a container with version-level immutability",
    retentionMode: "Unlocked or Locked; default: Unlocked",
    legalHold: "true: cannot be changed or deleted until the hold is cleared",
  },

  validate({ url, options }: Destination): void {
    if (!/^(?=.{3,63}$)(?:[a-z0-9]+(?:-[a-z0-9]+)*|\$root|\$web)$/.test(url.host)) {
      throw new UsageError(
        url.host === "" ? "The destination azblob: names no container" : `"${url.host}" is no name of a container`,
        "Write azblob://container/folder/, and the account with --upload-options account=NAME",
      );
    }
    objectKey(url, "name");
    if (options.endpoint !== undefined) parseEndpoint(options.endpoint);
    if (options.account !== undefined && !/^[a-z0-9]{3,24}$/.test(options.account)) {
      throw new UsageError(
        `"${options.account}" is no name of a storage account`,
        "Write its name alone: account=NAME",
      );
    }
    oneOf(options, "accessTier", ["Hot", "Cool", "Cold", "Archive"]);
    oneOf(options, "retentionMode", ["Unlocked", "Locked"]);
    oneOf(options, "legalHold", ["true", "false"]);
    if (options.retentionMode !== undefined && options.retainFor === undefined) {
      throw new UsageError("The option retentionMode says nothing without retainFor", "Add retainFor=30d");
    }
    if (options.retainFor !== undefined && !((tryParseDuration(options.retainFor) ?? 0) > 0)) {
      throw new UsageError(`The option retainFor is "${options.retainFor}"`, "Write a duration such as 30d");
    }
    const tags = [...new URLSearchParams(options.tags ?? "")];
    if (tags.length > 10 || tags.some(([name, value]) => name === "" || name.length > 128 || value.length > 256)) {
      throw new UsageError("The option tags is no list of up to ten tags", "Write team=ops&kind=bundle");
    }
  },

  async upload(file: LocalFile, destination: Destination, context: UploadContext): Promise<Delivery> {
    context.signal.throwIfAborted();
    const clock = context.clock ?? systemClock;
    const container = destination.url.host;
    const key = objectKey(destination.url, file.name);
    const { endpoint, access } = await azureAccount(destination, context);
    const where = `container "${container}" at ${endpoint}`;
    try {
      if (!("key" in access)) requireEncryption(endpoint);
      const blob = new URL(`${endpoint}/${container}/${key.split("/").map(encodeURIComponent).join("/")}`);
      const client = new AzblobClient(blob, access, context, clock);
      await deliver({
        client,
        file,
        context,
        where,
        key,
        headers: blobHeaders(file, destination.options, clock.now()),
      });
    } catch (error) {
      context.signal.throwIfAborted();
      throw explainCloud(error, { where, keptIn: file.path, now: clock.now(), advise });
    }
    return { url: `azblob://${container}/${key}`, bytes: file.bytes, sha256: file.sha256 };
  },

  /** The service has no request for it, and drops blocks that nobody commits after a week. */
  async abandon(_file, _destination, { resume }): Promise<void> {
    await resume.clear();
  },
};

interface AzblobUpload {
  client: AzblobClient;
  file: LocalFile;
  context: UploadContext;
  where: string;
  key: string;
  /** Of each block, and of the list that makes the blob. */
  headers: { block: Record<string, string>; blob(md5: string): Record<string, string> };
}

/** What outlives the process: how the file was cut, and how many blocks have arrived. */
interface Staged {
  blockBytes: number;
  blocks: number;
}

async function deliver(upload: AzblobUpload): Promise<void> {
  const { client, file, context } = upload;
  const kept = await loadStaged(upload);
  if (kept === undefined || !isIt(upload, await client.properties())) {
    const md5 = await putBlocks(upload, kept);
    await verify(upload, md5);
  }
  await context.resume?.clear();
  context.progress(file.bytes);
}

/** @returns MD5 of the whole, base64 */
async function putBlocks(upload: AzblobUpload, kept: Staged | undefined): Promise<string> {
  const { client, file, context, headers } = upload;
  const size = kept?.blockBytes ?? blockBytes(file.bytes, pieceBytes(context));
  const there = kept === undefined ? new Map<string, number>() : await client.stagedBlocks();
  const ids: string[] = [];
  for await (const { offset, body, wholeMd5 } of filePieces(file, size)) {
    if (body.length > 0) {
      const id = blockId(ids.length, body);
      const isThere = there === undefined ? ids.length < kept!.blocks : there.get(id) === body.length;
      if (!isThere) await client.stageBlock(id, body, headers.block);
      ids.push(id);
      if (!isThere) await saveStaged(upload, { blockBytes: size, blocks: ids.length });
    }
    if (wholeMd5 !== undefined) {
      const md5 = wholeMd5.toBase64();
      await client.commit(ids, headers.blob(md5)).catch((error) => forget(error, upload));
      return md5;
    }
    context.progress(offset + body.length);
    context.signal.throwIfAborted();
  }
  throw new Error("unreachable: filePieces() ends with the last piece");
}

/** The same bytes in the same place always have the same id: a block that is there need not be sent. */
function blockId(index: number, body: Uint8Array): string {
  return new TextEncoder().encode(`${String(index).padStart(5, "0")}-${createHash("md5").update(body).digest("hex")}`)
    .toBase64();
}

/** The service dropped what it had staged. */
async function forget(error: unknown, { context, file }: AzblobUpload): Promise<never> {
  const isGone = error instanceof ServiceFailure && /^InvalidBlock(?:List|Id)$/.test(error.reason);
  if (!isGone || context.resume === undefined) throw error;
  await context.resume.clear();
  throw new UploadError("The service does not have all blocks of the unfinished upload any more", {
    transient: true,
    hint: `Deliver it again: it begins anew. The bundle is still in ${file.path}`,
  });
}

/** Asks the service what it has. Each block was compared with its MD5 when it came, so credentials that may write and not
 * read, which are common for this purpose, have to do. */
async function verify(upload: AzblobUpload, md5: string): Promise<void> {
  const blob = await upload.client.properties();
  if (blob === "unreadable" || (isIt(upload, blob) && (blob.md5 ?? md5) === md5)) return;
  await upload.context.resume?.clear();
  throw new UploadError(`What arrived in ${upload.where} as ${upload.key} is not the bundle`, {
    transient: true,
    code: "UPLOAD_CORRUPT",
    hint: `Deliver it again; it is still in ${upload.file.path}`,
  });
}

function isIt({ file }: AzblobUpload, blob: StoredBlob | string | undefined): blob is StoredBlob {
  return typeof blob === "object" && blob.bytes === file.bytes && blob.sha256 === file.sha256;
}

/** More than is usual only for files that would have too many blocks. */
export function blockBytes(bytes: number, usual: number): number {
  return Math.max(usual, Math.ceil(bytes / MAX_BLOCKS / MiB) * MiB);
}

function stateOf({ file, client }: AzblobUpload): Record<string, unknown> {
  return { version: 1, blob: client.address, sha256: file.sha256, bytes: file.bytes };
}

async function loadStaged(upload: AzblobUpload): Promise<Staged | undefined> {
  const state = Object(await upload.context.resume?.load());
  const isOurs = Object.entries(stateOf(upload)).every(([name, value]) => state[name] === value);
  const { blockBytes, blocks } = state;
  if (!isOurs || !Number.isSafeInteger(blocks) || blocks < 0) return undefined;
  return Number.isSafeInteger(blockBytes) && blockBytes >= MiB && blockBytes <= 4000 * MiB
    ? { blockBytes, blocks }
    : undefined;
}

async function saveStaged(upload: AzblobUpload, staged: Staged): Promise<void> {
  await upload.context.resume?.save({ ...stateOf(upload), ...staged });
}

function advise({ status, reason }: ServiceFailure): Advice | undefined {
  switch (reason) {
    case "ContainerNotFound":
    case "ContainerBeingDeleted":
      return { hint: "Make the container, or correct its name and the account", code: "UPLOAD_NO_BUCKET" };
    case "AuthenticationFailed":
    case "InvalidAuthenticationInfo":
      return {
        hint: "The key, token or signature is not valid for this account, or has expired: check the credentials, and " +
          "this machine's clock",
        code: "UPLOAD_CREDENTIALS",
      };
    case "BlobImmutableDueToPolicy":
    case "BlobArchived":
    case "BlobBeingRehydrated":
    case "LeaseIdMissing":
      return { hint: "What is there under this name cannot be replaced: choose another name, {execution} for one" };
    case "InvalidBlobOrBlock":
    case "InvalidBlobType":
      return { hint: "Another program has left something under this name: choose another name" };
    case "KeyBasedAuthenticationNotPermitted":
      return { hint: "The account takes no keys: use a service principal or an identity", code: "UPLOAD_DENIED" };
  }
  if (status === 401 || status === 403) {
    return {
      hint: "Grant Storage Blob Data Contributor on the container, or a SAS with create and write (cw; t for tags); " +
        "check the account's network rules too",
      code: "UPLOAD_DENIED",
    };
  }
}

function oneOf(options: Readonly<Record<string, string>>, name: string, values: string[]): void {
  const value = options[name];
  if (value === undefined || values.includes(value)) return;
  throw new UsageError(`The option ${name} is "${value}"`, `Write ${values.join(" or ")}`);
}
