import type { Command } from "commander";
import type { DaemonStatus } from "../../daemon/control_protocol.ts";
import { ACTIVE_STATUSES } from "../../schedule/execution.ts";
import type { Job } from "../../schedule/job.ts";
import { nextRunsOf } from "../../schedule/job_due.ts";
import { stateFolder } from "../../schedule/state_folder.ts";
import type { CliContext } from "../cli_context.ts";
import { failingNotifiers, type NotifierFacts, notifyLines } from "../notify/notifier_text.ts";
import { colorsFor, statusPaint } from "../render/color.ts";
import { addOutputOption, type OutputFormat, printData } from "../render/output_format.ts";
import { oneLine, renderFields, renderTable } from "../render/table.ts";
import { relativeTime, utcTime } from "../render/time.ts";
import { dependencyFields } from "./dependencies.ts";
import { durationText, errorText, findingsText, latenessText, memoryText } from "./execution_text.ts";
import { resolveJob } from "./job_reference.ts";
import { type JobSurroundings, stateReasons } from "./job_state.ts";
import { policyFields } from "./policy_text.ts";
import { resourceText } from "./resource_flags.ts";
import { nextRunLines, scheduleLines } from "./schedule_text.ts";
import { schedulerSettings, withStore } from "./with_store.ts";

const RECENT = 10;
const NEXT_RUNS = 10;

/** `schedule describe`: the job, why it is in its state, what ran and what will. */
export function defineDescribe(command: Command, cli: CliContext): void {
  command
    .description(
      "Tell all about a job: what it collects and where that goes, why it is in the state it is in, recent executions " +
        "with due and actual start, the next ten runs, and how often runs were skipped or missed, and why.",
    )
    .argument("<job>", "name, id or unique start of an id");
  addOutputOption(command)
    .addHelpText(
      "after",
      `
Examples:
  support-bundle schedule describe nightly
  support-bundle schedule describe job-0a1b -o yaml`,
    )
    .action((job: string, flags: { output: OutputFormat }) => describeJob(cli, job, flags.output));
}

async function describeJob(cli: CliContext, reference: string, output: OutputFormat): Promise<void> {
  const now = cli.clock.now();
  const { job, active, recent, dependencies, states } = await withStore(cli, async (store) => {
    const job = await resolveJob(store, reference);
    const recent = await store.listExecutions({ jobId: job.id, limit: RECENT });
    const active = recent.some(({ status }) => ACTIVE_STATUSES.includes(status)) || job.status === "running"
      ? await store.activeExecutions(job.id)
      : [];
    const states = await store.notifierStates();
    return { job, recent, active, dependencies: await dependencyFields(store, job), states };
  });
  const facts: NotifierFacts = { notifiers: (await schedulerSettings(cli)).notifiers, states };
  const { daemonStatus } = await import("../../daemon/control_client.ts");
  const daemon: DaemonStatus | undefined = await daemonStatus(stateFolder(cli.env));
  const surroundings: JobSurroundings = { now, daemon, active, recent };
  const description = {
    ...job,
    daemonRunning: daemon !== undefined,
    reasons: stateReasons(job, surroundings),
    nextRuns: job.enabled ? nextRunsOf(job, now, NEXT_RUNS).map((at) => at.toISOString()) : [],
    recentExecutions: recent,
    failingNotifiers: failingNotifiers(job, facts),
  };
  await printData(
    cli,
    output,
    description,
    async () =>
      describeTable(cli, await withSettings(cli, job), surroundings, description.reasons, dependencies, facts),
  );
}

/** With what the settings say where the job does not. */
async function withSettings(cli: CliContext, job: Job): Promise<Job> {
  const { completeJob } = await import("../../daemon/effective_settings.ts");
  return completeJob(job, await schedulerSettings(cli));
}

function describeTable(
  cli: CliContext,
  job: Job,
  { now, daemon, recent }: JobSurroundings,
  reasons: string[],
  dependencies: [label: string, value: string[]][],
  facts: NotifierFacts,
): string {
  const colors = colorsFor(cli.stdout, cli.env);
  const sections = [
    renderFields([
      ["Name", oneLine(job.name)],
      ["Id", job.id],
      ...optional("Description", job.description),
      ...optional("Labels", pairs(job.labels)),
      ["Status", [statusPaint(job.status, colors)(job.status), ...reasons.map((reason) => `- ${oneLine(reason)}`)]],
      ...scheduleLines(job),
      ...definitionFields(job, colors, daemon?.enforced, facts),
      ...dependencies,
      ...job.template === "" ? [] : [["Template", oneLine(job.template)] as [string, string]],
      ["Created", utcTime(new Date(job.createdAt)) + (job.createdBy === "" ? "" : ` by ${oneLine(job.createdBy)}`)],
      [
        "Last run",
        job.lastRun === null
          ? "never"
          : `${utcTime(new Date(job.lastRun))} (${relativeTime(new Date(job.lastRun), now)})`,
      ],
      ["Runs", runsText(job)],
      ["Not run", skippedText(job)],
    ]),
    renderFields([["Next runs", job.enabled ? nextRunLines(job, now, NEXT_RUNS) : "none, it is disabled"]]),
  ];
  if (recent.length > 0) {
    sections.push(
      "Recent executions:\n" + renderTable(
        [
          { title: "SCHEDULED" },
          { title: "STARTED", align: "right" },
          { title: "STATUS" },
          { title: "TRIGGER", dropRank: 1 },
          { title: "DURATION", align: "right" },
          { title: "MEMORY", align: "right", dropRank: 2 },
          { title: "FINDINGS", min: 8 },
          { title: "ERROR", min: 10 },
        ],
        recent.map((execution) => [
          utcTime(new Date(execution.scheduledAt)),
          latenessText(execution),
          { text: execution.status, paint: statusPaint(execution.status, colors) },
          execution.trigger,
          durationText(execution),
          memoryText(execution),
          findingsText(execution),
          errorText(execution),
        ]),
        cli.stdout.columns,
      ),
    );
  }
  return sections.join("\n");
}

