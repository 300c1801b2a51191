import { dirname } from "node:path";
import type { SetAsideFile } from "./store_file.ts";

const MAX_NAMES = 10;

/** What became of a damaged store, one sentence a line, without full stops. */
export function describeSetAside({ path, reason, rebuilt }: SetAsideFile): string[] {
  const moved = `the store was damaged (${reason}); it was moved to ${path}`;
  const empty = "an empty one took its place: all jobs have to be made again";
  if (rebuilt === undefined) return [`${moved}, and ${empty}`];
  const { backup, unusable, jobs, newer } = rebuilt;
  const lines = unusable.map((one) => `the backup ${one.path} was passed over: ${one.reason}`);
  if (backup === undefined) {
    const read = `${count(jobs, "job")} could be read from the damaged file; others have to be made again`;
    const became = jobs + newer.executions > 0
      ? `there was no backup to use, ${read}`
      : `${empty}; there was no backup`;
    return [...lines, `${moved}, and ${became}`];
  }
  const { absent } = newer;
  const since = newer.jobs + newer.executions === 0
    ? ""
    : `; ${count(newer.jobs, "job")} and ${
      count(newer.executions, "execution")
    } that are newer were read from the damaged file`;
  lines.push(`${moved}, and rebuilt with ${count(jobs, "job")} from the backup of ${backup.createdAt}${since}`);
  if (!newer.complete) {
    lines.push(`what changed since ${backup.createdAt} is lost where the damaged file could not be read`);
  }
  if (absent.length > 0) {
    const names = absent.slice(0, MAX_NAMES).join(", ") + (absent.length > MAX_NAMES ? ", …" : "");
    lines.push(
      `${count(absent.length, "job")} of the backup cannot be found in the damaged file: ${names}. ` +
        "If they were deleted since, delete them again",
    );
  }
  return lines;
}

/** For the audit log. */
export function setAsideDetail({ path, rebuilt }: SetAsideFile): string {
  const from = rebuilt?.backup === undefined ? "without a backup" : `from the backup of ${rebuilt.backup.createdAt}`;
  return `${from}; the damaged file is ${path.slice(dirname(path).length + 1)}`;
}

function count(n: number, noun: string): string {
  return `${n} ${noun}${n === 1 ? "" : "s"}`;
}
