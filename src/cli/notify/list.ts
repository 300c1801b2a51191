import type { Command } from "commander";
import type { CliContext } from "../cli_context.ts";
import { colorsFor } from "../render/color.ts";
import { addOutputOption, type OutputFormat, printData } from "../render/output_format.ts";
import { renderTable } from "../render/table.ts";
import { relativeTime } from "../render/time.ts";
import type { NotifierView } from "./notifier_view.ts";

/** `notify list` */
export function defineList(command: Command, cli: CliContext): void {
  command.description(
    "List the notifiers of the scheduler's settings: where they are, when they are told, and whether that works. " +
      "No URL is shown beyond its host.",
  );
  addOutputOption(command)
    .addHelpText(
      "after",
      `
Examples:
  support-bundle notify list
  support-bundle notify list -o json | jq -r '.[] | select(.failing) | .name'`,
    )
    .action((flags: { output: OutputFormat }) => listNotifiers(cli, flags.output));
}

async function listNotifiers(cli: CliContext, output: OutputFormat): Promise<void> {
  const { schedulerSettings, withStore } = await import("../schedule/with_store.ts");
  const { viewNotifiers } = await import("./notifier_view.ts");
  const settings = await schedulerSettings(cli);
  const views = Object.keys(settings.notifiers).length === 0 ? [] : await withStore(
    cli,
    async (store) => viewNotifiers(settings, await store.notifierStates(), await store.pendingNotices()),
  );
  await printData(cli, output, views, () => table(cli, views));
}

function table(cli: CliContext, views: NotifierView[]): string {
  if (views.length === 0) {
    return "The settings have no notifiers. docs/notifications.md tells how they are written; jobs can also name a URL.\n";
  }
  const colors = colorsFor(cli.stdout, cli.env);
  return renderTable(
    [
      { title: "NAME" },
      { title: "KIND" },
      { title: "AT", min: 8, dropRank: 2 },
      { title: "TOLD ON", min: 10 },
      { title: "JOBS", dropRank: 3 },
      { title: "POLICY", min: 8, dropRank: 1 },
      { title: "WAITING", align: "right" },
      { title: "STATE", min: 12 },
    ],
    views.map((view) => [
      view.name,
      view.kind,
      view.at,
      view.on.join(",") + (view.severity === "fail" ? " (failures only)" : ""),
      view.global ? "all" : "those that name it",
      policyText(view),
      String(view.waiting),
      view.problem !== "" || view.failing !== undefined
        ? { text: stateText(view, cli.clock.now()), paint: colors.red }
        : stateText(view, cli.clock.now()),
    ]),
    cli.stdout.columns,
  );
}

function policyText({ quietHours, timezone, groupWindow, maxPerHour }: NotifierView): string {
  return [
    ...quietHours.length > 0 ? [`quiet ${quietHours.join("; ")} ${timezone}`] : [],
    ...groupWindow !== undefined ? [`grouped by ${groupWindow}`] : [],
    ...maxPerHour !== undefined ? [`${maxPerHour} an hour`] : [],
  ].join(", ");
}

function stateText({ problem, failing, lastSuccess }: NotifierView, now: Date): string {
  if (problem !== "") return `cannot work: ${problem}`;
  if (failing !== undefined) return `failing since ${failing.since}: ${failing.error}`;
  return lastSuccess === null ? "never told" : `told ${relativeTime(new Date(lastSuccess), now)}`;
}
