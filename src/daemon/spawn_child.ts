/** Starts a child that the daemon talks to by its pipes, in a process group of its own.
 * @param env added to this process's environment
 * @param withheld names of what the child does not get of that
 * @throws what the system says when it cannot be started */
export function spawnChild(
  { command, args }: { command: string; args: string[] },
  env: Record<string, string> = {},
  withheld: readonly string[] = [],
): Deno.ChildProcess {
  const own = Object.entries(Deno.env.toObject()).filter(([name]) => !withheld.includes(name));
  return new Deno.Command(command, {
    args,
    env: { ...Object.fromEntries(own), ...env },
    clearEnv: true,
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
    detached: true,
  }).spawn();
}
