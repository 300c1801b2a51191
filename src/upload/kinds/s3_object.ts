import { FileSlice, type FileSliceOptions } from "../../core/file_slice.ts";
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
