import type { Buffer } from "node:buffer";
import { once } from "node:events";
import { PassThrough, pipeline, Readable } from "node:stream";
import { createGunzip } from "node:zlib";
import { concatBytes } from "../core/concat_bytes.ts";
import { describeError } from "../core/errors.ts";
import { DetectorSet } from "./detector_set.ts";
import { GateError } from "./gate_error.ts";
import { KnownValues } from "./known_values.ts";
import { type FileLeak, LayeredScanner } from "./layers.ts";
import type { Leak } from "./leak.ts";
import { detectors } from "./registry.ts";
import type { TextScannerOptions } from "./text_scanner.ts";
import { isTarHeader, readTar, TarError } from "./tar_reader.ts";

export interface ScanOptions {
  /** Values that must not be in the archive, in whatever spelling. Shorter ones than 8 bytes are not looked for. */
  knownValues?: Iterable<string | Uint8Array>;
  signal?: AbortSignal;
}

export interface ArchiveScan {
  /** The first {@linkcode MAX_LEAKS}, in the order of the archive. */
  leaks: Leak[];
  leakCount: number;
  files: number;
  /** Unpacked. */
  bytes: number;
}

export const MAX_LEAKS = 1000;

/** Archives in archives. */
const MAX_DEPTH = 8;
/** What all that is packed in files of the archive may come to. */
const MAX_NESTED_BYTES = 8 * 1024 ** 3;
const HEAD_BYTES = 512;
const UNPACKED_CHUNK_BYTES = 256 * 1024;

/** Looks for secrets in a bundle as it will be delivered: in every file, in archives and base64 in files, and in names.
 * Holds one window of a file at a time.
 * @param open gives the bytes of a tar.gz from its beginning; asked twice where there are leaks, whose lines are then counted
 * @throws {GateError} when it cannot be read through */
export async function scanArchive(
  open: () => AsyncIterable<Uint8Array>,
  options: ScanOptions = {},
): Promise<ArchiveScan> {
  const known = KnownValues.of(options.knownValues ?? []);
  const look = async (countLines: boolean) => {
    const scan = new Scan({ detectors: ready ??= new DetectorSet(detectors), known, countLines }, options.signal);
    await scan.bundle(open());
    return scan.result;
  };
  try {
    const result = await look(false);
    return result.leakCount === 0 ? result : await look(true);
  } catch (error) {
    options.signal?.throwIfAborted();
    throw error instanceof GateError ? error : new GateError(describeError(error), { cause: error });
  }
}

/** Of all scans. */
let ready: DetectorSet | undefined;

/** A file, and where it lies. */
interface Source {
  path: string;
  body: Uint8Array | AsyncIterable<Uint8Array>;
  depth: number;
  /** For what is packed in a run of base64. */
  run?: Pick<Leak, "line" | "column" | "length"> & { inside: NonNullable<Leak["inside"]> };
}

class Scan {
  readonly result: ArchiveScan = { leaks: [], leakCount: 0, files: 0, bytes: 0 };
  readonly #options: Omit<TextScannerOptions, "layer">;
  readonly #signal: AbortSignal | undefined;
  /** One for each depth: a file is looked at while the archive around it is. */
  readonly #scanners: LayeredScanner[] = [];
  readonly #names: LayeredScanner;
  #nestedBytes = 0;

  constructor(options: Omit<TextScannerOptions, "layer">, signal: AbortSignal | undefined) {
    this.#options = options;
    this.#signal = signal;
    this.#names = new LayeredScanner(options);
  }

  async bundle(archive: AsyncIterable<Uint8Array>): Promise<void> {
    for await (
      const { name, link, body } of readTar(gunzip(Readable.from(archive, { objectMode: false })), () => {
        throw new TarError("it is no tar archive, or damaged");
      })
    ) {
      const path = this.#checkedName(name.slice(name.indexOf("/") + 1));
      if (link !== "") this.#checkedName(link);
      this.result.files++;
      this.#signal?.throwIfAborted();
      if (body instanceof Uint8Array) this.result.bytes += body.length;
      await this.#file({ path, body: body instanceof Uint8Array ? body : this.#counted(body), depth: 0 });
    }
  }

