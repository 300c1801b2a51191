import { type ErrorCode, SupportBundleError } from "../core/errors.ts";
import { EXIT, type ExitCode } from "../core/exit_codes.ts";

/** The store itself failed: it cannot be opened, read or written. */
export class StoreError extends SupportBundleError {
  constructor(
    message: string,
    options: ErrorOptions & { code: ErrorCode; hint?: string; exitCode?: ExitCode },
  ) {
    super(message, { exitCode: EXIT.state, ...options });
  }
}

/** The file is held by another writer; asking again helps. */
export function isLocked(error: unknown): boolean {
  return error instanceof Error && /database (table )?is locked|database is busy/i.test(error.message);
}

/** The file is not a database, or a damaged one. Says nothing about locks, rights or a full disk. */
export function isCorrupt(error: unknown): boolean {
  return error instanceof Error &&
    /file is not a database|disk image is malformed|malformed database schema/i.test(error.message);
}

/** What went wrong with the store at `place`, a path or URL, as a {@linkcode StoreError}. */
export function toStoreError(error: unknown, place: string): StoreError {
  if (error instanceof StoreError) return error;
  const cause = error;
  const text = error instanceof Error ? error.message : String(error);
  if (isLocked(error)) {
    return new StoreError(`The store ${place} is locked by another process`, {
      cause,
      code: "STATE_LOCKED",
      hint: "Try again; if it stays so, look for a process that hangs with `schedule daemon status`",
    });
  }
  if (isCorrupt(error)) return damagedStore(place, error);
  if (/readonly database|unable to open database file|permission denied|read-only file system/i.test(text)) {
    return notWritable(place, error);
  }
  if (/database or disk is full|no space left/i.test(text)) {
    return new StoreError(`The store ${place} cannot be written: the disk is full`, {
      cause,
      code: "DISK_FULL",
      exitCode: EXIT.disk,
      hint: "Free some space on that disk: old bundles lie in the state folder's bundles/",
    });
  }
  return new StoreError(`The store ${place} failed`, { cause, code: "STATE_FAILED" });
}

export function damagedStore(place: string, cause?: unknown): StoreError {
  return new StoreError(`The store ${place} is damaged`, {
    cause,
    code: "STATE_CORRUPT",
    hint: "Restart the daemon: it sets the damaged file aside, and rebuilds the store from the newest backup",
  });
}

/** The state folder, or a file in it, cannot be written. */
export function notWritable(place: string, cause?: unknown): StoreError {
  return new StoreError(`The scheduler's state in ${place} cannot be written`, {
    cause,
    code: "STATE_NOT_WRITABLE",
    hint: "Give this account write access to it, or name another folder with TROUBLESHOOT_SCHEDULER_DIR",
  });
}
