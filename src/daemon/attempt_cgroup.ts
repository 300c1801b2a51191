import { join } from "node:path";
import type { Clock } from "../core/clock.ts";
import { describeError } from "../core/errors.ts";

/** The bounds of one attempt and of all that it starts, kept by the kernel. A port: its only kind is a cgroup of version 2. */
export interface AttemptCgroup {
  /** The kernel allows no more than the limit of memory: nobody needs to look. */
  readonly boundsMemory: boolean;
  /** The command, made to enter before it begins: so that all of its memory counts. */
  entering(command: CommandLine): CommandLine;
  /** Takes a process in that may be there already; what it starts from then on belongs to it, too. When that fails, which
   * is logged, nothing is bounded. */
  add(pid: number): Promise<void>;
  usage(): Promise<CgroupUsage>;
  /** Kills every process in it, whatever its process group or parent, and removes it. Never rejects. */
  end(): Promise<void>;
}

export interface CommandLine {
  command: string;
  args: string[];
}

export interface CgroupUsage {
  /** What cannot be given back: without the cache of files. Undefined where the kernel does not count it per group. */
  memoryMB?: number;
  /** Of all its processes, those that have ended included. */
  cpuTimeMs?: number;
  /** The kernel has killed something of it for want of memory. */
  oomKilled: boolean;
}

export interface CgroupLimits {
  maxMemoryMB?: number;
  /** Processors, such as 0.5. */
  maxCpu?: number;
}

/** Against what multiplies without end. An attempt has some thirty threads. */
const MAX_TASKS = 4_096;
const CPU_PERIOD_US = 100_000;
const SHELL = "/bin/sh";
const PREFIX = "attempt-";
/** Where the daemon itself goes: a cgroup with controllers for its children may have no processes of its own. */
const DAEMON = "daemon";
const CONTROLLERS = ["memory", "cpu", "pids"] as const;
type Controller = typeof CONTROLLERS[number];

export interface CgroupHost {
  clock: Clock;
  log: { debug(message: string, fields?: Record<string, unknown>): void };
  pid: number;
  /** Where the files of the kernel are; default `/proc`. */
  proc?: string;
}

/** The part of the cgroup tree that is this daemon's own: delegated by the service manager, and nobody else's.
 * @see https://docs.kernel.org/admin-guide/cgroup-v2.html https://systemd.io/CGROUP_DELEGATION */
export class AttemptCgroups {
  private constructor(
    private readonly base: string,
    private readonly controllers: ReadonlySet<string>,
    private readonly host: CgroupHost,
  ) {}

  /** Moves the daemon to a leaf, has the controllers work for its neighbours, and ends what an earlier daemon has left there.
   * @returns undefined where there is no cgroup of version 2 that this daemon has to itself and may write */
  static async open(host: CgroupHost): Promise<AttemptCgroups | undefined> {
    if (Deno.build.os !== "linux") return undefined;
    try {
      const own = await ownCgroup(host.proc ?? "/proc");
      if (own === undefined) return undefined;
      await Deno.stat(SHELL);
      const base = own.endsWith(`/${DAEMON}`) ? own.slice(0, -DAEMON.length - 1) : own;
      const others = (await pids(base)).filter((pid) => pid !== host.pid);
      if (others.length > 0) {
        host.log.debug("attempts get no cgroups: other processes are in the daemon's", { cgroup: base, pids: others });
        return undefined;
      }
      const leaf = join(base, DAEMON);
      await Deno.mkdir(leaf).catch(ignore(Deno.errors.AlreadyExists));
      await write(leaf, "cgroup.procs", String(host.pid));
      const offered = (await read(base, "cgroup.controllers")).trim().split(" ");
      for (const controller of CONTROLLERS.filter((it) => offered.includes(it))) {
        await write(base, "cgroup.subtree_control", `+${controller}`).catch((error) =>
          host.log.debug(`cannot bound ${controller} of attempts`, { cgroup: base, error: describeError(error) })
        );
      }
      const enabled = new Set((await read(base, "cgroup.subtree_control")).trim().split(/[ +]+/));
      const cgroups = new AttemptCgroups(base, enabled, host);
      for await (const entry of Deno.readDir(base)) {
        if (entry.isDirectory && entry.name.startsWith(PREFIX)) await endCgroup(join(base, entry.name), host.clock);
      }
      return cgroups;
    } catch (error) {
      host.log.debug("attempts get no cgroups", { error: describeError(error) });
      return undefined;
    }
  }

  /** Whether the kernel bounds it. */
  bounds(controller: Controller): boolean {
    return this.controllers.has(controller);
  }

  /** @param name of the attempt, a file name that no other attempt of this daemon has
   * @returns undefined when it cannot be made */
  async create(name: string, limits: CgroupLimits): Promise<AttemptCgroup | undefined> {
    const path = join(this.base, PREFIX + name.replace(/[^\w.-]/g, "_"));
    try {
      await endCgroup(path, this.host.clock); // of an attempt before
      await Deno.mkdir(path);
      for (const [file, text] of limitFiles(limits, this.controllers)) {
        await write(path, file, text).catch((error) => {
          if (file !== "memory.swap.max") throw error; // a kernel without swap has no such file
        });
      }
      return new KernelCgroup(path, this.bounds("memory") && limits.maxMemoryMB !== undefined, this.host);
    } catch (error) {
      this.host.log.debug("an attempt gets no cgroup", { cgroup: path, error: describeError(error) });
      await endCgroup(path, this.host.clock);
      return undefined;
    }
  }
}

/** What is written to which file of a cgroup, in order.
 * @param controllers those that work there */
