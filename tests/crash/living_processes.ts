/** A process that lives. */
export interface LivingProcess {
  pid: number;
  command: string;
}

/** The processes that were started with `CRASH_MARK=<mark>`, by whatever parent. Linux only. */
export async function livingProcesses(mark: string): Promise<LivingProcess[]> {
  const found: LivingProcess[] = [];
  for await (const { name } of Deno.readDir("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    const [environment, command] = await Promise.all(
      ["environ", "cmdline"].map((file) => Deno.readTextFile(`/proc/${name}/${file}`).catch(() => "")),
    );
    // Of one that has ended and was not waited for, both are empty.
    if (environment!.split("\0").includes(`CRASH_MARK=${mark}`)) {
      found.push({ pid: Number(name), command: command!.replaceAll("\0", " ").trim() });
    }
  }
  return found;
}

/** Kills them, until there is none. */
export async function killLiving(mark: string): Promise<void> {
  for (let round = 0; round < 100; round++) {
    const living = await livingProcesses(mark);
    if (living.length === 0) return;
    for (const { pid } of living) {
      try {
        Deno.kill(pid, "SIGKILL");
      } catch {
        // It has ended already.
      }
    }
  }
}
