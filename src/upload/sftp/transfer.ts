import { createHash } from "node:crypto";
import { countSent, traffic } from "../../core/traffic.ts";
import { readPieces } from "../read_pieces.ts";
import type { StallLimit } from "../stall_limit.ts";
import type { LocalFile, UploadContext } from "../uploader.ts";
import type { Handle, SftpSession } from "./session.ts";

/** Every server takes so much in one request, and so many requests at a time hide the way there and back. */
const REQUEST_BYTES = 32 * 1024;
const IN_FLIGHT = 32;
/** A server may have had all requests under way in any order. */
export const UNSURE_BYTES = REQUEST_BYTES * IN_FLIGHT;

/** Writes a file from a position to its end. Progress is what the server has confirmed.
 * @throws {UploadError} when the local file has changed */
export async function writeFrom(
  session: SftpSession,
  handle: Handle,
  file: LocalFile,
  from: number,
  context: Pick<UploadContext, "progress" | "pace">,
  limit: StallLimit,
): Promise<void> {
  const window = new Window();
  let at = from;
  let confirmed = from;
  try {
    for await (const piece of readPieces(file, limit.signal, from)) {
      if (context.pace !== undefined) await limit.allow(context.pace(piece.length, limit.signal));
      countSent(piece);
      for (let start = 0; start < piece.length; start += REQUEST_BYTES) {
        const bytes = piece.subarray(start, start + REQUEST_BYTES);
        await window.room();
        window.add(
          session.write(handle, bytes, at).then(() => {
            limit.touch();
            context.progress(confirmed += bytes.length);
          }),
        );
        at += bytes.length;
      }
    }
    await window.empty();
  } finally {
    await window.settled();
  }
}

/** SHA-256 of the first bytes of a file at the server, as lower-case hex. */
export async function hashRemote(
  session: SftpSession,
  handle: Handle,
  bytes: number,
  limit: StallLimit,
): Promise<string> {
  const hash = createHash("sha256");
  for await (const piece of readRemote(session, handle, 0, bytes, limit)) hash.update(piece);
  return hash.digest("hex");
}

/** Whether a file at the server has the same bytes as the local one between two positions. */
export async function isSameBetween(
  session: SftpSession,
  handle: Handle,
  file: LocalFile,
  from: number,
  to: number,
  limit: StallLimit,
): Promise<boolean> {
  const [ours, theirs] = [createHash("sha256"), createHash("sha256")];
  using source = await Deno.open(file.path);
  await source.seek(from, Deno.SeekMode.Start);
  const buffer = new Uint8Array(REQUEST_BYTES);
  for (let at = from; at < to;) {
    const count = await source.read(buffer.subarray(0, Math.min(buffer.length, to - at)));
    if (count === null) return false;
    ours.update(buffer.subarray(0, count));
    at += count;
  }
  for await (const piece of readRemote(session, handle, from, to, limit)) theirs.update(piece);
  return ours.digest("hex") === theirs.digest("hex");
}

/** Pieces in their order; those that are asked for are on their way together. A piece is good until the next one. */
async function* readRemote(
  session: SftpSession,
  handle: Handle,
  from: number,
  to: number,
  limit: StallLimit,
): AsyncGenerator<Uint8Array> {
  const spare: Uint8Array[] = [];
  const asked: { buffer: Uint8Array; size: number; at: number; answer: Promise<number> }[] = [];
  let next = from;
  const ask = () => {
    const buffer = spare.pop() ?? new Uint8Array(REQUEST_BYTES);
    const size = Math.min(REQUEST_BYTES, to - next);
    const answer = session.read(handle, buffer.subarray(0, size), next);
    answer.catch(() => {}); // it is waited for in its turn
    asked.push({ buffer, size, at: next, answer });
    next += size;
  };
  try {
    while (next < to || asked.length > 0) {
      while (next < to && asked.length < IN_FLIGHT) ask();
      const { buffer, size, at, answer } = asked.shift()!;
      let count = await answer;
      // A server may answer with less than was asked for.
      while (count < size) {
        const more = await session.read(handle, buffer.subarray(count, size), at + count);
        if (more === 0) return yield buffer.subarray(0, count);
        count += more;
      }
      limit.touch();
      traffic.receivedBytes += count;
      yield buffer.subarray(0, count);
      spare.push(buffer);
    }
  } finally {
    await Promise.allSettled(asked.map(({ answer }) => answer));
  }
}

/** The requests that are under way. */
class Window {
  readonly #waiting = new Set<Promise<void>>();
  #failure?: { error: unknown };

  add(request: Promise<void>): void {
    const settled: Promise<void> = request
      .catch((error) => void (this.#failure ??= { error }))
      .finally(() => this.#waiting.delete(settled));
    this.#waiting.add(settled);
  }

  /** @throws the first failure of all */
  async room(): Promise<void> {
    while (this.#waiting.size >= IN_FLIGHT) await Promise.race(this.#waiting);
    if (this.#failure !== undefined) throw this.#failure.error;
  }

  /** @throws as {@linkcode room} */
  async empty(): Promise<void> {
    await this.settled();
    if (this.#failure !== undefined) throw this.#failure.error;
  }

  async settled(): Promise<void> {
    await Promise.all(this.#waiting);
  }
}
