import { createHash } from "node:crypto";
import { freeGarbage } from "../core/free_garbage.ts";
import type { LocalFile, UploadContext } from "./uploader.ts";
import { readFull } from "../core/read_full.ts";
import { changedFile } from "./changed_file.ts";

/** The largest step in which bytes are counted against a limit of bandwidth. */
const PACE_BYTES = 1024 * 1024;
const PIECE_BYTES = 8 * 1024 * 1024;

export interface FilePiece {
  offset: number;
  /** Valid until the next piece is asked for. */
  body: Uint8Array<ArrayBuffer>;
  /** MD5 of the whole file, once the last piece is there. */
  wholeMd5?: Uint8Array;
}

/** How much is sent at once: little where the bandwidth is limited, so that it flows evenly. */
export function pieceBytes({ pace }: Pick<UploadContext, "pace">): number {
  return pace === undefined ? PIECE_BYTES : PACE_BYTES;
}

/** Reads a file in pieces of `size` bytes, the last one shorter, into one buffer; an empty file is one empty piece. The
 * last piece comes only when the whole file is what was to be delivered.
 * @throws {UploadError} `UPLOAD_CORRUPT` when it is not */
export async function* filePieces(file: LocalFile, size: number): AsyncGenerator<FilePiece> {
  using source = await Deno.open(file.path);
  const sha256 = createHash("sha256");
  const md5 = createHash("md5");
  const buffer = new Uint8Array(Math.min(size, Math.max(file.bytes, 1)));
  for (let offset = 0;;) {
    const body = buffer.subarray(0, await readFull(source, buffer));
    sha256.update(body);
    md5.update(body);
    const end = offset + body.length;
    const last = end >= file.bytes || body.length < buffer.length;
    if (last && (end !== file.bytes || sha256.digest("hex") !== file.sha256)) throw changedFile(file);
    yield { offset, body, wholeMd5: last ? md5.digest() : undefined };
    if (last) return;
    freeGarbage(); // fetch has made a copy of the piece
    offset = end;
  }
}

/** Waits until so many bytes may be sent. */
export async function paceBytes(
  bytes: number,
  { pace, signal }: Pick<UploadContext, "pace" | "signal">,
): Promise<void> {
  for (let left = bytes; pace !== undefined && left > 0; left -= PACE_BYTES) {
    await pace(Math.min(left, PACE_BYTES), signal);
  }
}
