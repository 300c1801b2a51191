import { groupMembers, readStat } from "./process_identity.ts";

/** What a process and all that it has started use. */
export interface TreeUsage {
  /** Resident memory, added up: what processes share counts for each of them. */
  memoryMB: number;
  /** The highest that the kernel remembers of the first process, alone. */
  peakMemoryMB: number;
  /** Of the living, and of those that they have waited for. */
  cpuTimeMs: number;
}

// USER_HZ, which /proc counts in, is 100 on every Linux that Deno runs on.
const MS_PER_TICK = 10;
/** Between looks at all processes of the machine, in samples. */
const LOOK_AROUND = 10;

/** A process with its descendants and the members of its process group. One that was seen stays known when its parent ends
 * or it takes another group. Linux only; elsewhere there is nothing to be read. */
export class ProcessTree {
  /** Their start, by pid: a pid may be given away again. */
  readonly #known = new Map<number, string>();
  #samples = 0;

  /** @param leader of the group */
  constructor(private readonly leader: number) {}

  /** A sample costs as much as there are processes in the tree; only each tenth looks at all others.
   * @returns undefined when none of them lives, and where there is no `/proc` */
  async sample(): Promise<TreeUsage | undefined> {
    if (Deno.build.os !== "linux") return undefined;
    const strangers = this.#samples++ % LOOK_AROUND === 0 ? await groupMembers(this.leader) : [];
    const waiting = new Set([this.leader, ...this.#known.keys(), ...strangers]);
    const usage = { memoryMB: 0, peakMemoryMB: 0, cpuTimeMs: 0 };
    let found = false;
    for (const pid of waiting) { // grows as it goes
      const stat = await readStat(pid);
      const known = this.#known.get(pid);
      if (stat === undefined || (known !== undefined && known !== stat.startTicks)) {
        this.#known.delete(pid);
        continue;
      }
      this.#known.set(pid, stat.startTicks);
      found = true;
      for (const child of await childrenOf(pid)) waiting.add(child);
      const { residentMB, peakMB } = await memoryOf(pid);
      usage.memoryMB = round(usage.memoryMB + residentMB);
      usage.cpuTimeMs += (stat.cpuTicks + stat.waitedTicks) * MS_PER_TICK;
      if (pid === this.leader) usage.peakMemoryMB = peakMB;
    }
    return found ? { ...usage, peakMemoryMB: Math.max(usage.peakMemoryMB, usage.memoryMB) } : undefined;
  }
}

/** Each thread has the children that it has started. */
async function childrenOf(pid: number): Promise<number[]> {
  try {
    const lists: Promise<string>[] = [];
    for await (const { name } of Deno.readDir(`/proc/${pid}/task`)) {
      lists.push(Deno.readTextFile(`/proc/${pid}/task/${name}/children`).catch(() => ""));
    }
    return (await Promise.all(lists)).flatMap((list) => list.split(" ")).filter((it) => it !== "").map(Number);
  } catch {
    return []; // it has ended
  }
}

async function memoryOf(pid: number): Promise<{ residentMB: number; peakMB: number }> {
  const status = await Deno.readTextFile(`/proc/${pid}/status`).catch(() => ""); // it has ended
  const megabytes = (name: string) =>
    Number(new RegExp(`^${name}:\\s+(\\d+) kB`, "m").exec(status)?.[1] ?? 0) * 1024 / 1e6;
  return { residentMB: megabytes("VmRSS"), peakMB: round(megabytes("VmHWM")) };
}

function round(megabytes: number): number {
  return Math.round(megabytes * 10) / 10;
}
