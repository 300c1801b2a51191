import type { DaemonLog, LogFields } from "../../src/daemon/daemon_log.ts";

export interface LoggedLine extends LogFields {
  level: "debug" | "info" | "warn" | "error";
  message: string;
}

/** A log that keeps its lines for assertions. */
export function recordingLog(): { log: DaemonLog; lines: LoggedLine[] } {
  const lines: LoggedLine[] = [];
  const on = (bound: LogFields): DaemonLog => {
    const at = (level: LoggedLine["level"]) => (message: string, fields?: LogFields) =>
      void lines.push({ ...bound, ...fields, level, message });
    return {
      debug: at("debug"),
      info: at("info"),
      warn: at("warn"),
      error: at("error"),
      with: (more) => on({ ...bound, ...more }),
    };
  };
  return { log: on({}), lines };
}
