import { userInfo } from "node:os";
import type { Actor } from "../schedule/audit.ts";

/** Whoever runs this process.
 * @param command of this program, as `schedule create` */
export function currentActor(env: Readonly<Record<string, string | undefined>>, command: string): Actor {
  const { SUDO_USER } = env;
  const user = account(env);
  return { user: SUDO_USER && SUDO_USER !== user ? `${SUDO_USER} as ${user}` : user, host: Deno.hostname(), command };
}

function account(env: Readonly<Record<string, string | undefined>>): string {
  try {
    return userInfo().username;
  } catch {
    return env.USER || env.USERNAME || `uid ${Deno.uid() ?? "unknown"}`; // an account without an entry
  }
}
