import { createHash } from "node:crypto";
import type { S3Client } from "@aws-sdk/client-s3";
import type { FetchHttpHandler } from "@smithy/fetch-http-handler";
import { countSent } from "../../core/traffic.ts";
import { systemClock } from "../../core/clock.ts";
import { UsageError } from "../../core/errors.ts";
import { retry } from "../../core/retry.ts";
import { withTimeLimit } from "../../core/time_limit.ts";
import { UploadError } from "../upload_error.ts";
import type { Delivery, Destination, LocalFile, UploadContext, Uploader } from "../uploader.ts";
import { s3Credentials } from "./s3_credentials.ts";
import { explainS3, judgeS3, s3Status } from "./s3_failure.ts";

const PART_BYTES = 8 * 1024 * 1024;
// A multipart upload has at most this many parts.
const MAX_PARTS = 10_000;
const CONTROL_TIMEOUT_MS = 30_000;
/** For up to 8 MiB: enough for a line of 30 kB/s. */
const PART_TIMEOUT_MS = 300_000;
const RETRIES = { attempts: 4, baseDelayMs: 500, maxDelayMs: 30_000 };

/** S3 and what speaks its protocol. */
export const s3: Uploader = {
  scheme: "s3",
  summary: "A bucket (s3://bucket/folder/ or s3://bucket/name.tar.gz), of AWS or of a compatible server",
  options: {
    endpoint: "URL of the server; default: AWS_ENDPOINT_URL_S3, AWS_ENDPOINT_URL, else AWS itself",
    region: "default: AWS_REGION, AWS_DEFAULT_REGION, else us-east-1",
    forcePathStyle: "true: the bucket is in the path, not in the host name; default: true when there is an endpoint",
    profile: "profile of the shared credentials file",
    storageClass: "such as STANDARD_IA",
    serverSideEncryption: "AES256 or aws:kms",
    kmsKeyId: "key for aws:kms",
  },

  validate({ url, options }: Destination): void {
    if (!/^[A-Za-z0-9][A-Za-z0-9._-]{1,61}[A-Za-z0-9]$/.test(url.host)) {
      throw new UsageError(
        url.host === "" ? "The destination s3: names no bucket" : `"${url.host}" is no name of a bucket`,
        "Write s3://bucket/folder/",
      );
    }
    objectKey(url, "name");
    const { endpoint, forcePathStyle } = options;
    if (endpoint !== undefined) checkEndpoint(endpoint);
    if (forcePathStyle !== undefined && forcePathStyle !== "true" && forcePathStyle !== "false") {
      throw new UsageError(`The option forcePathStyle is "${forcePathStyle}"`, "Write true or false");
    }
  },

  async upload(file: LocalFile, destination: Destination, context: UploadContext): Promise<Delivery> {
    context.signal.throwIfAborted();
    const clock = context.clock ?? systemClock;
    const endpoint = endpointOf(destination, context.env);
    const bucket = destination.url.host;
    const region = regionOf(destination, context.env);
    const where = `bucket "${bucket}" ${endpoint === undefined ? `in ${region}` : `at ${endpoint}`}`;
    const credentials = await s3Credentials(destination, context.env, context.secret);
    const [sdk, { FetchHttpHandler }] = await Promise.all([
      import("@aws-sdk/client-s3"),
      import("@smithy/fetch-http-handler"),
    ]);
    const client = new sdk.S3Client({
      region,
      endpoint,
      credentials,
      forcePathStyle: destination.options.forcePathStyle === undefined
        ? endpoint !== undefined
        : destination.options.forcePathStyle === "true",
      requestHandler: counting(new FetchHttpHandler()), // the default one, on node:http, hangs
      maxAttempts: 1, // retries are ours: bounded, and ended by the signal
    });
    const send: Send = (command, timeoutMs = CONTROL_TIMEOUT_MS) =>
      retry(
        () =>
          withTimeLimit(timeoutMs, context.signal, async (signal) => {
            try {
              // deno-lint-ignore no-explicit-any -- the SDK's overloads do not survive a generic call
              return await client.send(command as any, { abortSignal: signal }) as any;
            } catch (error) {
              throw signal.aborted ? signal.reason : error;
            }
          }),
        { ...RETRIES, clock, signal: context.signal, judge: (error) => judgeS3(error, clock.now()) },
      );
    const delivery: S3Delivery = {
      sdk,
      send,
      client,
      file,
      context,
      where,
      target: { Bucket: bucket, Key: objectKey(destination.url, file.name) },
      settings: settingsOf(destination),
    };
    try {
      const sent = file.bytes > PART_BYTES ? await putInParts(delivery) : await putWhole(delivery);
      await verify(delivery, sent);
    } catch (error) {
      context.signal.throwIfAborted();
      throw explainS3(error, where, file.path, clock.now());
    } finally {
      client.destroy();
    }
    return { url: `s3://${bucket}/${delivery.target.Key}`, bytes: file.bytes, sha256: file.sha256 };
  },
};

