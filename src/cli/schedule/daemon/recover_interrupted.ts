import type { CliContext } from "../../cli_context.ts";
import { recoverAll } from "../recover_execution.ts";
import { nudge, withStore } from "../with_store.ts";

/** `daemon restart --recover`: what the end of a daemon cut off and failed for good, because its attempts were used up, is
 * queued once more; what has attempts left is tried again by the daemon itself. Says on standard error what becomes of
 * which. */
export async function recoverInterrupted(cli: CliContext): Promise<void> {
  const isInterrupted = ({ errorCode }: { errorCode: string }) => errorCode === "INTERRUPTED";
  const { again, executions, left } = await withStore(cli, async (store) => {
    const again = (await store.activeExecutions()).filter(isInterrupted);
    return { again, ...await recoverAll(store, cli.clock.now(), { only: isInterrupted }) };
  });
  if (executions.length > 0) await nudge(cli);
  for (const { id } of again) await cli.stderr.write(`Execution ${id} was interrupted, and is tried again\n`);
  for (const { id, causedBy } of executions) {
    await cli.stderr.write(`Execution ${id} is queued in place of ${causedBy}, which was interrupted\n`);
  }
  for (const why of left) await cli.stderr.write(`${why}\n`);
  if (again.length + executions.length + left.length === 0) {
    await cli.stderr.write("No execution was left interrupted\n");
  }
}
