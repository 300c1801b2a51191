import { selfCommand } from "../core/self.ts";

/** One of this program's commands that only the daemon gives. */
export function childCommand(name: "attempt" | "deliver" | "tell"): { command: string; args: string[] } {
  const { command, args } = selfCommand();
  return { command, args: [...args, name] };
}
