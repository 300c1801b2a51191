/** Whether a child can have a process group of its own: what `Deno.Command` calls `detached`. */
export const HAS_GROUPS = Deno.build.os !== "windows";

/** Ends a child that was started in a group of its own, and all that it has started there. */
export function killWithGroup(child: Deno.ChildProcess): void {
  try {
    if (HAS_GROUPS) Deno.kill(-child.pid, "SIGKILL");
    else child.kill("SIGKILL");
  } catch {
    // It has ended by itself.
  }
}
