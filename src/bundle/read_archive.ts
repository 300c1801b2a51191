import type { ParsedTarEntry, TarHeader } from "modern-tar";
import { isAbort, SupportBundleError } from "../core/errors.ts";
import { ArchiveError } from "./archive_error.ts";
import { UnsafePathError } from "./bundle_path.ts";
import { dropBody } from "./drop_body.ts";
import { FORMAT_BYTES, packedFormat } from "./file_format.ts";
import { gunzip } from "./gunzip.ts";
import { MemberNames } from "./member_names.ts";
import { peek } from "./peek.ts";
import { UnpackBudget, type UnpackLimits } from "./unpack_budget.ts";

export interface ArchiveLimits extends UnpackLimits {
  /** Of all kinds. */
  members: number;
  /** Characters of a name … */
  nameLength: number;
  /** … and how many folders deep it may be. Members beyond are refused. */
  folders: number;
}

const BLOCK_BYTES = 512;

/** Far above what bundles are. */
export const ARCHIVE_LIMITS: ArchiveLimits = {
  bytes: 100e9,
  ratio: 200,
  ratioFromBytes: 1e9,
  members: 200_000,
  nameLength: 4096,
  folders: 64,
};

/** One member of an archive. Names are canonical: relative, forward slashes, no `.` or `..`. */
export type ArchiveMember =
  | { type: "file"; name: string; header: TarHeader; body: ReadableStream<Uint8Array> }
  | { type: "directory"; name: string; header: TarHeader }
  /** A second name. It is not followed, and leads to `target`, which is inside the archive and canonical. */
  | { type: "symlink" | "link"; name: string; target: string; header: TarHeader }
  /** Something that must not be unpacked. `name` is how the archive calls it, cut where it is too long. */
  | { type: "refused"; name: string; why: string };

export interface ReadOptions {
  /** Gives all members in front of a damage. Otherwise those that were read ahead are lost with it; this is slow. */
  careful?: boolean;
}

/** Reads a tar archive, compressed with gzip or not, from its first member to its last. Nothing is unpacked to a disk, no
 * link is followed, and memory is bounded: a body is a stream, to be read before the next member is asked for, or dropped.
 *
 * Names that lead out of the archive's folder, by themselves or through a link, special files and links to outside are
 * `refused`. The same name may come again: unpacked, the last one counts.
 * @throws {ArchiveError} here or into a body, when it is no archive, damaged, cut off, or beyond the limits */
export async function* readArchive(
  source: ReadableStream<Uint8Array>,
  limits: ArchiveLimits = ARCHIVE_LIMITS,
  { careful = false }: ReadOptions = {},
): AsyncGenerator<ArchiveMember> {
  const stop = new AbortController();
  const names = new MemberNames(limits);
  const broken: Broken = {};
  try {
    const entries = (await tarEntries(source, limits, stop.signal, careful ? broken : undefined))
      [Symbol.asyncIterator]();
    for (let count = 0;;) {
      const { done, value: entry } = await entries.next();
      if (done) return;
      if (++count > limits.members) throw ArchiveError.limit(`it has more than ${limits.members} members`);
      const body = new MemberBody(entry.body);
      if (!isTopFolder(entry.header)) yield toMember(entry.header, body, names);
      await body.skip();
    }
  } catch (error) {
    throw damaged(broken.error ?? error);
  } finally {
    stop.abort();
  }
}

