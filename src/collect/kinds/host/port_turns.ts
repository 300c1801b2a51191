import { abortable } from "../../../core/abortable.ts";

const tails = new Map<string, Promise<void>>();

/** Runs checks that listen on one port one after the other: side by side, each would find the port taken by the other.
 * @throws the signal's reason when it is aborted before its turn */
export async function inTurn<T>(
  transport: "tcp" | "udp",
  port: number,
  signal: AbortSignal,
  check: () => Promise<T>,
): Promise<T> {
  const key = `${transport}/${port}`;
  const before = tails.get(key) ?? Promise.resolve();
  const { promise: ended, resolve: end } = Promise.withResolvers<void>();
  const tail = before.then(() => ended);
  tails.set(key, tail);
  try {
    await abortable(before, signal);
    return await check();
  } finally {
    end();
    if (tails.get(key) === tail) tails.delete(key);
  }
}
