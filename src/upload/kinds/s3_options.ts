import { tryParseDuration } from "../../core/duration.ts";
import { UsageError } from "../../core/errors.ts";
import type { Destination, LocalFile } from "../uploader.ts";
import { contentTypeOf } from "../content_type.ts";
import { objectKey } from "../object_key.ts";

/** What S3 allows for names and values of metadata together. */
const METADATA_BYTES = 2048;

export const S3_OPTIONS = {
  endpoint: "URL of the server; default: AWS_ENDPOINT_URL_S3, AWS_ENDPOINT_URL, else AWS itself",
  region: "default: AWS_REGION, AWS_DEFAULT_REGION, else us-east-1",
  forcePathStyle: "true: the bucket is in the path, not in the host name; default: true when there is an endpoint",
  profile: "profile of the shared credentials and config files",
  checksum: "what the server checks each part with: CRC32 (default, the faster) or SHA256",
  storageClass: "such as STANDARD_IA",
  serverSideEncryption: "AES256, aws:kms or aws:kms:dsse",
  kmsKeyId: "key for aws:kms",
  acl: "canned access list, such as bucket-owner-full-control",
  tags: "name=value&name=value",
  objectLockMode: "GOVERNANCE or COMPLIANCE, with objectLockRetainUntil",
  objectLockRetainUntil: "how long (30d) or until when (2027-01-31T00:00:00Z) the object cannot be deleted",
  objectLockLegalHold: "ON or OFF",
};

const CHOICES: Readonly<Record<string, readonly string[]>> = {
  forcePathStyle: ["true", "false"],
  checksum: ["CRC32", "SHA256"],
  serverSideEncryption: ["AES256", "aws:kms", "aws:kms:dsse"],
  acl: [
    "private",
    "public-read",
    "public-read-write",
    "authenticated-read",
    "aws-exec-read",
    "bucket-owner-read",
    "bucket-owner-full-control",
  ],
  objectLockMode: ["GOVERNANCE", "COMPLIANCE"],
  objectLockLegalHold: ["ON", "OFF"],
};

/** @throws {UsageError} for what no server could do */
export function validateS3({ url, options }: Destination): void {
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]{1,61}[A-Za-z0-9]$/.test(url.host)) {
    throw new UsageError(
      url.host === "" ? "The destination s3: names no bucket" : `"${url.host}" is no name of a bucket`,
      "Write s3://bucket/folder/",
    );
  }
  objectKey(url, "name");
  if (options.endpoint !== undefined) checkEndpoint(options.endpoint);
  for (const [name, choices] of Object.entries(CHOICES)) {
    const value = options[name];
    if (value === undefined || choices.includes(value)) continue;
    throw new UsageError(`The option ${name} is "${value}"`, `Write ${choices.join(" or ")}`);
  }
  if (options.storageClass !== undefined && !/^[A-Z0-9_]+$/.test(options.storageClass)) {
    throw new UsageError(`The option storageClass is "${options.storageClass}"`, "Write one such as STANDARD_IA");
  }
  if (options.kmsKeyId !== undefined && !options.serverSideEncryption?.startsWith("aws:kms")) {
    throw new UsageError("The option kmsKeyId is for serverSideEncryption=aws:kms", "Set both, or neither");
  }
  if ((options.objectLockMode === undefined) !== (options.objectLockRetainUntil === undefined)) {
    throw new UsageError("objectLockMode and objectLockRetainUntil belong together", "Set both, or neither");
  }
  if (options.objectLockRetainUntil !== undefined) retainUntil(options.objectLockRetainUntil, new Date());
  if (options.tags !== undefined) tagging(options.tags);
}

/** How the object is to be kept, as the requests that make it say. */
export function objectSettings({ options }: Destination, file: LocalFile, now: Date): Record<string, unknown> {
  const settings = {
    ContentType: contentTypeOf(file.name),
    StorageClass: options.storageClass,
    ServerSideEncryption: options.serverSideEncryption,
    SSEKMSKeyId: options.kmsKeyId,
    ACL: options.acl,
    Tagging: options.tags && tagging(options.tags),
    ObjectLockMode: options.objectLockMode,
    ObjectLockRetainUntilDate: options.objectLockRetainUntil && retainUntil(options.objectLockRetainUntil, now),
    ObjectLockLegalHoldStatus: options.objectLockLegalHold,
    Metadata: objectMetadata(file),
  };
  return Object.fromEntries(Object.entries(settings).filter(([, value]) => value));
}

/** `x-amz-meta-…`: the SHA-256, and the facts about the file as far as they can travel in a header and there is room. */
export function objectMetadata({ sha256, metadata = {} }: LocalFile): Record<string, string> {
  const kept: Record<string, string> = { sha256 };
  let bytes = "sha256".length + sha256.length;
  for (const [name, value] of Object.entries(metadata)) {
    const header = name.toLowerCase().replace(/[^a-z0-9-]+/g, "-").replace(/^-+|-+$/g, "");
    const text = value.replace(/[^\x20-\x7e]+/g, "?").trim();
    bytes += header.length + text.length;
    if (header === "" || text === "" || header in kept) continue;
    if (bytes > METADATA_BYTES) break;
    kept[header] = text;
  }
  return kept;
}

export function endpointOf({ options }: Destination, env: Readonly<Record<string, string>>): string | undefined {
  const endpoint = options.endpoint || env.AWS_ENDPOINT_URL_S3 || env.AWS_ENDPOINT_URL || undefined;
  if (endpoint !== undefined) checkEndpoint(endpoint);
  return endpoint;
}

export function regionOf({ options }: Destination, env: Readonly<Record<string, string>>): string {
  return options.region || env.AWS_REGION || env.AWS_DEFAULT_REGION || "us-east-1";
}

function checkEndpoint(endpoint: string): void {
  const url = URL.canParse(endpoint) ? new URL(endpoint) : undefined;
  if (url !== undefined && /^https?:$/.test(url.protocol) && url.username === "" && url.password === "") return;
  throw new UsageError(
    "The endpoint of the destination is not the URL of a server",
    "Write https://host or https://host:port, without user name and password",
  );
}

function retainUntil(text: string, now: Date): Date {
  const ms = tryParseDuration(text);
  if (ms !== undefined && ms > 0) return new Date(now.getTime() + ms);
  const at = /^\d{4}-\d\d-\d\d/.test(text) ? Date.parse(text) : NaN;
  if (!Number.isNaN(at)) return new Date(at);
  throw new UsageError(`The option objectLockRetainUntil is "${text}"`, "Write 30d, or 2027-01-31T00:00:00Z");
}

/** @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-tagging.html */
function tagging(text: string): string {
  const tags = [...new URLSearchParams(text)];
  const names = new Set(tags.map(([name]) => name));
  const fits = tags.every(([name, value]) => name.length > 0 && name.length <= 128 && value.length <= 256);
  if (tags.length > 0 && tags.length <= 10 && names.size === tags.length && fits) {
    return new URLSearchParams(tags).toString();
  }
  throw new UsageError(
    "The option tags is not a list of tags",
    "Write name=value&name=value: up to ten, each name once and of up to 128 characters, values of up to 256",
  );
}
