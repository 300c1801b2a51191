/** Asks the hosts one after the other; the first that answers counts.
 * @throws what all of them said */
export async function firstOf<Host, T>(hosts: readonly Host[], ask: (host: Host) => Promise<T>): Promise<T> {
  const errors: unknown[] = [];
  for (const host of hosts) {
    try {
      return await ask(host);
    } catch (error) {
      errors.push(error);
    }
  }
  throw errors.length === 1 ? errors[0] : new AggregateError(errors);
}
