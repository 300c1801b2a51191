import { SupportBundleError } from "../../core/errors.ts";
import { EXIT } from "../../core/exit_codes.ts";
import type { RunningExecution } from "../../daemon/control_protocol.ts";
import { ACTIVE_STATUSES, type Execution } from "../../schedule/execution.ts";
import { stateFolder } from "../../schedule/state_folder.ts";
import type { JobStore } from "../../store/job_store.ts";
import type { CliContext } from "../cli_context.ts";
import { cut, oneLine } from "../render/table.ts";

const POLL_MS = 250;
/** Polls without an answer of the daemon after which it counts as gone: a busy one may miss one. */
const MAX_SILENT_POLLS = 20;

/** Waits for an execution's end, and tells on standard error what it does: one changing line on a terminal, a line per
 * change elsewhere.
 * @returns the final record
 * @throws {SupportBundleError} when it is deleted, when the daemon ends, or when the user stops waiting (the execution goes
 * on in the last two cases) */
export async function followExecution(cli: CliContext, store: JobStore, execution: Execution): Promise<Execution> {
  const { daemonStatus } = await import("../../daemon/control_client.ts");
  const state = stateFolder(cli.env);
  const tell = teller(cli);
  let silent = 0;
  for (;;) {
    const current = await store.getExecution(execution.id);
    if (current === undefined) throw stopped(execution.id, "it was deleted", EXIT.notFound);
    if (!ACTIVE_STATUSES.includes(current.status)) {
      tell.end();
      return current;
    }
    const status = await daemonStatus(state);
    silent = status === undefined ? silent + 1 : 0;
    if (silent >= MAX_SILENT_POLLS) {
      tell.end();
      throw stopped(execution.id, "the daemon does not answer any more", EXIT.daemon);
    }
    tell.now(progressText(current, status?.executions.find(({ id }) => id === execution.id)));
    if (cli.signal.aborted) {
      tell.end();
      throw stopped(execution.id, "the waiting was interrupted, the execution goes on", EXIT.interrupted);
    }
    await cli.clock.sleep(POLL_MS, cli.signal);
  }
}

/** @returns undefined when there is nothing newer to tell */
function progressText(execution: Execution, running: RunningExecution | undefined): string | undefined {
  if (running !== undefined) return running.progress === "" ? "running" : oneLine(running.progress);
  switch (execution.status) {
    case "pending":
      return "waiting for a free slot";
    case "retrying":
      return `the last attempt failed (${oneLine(execution.error)}); the next one is due at ${execution.retryAt}`;
    default:
      return undefined;
  }
}

function teller(cli: CliContext): { now(text: string | undefined): void; end(): void } {
  let last = "";
  const { isTerminal, columns } = cli.stderr;
  return {
    now(text) {
      if (text === undefined || text === last) return;
      last = text;
      void cli.stderr.write(isTerminal ? `\r\x1b[K${cut(text, columns - 1)}` : `${text}\n`);
    },
    end() {
      if (isTerminal && last !== "") void cli.stderr.write("\r\x1b[K");
    },
  };
}

function stopped(id: string, why: string, exitCode: 10 | 11 | 130): SupportBundleError {
  return new SupportBundleError(`Cannot tell how ${id} ends: ${why}`, {
    code: "FOLLOW",
    exitCode,
    hint: `Look later with \`support-bundle schedule history --execution-id ${id}\``,
  });
}
