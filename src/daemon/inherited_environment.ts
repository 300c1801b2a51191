/** This process's environment, for a child.
 * @param withheld names of what the child does not get */
export function inheritedEnvironment(withheld: readonly string[] = []): Record<string, string> {
  return Object.fromEntries(Object.entries(Deno.env.toObject()).filter(([name]) => !withheld.includes(name)));
}
