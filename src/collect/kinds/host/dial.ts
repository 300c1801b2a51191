import { abortable } from "../../../core/abortable.ts";
import type { Clock } from "../../../core/clock.ts";
import { formatDuration } from "../../../core/duration.ts";
import { startDeadline } from "../../deadline.ts";

/** Connects within a time.
 * @throws {Deno.errors.TimedOut} after `ms`; what the system says; the signal's reason when aborted */
export async function dial(
  address: { hostname: string; port: number },
  ms: number,
  { clock, signal }: { clock: Clock; signal: AbortSignal },
): Promise<Deno.TcpConn> {
  using deadline = startDeadline(clock, ms, signal);
  const dialing = Deno.connect({ ...address, signal: deadline.signal });
  try {
    return await abortable(dialing, deadline.signal);
  } catch (error) {
    // One that comes about all the same has nobody left to use it.
    dialing.then((late) => late.close(), () => {});
    signal.throwIfAborted();
    if (deadline.expired) throw new Deno.errors.TimedOut(`no connection within ${formatDuration(ms)}`);
    throw error;
  }
}
