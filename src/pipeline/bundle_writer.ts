import { DiskError, type WorkFolder, type WrittenFile } from "../bundle/work_folder.ts";
import { endOnAbort } from "../bundle/end_on_abort.ts";
import type { Entry, FileEntry } from "../bundle/entry.ts";
import type { FileRecord, MissingRecord } from "../bundle/manifest.ts";
import { RedactionLog, type RedactionReport } from "../bundle/redaction_report.ts";
import { anySignal } from "../core/any_signal.ts";
import type { Clock } from "../core/clock.ts";
import { describeError } from "../core/errors.ts";
import { VERSION } from "../core/version.ts";
import { isArchiveName } from "../redact/archive.ts";
import { RedactionError } from "../redact/redaction_error.ts";
import type { Redaction, Redactor } from "../redact/redactor.ts";
import { cutBody, cutBytes, type CutOptions } from "./cut_body.ts";
import { SizeBudget, type SizeLimits, TooLargeError } from "./size_budget.ts";

export interface AddOptions {
  /** Ends the bodies of files early; they are whole then up to their last line. */
  cut?: AbortSignal;
  /** Of the collector, by {@linkcode BundleWriter.collectorBudget}. Absent: for what the tool itself adds. */
  budget?: SizeBudget;
}

/** The one door into the work folder: every entry is redacted on its way to the disk, cut where its room ends, and
 * recorded. */
export class BundleWriter {
  readonly #folder: WorkFolder;
  readonly #redactor: Promise<Redactor | undefined>;
  readonly #clock: Clock;
  readonly #limits: SizeLimits;
  /** What collectors may write together. */
  readonly budget: SizeBudget;
  readonly #records = new Map<string, FileRecord>();
  readonly missing: MissingRecord[] = [];
  readonly #redactions = new RedactionLog();

  /** @param redactor nothing is written before it is ready; undefined: nothing is hidden */
  constructor(
    folder: WorkFolder,
    redactor: Promise<Redactor | undefined> | undefined,
    clock: Clock,
    limits: SizeLimits,
  ) {
    this.#folder = folder;
    this.#redactor = redactor ?? Promise.resolve(undefined);
    this.#redactor.catch(() => {}); // told for each file
    this.#clock = clock;
    this.#limits = limits;
    this.budget = SizeBudget.ofBundle(limits.bundle);
  }

  /** What one collector may write. Where its {@linkcode SizeBudget.over} is set, nothing more of it has room. */
  collectorBudget(): SizeBudget {
    return this.budget.ofCollector(this.#limits.collector);
  }

  /** Takes an entry over. A file that cannot be read or redacted, or that there is no room for, is left out and recorded
   * as missing.
   * @returns the bytes of the file; undefined when there is none
   * @throws {DiskError} when nothing more can be written */
  async add(entry: Entry, collector: string, options: AddOptions = {}): Promise<number | undefined> {
    switch (entry.type) {
      case "missing":
        this.missing.push({ path: entry.path, collector, reason: entry.reason, message: entry.message });
        return undefined;
      case "link":
        this.#folder.link(entry.path, entry.target);
        return undefined;
      case "file":
        return await this.#addFile(entry, collector, options);
    }
  }

  async #addFile(entry: FileEntry, collector: string, { cut, budget }: AddOptions): Promise<number | undefined> {
    const started = this.#clock.now().getTime();
    let redactions: Redaction[] = [];
    /** Of our own. What its source says of itself stands in the entry. */
    let limit: string | undefined;
    const record = (written: WrittenFile): number => {
      this.#redactions.add(written.path, redactions);
      const limits = [entry.truncated?.limit, limit].filter((limit) => limit !== undefined);
      this.#records.set(written.path, {
        path: written.path,
        collector,
        source: entry.source,
        bytes: written.bytes,
        sha256: written.sha256,
        truncated: limits.length > 0 ? { limit: limits.join("; ") } : undefined,
        redactions: redactions.length > 0
          ? Object.fromEntries(redactions.map(({ rule, count }) => [rule, count]))
          : undefined,
        durationMs: this.#clock.now().getTime() - started,
      });
      return written.bytes;
    };
    const room = budget?.ofFile(this.#limits.file);
    const options = (full?: AbortController): CutOptions => ({
      bothEnds: entry.bothEnds,
      whole: isArchiveName(entry.path),
      onCut(by) {
        limit = by.toString();
        full?.abort();
      },
    });
    try {
      const redactor = await this.#redactor;
      const { bytes } = entry;
      const atOnce = bytes === undefined ? undefined : redactAtOnce(redactor, entry.path, bytes);
      if (atOnce !== undefined) {
        redactions = atOnce.redactions;
        const kept = room === undefined ? atOnce.bytes : cutBytes(atOnce.bytes, room, options());
        const written = this.#folder.writeBytes(entry.path, kept);
        entry.release?.();
        return record(written);
      }
      const full = new AbortController();
      // The source ends where the room does, so that redaction comes to its end and says what it hid.
      using over = anySignal(full.signal, ...cut === undefined ? [] : [cut]);
      const source = endOnAbort(entry.body, over, () => {
        if (!full.signal.aborted) entry.truncated ??= { limit: "deadline" };
      });
      const body = redactor?.redact(entry.path, source, (found) => redactions = found) ?? source;
      return record(
        await this.#folder.write(entry.path, room === undefined ? body : cutBody(body, room, options(full))),
      );
    } catch (error) {
      if (error instanceof DiskError) throw error;
      this.missing.push({ path: entry.path, collector, ...this.#whyLeftOut(entry.path, error) });
      return undefined;
    }
  }

  #whyLeftOut(path: string, error: unknown): Pick<MissingRecord, "reason" | "message"> {
    const message = describeError(error);
    if (error instanceof TooLargeError) return { reason: "too-large", message };
    if (!(error instanceof RedactionError)) return { reason: "failed", message };
    this.#redactions.leaveOut(path, message);
    return { reason: "redaction-failed", message: `left out, it could not be redacted: ${message}` };
  }

  records(): FileRecord[] {
    return this.#folder.files().flatMap(({ path }) => this.#records.get(path) ?? []);
  }

  /** Files that were left out because redaction could not be sure of them. */
  get leftOut(): number {
    return this.#redactions.leftOut;
  }

  /** How often each rule hid something, over all files. */
  redactions(): Record<string, number> {
    return this.#redactions.totals();
  }

  redactionReport(): RedactionReport {
    return this.#redactions.report(VERSION, this.#clock.now());
  }
}

function redactAtOnce(
  redactor: Redactor | undefined,
  path: string,
  bytes: Uint8Array,
): { bytes: Uint8Array; redactions: Redaction[] } | undefined {
  return redactor === undefined ? { bytes, redactions: [] } : redactor.redactBytes(path, bytes);
}
