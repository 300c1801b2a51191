/** A generator as a stream. Nothing runs before somebody reads.
 * @param source is cancelled with it, also when the generator has not begun to read it */
export function generatedStream(
  pieces: AsyncGenerator<Uint8Array>,
  source: ReadableStream<Uint8Array>,
): ReadableStream<Uint8Array> {
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      const { done, value } = await pieces.next();
      if (done) controller.close();
      else controller.enqueue(value);
    },
    async cancel(reason) {
      await pieces.return(undefined);
      if (!source.locked) await source.cancel(reason);
    },
  }, { highWaterMark: 0 });
}
