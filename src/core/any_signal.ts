/** As `AbortSignal.any()`, and fires even when nothing but its listeners refers to it.
 *
 * Deno 2.6 collects such a signal, with everything that waits for it: the event loop then ends in the middle of a run. Here
 * the sources keep it alive. Where a source lives long, dispose the result (`using`) once nothing waits for it any more. */
export function anySignal(...sources: AbortSignal[]): AbortSignal & Disposable {
  const signal = AbortSignal.any(sources);
  for (const source of sources) {
    const kept = dependents.get(source);
    if (kept === undefined) dependents.set(source, new Set([signal]));
    else kept.add(signal);
  }
  return Object.assign(signal, {
    [Symbol.dispose]() {
      for (const source of sources) dependents.get(source)?.delete(signal);
    },
  });
}

const dependents = new WeakMap<AbortSignal, Set<AbortSignal>>();
