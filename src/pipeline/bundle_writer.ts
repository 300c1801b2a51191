import { DiskError, type WorkFolder, type WrittenFile } from "../bundle/work_folder.ts";
import { endOnAbort } from "../bundle/end_on_abort.ts";
import type { Entry, FileEntry } from "../bundle/entry.ts";
import type { FileRecord, MissingRecord } from "../bundle/manifest.ts";
import type { Clock } from "../core/clock.ts";
import { describeError } from "../core/errors.ts";
import { RedactionError } from "../redact/redaction_error.ts";
import type { Redaction, Redactor } from "../redact/redactor.ts";

/** The one door into the work folder: every entry is redacted on its way to the disk, and recorded. */
export class BundleWriter {
  readonly #folder: WorkFolder;
  readonly #redactor: Redactor | undefined;
  readonly #clock: Clock;
  readonly #records = new Map<string, FileRecord>();
  readonly missing: MissingRecord[] = [];
  /** Files that were left out because redaction could not be sure of them. */
  leftOut = 0;

  constructor(folder: WorkFolder, redactor: Redactor | undefined, clock: Clock) {
    this.#folder = folder;
    this.#redactor = redactor;
    this.#clock = clock;
  }

  /** Takes an entry over. A file that cannot be read or redacted is left out and recorded as missing.
   * @param cut ends the bodies of files early; they are whole then up to their last line
   * @returns the bytes written
   * @throws {DiskError} when nothing more can be written */
  async add(entry: Entry, collector: string, cut?: AbortSignal): Promise<number> {
    switch (entry.type) {
      case "missing":
        this.missing.push({ path: entry.path, collector, reason: entry.reason, message: entry.message });
        return 0;
      case "link":
        this.#folder.link(entry.path, entry.target);
        return 0;
      case "file":
        return await this.#addFile(entry, collector, cut);
    }
  }

  async #addFile(entry: FileEntry, collector: string, cut?: AbortSignal): Promise<number> {
    const started = this.#clock.now().getTime();
    let redactions: Redaction[] = [];
    try {
      const { bytes } = entry;
      const atOnce = bytes === undefined ? undefined : this.#redactAtOnce(entry.path, bytes);
      if (atOnce !== undefined) {
        const written = this.#folder.writeBytes(entry.path, atOnce.bytes);
        return this.#record(written, entry, collector, atOnce.redactions, started);
      }
      const source = cut === undefined
        ? entry.body
        : endOnAbort(entry.body, cut, () => entry.truncated ??= { limit: "deadline" });
      const body = this.#redactor?.redact(entry.path, source, (found) => redactions = found) ?? source;
      const written = await this.#folder.write(entry.path, body);
      return this.#record(written, entry, collector, redactions, started);
    } catch (error) {
      if (error instanceof DiskError) throw error;
      const unsure = error instanceof RedactionError;
      if (unsure) this.leftOut++;
      this.missing.push({
        path: entry.path,
        collector,
        reason: unsure ? "redaction-failed" : "failed",
        message: unsure ? `left out, it could not be redacted: ${describeError(error)}` : describeError(error),
      });
      return 0;
    }
  }

  #redactAtOnce(path: string, bytes: Uint8Array): { bytes: Uint8Array; redactions: Redaction[] } | undefined {
    return this.#redactor === undefined ? { bytes, redactions: [] } : this.#redactor.redactBytes(path, bytes);
  }

  #record(
    written: WrittenFile,
    entry: FileEntry,
    collector: string,
    redactions: Redaction[],
    started: number,
  ): number {
    this.#records.set(written.path, {
      path: written.path,
      collector,
      source: entry.source,
      bytes: written.bytes,
      sha256: written.sha256,
      truncated: entry.truncated,
      redactions: redactions.length > 0
        ? Object.fromEntries(redactions.map(({ rule, count }) => [rule, count]))
        : undefined,
      durationMs: this.#clock.now().getTime() - started,
    });
    return written.bytes;
  }

  records(): FileRecord[] {
    return this.#folder.files().flatMap(({ path }) => this.#records.get(path) ?? []);
  }

  /** How often each rule hid something, over all files. */
  redactions(): Record<string, number> {
    const total: Record<string, number> = {};
    for (const { redactions } of this.#records.values()) {
      for (const [rule, count] of Object.entries(redactions ?? {})) total[rule] = (total[rule] ?? 0) + count;
    }
    return total;
  }
}
