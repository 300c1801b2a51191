import type { Buffer } from "node:buffer";
import { createGunzip, createGzip } from "node:zlib";
import { Readable } from "node:stream";
import { concatBytes } from "../core/concat_bytes.ts";
import { RedactionError } from "./redaction_error.ts";

export type ArchiveKind = "gzip" | "tar" | "tar+gzip" | "opaque";

const SUFFIXES: [suffix: RegExp, kind: ArchiveKind][] = [
  [/\.(?:tar\.gz|tgz)$/i, "tar+gzip"],
  [/\.tar$/i, "tar"],
  [/\.gz$/i, "gzip"],
  [/\.(?:zip|jar|war|ear|7z|rar|bz2|tbz2?|xz|txz|zst|tzst|lz4|lzma|br|cpio)$/i, "opaque"],
];

/** Largest archive as it comes, and largest file in one … */
export const MAX_ARCHIVE_BYTES = 64 << 20;
/** … and what one may unpack to. All of it is held in memory. */
const MAX_UNPACKED_BYTES = 128 << 20;
const MAX_DEPTH = 4;

/** What a file is packed with, as far as its name says. */
export function archiveKind(path: string): ArchiveKind | undefined {
  return SUFFIXES.find(([suffix]) => suffix.test(path))?.[1];
}

export type RedactFile = (path: string, body: ReadableStream<Uint8Array>) => ReadableStream<Uint8Array>;

/** Redacts what is inside an archive. One in which nothing was hidden stays as it is, byte for byte.
 * @param redact for each file inside, under its path in the archive
 * @throws {RedactionError} REDACTION_ARCHIVE, into the stream, when it cannot be unpacked */
export function redactArchive(
  path: string,
  body: ReadableStream<Uint8Array>,
  redact: RedactFile,
): ReadableStream<Uint8Array> {
  return later(body, async () => await redactPacked(path, await collect(path, body, MAX_ARCHIVE_BYTES), redact, 0));
}

async function redactPacked(path: string, packed: Uint8Array, redact: RedactFile, depth: number): Promise<Uint8Array> {
  const kind = archiveKind(path);
  if (kind === undefined) return await collect(path, redact(path, streamOf(packed)), MAX_ARCHIVE_BYTES * 2);
  if (packed.length === 0) return packed;
  if (kind === "opaque") throw RedactionError.archive(path, "this format cannot be looked into");
  if (depth >= MAX_DEPTH) throw RedactionError.archive(path, "it is nested too deep");
  const plain = kind === "tar" ? packed : await gunzip(path, packed);
  const redacted = kind === "gzip"
    ? await redactPacked(path.replace(/\.gz$/i, ""), plain, redact, depth + 1)
    : await redactTar(path, plain, redact, depth);
  if (equal(plain, redacted)) return packed;
  return kind === "tar"
    ? redacted
    : await collect(path, fromNode(Readable.from([redacted]).pipe(createGzip())), Infinity);
}

async function gunzip(path: string, packed: Uint8Array): Promise<Uint8Array> {
  try {
    const unpacked = Readable.from([packed]).pipe(createGunzip());
    return await collect(path, fromNode(unpacked), MAX_UNPACKED_BYTES);
  } catch (error) {
    if (error instanceof RedactionError) throw error;
    throw RedactionError.archive(path, "it is not what its name says, or damaged", { cause: error });
  }
}

async function redactTar(path: string, plain: Uint8Array, redact: RedactFile, depth: number): Promise<Uint8Array> {
  const { createTarDecoder, createTarPacker } = await import("modern-tar");
  const { readable, controller } = createTarPacker();
  const packed = collect(path, readable, Infinity);
  packed.catch(() => {}); // awaited below, unless unpacking fails first
  let changed = false;
  try {
    const entries = streamOf(plain).pipeThrough(createTarDecoder({ strict: true }));
    for await (const { header, body } of entries) {
      const isFile = header.type === undefined || header.type === "file" || header.type.startsWith("contiguous");
      const bytes = await collect(path, body, MAX_ARCHIVE_BYTES);
      const inner = header.name.replace(/^\.?\/+/, "");
      const redacted = isFile && bytes.length > 0 ? await redactPacked(inner, bytes, redact, depth + 1) : bytes;
      changed ||= !equal(bytes, redacted);
      // a PAX size of the original would contradict the new one
      const { size: _, ...pax } = header.pax ?? {};
      const writer = controller.add({ ...header, pax: header.pax && pax, size: redacted.length }).getWriter();
      if (redacted.length > 0) await writer.write(redacted);
      await writer.close();
    }
    controller.finalize();
  } catch (error) {
    controller.error(error);
    if (error instanceof RedactionError) throw error;
    throw RedactionError.archive(path, "it is not what its name says, or damaged", { cause: error });
  }
  const out = await packed;
  return changed ? out : plain;
}

function equal(a: Uint8Array, b: Uint8Array): boolean {
  return a === b || (a.length === b.length && a.every((byte, i) => byte === b[i]));
}

async function collect(path: string, body: ReadableStream<Uint8Array>, limit: number): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  let size = 0;
  for await (const piece of body) {
    size += piece.length;
    if (size > limit) throw RedactionError.tooLarge(path, "an archive, or a file in one,", limit);
    pieces.push(piece);
  }
  return concatBytes(pieces);
}

function streamOf(bytes: Uint8Array): ReadableStream<Uint8Array> {
  return new ReadableStream({
    start(controller) {
      if (bytes.length > 0) controller.enqueue(bytes);
      controller.close();
    },
  });
}

function fromNode(stream: Readable | ReturnType<typeof createGzip>): ReadableStream<Uint8Array> {
  const chunks = stream[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  return ReadableStream.from({ [Symbol.asyncIterator]: () => chunks });
}

/** A stream of bytes that are computed when somebody reads. */
function later(body: ReadableStream<Uint8Array>, compute: () => Promise<Uint8Array>): ReadableStream<Uint8Array> {
  return new ReadableStream({
    async pull(controller) {
      const bytes = await compute();
      if (bytes.length > 0) controller.enqueue(bytes);
      controller.close();
    },
    async cancel(reason) {
      if (!body.locked) await body.cancel(reason);
    },
  }, { highWaterMark: 0 });
}
