import { join } from "node:path";
import type { StateFolder } from "../schedule/state_folder.ts";

const MAX_BYTES = 10_000_000;

/** Where a daemon without a terminal says what its log could not take: a crash, mostly. */
export function daemonOutputFile(state: StateFolder): string {
  return join(state.logs, "daemon.out");
}

/** Empties the file once it is larger than 10 MB. Whoever writes to it appends, and goes on at its begin.
 * @returns its size before that, in bytes; undefined when it was left alone, or is not there */
export async function boundDaemonOutput(state: StateFolder): Promise<number | undefined> {
  const path = daemonOutputFile(state);
  try {
    const { size } = await Deno.stat(path);
    if (size <= MAX_BYTES) return undefined;
    await Deno.truncate(path);
    return size;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}
