import type { Clock } from "../core/clock.ts";
import type { UploadContext } from "./uploader.ts";

/** What may be sent at once after a pause, in seconds of the limit. */
const BURST_S = 1;

/** Holds sending back to a rate: what is asked for beyond it waits. Those that ask at the same time take turns, so the limit
 * is one for all who share it.
 * @param bytesPerSecond more than 0
 * @returns for `UploadContext.pace` */
export function paceTo(bytesPerSecond: number, clock: Clock): NonNullable<UploadContext["pace"]> {
  let allowance = bytesPerSecond * BURST_S;
  let countedAt = clock.now().getTime();
  let turn: Promise<void> = Promise.resolve();

  const take = async (bytes: number, signal: AbortSignal) => {
    signal.throwIfAborted();
    const now = clock.now().getTime();
    // A clock that is set back gives nothing, and takes nothing.
    allowance = Math.min(
      bytesPerSecond * BURST_S,
      allowance + Math.max(0, now - countedAt) * bytesPerSecond / 1000,
    );
    countedAt = now;
    allowance -= bytes;
    if (allowance >= 0) return;
    await clock.sleep(-allowance / bytesPerSecond * 1000, signal);
    signal.throwIfAborted();
  };
  return (bytes, signal) => {
    const taken = turn.then(() => take(bytes, signal));
    turn = taken.catch(() => {});
    return taken;
  };
}
