/** Gives something to a function, and closes it afterwards, whatever happens. For what is used in one place alone: there
 * the minifier of the bundle moves a `using` variable's value to its use, and what it held stays open. */
export async function closing<R extends Disposable, T>(
  resource: R,
  action: (resource: R) => T | Promise<T>,
): Promise<T> {
  try {
    return await action(resource);
  } finally {
    resource[Symbol.dispose]();
  }
}
