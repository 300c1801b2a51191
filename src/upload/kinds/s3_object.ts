import { FileSlice, type FileSliceOptions } from "../../core/file_slice.ts";
import { UploadError } from "../upload_error.ts";
import type { LocalFile } from "../uploader.ts";
import type { ChecksumKind } from "./s3_checksum.ts";

/** What is to be made of the file. */
export interface S3Object {
  file: LocalFile;
  settings: Record<string, unknown>;
  /** Of its parts. */
  checksum: ChecksumKind;
}

/** What the server may say of the object, and whether it has said so already. */
export interface Sent {
  field: ChecksumKind["field"];
  /** Any of them is right. */
  checksums: readonly string[];
  confirmed: boolean;
}

/** Without a body at all, a request has no length either. */
export function bodyOf(slice: FileSliceOptions): Blob | Uint8Array {
  return slice.bytes === 0 ? new Uint8Array() : new FileSlice(slice);
}

/** The file is not what was to be delivered. */
export function changed(file: LocalFile): UploadError {
  return new UploadError(`The file ${file.path} is not what was to be delivered: its SHA-256 has changed`, {
    transient: false,
    code: "UPLOAD_CORRUPT",
    hint: "Find out what writes to it, and collect again",
  });
}
