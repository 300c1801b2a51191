/** What a process holds at an instant, as Linux tells. */
export interface ProcessSample {
  /** Resident memory, in MB of a million bytes. */
  residentMB: number;
  /** The part of it that is its own, and no page of a file: of the program, or of a database. */
  anonymousMB: number;
  fileDescriptors: number;
  threads: number;
  /** Processor time so far, of itself alone, in milliseconds. */
  cpuMs: number;
}

/** Of the kernel's clock, everywhere. */
const TICKS_PER_SECOND = 100;

/** @throws {Deno.errors.NotFound} when there is no such process, or no /proc */
export function sampleProcess(pid: number): ProcessSample {
  const status = Deno.readTextFileSync(`/proc/${pid}/status`);
  const field = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+)`, "m").exec(status)?.[1] ?? 0);
  const [, , , , , , , , , , , userTicks, systemTicks] = statFields(pid);
  return {
    residentMB: field("VmRSS") * 1024 / 1e6,
    anonymousMB: field("RssAnon") * 1024 / 1e6,
    fileDescriptors: [...Deno.readDirSync(`/proc/${pid}/fd`)].length,
    threads: field("Threads"),
    cpuMs: (Number(userTicks) + Number(systemTicks)) * 1000 / TICKS_PER_SECOND,
  };
}

/** The children of a process. @returns pid and state, `Z` for a zombie */
export function childrenOf(pid: number): { pid: number; state: string }[] {
  const found: { pid: number; state: string }[] = [];
  for (const { name } of Deno.readDirSync("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    try {
      const [state, parent] = statFields(Number(name));
      if (Number(parent) === pid) found.push({ pid: Number(name), state: state! });
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error; // it has ended meanwhile
    }
  }
  return found;
}

/** The fields of /proc/PID/stat from the third on, the state: the second is a name that may hold anything. */
function statFields(pid: number): string[] {
  try {
    const text = Deno.readTextFileSync(`/proc/${pid}/stat`);
    return text.slice(text.lastIndexOf(")") + 2).trim().split(" ");
  } catch (error) {
    // ESRCH: it ended while it was read.
    throw error instanceof Deno.errors.NotFound ? error : new Deno.errors.NotFound(`no process ${pid}`);
  }
}
