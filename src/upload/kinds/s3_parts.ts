import { anySignal } from "../../core/any_signal.ts";
import type { LocalFile, UploadContext } from "../uploader.ts";
import { FileDigests } from "./s3_checksum.ts";
import type { S3Session } from "./s3_client.ts";
import { judgeS3, s3Status } from "./s3_failure.ts";
import { bodyOf, type S3Object, type Sent } from "./s3_object.ts";
import {
  abortOrphans,
  abortUpload,
  confirmedParts,
  loadUnfinished,
  type UnfinishedUpload,
  UnfinishedWriter,
  VERSION,
} from "./s3_unfinished.ts";
import { changedFile } from "../changed_file.ts";

const MIB = 1024 * 1024;
/** Files up to here are sent in one request. */
export const MIN_PART_BYTES = 8 * MIB;
const MAX_USUAL_PART_BYTES = 64 * MIB;
/** So that what is lost with a part is little, and requests are few. */
const USUAL_PARTS = 64;
/** The protocol's limit. */
const MAX_PARTS = 10_000;
const PARALLEL_PARTS = 3;
const COMPLETE_TIMEOUT_MS = 300_000; // the server joins the parts

/** An upload that may go on, or has come to its end without this program knowing. */
interface Upload {
  unfinished: UnfinishedUpload;
  isComplete: boolean;
}

/** Sends the file in parts, a few at a time: those that an earlier upload has not sent already. */
export async function putInParts(session: S3Session, object: S3Object, context: UploadContext): Promise<Sent> {
  const { sdk, target } = session;
  const { field } = object.checksum;
  const writer = new UnfinishedWriter(context.resume);
  const { unfinished, isComplete } = await takeUp(session, object, context) ?? await begin(session, object);
  try {
    if (!isComplete) await writer.save(unfinished);
    const checksums = await sendParts(session, object, context, { unfinished, isComplete }, writer);
    const Parts = unfinished.parts.toSorted((a, b) => a.number - b.number)
      .map(({ number, etag, checksum }) => ({ PartNumber: number, ETag: etag, [field]: checksum }));
    const UploadId = unfinished.uploadId;
    const answer = isComplete ? undefined : await session.send(
      new sdk.CompleteMultipartUploadCommand({ ...target, UploadId, MultipartUpload: { Parts } }),
      COMPLETE_TIMEOUT_MS,
    ).catch((error) => {
      // An earlier try may have completed it with its answer lost. The object tells, which is looked at next.
      if (error?.name !== "NoSuchUpload") throw error;
    });
    await writer.clear();
    return { field, checksums, confirmed: checksums.includes(answer?.[field]) };
  } catch (error) {
    if (context.resume === undefined || !mayGoOn(error, context.signal, session.clock.now())) {
      await abortUpload(session, unfinished);
      await writer.clear();
    }
    throw error;
  }
}

/** Whether a later upload can go on where this one failed. */
function mayGoOn(error: unknown, signal: AbortSignal, now: Date): boolean {
  const status = s3Status(error);
  return signal.aborted || status === 401 || status === 403 || judgeS3(error, now).retry;
}

/** @returns undefined when there is nothing to go on with; then what was left behind is freed */
async function takeUp(session: S3Session, object: S3Object, context: UploadContext): Promise<Upload | undefined> {
  const unfinished = await loadUnfinished(context.resume);
  if (unfinished !== undefined && isOf(unfinished, session, object)) {
    const parts = await confirmedParts(session, unfinished);
    if (parts !== undefined) return { unfinished: { ...unfinished, parts }, isComplete: false };
    if (await hasArrived(session, object.file)) return { unfinished, isComplete: true };
  } else if (unfinished !== undefined) {
    await abortUpload(session, unfinished);
  }
  await abortOrphans(session);
  context.signal.throwIfAborted();
  return undefined;
}

function isOf(unfinished: UnfinishedUpload, { target }: S3Session, { file, checksum }: S3Object): boolean {
  return unfinished.bucket === target.Bucket && unfinished.key === target.Key &&
    unfinished.sha256 === file.sha256 && unfinished.bytes === file.bytes &&
    unfinished.partBytes === partSize(file.bytes) && unfinished.algorithm === checksum.algorithm;
}

