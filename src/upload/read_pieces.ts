import { createHash } from "node:crypto";
import type { LocalFile } from "./uploader.ts";
import { readFull } from "../core/read_full.ts";
import { changedFile } from "./changed_file.ts";

const PIECE_BYTES = 256 * 1024;

/** Reads a file to send it, piece by piece. Its last piece comes only once the whole is known to have the SHA-256 it should
 * have: a receiver that waits for all of the announced bytes never takes a file that has changed.
 *
 * Two buffers take turns: a piece is good until the next but one is asked for.
 * @param from where to begin to send; what is before it is read, and counts for the SHA-256
 * @throws {UploadError} `UPLOAD_CORRUPT` in place of the last piece */
export async function* readPieces(file: LocalFile, signal: AbortSignal, from = 0): AsyncGenerator<Uint8Array> {
  using source = await Deno.open(file.path);
  const hash = createHash("sha256");
  const size = Math.min(PIECE_BYTES, Math.max(file.bytes, 1));
  const buffers = [new Uint8Array(size), new Uint8Array(size)];
  for (let at = 0, turn = 0; at < file.bytes; turn ^= 1) {
    signal.throwIfAborted();
    const end = at < from ? from : file.bytes;
    const piece = buffers[turn]!.subarray(0, Math.min(size, end - at));
    if (await readFull(source, piece) < piece.length) throw changedFile(file);
    hash.update(piece);
    at += piece.length;
    if (at === file.bytes && hash.copy().digest("hex") !== file.sha256) throw changedFile(file);
    if (at > from) yield piece;
  }
  if (file.bytes === 0 && hash.digest("hex") !== file.sha256) throw changedFile(file);
}