function counting(handler: FetchHttpHandler): FetchHttpHandler {
  const handle = handler.handle.bind(handler);
  handler.handle = (request, options) => {
    countSent(request.body);
    return handle(request, options);
  };
  return handler;
}

type Sdk = typeof import("@aws-sdk/client-s3");
// deno-lint-ignore no-explicit-any -- see `send`
type Send = (command: any, timeoutMs?: number) => Promise<any>;

interface S3Delivery {
  sdk: Sdk;
  send: Send;
  client: S3Client;
  file: LocalFile;
  context: UploadContext;
  where: string;
  target: { Bucket: string; Key: string };
  settings: Record<string, string>;
}

/** What the object's checksum must be, and whether the server has already said that it is. */
interface Sent {
  checksum: string;
  confirmed: boolean;
}

async function putWhole({ sdk, send, file, context, target, settings }: S3Delivery): Promise<Sent> {
  const body = await Deno.readFile(file.path, { signal: context.signal });
  checkUnchanged(createHash("sha256").update(body).digest("hex"), file);
  const checksum = Uint8Array.fromHex(file.sha256).toBase64();
  const answer = await send(
    new sdk.PutObjectCommand({
      ...target,
      ...settings,
      Body: body,
      ContentLength: body.length,
      ContentType: "application/gzip",
      ChecksumSHA256: checksum,
      Metadata: { sha256: file.sha256 },
    }),
    PART_TIMEOUT_MS,
  );
  context.progress(file.bytes);
  return { checksum, confirmed: answer.ChecksumSHA256 === checksum };
}

async function putInParts(delivery: S3Delivery): Promise<Sent> {
  const { sdk, send, file, target, settings } = delivery;
  const { UploadId } = await send(
    new sdk.CreateMultipartUploadCommand({
      ...target,
      ...settings,
      ContentType: "application/gzip",
      ChecksumAlgorithm: "SHA256",
      Metadata: { sha256: file.sha256 },
    }),
  );
  try {
    const { parts, checksum } = await putParts(delivery, UploadId);
    const answer = await send(
      new sdk.CompleteMultipartUploadCommand({ ...target, UploadId, MultipartUpload: { Parts: parts } }),
      PART_TIMEOUT_MS, // the server joins the parts
    ).catch((error) => {
      // An earlier try may have completed it with its answer lost. verify() tells.
      if (error?.name !== "NoSuchUpload") throw error;
    });
    return { checksum, confirmed: answer?.ChecksumSHA256 === checksum };
  } catch (error) {
    await abortParts(delivery, UploadId);
    throw error;
  }
}

/** @returns the parts as the completing request names them, and the checksum of their checksums */
async function putParts({ sdk, send, file, context, target }: S3Delivery, UploadId: string) {
  const partBytes = partSize(file.bytes);
  using source = await Deno.open(file.path);
  const whole = createHash("sha256");
  const ofChecksums = createHash("sha256");
  const buffer = new Uint8Array(partBytes);
  const parts: { PartNumber: number; ETag: string; ChecksumSHA256: string }[] = [];
  let sent = 0;
  for (let size = await fill(source, buffer); size > 0; size = await fill(source, buffer)) {
    const body = buffer.subarray(0, size);
    whole.update(body);
    const digest = createHash("sha256").update(body).digest();
    ofChecksums.update(digest);
    const part = { PartNumber: parts.length + 1, ChecksumSHA256: digest.toString("base64") };
    const answer = await send(
      new sdk.UploadPartCommand({ ...target, ...part, UploadId, Body: body, ContentLength: size }),
      PART_TIMEOUT_MS * Math.ceil(partBytes / PART_BYTES),
    );
    parts.push({ ...part, ETag: answer.ETag });
    sent += size;
    context.progress(sent);
  }
  checkUnchanged(whole.digest("hex"), file);
  return { parts, checksum: `${ofChecksums.digest("base64")}-${parts.length}` };
}

