/** Maps items in order while up to `ahead` of them are under way.
 *
 * @param items read as far as there is work to begin; one that throws ends the iteration
 * @param map a rejection ends the iteration; its signal is aborted when the iteration ends before the items do
 * @param discard given each result that was under way when the iteration ended early */
export async function* mapAhead<T, R>(
  items: Iterable<T> | AsyncIterable<T>,
  ahead: number,
  map: (item: T, signal: AbortSignal) => Promise<R>,
  discard: (result: R) => Promise<void> | void,
): AsyncGenerator<R> {
  const iterator = Symbol.asyncIterator in items ? items[Symbol.asyncIterator]() : items[Symbol.iterator]();
  const early = new AbortController();
  /** Begun, and not yet taken by the reader; the last is undefined when there are no more items. */
  const underWay: Promise<{ result: R } | undefined>[] = [];
  let exhausted = false;
  // Each waits for the one before to have its item, so that items are begun in order.
  let asked: Promise<unknown> = Promise.resolve();
  const start = () => {
    if (exhausted) return;
    const next = asked.then(() => early.signal.aborted ? { done: true as const, value: undefined } : iterator.next());
    asked = next;
    const begun = next.then(async ({ done, value }) => {
      if (done) {
        exhausted = true;
        return undefined;
      }
      return { result: await map(value as T, early.signal) };
    });
    begun.catch(() => {}); // seen when its turn comes
    underWay.push(begun);
  };
  for (let i = 0; i < ahead; i++) start();
  try {
    while (underWay.length > 0) {
      const next = await underWay.shift()!;
      if (next === undefined) continue;
      start();
      yield next.result;
    }
  } finally {
    if (underWay.length > 0) early.abort();
    const rest = await Promise.allSettled(underWay);
    for (const { status, ...settled } of rest) {
      const value = status === "fulfilled" ? (settled as { value?: { result: R } }).value : undefined;
      if (value !== undefined) await discard(value.result);
    }
  }
}
