import { basename, dirname, join, sep } from "node:path";
import type { TarHeader } from "modern-tar";
import { ArchiveError } from "../bundle/archive_error.ts";
import { ArchiveWriter, type Gap } from "../bundle/archive_writer.ts";
import { toBundleJson } from "../bundle/entry.ts";
import type { Manifest, MissingRecord } from "../bundle/manifest.ts";
import { quarantinedPath } from "../bundle/quarantine_paths.ts";
import { type Bundle, type BundleMember, type Decrypt, openBundle } from "../bundle/read_bundle.ts";
import { RedactionLog, type RedactionReport } from "../bundle/redaction_report.ts";
import type { Clock } from "../core/clock.ts";
import { concatBytes } from "../core/concat_bytes.ts";
import type { ReadSecret } from "../core/credential_reference.ts";
import { SupportBundleError, UsageError } from "../core/errors.ts";
import { freeOldGarbage } from "../core/free_garbage.ts";
import { VERSION } from "../core/version.ts";
import type { PersonalData } from "../redact/personal_data.ts";
import { RedactionError } from "../redact/redaction_error.ts";
import type { Redaction, Redactor, RedactorSpec } from "../redact/redactor.ts";
import { Tokenization, type TokenOptions } from "../redact/tokens/tokenization.ts";
import { BUNDLE_PATHS } from "./bundle_files.ts";
import { keepTokens, type KeptTokens } from "./keep_tokens.ts";
import { passLeakGate, type Quarantine, quarantineOf } from "./leak_gate.ts";
import { parseManifest, parseRedactionReport } from "../bundle/own_json.ts";
import { type RedactedFile, redactedManifest } from "./redacted_manifest.ts";
import { knownUserValues, runRedactor } from "./run_redactor.ts";

export interface RedactBundleOptions {
  /** The archive or folder. */
  bundle: string;
  /** Opens it, where it is encrypted. */
  decrypt?: Decrypt;
  /** Where the result is to be; a file that has this name by then is not replaced. */
  archivePath: string;
  /** Applied after the built-in rules. */
  custom: RedactorSpec[];
  hide?: PersonalData[];
  /** To be hidden wherever they are. */
  userValues?: readonly string[];
  /** Absent: `***HIDDEN***`. */
  tokens?: TokenOptions;
  /** Looks for secrets in the result, and holds it back where there are any. */
  leakGate: boolean;
  /** Reads the key of the tokens. */
  secret: ReadSecret;
  clock: Clock;
  signal: AbortSignal;
  /** Told before each file, and before the leak gate, for which there is no path. */
  progress?: (stage: "redact" | "leak-gate", path: string) => void;
}

/** How it ended. */
export interface RedactedBundle extends KeptTokens {
  path: string;
  /** Set when it is held back. */
  quarantine?: Quarantine;
  bytes: number;
  /** How many files are in it. */
  files: number;
  /** What was hidden now, and what was left out. */
  report: RedactionReport;
}

/** A file up to this size is redacted in one go: most are small, and a stream costs more than what it carries. */
const AT_ONCE_BYTES = 1024 * 1024;
/** Manifest and report are read whole; that is about 50,000 files. */
const MAX_JSON_BYTES = 16e6;
/** Members that are refused, and told one by one. */
const MAX_REFUSED = 100;

/** Redacts a bundle that exists: archive in, archive out, member by member, in the order that they have. Nothing that is not
 * redacted touches the disk, memory is bounded, and when it fails, or is stopped, nothing stays. The archive has no name before
 * the leak gate has let it through, or holds it back; the map of its tokens is written after that.
 *
 * What cannot be redacted is left out, as is what must not be unpacked; the manifest and the report say so.
 * @throws {ArchiveError} when the bundle is damaged, and {DiskError} when the result cannot be written; before anything is
 * read, when tokens could not be made or their map not be written */
export async function redactBundle(options: RedactBundleOptions): Promise<RedactedBundle> {
  try {
    const bundle = await openBundle(options.bundle, options.signal, options.decrypt);
    await refuseOutputInside(options);
    const tokens = options.tokens && await Tokenization.open(options.tokens, options);
    const values = knownUserValues(options.userValues);
    const { custom, hide = [] } = options;
    const redactor = runRedactor({ custom, hide, values, tokens });
    await using writer = await ArchiveWriter.create(options.archivePath);
    const redaction = new BundleRedaction(bundle, writer, { ...options, redactor, bundleId: tokens?.bundleId });
    for await (const member of bundle.members()) {
      options.signal.throwIfAborted();
      await redaction.add(member);
    }
    const { files, report } = await redaction.finish();
    const written = options.leakGate ? await finishGated(writer, values, options) : await writer.finish();
    return { ...written, files, report, ...tokens && await keepTokens(tokens) };
  } catch (error) {
    // What is broken off in the middle may look damaged.
    options.signal.throwIfAborted();
    throw error instanceof ArchiveError ? error.of(options.bundle) : error;
  }
}