/** Frees what the server keeps of an upload that will not be completed. It has its own, short time: the run's signal may be
 * the very reason. A server that does not answer now drops it by its own rules. */
async function abortParts({ sdk, client, target }: S3Delivery, UploadId: string): Promise<void> {
  await withTimeLimit(
    10_000,
    undefined,
    (signal) => client.send(new sdk.AbortMultipartUploadCommand({ ...target, UploadId }), { abortSignal: signal }),
  ).catch(() => {});
}

/** Asks the server what it has. Credentials that may write and not read are common for this purpose: then the checksum in
 * the answer to the upload has to do. */
async function verify({ sdk, send, file, where, target }: S3Delivery, { checksum, confirmed }: Sent): Promise<void> {
  let head;
  try {
    head = await send(new sdk.HeadObjectCommand({ ...target, ChecksumMode: "ENABLED" }));
  } catch (error) {
    if (s3Status(error) === 403 && confirmed) return;
    throw error;
  }
  const same = head.ContentLength === file.bytes &&
    (head.Metadata?.sha256 ?? file.sha256) === file.sha256 &&
    (head.ChecksumSHA256 ?? checksum) === checksum;
  if (same && (confirmed || head.ChecksumSHA256 !== undefined || head.Metadata?.sha256 !== undefined)) return;
  throw new UploadError(`What arrived in ${where} as ${target.Key} is not the bundle`, {
    transient: true,
    code: "UPLOAD_CORRUPT",
    hint: `Deliver it again; it is still in ${file.path}`,
  });
}

function checkUnchanged(sha256: string, file: LocalFile): void {
  if (sha256 === file.sha256) return;
  throw new UploadError(`The file ${file.path} is not what was to be delivered: its SHA-256 has changed`, {
    transient: false,
    code: "UPLOAD_CORRUPT",
    hint: "Find out what writes to it, and collect again",
  });
}

/** Reads until the buffer is full or the file ends. */
async function fill(source: Deno.FsFile, buffer: Uint8Array): Promise<number> {
  let size = 0;
  while (size < buffer.length) {
    const count = await source.read(buffer.subarray(size));
    if (count === null) break;
    size += count;
  }
  return size;
}

/** Eight MiB, more only for files that would have too many parts. */
export function partSize(bytes: number): number {
  return Math.max(PART_BYTES, Math.ceil(bytes / MAX_PARTS / 1024 / 1024) * 1024 * 1024);
}

function objectKey(url: URL, name: string): string {
  let path: string;
  try {
    path = decodeURIComponent(url.pathname.replace(/^\//, ""));
  } catch (cause) {
    throw new UsageError(`The path of ${url.href} has a % that begins no escape`, "Write %25 for %", { cause });
  }
  return path === "" || path.endsWith("/") ? path + name : path;
}

function endpointOf({ options }: Destination, env: Readonly<Record<string, string>>): string | undefined {
  const endpoint = options.endpoint || env.AWS_ENDPOINT_URL_S3 || env.AWS_ENDPOINT_URL || undefined;
  if (endpoint !== undefined) checkEndpoint(endpoint);
  return endpoint;
}

function checkEndpoint(endpoint: string): void {
  const url = URL.canParse(endpoint) ? new URL(endpoint) : undefined;
  if (url !== undefined && /^https?:$/.test(url.protocol) && url.username === "" && url.password === "") return;
  throw new UsageError(
    "The endpoint of the destination is not the URL of a server",
    "Write https://host or https://host:port, without user name and password",
  );
}

function regionOf({ options }: Destination, env: Readonly<Record<string, string>>): string {
  return options.region || env.AWS_REGION || env.AWS_DEFAULT_REGION || "us-east-1";
}

function settingsOf({ options }: Destination): Record<string, string> {
  const settings = {
    StorageClass: options.storageClass,
    ServerSideEncryption: options.serverSideEncryption,
    SSEKMSKeyId: options.kmsKeyId,
  };
  return Object.fromEntries(Object.entries(settings).filter((entry): entry is [string, string] => Boolean(entry[1])));
}
