import { raceAgainst } from "../core/race_against.ts";

const NEWLINE = 10;
/** A last line longer than this is passed on in pieces: it is bounded, and cut where the signal finds it. */
const MAX_HELD_BYTES = 1024 * 1024;

/** Ends a stream, instead of failing it, when the signal is aborted: what came until then is whole lines, and stays.
 * @param onCut called when the signal ended it before its source did */
export function endOnAbort(
  body: ReadableStream<Uint8Array>,
  signal: AbortSignal,
  onCut: () => void,
): ReadableStream<Uint8Array> {
  const reader = body.getReader();
  const { promise: aborted, resolve } = Promise.withResolvers<"aborted">();
  const onAbort = () => resolve("aborted");
  signal.addEventListener("abort", onAbort, { once: true });
  if (signal.aborted) onAbort();
  const orAborted = raceAgainst(aborted);
  let held = new Uint8Array(0);
  const release = () => signal.removeEventListener("abort", onAbort);

  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      while (true) {
        const next = await orAborted(reader.read()).catch((error) => {
          // A source that obeys the same signal fails its read: that is the cut, not a failure.
          if (signal.aborted) return "aborted" as const;
          release();
          throw error;
        });
        if (next === "aborted") {
          release();
          reader.cancel(signal.reason).catch(() => {});
          onCut();
          return controller.close();
        }
        if (next.done) {
          release();
          if (held.length > 0) controller.enqueue(held);
          return controller.close();
        }
        const chunk = next.value;
        const end = chunk.lastIndexOf(NEWLINE) + 1;
        if (end === 0 && held.length + chunk.length <= MAX_HELD_BYTES) {
          held = concat(held, chunk);
          continue;
        }
        const cut = end === 0 ? chunk.length : end;
        controller.enqueue(concat(held, chunk.subarray(0, cut)));
        held = chunk.slice(cut);
        return;
      }
    },
    async cancel(reason) {
      release();
      await reader.cancel(reason);
    },
  });
}

function concat(a: Uint8Array, b: Uint8Array): Uint8Array<ArrayBuffer> {
  const both = new Uint8Array(a.length + b.length);
  both.set(a);
  both.set(b, a.length);
  return both;
}
