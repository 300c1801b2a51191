/** Maps items in order while up to `ahead` of them are under way.
 *
 * @param map a rejection ends the iteration; its signal is aborted when the iteration ends before the items do
 * @param discard given each result that was under way when the iteration ended early */
export async function* mapAhead<T, R>(
  items: Iterable<T>,
  ahead: number,
  map: (item: T, signal: AbortSignal) => Promise<R>,
  discard: (result: R) => Promise<void> | void,
): AsyncGenerator<R> {
  const iterator = items[Symbol.iterator]();
  const early = new AbortController();
  const underWay: Promise<R>[] = [];
  const start = () => {
    const { done, value } = iterator.next();
    if (done) return;
    const result = map(value, early.signal);
    result.catch(() => {}); // seen when its turn comes
    underWay.push(result);
  };
  for (let i = 0; i < ahead; i++) start();
  try {
    while (underWay.length > 0) {
      const result = await underWay.shift()!;
      start();
      yield result;
    }
  } finally {
    if (underWay.length > 0) early.abort();
    const rest = await Promise.allSettled(underWay);
    for (const result of rest) if (result.status === "fulfilled") await discard(result.value);
  }
}
