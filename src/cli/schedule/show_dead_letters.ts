import { type DeadLetter, toDeadLetter } from "../../schedule/dead_letter.ts";
import type { ExecutionLog } from "../../schedule/execution.ts";
import type { CliContext } from "../cli_context.ts";
import { colorsFor } from "../render/color.ts";
import { type OutputFormat, printData } from "../render/output_format.ts";
import { oneLine, renderTable } from "../render/table.ts";
import { utcTime } from "../render/time.ts";
import { logLine } from "./execution_text.ts";
import { findDeadLetters } from "./find_dead_letters.ts";
import { resolveJob } from "./job_reference.ts";
import { withStore } from "./with_store.ts";

type Shown = DeadLetter & { logs?: ExecutionLog[] };

/** `schedule history --dead-letters`: what failed for good, and how to recover it; with the logs of all attempts where they are asked for. */
export async function showDeadLetters(
  cli: CliContext,
  reference: string | undefined,
  since: Date | undefined,
  { limit, logs, output }: { limit: number; logs?: boolean; output: OutputFormat },
): Promise<void> {
  const { count, letters } = await withStore(cli, async (store) => {
    const jobId = reference === undefined ? undefined : (await resolveJob(store, reference)).id;
    const found = await findDeadLetters(store, { jobId, since });
    const letters: Shown[] = found.slice(0, limit).map(toDeadLetter);
    if (logs) { for (const letter of letters) letter.logs = await store.readLogs(letter.execution); }
    return { count: found.length, letters };
  });
  await printData(cli, output, letters, () => letters.length === 0 ? "" : lettersTable(cli, letters));
  if (output !== "table") return;
  const more = count > limit ? `The newest ${limit} of ${count}; --limit shows more\n` : "";
  await cli.stderr.write(
    count === 0
      ? "Nothing has failed that no later success made good\n"
      : `${more}Recover one with \`support-bundle schedule recover --execution-id ID\`, the newest of each job with ` +
        "`support-bundle schedule recover --all`\n",
  );
}

function lettersTable(cli: CliContext, letters: Shown[]): string {
  const { red, dim } = colorsFor(cli.stdout, cli.env);
  const table = renderTable(
    [
      { title: "EXECUTION" },
      { title: "JOB", min: 6 },
      { title: "SCHEDULED", dropRank: 1 },
      { title: "ATTEMPTS", align: "right" },
      { title: "CLASS" },
      { title: "RECOVERED BY", dropRank: 2 },
    ],
    letters.map((it) => [
      it.execution,
      it.job,
      utcTime(new Date(it.scheduledAt)),
      String(it.attempts),
      it.class,
      it.recoveredBy || "-",
    ]),
    cli.stdout.columns,
  );
  const [head = "", ...rows] = table.split("\n");
  return `${head}\n` + letters.map(({ error, errorCode, logs = [] }, i) => {
    const text = oneLine(errorCode === "" ? error : `${errorCode}: ${error}`);
    const lines = logs.map((log) => `    ${logLine(log)}`).join("");
    return `${rows[i]}\n${text === "" ? "" : `  ${red(text)}\n`}${dim(lines)}`;
  }).join("");
}
