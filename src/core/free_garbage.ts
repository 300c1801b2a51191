/** Frees the buffers that nothing refers to any more, where the binary was compiled with `--expose-gc`.
 *
 * V8 lets 64 MB of them gather, in each thread, before it looks. Whoever makes megabytes of them a second calls this now and
 * then: it takes 2 ms, and most of that memory is never needed. */
export function freeGarbage(): void {
  collectGarbage?.({ type: "minor" });
}

/** As {@linkcode freeGarbage}, of what has been there for long, too: before work of another kind begins. Takes 20 ms. */
export function freeOldGarbage(): void {
  collectGarbage?.({ type: "major" });
}

const { gc: collectGarbage } = globalThis as { gc?: (options: { type: "minor" | "major" }) => void };

/** Frees bytes that nobody reads any more, at once: they, and all that shares their buffer, are empty afterwards. V8 would do
 * so at its next sweep of old objects, which is seconds away. */
export function freeBytes({ buffer }: Uint8Array): void {
  if (buffer instanceof ArrayBuffer) buffer.transfer(0);
}
