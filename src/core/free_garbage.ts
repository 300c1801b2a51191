/** Frees the buffers that nothing refers to any more, where the binary was compiled with `--expose-gc`.
 *
 * V8 lets 64 MB of them gather, in each thread, before it looks. Whoever makes megabytes of them a second calls this now and
 * then: it takes 2 ms, and most of that memory is never needed. */
export function freeGarbage(): void {
  (globalThis as { gc?: (options: { type: "minor" }) => void }).gc?.({ type: "minor" });
}
