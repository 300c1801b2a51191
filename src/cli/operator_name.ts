import { userInfo } from "node:os";

/** Who gives this command, as records name them: `alice@host`. Nobody is checked by it. */
export function operatorName(env: Readonly<Record<string, string>>): string {
  const user = env.SUDO_USER || env.USER || env.LOGNAME || env.USERNAME || accountName();
  return `${user}@${Deno.hostname()}`;
}

/** For what has an environment without names, such as a service. */
function accountName(): string {
  try {
    return userInfo().username;
  } catch {
    return `uid ${Deno.uid() ?? "unknown"}`; // an account that the machine has no name for
  }
}
