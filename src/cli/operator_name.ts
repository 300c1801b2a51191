/** Who gives this command, as records name them: `alice@host`. Nobody is checked by it. */
export function operatorName(env: Readonly<Record<string, string>>): string {
  const user = env.SUDO_USER || env.USER || env.LOGNAME || env.USERNAME || `uid ${Deno.uid() ?? "unknown"}`;
  return `${user}@${Deno.hostname()}`;
}
