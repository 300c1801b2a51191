import { describeError } from "../core/errors.ts";
import type { DaemonLog } from "./daemon_log.ts";

/** SIGTERM and SIGINT stop, and a second one cuts the grace period short; SIGHUP reads the settings again. */
export function listenToSignals(
  stop: (why: string) => void,
  reload: () => Promise<unknown>,
  log: DaemonLog,
): Disposable {
  const handlers: [Deno.Signal, () => void][] = [["SIGINT", () => stop("SIGINT")]];
  if (Deno.build.os !== "windows") {
    handlers.push(["SIGTERM", () => stop("SIGTERM")], ["SIGHUP", () => void reload().catch(() => {})]);
  }
  // A defect in one attempt's handling must not take the others down with it.
  const onRejection = (event: PromiseRejectionEvent) => {
    event.preventDefault();
    log.error("unexpected error", { error: describeError(event.reason) });
  };
  for (const [signal, handler] of handlers) Deno.addSignalListener(signal, handler);
  globalThis.addEventListener("unhandledrejection", onRejection);
  return {
    [Symbol.dispose]() {
      for (const [signal, handler] of handlers) Deno.removeSignalListener(signal, handler);
      globalThis.removeEventListener("unhandledrejection", onRejection);
    },
  };
}
