import { UploadError } from "../upload_error.ts";
import type { Delivery, Destination, LocalFile, ResumeState, UploadContext, Uploader } from "../uploader.ts";
import { checksumKinds, FileDigests } from "./s3_checksum.ts";
import { openS3, type S3Session } from "./s3_client.ts";
import { explainS3, s3Status } from "./s3_failure.ts";
import { bodyOf, type S3Object, type Sent } from "./s3_object.ts";
import { objectSettings, S3_OPTIONS, validateS3 } from "./s3_options.ts";
import { MIN_PART_BYTES, putInParts } from "./s3_parts.ts";
import { abortUpload, loadUnfinished, UnfinishedWriter } from "./s3_unfinished.ts";
import { changedFile } from "../changed_file.ts";

/** S3 and what speaks its protocol. */
export const s3: Uploader = {
  scheme: "s3",
  summary: "A bucket (s3://bucket/folder/ or s3://bucket/name.tar.gz), of AWS or of a compatible server",
  options: S3_OPTIONS,
  validate: validateS3,

  async upload(file: LocalFile, destination: Destination, context: UploadContext): Promise<Delivery> {
    context.signal.throwIfAborted();
    const session = await openS3(file, destination, context);
    const { target, where, clock } = session;
    const object: S3Object = {
      file,
      settings: objectSettings(destination, file, clock.now()),
      checksum: checksumKinds[destination.options.checksum ?? "CRC32"]!,
    };
    try {
      const size = (await Deno.stat(file.path)).size;
      if (size !== file.bytes) throw changedFile(file);
      const put = file.bytes > MIN_PART_BYTES ? putInParts : putWhole;
      await verify(session, file, await put(session, object, context));
    } catch (error) {
      context.signal.throwIfAborted();
      throw explainS3(error, where, file.path, clock.now());
    } finally {
      session.close();
    }
    return { url: `s3://${target.Bucket}/${target.Key}`, bytes: file.bytes, sha256: file.sha256 };
  },

  async abandon(
    file: LocalFile,
    destination: Destination,
    context: UploadContext & { resume: ResumeState },
  ): Promise<void> {
    const unfinished = await loadUnfinished(context.resume);
    if (unfinished !== undefined) {
      const session = await openS3(file, destination, context);
      await abortUpload(session, unfinished);
      session.close();
    }
    await context.resume.clear();
  },
};

async function putWhole(session: S3Session, { file, settings }: S3Object, context: UploadContext): Promise<Sent> {
  const { sdk, target } = session;
  using digests = new FileDigests(await Deno.open(file.path), checksumKinds.SHA256!);
  const checksum = await digests.nextPart(file.bytes, context.signal);
  if (digests.finish().sha256 !== file.sha256) throw changedFile(file);
  const answer = await session.sendBody((beforePiece) =>
    new sdk.PutObjectCommand({
      ...target,
      ...settings,
      Body: bodyOf({ path: file.path, start: 0, bytes: file.bytes, beforePiece }),
      ContentLength: file.bytes,
      ChecksumSHA256: checksum,
    }), context.signal);
  context.progress(file.bytes);
  await new UnfinishedWriter(context.resume).clear();
  return { field: "ChecksumSHA256", checksums: [checksum], confirmed: answer.ChecksumSHA256 === checksum };
}

/** Asks the server what it has. Credentials that may write and not read are common for this purpose: then the checksum in
 * the answer to the upload has to do. */
async function verify(session: S3Session, file: LocalFile, { field, checksums, confirmed }: Sent): Promise<void> {
  const { sdk, target, where } = session;
  let head;
  try {
    head = await session.send(new sdk.HeadObjectCommand({ ...target, ChecksumMode: "ENABLED" }));
  } catch (error) {
    if (s3Status(error) === 403 && confirmed) return;
    throw error;
  }
  const checksum: string | undefined = head[field];
  const same = head.ContentLength === file.bytes &&
    (head.Metadata?.sha256 ?? file.sha256) === file.sha256 &&
    (checksum === undefined || checksums.includes(checksum));
  if (same && (confirmed || checksum !== undefined || head.Metadata?.sha256 !== undefined)) return;
  throw new UploadError(`What arrived in ${where} as ${target.Key} is not the bundle`, {
    transient: true,
    code: "UPLOAD_CORRUPT",
    hint: `Deliver it again; it is still in ${file.path}`,
  });
}