async function tarEntries(
  source: ReadableStream<Uint8Array>,
  limits: ArchiveLimits,
  signal: AbortSignal,
  careful: Broken | undefined,
): Promise<ReadableStream<ParsedTarEntry>> {
  const budget = new UnpackBudget(limits);
  const packed = await peek(source, FORMAT_BYTES);
  const outer = packedFormat(packed.head);
  const unpacked = () => gunzip(countPacked(packed.body, budget), budget, careful !== undefined);
  const plain = outer === "gzip" ? await peek(unpacked(), FORMAT_BYTES) : packed;
  const inner = outer === "gzip" ? packedFormat(plain.head) : outer;
  if (inner !== "tar" && !isEmptyTar(plain.head)) {
    await plain.body.cancel().catch(() => {});
    throw ArchiveError.format(describeFormat(outer, inner, packed.head));
  }
  const { createTarDecoder } = await import("modern-tar");
  const { readable, writable } = createTarDecoder({ strict: true });
  const body = careful === undefined ? plain.body : ReadableStream.from(blocksOf(plain.body, careful));
  return body.pipeThrough({ readable, writable: writable as WritableStream<Uint8Array> }, { signal });
}

/** What ended a stream before its end. */
interface Broken {
  error?: unknown;
}

/** One block after the other, so that nothing is read ahead. What breaks the stream ends it. */
async function* blocksOf(body: ReadableStream<Uint8Array>, broken: Broken): AsyncGenerator<Uint8Array> {
  try {
    for await (const piece of body) {
      for (let at = 0; at < piece.length; at += BLOCK_BYTES) yield piece.subarray(at, at + BLOCK_BYTES);
    }
  } catch (error) {
    broken.error = error;
  }
}

function countPacked(body: ReadableStream<Uint8Array>, budget: UnpackBudget): ReadableStream<Uint8Array> {
  return body.pipeThrough(
    new TransformStream({
      transform(chunk, controller) {
        budget.packed(chunk.length);
        controller.enqueue(chunk);
      },
    }),
  );
}

/** Two blocks of zeros, or nothing but them, are an archive without members. */
function isEmptyTar(head: Uint8Array): boolean {
  return head.length === FORMAT_BYTES && head.every((byte) => byte === 0);
}

function describeFormat(outer: string | undefined, inner: string | undefined, head: Uint8Array): string {
  if (head.length === 0) return "an empty file";
  if (outer === "gzip") return inner === undefined ? "a single file in gzip" : `a ${inner} file in gzip`;
  if (outer !== undefined) return `a ${outer} file`;
  const text = new TextDecoder().decode(head.subarray(0, 64));
  return text.startsWith("age-encryption.org/")
    ? "one that is encrypted with age: open it with `support-bundle decrypt`"
    : "something else";
}

/** `./`, which is there anyway. */
function isTopFolder({ type, name }: TarHeader): boolean {
  return type === "directory" && /^(?:\.?\/)*\.?$/.test(name);
}

function toMember(header: TarHeader, body: MemberBody, names: MemberNames): ArchiveMember {
  const { type = "file", name } = header;
  try {
    switch (type) {
      case "file":
        return { type, name: names.take(name, "file"), header, body: body.stream };
      case "directory":
        return { type, name: names.take(name, "directory"), header };
      case "symlink":
      case "link": {
        const target = names.target(name, header.linkname ?? "", type);
        return { type, name: names.take(name, type), target, header };
      }
      default:
        return { type: "refused", name: shown(name), why: `it is a special file (${type})` };
    }
  } catch (error) {
    if (!(error instanceof UnsafePathError)) throw error;
    return { type: "refused", name: shown(name), why: error.message };
  }
}

function shown(name: string): string {
  return name.length > 200 ? `${name.slice(0, 200)}…` : name;
}

function damaged(error: unknown): unknown {
  return error instanceof SupportBundleError || isAbort(error) ? error : ArchiveError.damaged(error);
}

/** The body of a member, whose reader may leave it in the middle. */
class MemberBody {
  readonly stream: ReadableStream<Uint8Array>;
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;

  constructor(body: ReadableStream<Uint8Array>) {
    const reader = this.#reader = body.getReader();
    this.stream = new ReadableStream<Uint8Array>({
      async pull(controller) {
        try {
          const { done, value } = await reader.read();
          if (done) controller.close();
          else controller.enqueue(value);
        } catch (error) {
          throw damaged(error);
        }
      },
    }, { highWaterMark: 0 });
  }

  async skip(): Promise<void> {
    await dropBody(this.#reader);
  }
}
