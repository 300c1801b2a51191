import type { CollectContext } from "../../collector.ts";
import { formatDuration } from "../../../core/duration.ts";
import { startDeadline } from "../../deadline.ts";
import { bindFailure, CONNECTED, connectFailure, type NetworkResult } from "./network_status.ts";
import { ownTimeMs } from "./own_time.ts";
import { inTurn } from "./port_turns.ts";
import { TokenListener } from "./token_listener.ts";

const PAUSE_MS = 1_000;
const ATTEMPT_MS = 2_000;

interface Address {
  hostname: string;
  port: number;
}

/** Listens at one address for as long as it takes to see whether another leads to it. Tried again until `ownMs` are over, or
 * what the collector has left, but not after a refusal.
 * @throws the signal's reason when aborted */
export async function reachOverTcp(
  listenAt: Address,
  dialTo: Address,
  ownMs: number,
  context: CollectContext,
): Promise<NetworkResult> {
  const { clock, signal, progress } = context;
  return await inTurn("tcp", listenAt.port, signal, async () => {
    const ms = ownTimeMs(ownMs, context);
    let listener: TokenListener;
    try {
      listener = new TokenListener(listenAt);
    } catch (error) {
      return bindFailure(error);
    }
    await using _ = listener;
    using deadline = startDeadline(clock, ms, signal);
    let last = "";
    while (!deadline.expired) {
      try {
        const attempt = { clock, signal: deadline.signal };
        if (await listener.isReachedBy(dialTo, ATTEMPT_MS, attempt)) return CONNECTED;
        last = "something else answers there";
      } catch (error) {
        signal.throwIfAborted();
        if (deadline.expired) break;
        const failure = connectFailure(error);
        if (failure.status === "connection-refused") return failure;
        last = failure.message;
      }
      progress(last);
      await clock.sleep(PAUSE_MS, deadline.signal);
      signal.throwIfAborted();
    }
    const message = `not reached within ${formatDuration(ms)}${last === "" ? "" : `: ${last}`}`;
    return { status: "connection-timeout", message };
  });
}
