import { DAEMON_ENV, EXECUTION_ENV } from "../core/execution_mark.ts";
import type { CliContext } from "./cli_context.ts";

/** What the thread that watches is told. */
export interface DaemonWatchMessage {
  daemonPid: number;
  /** {@linkcode EXECUTION_ENV} of this process. */
  execution: string;
}

/** Sees to it that this process does not outlive the daemon that started it, nor anything that it has started: there is
 * nobody left to record what it does. From a thread of its own, since this one may be busy.
 *
 * When the daemon is gone, this process is asked to end as by SIGTERM, then to drop everything, and is killed with its group
 * five seconds later. Does nothing in a process that no daemon has started, and on Windows, which knows no new parents. */
export function watchDaemon(cli: CliContext): Disposable | undefined {
  const daemonPid = Number(cli.env[DAEMON_ENV]);
  const execution = cli.env[EXECUTION_ENV];
  if (!Number.isInteger(daemonPid) || !execution || Deno.build.os === "windows") return undefined;
  // Nobody reads it then, and what is to be cleaned up is cleaned up all the same.
  cli.stdout.outlivesReader = true;
  cli.stderr.outlivesReader = true;
  const worker = new Worker(workerUrl(), { type: "module", name: "daemon watch" });
  worker.onerror = (event) => {
    event.preventDefault();
    cli.stderr.write(`cannot watch whether the daemon lives: ${event.message}\n`);
  };
  worker.postMessage({ daemonPid, execution } satisfies DaemonWatchMessage);
  return { [Symbol.dispose]: () => worker.terminate() };
}

/** Beside this file, or where the binary has it: the bundler keeps the path of an entry point, and joins all else. */
function workerUrl(): URL {
  return Deno.build.standalone
    ? new URL("src/cli/daemon_watch_worker.js", Deno.mainModule)
    : new URL("./daemon_watch_worker.ts", import.meta.url);
}
