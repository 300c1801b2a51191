import { accountName } from "../core/account_name.ts";
import type { Actor } from "../schedule/audit.ts";

/** Whoever runs this process.
 * @param command of this program, as `schedule create` */
export function currentActor(env: Readonly<Record<string, string | undefined>>, command: string): Actor {
  const { SUDO_USER } = env;
  const user = accountName(env.USER || env.USERNAME);
  return { user: SUDO_USER && SUDO_USER !== user ? `${SUDO_USER} as ${user}` : user, host: Deno.hostname(), command };
}