  async *#counted(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    for await (const chunk of body) {
      this.#signal?.throwIfAborted();
      this.result.bytes += chunk.length;
      yield chunk;
    }
  }

  async #file(source: Source): Promise<void> {
    const { head, body } = await withHead(source.body);
    if (head.length === 0) return;
    const whole: Source = { ...source, body };
    if (head[0] === 0x1f && head[1] === 0x8b && head[2] === 8) await this.#gzip(whole);
    else if (isTarHeader(head)) await this.#tar(whole);
    else if (head[0] === 0xff && head[1] === 0xfe) await this.#text({ ...whole, body: transcoded(body, "utf-16le") });
    else if (head[0] === 0xfe && head[1] === 0xff) await this.#text({ ...whole, body: transcoded(body, "utf-16be") });
    else await this.#text(whole);
  }

  async #text(source: Source): Promise<void> {
    const scanner = this.#scannerAt(source.depth);
    if (source.body instanceof Uint8Array) scanner.push(source.body);
    else {
      for await (const chunk of source.body) {
        scanner.push(chunk);
        await this.#unpack(scanner, source);
      }
    }
    this.#reportAll(source, scanner.end());
    await this.#unpack(scanner, source);
  }

  #scannerAt(depth: number): LayeredScanner {
    return this.#scanners[depth] ??= new LayeredScanner(this.#options);
  }

  async #unpack(scanner: LayeredScanner, { path, depth, run }: Source): Promise<void> {
    for (const { bytes, place, inside } of scanner.takePacked()) {
      const outer = run ?? { ...place, inside: [] };
      const body = concatBytes(bytes);
      await this.#file({ path, body, depth: depth + 1, run: { ...outer, inside: [...outer.inside, ...inside] } });
    }
  }

  /** Looks at what is packed as it is, too: it may be something else that begins alike, and what follows its end is
   * delivered with it. */
  async #gzip(source: Source): Promise<void> {
    const path = /\.t(?:ar\.)?gz$/i.test(source.path) ? source.path : `${source.path}!`;
    const inner = deeper(source, "gzip", path);
    const packed = new PassThrough();
    const looking = this.#file({ ...inner, body: this.#nested(gunzip(packed)) })
      .catch((error) => {
        if (!isDamage(error)) throw error;
      })
      .finally(() => packed.destroy());
    looking.catch(() => {}); // awaited below
    const scanner = this.#scannerAt(source.depth);
    for await (const chunk of iterate(source.body)) {
      scanner.push(chunk);
      if (!packed.destroyed && !packed.write(chunk)) await untilWritable(packed);
    }
    packed.end();
    this.#reportAll(source, scanner.end());
    scanner.takePacked();
    await looking;
  }

  async #tar(source: Source): Promise<void> {
    try {
      for await (const { name, link, body } of readTar(iterate(source.body), () => {})) {
        if (link !== "") this.#checkedName(link);
        const path = `${source.path}!/${this.#checkedName(name)}`;
        await this.#file({ ...deeper(source, "tar", path), body });
      }
    } catch (error) {
      if (!isDamage(error)) throw error;
    }
  }

  async *#nested(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    for await (const chunk of body) {
      this.#signal?.throwIfAborted();
      this.#nestedBytes += chunk.length;
      if (this.#nestedBytes > MAX_NESTED_BYTES) throw new GateError("archives in it unpack to too much");
      yield chunk;
    }
  }

  /** A name as it may be repeated: without what looks like a secret in it, which is reported. */
  #checkedName(name: string): string {
    const bytes = new TextEncoder().encode(name);
    this.#names.push(bytes);
    const leaks = this.#names.end();
    this.#names.takePacked();
    if (leaks.length === 0) return name;
    for (const { column, length } of leaks) bytes.fill(0x2a, column - 1, column - 1 + length);
    const path = new TextDecoder().decode(bytes);
    for (const { what, column, length } of leaks) this.#add({ path, line: 1, column, length, what });
    return path;
  }

  #reportAll(source: Source, leaks: FileLeak[]): void {
    for (const { what, inside, ...place } of leaks) {
      this.#report(source, { ...place, what, ...inside.length > 0 ? { inside } : {} });
    }
  }

  #report({ path, run }: Source, leak: Omit<Leak, "path">): void {
    if (run === undefined) return this.#add({ path, ...leak });
    const { inside, ...place } = run;
    this.#add({ path, ...place, what: leak.what, inside: [...inside, ...leak.inside ?? []] });
  }

  #add(leak: Leak): void {
    if (this.result.leakCount++ < MAX_LEAKS) this.result.leaks.push(leak);
  }
}

/** The place of what is packed in a file.
 * @param path of it, unless it is in a run of base64, whose place stands for all that is in it */
function deeper(source: Source, layer: "gzip" | "tar", path: string): Omit<Source, "body"> {
  const { run } = source;
  const depth = source.depth + 1;
  if (depth > MAX_DEPTH) throw new GateError(`"${source.path}" has archives in archives, deeper than ${MAX_DEPTH}`);
  return run === undefined
    ? { path, depth }
    : { path: source.path, depth, run: { ...run, inside: [...run.inside, layer] } };
}

/** True when a file in the archive is not what it begins as. It has been looked at as far as it goes. */
function isDamage(error: unknown): boolean {
  return error instanceof TarError || /^Z_/.test((error as { code?: string } | null)?.code ?? "");
}

function gunzip(packed: Readable | PassThrough): AsyncIterable<Buffer> {
  const unpacked = createGunzip({ chunkSize: UNPACKED_CHUNK_BYTES });
  pipeline(packed, unpacked, () => {}); // its reader is told
  return unpacked;
}

/** @returns also when it is no longer there to be written to */
async function untilWritable(stream: PassThrough): Promise<void> {
  const done = new AbortController();
  const { signal } = done;
  await Promise.race([once(stream, "drain", { signal }), once(stream, "close", { signal })]).finally(() =>
    done.abort()
  );
}

/** The first bytes of a file, as many as tell what it is, and all of it. */
async function withHead(body: Source["body"]): Promise<{ head: Uint8Array; body: Source["body"] }> {
  if (body instanceof Uint8Array) return { head: body, body };
  const pieces: Uint8Array[] = [];
  const rest = body[Symbol.asyncIterator]();
  for (let held = 0; held < HEAD_BYTES;) {
    const next = await rest.next();
    if (next.done) break;
    pieces.push(next.value);
    held += next.value.length;
  }
  const head = concatBytes(pieces);
  return { head, body: startingWith(head, rest) };
}

async function* startingWith(head: Uint8Array, rest: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield head;
  for (let next = await rest.next(); !next.done; next = await rest.next()) yield next.value;
}

async function* transcoded(body: Source["body"], encoding: "utf-16le" | "utf-16be"): AsyncGenerator<Uint8Array> {
  const decoder = new TextDecoder(encoding);
  const encoder = new TextEncoder();
  for await (const chunk of iterate(body)) yield encoder.encode(decoder.decode(chunk, { stream: true }));
}

async function* iterate(body: Source["body"]): AsyncGenerator<Uint8Array> {
  if (body instanceof Uint8Array) yield body;
  else yield* body;
}
