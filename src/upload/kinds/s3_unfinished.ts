import * as z from "zod";
import type { ResumeState } from "../uploader.ts";
import type { S3Session } from "./s3_client.ts";
import { s3Status } from "./s3_failure.ts";

export const VERSION = 1;
const LATE_PARTS_MS = [100, 200, 400, 800];

/** What survives of an upload in parts: its id, and the parts that the server has confirmed. */
const schema = z.object({
  version: z.literal(VERSION),
  bucket: z.string(),
  key: z.string(),
  uploadId: z.string().min(1),
  sha256: z.string(),
  bytes: z.number(),
  partBytes: z.number().int().positive(),
  algorithm: z.string(),
  parts: z.array(z.object({
    number: z.number().int().positive(),
    etag: z.string(),
    checksum: z.string(),
    bytes: z.number(),
  })),
});

export type UnfinishedUpload = z.infer<typeof schema>;
type UploadName = Pick<UnfinishedUpload, "bucket" | "key" | "uploadId">;

/** @returns undefined when there is none, or none that can be understood */
export async function loadUnfinished(resume: ResumeState | undefined): Promise<UnfinishedUpload | undefined> {
  return schema.safeParse(await resume?.load()).data;
}

/** Writes states one after the other: a later one is never overtaken by an earlier one. */
export class UnfinishedWriter {
  readonly #resume: ResumeState | undefined;
  #writing: Promise<void> = Promise.resolve();

  constructor(resume: ResumeState | undefined) {
    this.#resume = resume;
  }

  /** Survives a kill once it has returned. */
  save(upload: UnfinishedUpload): Promise<void> {
    if (this.#resume === undefined) return Promise.resolve();
    const written = this.#writing.then(() => this.#resume!.save(upload));
    this.#writing = written.catch(() => {});
    return written;
  }

  async clear(): Promise<void> {
    await this.#writing;
    await this.#resume?.clear();
  }
}

/** Frees what the server keeps of an upload that will not be completed, as well as that goes: what a server keeps that does not
 * answer now, it drops by its own rules. Parts that were cut off a moment ago, when the server had all their bytes, turn up late,
 * so it is asked again.
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_AbortMultipartUpload.html */
export async function abortUpload({ sdk, sendOnce }: S3Session, { bucket, key, uploadId }: UploadName): Promise<void> {
  for (const delayMs of [0, ...LATE_PARTS_MS]) {
    await new Promise((resolve) => setTimeout(resolve, delayMs));
    try {
      await sendOnce(new sdk.AbortMultipartUploadCommand({ Bucket: bucket, Key: key, UploadId: uploadId }));
    } catch (error) {
      const status = s3Status(error);
      if (status === undefined || status === 401 || status === 403) return;
    }
  }
}

/** Frees what uploads of this very object have left that nobody remembers: of a process that was killed, for one. Needs
 * s3:ListBucketMultipartUploads, and does nothing without. */
export async function abortOrphans(session: S3Session): Promise<void> {
  const { sdk, target: { Bucket, Key }, sendOnce } = session;
  const { Uploads = [] } = await sendOnce(new sdk.ListMultipartUploadsCommand({ Bucket, Prefix: Key })).catch(
    () => ({}),
  );
  for (const upload of Uploads) {
    if (upload.Key !== Key || !upload.UploadId) continue;
    await abortUpload(session, { bucket: Bucket, key: Key, uploadId: upload.UploadId });
  }
}

/** Those of the parts that the server has. Credentials that may write and not list are trusted to have told the truth.
 * @returns undefined when the server knows nothing of this upload */
export async function confirmedParts(
  { sdk, send }: S3Session,
  { bucket, key, uploadId, parts }: UnfinishedUpload,
): Promise<UnfinishedUpload["parts"] | undefined> {
  const etags = new Map<number, string>();
  let marker: string | undefined;
  do {
    let page;
    try {
      page = await send(
        new sdk.ListPartsCommand({ Bucket: bucket, Key: key, UploadId: uploadId, PartNumberMarker: marker }),
      );
    } catch (error) {
      if (s3Status(error) === 403) return parts;
      if (s3Status(error) === 404) return undefined;
      throw error;
    }
    for (const { PartNumber, ETag, Size } of page.Parts ?? []) etags.set(PartNumber, `${ETag} ${Size}`);
    marker = page.IsTruncated ? page.NextPartNumberMarker : undefined;
  } while (marker !== undefined);
  return parts.filter(({ number, etag, bytes }) => etags.get(number) === `${etag} ${bytes}`);
}
