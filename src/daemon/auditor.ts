import type { Clock } from "../core/clock.ts";
import { describeError } from "../core/errors.ts";
import type { StateFolder } from "../schedule/state_folder.ts";
import { currentActor } from "../store/audit_actor.ts";
import { AuditLog } from "../store/audit_log.ts";
import type { Audit } from "../store/audited_store.ts";
import type { DaemonLog } from "./daemon_log.ts";

/** Takes down what the daemon does. What cannot be written is logged. */
export function auditor({ state, env, clock, log, enabled }: {
  state: StateFolder;
  env: Readonly<Record<string, string | undefined>>;
  clock: Clock;
  log: DaemonLog;
  enabled: boolean;
}): Audit {
  if (!enabled) return async () => {};
  const audit = new AuditLog(state.auditLog, currentActor(env, "daemon"), clock);
  return async (event) => {
    try {
      await audit.append(event);
    } catch (error) {
      log.error("cannot write to the audit log", {
        component: "store",
        action: event.action,
        error: describeError(error),
      });
    }
  };
}