async function hasArrived({ sdk, target, send }: S3Session, file: LocalFile): Promise<boolean> {
  const head = await send(new sdk.HeadObjectCommand(target)).catch((error) => {
    if (s3Status(error) === 403 || s3Status(error) === 404) return undefined;
    throw error;
  });
  return head?.ContentLength === file.bytes && head.Metadata?.sha256 === file.sha256;
}

async function begin(session: S3Session, { file, settings, checksum }: S3Object): Promise<Upload> {
  const { sdk, target } = session;
  const { UploadId } = await session.send(
    new sdk.CreateMultipartUploadCommand({
      ...target,
      ...settings,
      ChecksumAlgorithm: checksum.algorithm,
      ChecksumType: checksum.type,
    }),
  );
  const unfinished: UnfinishedUpload = {
    version: VERSION,
    bucket: target.Bucket,
    key: target.Key,
    uploadId: UploadId,
    sha256: file.sha256,
    bytes: file.bytes,
    partBytes: partSize(file.bytes),
    algorithm: checksum.algorithm,
    parts: [],
  };
  return { unfinished, isComplete: false };
}

/** Leaves in `unfinished.parts` all parts, as the server has confirmed them.
 * @returns the checksums that the server may say the whole has */
async function sendParts(
  session: S3Session,
  { file, checksum: kind }: S3Object,
  context: UploadContext,
  { unfinished, isComplete }: Upload,
  writer: UnfinishedWriter,
): Promise<string[]> {
  const { sdk, target } = session;
  const earlier = new Map(unfinished.parts.map((part) => [part.number, part]));
  unfinished.parts = [];
  using digests = new FileDigests(await Deno.open(file.path), kind);
  const failed = new AbortController();
  using signal = anySignal(context.signal, failed.signal);
  const sending = new Set<Promise<void>>();
  let arrivedBytes = 0;

  const arrived = async (part: UnfinishedUpload["parts"][number], isNew: boolean) => {
    unfinished.parts.push(part);
    if (isNew) await writer.save({ ...unfinished, parts: [...unfinished.parts, ...earlier.values()] });
    arrivedBytes += part.bytes;
    context.progress(arrivedBytes);
  };
  const send = async (number: number, start: number, bytes: number, checksum: string) => {
    const { ETag } = await session.sendBody((beforePiece) =>
      new sdk.UploadPartCommand({
        ...target,
        UploadId: unfinished.uploadId,
        PartNumber: number,
        Body: bodyOf({ path: file.path, start, bytes, beforePiece }),
        ContentLength: bytes,
        [kind.field]: checksum,
      }), signal);
    await arrived({ number, etag: ETag, checksum, bytes }, true);
  };

  try {
    for (let number = 1, start = 0; start < file.bytes; number++, start += unfinished.partBytes) {
      const bytes = Math.min(unfinished.partBytes, file.bytes - start);
      const checksum = await digests.nextPart(bytes, signal);
      const known = isComplete ? { number, etag: "", checksum, bytes } : earlier.get(number);
      earlier.delete(number);
      if (known?.checksum === checksum) {
        await arrived(known, false);
        continue;
      }
      while (sending.size >= PARALLEL_PARTS) await Promise.race(sending);
      signal.throwIfAborted();
      const task = send(number, start, bytes, checksum)
        .catch((error) => failed.abort(error))
        .finally(() => sending.delete(task));
      sending.add(task);
    }
    await Promise.all(sending);
    signal.throwIfAborted();
  } catch (error) {
    failed.abort(error);
    await Promise.all(sending);
    throw error;
  }
  const { sha256, full, composite } = digests.finish();
  if (sha256 !== file.sha256) throw changedFile(file);
  return full === undefined ? [composite] : [full, composite];
}

/** Of 64 equal parts, but not so small that requests cost more than they carry, nor so large that a broken connection costs
 * much; larger only for files that would have too many. */
export function partSize(bytes: number): number {
  const usual = Math.min(Math.max(bytes / USUAL_PARTS, MIN_PART_BYTES), MAX_USUAL_PART_BYTES);
  return Math.ceil(Math.max(usual, bytes / MAX_PARTS) / MIB) * MIB;
}