export function limitFiles(
  { maxMemoryMB, maxCpu }: CgroupLimits,
  controllers: ReadonlySet<string>,
): [file: string, text: string][] {
  const files: [file: string, text: string][] = [];
  if (controllers.has("pids")) files.push(["pids.max", String(MAX_TASKS)]);
  if (maxMemoryMB !== undefined && controllers.has("memory")) {
    files.push(["memory.max", String(Math.round(maxMemoryMB * 1e6))], ["memory.swap.max", "0"], [
      "memory.oom.group",
      "1",
    ]);
  }
  if (maxCpu !== undefined && controllers.has("cpu")) {
    files.push(["cpu.max", `${Math.round(maxCpu * CPU_PERIOD_US)} ${CPU_PERIOD_US}`]);
  }
  return files;
}

class KernelCgroup implements AttemptCgroup {
  #entered = true;

  constructor(private readonly path: string, public boundsMemory: boolean, private readonly host: CgroupHost) {}

  entering({ command, args }: CommandLine): CommandLine {
    return {
      command: SHELL,
      args: ["-c", 'echo $$ > "$0"; exec "$@"', join(this.path, "cgroup.procs"), command, ...args],
    };
  }

  async add(pid: number): Promise<void> {
    try {
      await write(this.path, "cgroup.procs", String(pid));
    } catch (error) {
      this.host.log.debug("an attempt does not get into its cgroup", {
        cgroup: this.path,
        error: describeError(error),
      });
      this.boundsMemory = false;
      this.#entered = false;
    }
  }

  async usage(): Promise<CgroupUsage> {
    if (!this.#entered) return { oomKilled: false };
    const [current, memory, cpu, events] = await Promise.all(
      ["memory.current", "memory.stat", "cpu.stat", "memory.events"].map((file) =>
        read(this.path, file).catch(() => "")
      ),
    ) as [string, string, string, string];
    const cache = ["active_file", "inactive_file", "slab_reclaimable"].map((name) => field(memory, name) ?? 0);
    const bytes = current === "" ? undefined : Number(current) - cache.reduce((sum, part) => sum + part);
    const cpuUs = field(cpu, "usage_usec");
    return {
      memoryMB: bytes === undefined ? undefined : Math.max(0, Math.round(bytes / 1e5) / 10),
      cpuTimeMs: cpuUs === undefined ? undefined : Math.round(cpuUs / 1000),
      oomKilled: (field(events, "oom_kill") ?? 0) > 0,
    };
  }

  end(): Promise<void> {
    return endCgroup(this.path, this.host.clock);
  }
}

/** Kills what is in a cgroup and below, and removes it. One that is not there is fine. */
async function endCgroup(path: string, clock: Clock): Promise<void> {
  for (let round = 0; round < 40; round++) {
    const remaining = await populated(path);
    if (remaining === undefined) return;
    if (remaining) {
      await write(path, "cgroup.kill", "1").catch(() => killAll(path)); // Linux before 5.14 has no such file
      await clock.sleep(Math.min(50, 2 ** round));
      continue;
    }
    if (await removeTree(path)) return;
    await clock.sleep(10);
  }
}

async function killAll(path: string): Promise<void> {
  for (const pid of await pids(path).catch(() => [])) {
    try {
      Deno.kill(pid, "SIGKILL");
    } catch {
      // It has ended already.
    }
  }
}

/** Cgroups that something in this one has made go first; the files in them are the kernel's. */
async function removeTree(path: string): Promise<boolean> {
  try {
    for await (const entry of Deno.readDir(path)) if (entry.isDirectory) await removeTree(join(path, entry.name));
    await Deno.remove(path);
    return true;
  } catch (error) {
    return error instanceof Deno.errors.NotFound;
  }
}

/** @returns undefined when there is no such cgroup */
async function populated(path: string): Promise<boolean | undefined> {
  const events = await read(path, "cgroup.events").catch(() => undefined);
  return events === undefined ? undefined : field(events, "populated") === 1;
}

/** The folder of the cgroup that this process is in.
 * @returns undefined where version 2 is not mounted */
async function ownCgroup(proc: string): Promise<string | undefined> {
  const path = /^0::(\/.*)$/m.exec(await read(proc, "self/cgroup"))?.[1];
  if (path === undefined) return undefined;
  // 34 23 0:29 /root /mount/point rw,nosuid - cgroup2 cgroup2 rw
  for (const line of (await read(proc, "self/mountinfo")).split("\n")) {
    const [before, after] = line.split(" - ");
    if (!after?.startsWith("cgroup2 ")) continue;
    const [, , , root, mountPoint] = before!.split(" ") as [string, string, string, string, string];
    const inside = root === "/"
      ? path
      : path === root || path.startsWith(`${root}/`)
      ? path.slice(root.length)
      : undefined;
    if (inside !== undefined && !path.includes("..")) return join(mountPoint, inside).replace(/\/$/, "");
  }
  return undefined;
}

async function pids(path: string): Promise<number[]> {
  return (await read(path, "cgroup.procs")).split("\n").filter((line) => line !== "").map(Number);
}

/** The number beside a name, in files of lines `name number`. */
function field(text: string, name: string): number | undefined {
  const value = new RegExp(`^${name} (\\d+)$`, "m").exec(text)?.[1];
  return value === undefined ? undefined : Number(value);
}

function read(folder: string, file: string): Promise<string> {
  return Deno.readTextFile(join(folder, file));
}

/** The files of the kernel are there already, or the kernel has no such thing. */
function write(folder: string, file: string, text: string): Promise<void> {
  return Deno.writeTextFile(join(folder, file), text, { create: false });
}

function ignore(kind: new (message: string) => Error): (error: unknown) => void {
  return (error) => {
    if (!(error instanceof kind)) throw error;
  };
}
