import { basename, dirname, join } from "node:path";
import type { Clock } from "../core/clock.ts";
import { describeError } from "../core/errors.ts";
import type { DaemonLog } from "./daemon_log.ts";
import { RepeatedTask } from "./repeated_task.ts";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** Without a bound of age: the five that rotation by size keeps. */
const MIN_FILES = 5;
const MAX_FILES = 100;

/** How many rotated files are kept: one for each day, and some for what rotation by size adds.
 * @param ageMs undefined: their age does not matter */
export function rotatedFiles(ageMs: number | undefined): number {
  return ageMs === undefined ? MIN_FILES : Math.min(Math.ceil(ageMs / DAY_MS) + MIN_FILES, MAX_FILES);
}

export interface LogFile {
  /** 0: the one that is written to; 1: the one before, and so on. */
  number: number;
  /** When its first line was written. */
  beganAt: Date;
  /** When its last line was written. */
  endedAt: Date;
}

/** Decides by age what happens to the files of a log.
 * @returns numbers of the files that go, and whether a new one is begun */
export function decideLogRotation(files: readonly LogFile[], ageMs: number, now: Date): {
  rotate: boolean;
  remove: number[];
} {
  const old = files.filter(({ number, endedAt }) => number > 0 && now.getTime() - endedAt.getTime() > ageMs);
  const current = files.find(({ number }) => number === 0);
  return {
    rotate: current !== undefined && now.getTime() - current.beganAt.getTime() > Math.min(ageMs, DAY_MS),
    remove: old.map(({ number }) => number).sort((a, b) => a - b),
  };
}

export interface LogRotationOptions {
  clock: Clock;
  log: DaemonLog;
  /** Read anew each time. */
  settings(): { file?: string; ageMs?: number };
  /** Bounds what is written beside the log. @returns how large it was, undefined when nothing was done */
  boundOutput(): Promise<number | undefined>;
  /** Has the log go on in a new file: the old one has another name now. */
  reopen(): Promise<unknown>;
}

/** Rotates the daemon's log by age and bounds its output, looking once an hour. By size the log rotates itself. */
export class LogRotation extends RepeatedTask {
  constructor(private readonly options: LogRotationOptions) {
    super(options.clock);
  }

  protected override async turn(): Promise<number> {
    const { log, boundOutput } = this.options;
    try {
      const size = await boundOutput();
      if (size !== undefined) log.warn("emptied daemon.out, which had grown too large", { bytes: size });
    } catch (error) {
      log.warn("cannot bound daemon.out", { error: describeError(error) });
    }
    try {
      await this.#look();
    } catch (error) {
      log.warn("cannot rotate the log", { error: describeError(error) });
    }
    return HOUR_MS;
  }

  async #look(): Promise<void> {
    const { file, ageMs } = this.options.settings();
    if (file === undefined || ageMs === undefined) return;
    const { rotate, remove } = decideLogRotation(await logFiles(file), ageMs, this.options.clock.now());
    for (const number of remove) await Deno.remove(numbered(file, number));
    if (!rotate) return;
    const kept = (await logFiles(file)).map(({ number }) => number).sort((a, b) => b - a);
    for (const number of kept) {
      if (number >= rotatedFiles(ageMs)) await Deno.remove(numbered(file, number));
      else await Deno.rename(numbered(file, number), numbered(file, number + 1));
    }
    await this.options.reopen();
  }
}

/** A log and its rotated files. One that goes meanwhile, or cannot be read, is left out. */
export async function logFiles(file: string): Promise<LogFile[]> {
  const files: LogFile[] = [];
  const name = basename(file);
  for await (const entry of Deno.readDir(dirname(file))) {
    const rest = entry.name.startsWith(name) ? entry.name.slice(name.length) : "x";
    if (!entry.isFile || !/^(\.[1-9]\d{0,2})?$/.test(rest)) continue;
    const number = Number(rest.slice(1));
    try {
      const endedAt = (await Deno.stat(join(dirname(file), entry.name))).mtime ?? new Date();
      files.push({ number, endedAt, beganAt: await firstTime(numbered(file, number)) ?? endedAt });
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound || error instanceof Deno.errors.PermissionDenied)) throw error;
    }
  }
  return files;
}

/** The time of a log's first line. */
async function firstTime(path: string): Promise<Date | undefined> {
  using file = await Deno.open(path);
  const head = new Uint8Array(200);
  const length = await file.read(head) ?? 0;
  const time = /^\{"time":"([^"]+)"/.exec(new TextDecoder().decode(head.subarray(0, length)))?.[1];
  return time === undefined || Number.isNaN(Date.parse(time)) ? undefined : new Date(time);
}

function numbered(file: string, number: number): string {
  return number === 0 ? file : `${file}.${number}`;
}
