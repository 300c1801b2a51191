import process from "node:process";
import { systemClock } from "../core/clock.ts";

/** How often what was killed is looked for, and how much longer each time: on a busy machine it takes a moment to be gone.
 * Together a second and a half. */
const KILL_ROUNDS = 18;
const DYING_MS = 10;

/** When a process started, as the operating system tells it: an opaque text that no later process with the same pid has.
 *
 * - Linux: the boot's id and the start in clock ticks since that boot, from `/proc`
 * - elsewhere: what `ps -o lstart=` (Windows: PowerShell) prints, to the second
 * @returns undefined when there is no such process; one that has ended and was not waited for counts as none */
export async function processStart(pid: number): Promise<string | undefined> {
  if (!Number.isInteger(pid) || pid <= 0) return undefined;
  switch (Deno.build.os) {
    case "linux":
    case "android": {
      const stat = await readStat(pid);
      return stat === undefined || stat.state === "Z" || stat.state === "X"
        ? undefined
        : `${await bootId()}:${stat.startTicks}`;
    }
    case "windows":
      return await printed("powershell", [
        "-NoProfile",
        "-Command",
        `(Get-Process -Id ${pid} -ErrorAction SilentlyContinue).StartTime.Ticks`,
      ]);
    default:
      return await printed("ps", ["-o", "lstart=", "-p", String(pid)]);
  }
}

/** True when `pid` is still the process that {@linkcode processStart} described: a recycled pid is not. */
export async function isSameProcess(pid: number, startedAt: string): Promise<boolean> {
  return startedAt !== "" && await processStart(pid) === startedAt;
}

/** Signals a process group.
 * @param pid of the group's leader
 * @returns false when there is no such group any more */
export function killGroup(pid: number, signal: "SIGTERM" | "SIGKILL"): boolean {
  // -1 is every process there is, and 0 the caller's own group.
  if (!Number.isInteger(pid) || pid <= 1) throw new RangeError(`${pid} is not the pid of a process group's leader`);
  try {
    if (Deno.build.os === "windows") {
      return new Deno.Command("taskkill", { args: ["/T", "/F", "/PID", String(pid)], stdout: "null", stderr: "null" })
        .outputSync().success;
    }
    Deno.kill(-pid, signal);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    // macOS answers EPERM for a group of which only unreaped processes are left.
    if (error instanceof Deno.errors.PermissionDenied || error instanceof Deno.errors.NotCapable) return false;
    if (error instanceof Error && /ESRCH|EPERM/.test(error.message)) return false;
    throw error;
  }
}

/** Kills a process group, and waits until it is gone.
 * @param pid of the group's leader */
export async function endGroup(pid: number): Promise<void> {
  for (let round = 0; round < KILL_ROUNDS && killGroup(pid, "SIGKILL"); round++) {
    if ((await groupMembers(pid)).length === 0) return;
    await systemClock.sleep(DYING_MS * round);
  }
}

/** Pids of the living processes in a group. Linux only; elsewhere empty. */
export async function groupMembers(groupId: number): Promise<number[]> {
  const members: number[] = [];
  for await (const pid of livingProcesses()) {
    if ((await readStat(pid))?.groupId === groupId) members.push(pid);
  }
  return members;
}

/** Kills every process that was started with a variable, whatever its group or parent is by now. Looks again until there
 * is none, since one may start another while it dies. Linux only; elsewhere nothing is done.
 * @returns the pids that were killed */
export async function killMarked(name: string, value: string): Promise<number[]> {
  const killed = new Set<number>();
  for (let round = 0; round < KILL_ROUNDS; round++) {
    let found = false;
    for await (const pid of livingProcesses()) {
      if (pid === Deno.pid || !(await environment(pid)).includes(`${name}=${value}`)) continue;
      found = true;
      killed.add(pid);
      try {
        Deno.kill(pid, "SIGKILL");
      } catch {
        // It has ended already.
      }
    }
    if (!found) break;
    await systemClock.sleep(DYING_MS * round);
  }
  return [...killed];
}

async function* livingProcesses(): AsyncGenerator<number> {
  if (Deno.build.os !== "linux") return;
  for await (const entry of Deno.readDir("/proc")) {
    const pid = Number(entry.name);
    const stat = Number.isInteger(pid) ? await readStat(pid) : undefined;
    if (stat !== undefined && stat.state !== "Z" && stat.state !== "X") yield pid;
  }
}

/** Processor time of this process so far, all threads. */
export function ownCpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

/** A tick is a hundredth of a second. */
export interface ProcessStat {
  state: string;
  groupId: number;
  cpuTicks: number;
  /** Of the children that it has waited for, and theirs. */
  waitedTicks: number;
  startTicks: string;
}

/** The fields of `/proc/<pid>/stat` that matter here (proc(5)). Undefined where there is none. */
export async function readStat(pid: number): Promise<ProcessStat | undefined> {
  let text: string;
  try {
    text = await Deno.readTextFile(`/proc/${pid}/stat`);
  } catch {
    return undefined; // ended, or not ours to read: in both cases not a process of this program
  }
  // The second field is the command in parentheses, and may itself hold spaces and parentheses.
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  return {
    state: fields[0] ?? "X",
    groupId: Number(fields[2]),
    cpuTicks: Number(fields[11]) + Number(fields[12]),
    waitedTicks: Number(fields[13]) + Number(fields[14]),
    startTicks: fields[19] ?? "",
  };
}

async function environment(pid: number): Promise<string[]> {
  try {
    return (await Deno.readTextFile(`/proc/${pid}/environ`)).split("\0");
  } catch {
    return [];
  }
}

let knownBootId: string | undefined;

async function bootId(): Promise<string> {
  return knownBootId ??= (await Deno.readTextFile("/proc/sys/kernel/random/boot_id").catch(() => "")).trim().slice(
    0,
    8,
  );
}

async function printed(command: string, args: string[]): Promise<string | undefined> {
  try {
    const { success, stdout } = await new Deno.Command(command, {
      args,
      env: { LC_ALL: "C", TZ: "UTC" },
      stdin: "null",
      stderr: "null",
    }).output();
    const text = new TextDecoder().decode(stdout).trim().replace(/\s+/g, " ");
    return success && text !== "" ? text : undefined;
  } catch {
    return undefined;
  }
}