/** @param knownValues that must not be in the archive, whatever they look like */
async function finishGated(
  writer: ArchiveWriter,
  knownValues: Iterable<Uint8Array>,
  { clock, signal, progress }: RedactBundleOptions,
): Promise<Pick<RedactedBundle, "path" | "bytes" | "quarantine">> {
  const { path: unchecked, bytes } = await writer.seal();
  progress?.("leak-gate", "");
  freeOldGarbage();
  const gated = await passLeakGate(unchecked, {
    knownValues,
    giveName: (held) => writer.giveName(held ? quarantinedPath : undefined),
    clock,
    signal,
  });
  return { path: gated.path, bytes, quarantine: quarantineOf(gated, [BUNDLE_PATHS.redaction]) };
}

interface BundleRedactionOptions extends Pick<RedactBundleOptions, "bundle" | "clock" | "progress"> {
  redactor: Redactor;
  /** Its name in the map of its tokens. */
  bundleId?: string;
}

class BundleRedaction {
  readonly #bundle: Bundle;
  readonly #writer: ArchiveWriter;
  readonly #options: BundleRedactionOptions;
  readonly #startedAt: Date;
  readonly #log = new RedactionLog();
  /** By path. */
  readonly #files = new Map<string, RedactedFile>();
  readonly #missing: MissingRecord[] = [];
  #refused = 0;
  /** Of the first member: files that are added are like it. */
  #like: TarHeader | undefined;
  #manifest?: { gap: Gap; header: TarHeader; manifest: Manifest };
  #earlier?: { gap: Gap; header: TarHeader; report: RedactionReport };

  constructor(bundle: Bundle, writer: ArchiveWriter, options: BundleRedactionOptions) {
    this.#bundle = bundle;
    this.#writer = writer;
    this.#options = options;
    this.#startedAt = options.clock.now();
  }

  async add(member: BundleMember): Promise<void> {
    const { path, name } = member;
    if (member.type === "refused") return this.#refuse(path, member.why);
    const header = { ...member.header, type: member.type, name, mode: modeOf(member) };
    this.#like ??= header;
    switch (member.type) {
      case "file":
        this.#options.progress?.("redact", path);
        return await this.#addFile(path, header, member.body);
      case "directory":
        return await this.#writer.addEmpty({ ...header, name: `${name}/` });
      case "link": {
        const linkname = member.target;
        if (!this.#has(linkname)) {
          return this.#refuse(path, `the file that it is another name of, "${linkname}", is not there`);
        }
        return await this.#writer.addEmpty({ ...header, linkname });
      }
      case "symlink":
        return await this.#writer.addEmpty(header);
    }
  }

