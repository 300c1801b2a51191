/** Reads up to `width` sources side by side, and yields what they yield as it comes. A source goes on only when what it gave
 * was taken.
 *
 * @param sources one that throws ends the iteration; their signal is aborted when the iteration ends before they do */
export async function* sideBySide<T>(
  sources: Iterable<(signal: AbortSignal) => AsyncGenerator<T>>,
  width: number,
): AsyncGenerator<T> {
  const early = new AbortController();
  const waiting = sources[Symbol.iterator]();
  const open = new Map<AsyncGenerator<T>, Promise<{ source: AsyncGenerator<T>; next: IteratorResult<T> }>>();
  const ask = (source: AsyncGenerator<T>) => {
    const asked = source.next().then((next) => ({ source, next }));
    asked.catch(() => {}); // seen in the race
    open.set(source, asked);
  };
  const begin = () => {
    const next = waiting.next();
    if (!next.done) ask(next.value(early.signal));
  };
  for (let i = 0; i < width; i++) begin();
  try {
    while (open.size > 0) {
      const { source, next } = await Promise.race(open.values());
      if (next.done) {
        open.delete(source);
        begin();
      } else {
        yield next.value;
        ask(source);
      }
    }
  } finally {
    early.abort(new DOMException("Nobody reads any more", "AbortError"));
    await Promise.allSettled([...open.keys()].map((source) => source.return(undefined)));
  }
}
