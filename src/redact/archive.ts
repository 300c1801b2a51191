import type { TarHeader } from "modern-tar";
import { ArchiveError } from "../bundle/archive_error.ts";
import { FORMAT_BYTES, type PackedFormat, packedFormat } from "../bundle/file_format.ts";
import { gunzip } from "../bundle/gunzip.ts";
import { gzipMembers } from "../bundle/gzip_members.ts";
import { peek } from "../bundle/peek.ts";
import { Spool } from "../bundle/spool.ts";
import { hasOtherAttributes, headerBlocks, padding, TAR_END } from "../bundle/tar_blocks.ts";
import { UnpackBudget } from "../bundle/unpack_budget.ts";
import { isAbort, SupportBundleError } from "../core/errors.ts";
import { Original } from "./original.ts";
import { RedactionError } from "./redaction_error.ts";

/** What the archives in one file may unpack to, together. */
const LIMITS = { bytes: 10e9, ratio: 200, ratioFromBytes: 64e6 };
const MAX_MEMBERS = 100_000;
/** Archives in archives; one in gzip counts twice. */
const MAX_DEPTH = 8;

const PACKED_NAME = /\.(?:tar|tgz|gz|zip|jar|war|ear|7z|rar|bz2|tbz2?|xz|txz|zst|tzst|lz4|lzma|br|cpio)$/i;

/** True for names that say a file is packed. */
export function isArchiveName(path: string): boolean {
  return PACKED_NAME.test(path);
}

/** What a file is packed with: by its first bytes, whatever its name. `unknown` is one whose name says that it is packed and
 * whose bytes are no text; undefined is a file that is not packed, and a text with such a name is one. */
export function archiveFormat(path: string, head: Uint8Array): PackedFormat | "unknown" | undefined {
  const format = packedFormat(head);
  if (format !== undefined || head.length === 0 || !isArchiveName(path)) return format;
  // An archive without members.
  if (/\.tar$/i.test(path) && head.every((byte) => byte === 0)) return "tar";
  return isText(head) ? undefined : "unknown";
}

/** Hides what is to be hidden in a file that is not packed. */
export type RedactPlain = (path: string, body: ReadableStream<Uint8Array>) => AsyncIterable<Uint8Array>;

/** Redacts a file, whatever it is packed with: gzip and tar, in each other to some depth. Folders, links and modes in an
 * archive stay, and the order. One of some megabytes in which nothing was hidden stays as it is, byte for byte. Memory is
 * bounded; what must be held until its size is known is redacted by then, and goes through a {@linkcode Spool}.
 * @param redact for each file inside, under its path in the archive
 * @throws {RedactionError} into the stream, when something cannot be looked into or is beyond the limits */
export async function* redactPacked(
  path: string,
  body: ReadableStream<Uint8Array>,
  redact: RedactPlain,
): AsyncGenerator<Uint8Array> {
  const { head, body: whole } = await peek(body, FORMAT_BYTES);
  if (archiveFormat(path, head) === undefined) return yield* redact(path, whole);
  const original = new Original(whole);
  const archive = new PackedFile(original, redact);
  try {
    yield* original.orRedacted(archive.redacted(path, original.body, 0));
  } catch (error) {
    throw original.failure ?? error;
  }
}

class PackedFile {
  readonly #budget = new UnpackBudget(LIMITS);
  #members = 0;

  constructor(readonly original: Original, readonly redact: RedactPlain) {
    original.onRead = (bytes) => this.#budget.packed(bytes);
  }

  async *redacted(path: string, body: ReadableStream<Uint8Array>, depth: number): AsyncGenerator<Uint8Array> {
    const { head, body: whole } = await peek(body, FORMAT_BYTES);
    const format = archiveFormat(path, head);
    if (format === undefined) return yield* this.original.compared(whole, (body) => this.redact(path, body));
    try {
      if (depth >= MAX_DEPTH) throw RedactionError.archive(path, "it is nested too deep");
      if (format === "gzip") {
        const inner = path.replace(/\.gz$/i, "").replace(/\.tgz$/i, ".tar");
        return yield* gzipMembers(this.redacted(inner, gunzip(whole, this.#budget), depth + 1));
      }
      if (format === "tar") return yield* this.#tar(path, whole, depth);
    } catch (error) {
      throw archiveFailure(path, error);
    }
    throw RedactionError.archive(
      path,
      format === "unknown" ? "it is not what its name says" : `a ${format} file cannot be looked into`,
    );
  }

  async *#tar(path: string, plain: ReadableStream<Uint8Array>, depth: number): AsyncGenerator<Uint8Array> {
    const { createTarDecoder } = await import("modern-tar");
    const { readable, writable } = createTarDecoder({ strict: true });
    const entries = plain.pipeThrough({ readable, writable: writable as WritableStream<Uint8Array> });
    for await (const { header, body } of entries) {
      if (++this.#members > MAX_MEMBERS) {
        throw RedactionError.archive(path, `it has more than ${MAX_MEMBERS} files`);
      }
      // Nobody looks into what is not written again.
      if (hasOtherAttributes(header)) this.original.change();
      if (!isFile(header)) {
        yield await headerBlocks(header, 0);
        for await (const _ of body);
        continue;
      }
      if (Object.keys(header.pax ?? {}).some((key) => key.startsWith("GNU.sparse."))) {
        throw RedactionError.archive(path, "it has sparse files");
      }
      const inner = header.name.replace(/^\.?\/+/, "");
      using spool = await Spool.of(this.redacted(inner, body, depth + 1));
      yield await headerBlocks(header, spool.size);
      yield* spool.read();
      yield padding(spool.size);
    }
    yield TAR_END;
  }
}

function isFile({ type = "file" }: TarHeader): boolean {
  return type === "file";
}

function archiveFailure(path: string, error: unknown): unknown {
  if (error instanceof ArchiveError) return RedactionError.archive(path, error.why);
  if (error instanceof SupportBundleError || isAbort(error)) return error;
  return RedactionError.archive(path, "it is damaged", { cause: error });
}

/** True for the beginning of a text in UTF-8 without control characters. */
function isText(head: Uint8Array): boolean {
  try {
    // What follows is not at hand: the last character may be cut.
    const text = new TextDecoder("utf-8", { fatal: true }).decode(head, { stream: true });
    // deno-lint-ignore no-control-regex
    return !/[\x00-\x07\x0e-\x1a\x1c-\x1f\x7f]/.test(text);
  } catch {
    return false;
  }
}
