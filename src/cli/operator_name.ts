import { accountName } from "../core/account_name.ts";

/** Who gives this command, as records name them: `alice@host`. Nobody is checked by it. */
export function operatorName(env: Readonly<Record<string, string>>): string {
  // A service has an environment without names.
  const user = env.SUDO_USER || env.USER || env.LOGNAME || env.USERNAME || accountName();
  return `${user}@${Deno.hostname()}`;
}
