/** The other end of `daemon_watch.ts`. */
import { systemClock } from "../core/clock.ts";
import { EXECUTION_ENV } from "../core/execution_mark.ts";
import { killGroup, killMarked } from "../daemon/process_identity.ts";
import type { DaemonWatchMessage } from "./daemon_watch.ts";

const LOOK_EVERY_MS = 500;
/** The first SIGTERM ends what can be finished, the second one everything: nobody wants a bundle that no record knows of. */
const BETWEEN_SIGNALS_MS = 20;
/** From the signals to SIGKILL. */
const GRACE_MS = 5_000;

const scope = self as unknown as { onmessage: (event: MessageEvent<DaemonWatchMessage>) => void };

scope.onmessage = async ({ data: { daemonPid, execution } }) => {
  while (Deno.ppid === daemonPid) await systemClock.sleep(LOOK_EVERY_MS);
  Deno.kill(Deno.pid, "SIGTERM");
  await systemClock.sleep(BETWEEN_SIGNALS_MS);
  Deno.kill(Deno.pid, "SIGTERM");
  await systemClock.sleep(GRACE_MS);
  await killMarked(EXECUTION_ENV, execution);
  killGroup(Deno.pid, "SIGKILL");
};