  /** @param name with the top folder */
  #has(name: string): boolean {
    const { root } = this.#bundle;
    return this.#files.has(name.startsWith(`${root}/`) ? name.slice(root.length + 1) : name);
  }

  async #addFile(path: string, header: TarHeader, body: ReadableStream<Uint8Array>): Promise<void> {
    if (header.size > AT_ONCE_BYTES && !(isOurs(path) && header.size <= MAX_JSON_BYTES)) {
      return await this.#addStream(path, header, body);
    }
    const bytes = await readAll(body);
    if (isOurs(path) && await this.#takeOver(path, header, bytes)) return;
    await this.#leftOutUnlessRedacted(path, async () => {
      const redacted = this.#options.redactor.redactBytes(path, bytes);
      if (redacted === undefined) return await this.#redactStream(path, header, ReadableStream.from([bytes]));
      return { ...await this.#writer.addBytes(header, redacted.bytes), found: redacted.redactions };
    });
  }

  async #addStream(path: string, header: TarHeader, body: ReadableStream<Uint8Array>): Promise<void> {
    await this.#leftOutUnlessRedacted(path, () => this.#redactStream(path, header, body));
  }

  async #redactStream(path: string, header: TarHeader, body: ReadableStream<Uint8Array>) {
    let found: Redaction[] = [];
    const redacted = this.#options.redactor.redact(path, body, (redactions) => found = redactions);
    return { ...await this.#writer.addFile(header, redacted), found };
  }

  async #leftOutUnlessRedacted(
    path: string,
    add: () => Promise<{ bytes: number; sha256: string; found: Redaction[] }>,
  ): Promise<void> {
    try {
      const { bytes, sha256, found } = await add();
      const redactions = found.length > 0
        ? Object.fromEntries(found.map(({ rule, count }) => [rule, count]))
        : undefined;
      this.#files.set(path, { bytes, sha256, redactions });
      this.#log.add(path, found);
    } catch (error) {
      if (!(error instanceof RedactionError)) throw error;
      this.#log.leaveOut(path, error.message);
      const message = `left out, it could not be redacted: ${error.message}`;
      this.#missing.push({ path, collector: "support-bundle", reason: "redaction-failed", message });
    }
  }

  #refuse(path: string, why: string): void {
    if (++this.#refused > MAX_REFUSED) return;
    const message = `left out, it must not be unpacked: ${why}`;
    this.#log.leaveOut(path, message);
    this.#missing.push({ path, collector: "support-bundle", reason: "failed", message });
  }

  /** Manifest and report are written at the end, where they are.
   * @returns false for files that are not ours, whatever their names */
  async #takeOver(path: string, header: TarHeader, bytes: Uint8Array): Promise<boolean> {
    const text = new TextDecoder().decode(bytes);
    if (path === BUNDLE_PATHS.manifest) {
      const manifest = parseManifest(text);
      if (manifest === undefined || this.#manifest !== undefined) return false;
      this.#manifest = { gap: await this.#writer.leaveGap(), header, manifest };
      return true;
    }
    const report = parseRedactionReport(text);
    if (report === undefined || this.#earlier !== undefined) return false;
    this.#earlier = { gap: await this.#writer.leaveGap(), header, report };
    return true;
  }

  /** Adds what says how it went. */
  async finish(): Promise<Pick<RedactedBundle, "files" | "report">> {
    const { clock, bundleId } = this.#options;
    if (this.#like === undefined) {
      throw new SupportBundleError(`There is nothing in the bundle "${this.#options.bundle}"`, {
        code: "BUNDLE_EMPTY",
      });
    }
    if (this.#refused > MAX_REFUSED) {
      const path = `${this.#refused - MAX_REFUSED} more`;
      const message = "left out: they must not be unpacked";
      this.#log.leaveOut(path, message);
      this.#missing.push({ path, collector: "support-bundle", reason: "failed", message });
    }
    const now = this.#log.report(VERSION, clock.now());
    await this.#addReport();
    if (this.#manifest !== undefined) {
      const { gap, header, manifest } = this.#manifest;
      const { leftOut } = now.totals;
      const updated = redactedManifest(manifest, this.#files, {
        missing: this.#missing,
        own: [BUNDLE_PATHS.redaction],
        bundleId,
        stage: {
          stage: "redact",
          status: leftOut === 0 ? "ok" : "partial",
          message: leftOut === 0 ? undefined : `${leftOut} files were left out`,
          durationMs: clock.now().getTime() - this.#startedAt.getTime(),
        },
      });
      await this.#writer.fill(gap, header, this.#json(BUNDLE_PATHS.manifest, updated));
    }
    const files = this.#files.size + (this.#manifest === undefined ? 0 : 1);
    return { files, report: now };
  }

  async #addReport(): Promise<void> {
    const { clock } = this.#options;
    const path = BUNDLE_PATHS.redaction;
    if (this.#files.has(path)) return; // one that is not ours
    const earlier = this.#earlier;
    if (earlier !== undefined) this.#log.addEarlier(earlier.report);
    const bytes = this.#json(path, this.#log.report(VERSION, clock.now()));
    const { root } = this.#bundle;
    const header = earlier?.header ?? {
      name: root === "" ? path : `${root}/${path}`,
      size: 0,
      mode: 0o600,
      mtime: clock.now(),
      uid: this.#like?.uid,
      gid: this.#like?.gid,
    };
    const written = earlier === undefined
      ? await this.#writer.addBytes(header, bytes)
      : await this.#writer.fill(earlier.gap, header, bytes);
    this.#files.set(path, written);
  }

  /** As a file of the bundle: no less redacted than the others. */
  #json(path: string, value: unknown): Uint8Array {
    const bytes = new TextEncoder().encode(toBundleJson(value));
    return this.#options.redactor.redactBytes(path, bytes)?.bytes ?? bytes;
  }
}

async function readAll(body: ReadableStream<Uint8Array>): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  for await (const piece of body) pieces.push(piece);
  return concatBytes(pieces);
}

/** The archive would become a part of itself, and the map would replace the bundle or lie in it. */
async function refuseOutputInside({ bundle, archivePath, tokens }: RedactBundleOptions): Promise<void> {
  const from = await Deno.realPath(bundle);
  const isInside = (path: string) => path === from || path.startsWith(from + sep);
  if (isInside(await Deno.realPath(dirname(archivePath)))) {
    throw new UsageError(`The result would lie in the bundle itself, "${bundle}"`, "Name another place with -o");
  }
  if (tokens?.map === undefined) return;
  const folder = await Deno.realPath(dirname(tokens.map.path)).catch(() => undefined); // said later
  if (folder !== undefined && isInside(join(folder, basename(tokens.map.path)))) {
    throw new UsageError(
      `The map would lie in the bundle itself, "${bundle}", or take its place`,
      "Name another file with --redaction-map",
    );
  }
}

function isOurs(path: string): boolean {
  return path === BUNDLE_PATHS.manifest || path === BUNDLE_PATHS.redaction;
}

/** Files are for their owner only; a folder stays one that can be entered. */
function modeOf({ type, header }: Exclude<BundleMember, { type: "refused" }>): number {
  if (type === "file" || type === "link") return 0o600;
  return type === "symlink" ? 0o777 : ((header.mode ?? 0o755) & 0o777) | 0o700;
}
