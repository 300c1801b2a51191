import type { Command } from "commander";
import { counted } from "../../../core/counted.ts";
import { formatSize } from "../../../core/size.ts";
import { stateFolder } from "../../../schedule/state_folder.ts";
import type { CliContext } from "../../cli_context.ts";
import { colorsFor } from "../../render/color.ts";
import { addOutputOption, type OutputFormat, printData } from "../../render/output_format.ts";
import { oneLine, renderTable } from "../../render/table.ts";
import { shortRelativeTime } from "../../render/time.ts";
import { withStore } from "../with_store.ts";
import { type WaitingBundle, waitingBundles } from "./waiting_uploads.ts";

/** `schedule uploads list`. */
export function defineUploadsList(command: Command, cli: CliContext): void {
  command.description("List the bundles that wait for their destinations, in the order in which they go.");
  addOutputOption(command)
    .addHelpText(
      "after",
      `
Examples:
  support-bundle schedule uploads list
  support-bundle schedule uploads list -o json | jq -r '.[] | select(.needsYou) | .execution'`,
    )
    .action((flags: { output: OutputFormat }) => listUploads(cli, flags.output));
}

async function listUploads(cli: CliContext, output: OutputFormat): Promise<void> {
  const bundles = await withStore(cli, waitingBundles);
  await printData(cli, output, bundles, () => bundles.length === 0 ? "" : table(cli, bundles));
  if (output !== "table") return;
  if (bundles.length === 0) return void await cli.stderr.write("No bundle waits for its destination\n");
  const bytes = bundles.reduce((sum, { bundleSize }) => sum + bundleSize, 0);
  const { runningDaemon } = await import("../../../daemon/pid_file.ts");
  const idle = await runningDaemon(stateFolder(cli.env)) === undefined;
  await cli.stderr.write(
    `${counted(bundles.length, "bundle")} (${formatSize(bytes)}) ${bundles.length === 1 ? "waits" : "wait"}` +
      (idle ? "; no daemon runs that could deliver them: `support-bundle schedule daemon start`" : "") + "\n",
  );
}

function table(cli: CliContext, bundles: WaitingBundle[]): string {
  const { red, yellow, dim } = colorsFor(cli.stdout, cli.env);
  const now = cli.clock.now();
  const text = renderTable(
    [
      { title: "EXECUTION" },
      { title: "JOB", min: 6, dropRank: 3 },
      { title: "SIZE", align: "right", dropRank: 1 },
      { title: "DESTINATION", min: 12 },
      { title: "SINCE", dropRank: 2 },
      { title: "TRIES", align: "right" },
      { title: "NEXT TRY" },
    ],
    bundles.map((it) => [
      it.execution,
      it.job,
      formatSize(it.bundleSize),
      it.destination === "portal:" ? "vendor portal" : it.destination,
      it.since === null ? "-" : shortRelativeTime(new Date(it.since), now),
      String(it.attempts),
      it.needsYou ? { text: "needs you", paint: yellow } : nextText(it, now),
    ]),
    cli.stdout.columns,
  );
  const [head = "", ...rows] = text.split("\n");
  return `${head}\n` + bundles.map(({ lastError, lastErrorCode, hint, needsYou, nextAt }, i) => {
    const why = lastError === ""
      ? ""
      : `  ${red(oneLine(lastErrorCode ? `${lastErrorCode}: ${lastError}` : lastError))}\n`;
    const next = nextAt === null ? "" : ` (tried again ${shortRelativeTime(new Date(nextAt), now)})`;
    const help = needsYou && hint !== "" ? `  ${oneLine(hint)}${dim(next)}\n` : "";
    return `${rows[i]}\n${why}${help}`;
  }).join("");
}

function nextText({ behind, nextAt }: WaitingBundle, now: Date): string {
  if (behind > 0) return `behind ${behind}`;
  return nextAt === null || new Date(nextAt) <= now ? "now" : shortRelativeTime(new Date(nextAt), now);
}