/** What a job collects and what becomes of it, for `renderFields`: of a draft and of a template, too. */
export function definitionFields(
  job: Job,
  colors: ReturnType<typeof colorsFor>,
  enforced?: DaemonStatus["enforced"],
  facts?: NotifierFacts,
): [label: string, value: string | string[]][] {
  return [
    ["Collects", sourcesText(job)],
    ...optional("Cluster", clusterText(job)),
    [
      "Redaction",
      job.redact
        ? [
          [job.tokenize ? "on, with tokens that stay the same" : "on", ...job.hide].join(", "),
          ...job.redactors.map(oneLine),
        ]
        : colors.red("off"),
    ],
    ...optional("Scrubs", job.redact ? scrubLines(job) : []),
    ...job.redact && !job.leakGate ? [["Leak gate", colors.red("off")] as [string, string]] : [],
    ...optional("Encrypts", encryptionLines(job)),
    ...optional("Signs", job.sign === "" ? "" : `with ${job.sign}`),
    ["Analysis", job.analyze ? "on" : "off"],
    ["Upload", job.upload.enabled ? uploadLines(job) : "none: bundles stay on this machine"],
    ...optional("Notifies", notifyLines(job, facts).map(oneLine)),
    ["Limits", [
      `${job.limits.timeout} an attempt, ${job.retry.maxAttempts} attempts`,
      ...resourceText(job, enforced),
      ...sizeLines(job),
    ]],
    ...policyFields(job),
  ];
}

function encryptionLines({ encrypt: { recipients, passphrase } }: Job): string[] {
  if (passphrase !== "") return [`with the passphrase in ${passphrase}`];
  return recipients.map((recipient) => `to ${oneLine(recipient)}`);
}

function sourcesText(job: Job): string[] {
  const labels = job.selector.length === 0 ? "" : ` with the labels ${oneLine(job.selector.join(","))}`;
  return [
    ...job.autoDiscovery ? ["what auto-discovery finds"] : [],
    ...job.specFiles.map(oneLine),
    ...job.loadClusterSpecs ? [`the specs in the cluster${labels}`] : [],
  ];
}

function sizeLines({ limits, kubernetes: { qps } }: Job): string[] {
  const sizes = [["file", limits.maxFileSize], ["collector", limits.maxCollectorSize], ["bundle", limits.maxBundleSize]]
    .filter(([, size]) => size !== "").map(([what, size]) =>
      size === "0" ? `no limit for a ${what}` : `${size} a ${what}`
    );
  return [...sizes.length === 0 ? [] : [sizes.join(", ")], ...qps ? [`${qps} requests a second`] : []];
}

function optional(label: string, value: string | string[]): [string, string | string[]][] {
  return value.length === 0 ? [] : [[label, typeof value === "string" ? oneLine(value) : value]];
}

function pairs(record: Record<string, string>): string {
  return Object.entries(record).map(([key, value]) => `${key}=${value}`).join(", ");
}

function scrubLines({ scrubSecrets, scrubValues }: Job): string[] {
  return [
    ...scrubSecrets ? ["values of the cluster's Secrets"] : [],
    ...scrubValues.map((list) => `values in ${list}`),
  ];
}

function clusterText(job: Job): string {
  const { kubeconfig, context } = job.kubernetes;
  return [
    kubeconfig === undefined ? "" : `kubeconfig ${kubeconfig}`,
    context === undefined ? "" : `context ${context}`,
    job.namespace === "" ? "" : `namespace ${job.namespace} only`,
  ].filter((part) => part !== "").join(", ");
}

function uploadLines({ upload }: Job): string[] {
  const { fallback, bandwidth } = upload;
  return [
    ...placeLines(upload),
    ...bandwidth ? [`at most ${bandwidth}`] : [],
    ...fallback === undefined ? [] : placeLines(fallback).map((line, i) => i === 0 ? `else ${line}` : line),
  ];
}

function placeLines(
  { endpoint, options, credentials }: Pick<Job["upload"], "endpoint" | "options" | "credentials">,
): string[] {
  return [
    endpoint === "portal:" ? "the vendor portal" : oneLine(endpoint),
    ...Object.keys(options).length > 0 ? [`options ${oneLine(pairs(options))}`] : [],
    ...credentials === "" ? [] : [`credentials ${credentials}`],
  ];
}

function runsText({ runCount, scheduledRuns, maxRuns }: Job): string {
  return maxRuns === null ? String(runCount) : `${runCount}, ${scheduledRuns} of at most ${maxRuns} by its schedule`;
}

function skippedText(job: Job): string {
  const counts = Object.entries(job.skipped).filter(([, times]) => times > 0);
  return counts.length === 0 ? "0" : counts.map(([reason, times]) => `${times} ${reason}`).join(", ");
}
