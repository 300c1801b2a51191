import type { Execution, ExecutionLog } from "../../schedule/execution.ts";
import type { CliContext } from "../cli_context.ts";
import { colorsFor, statusPaint } from "../render/color.ts";
import { oneLine, renderFields, renderTable } from "../render/table.ts";
import { spanText, utcTime } from "../render/time.ts";
import {
  durationText,
  errorText,
  findingsText,
  latenessText,
  logLine,
  removedText,
  sizeText,
  usageText,
} from "./execution_text.ts";

/** One execution in full, for people. */
export function executionDetails(cli: CliContext, execution: Execution, logs: ExecutionLog[] = []): string {
  const colors = colorsFor(cli.stdout, cli.env);
  const width = cli.stdout.columns;
  const sections = [renderFields(summary(execution, statusPaint(execution.status, colors)))];
  if (execution.stages.length > 0) {
    sections.push(
      heading("Stages") + renderTable(
        [{ title: "STAGE" }, { title: "STATUS" }, { title: "TOOK", align: "right" }, { title: "MESSAGE", min: 20 }],
        execution.stages.map((stage) => [
          stage.stage,
          { text: stage.status, paint: statusPaint(stage.status, colors) },
          spanText(stage.durationMs),
          [stage.code, stage.message].filter((part) => part !== undefined && part !== "").join(": "),
        ]),
        Infinity, // a message is what the reader came for: never cut
      ),
    );
  }
  const { top, fail, warn } = execution.findings;
  if (top.length > 0) {
    const more = fail + warn - top.length;
    sections.push(
      heading("Findings") +
        top.map(({ title, severity, message }) =>
          `  ${severity === "fail" ? colors.red("fail") : colors.yellow("warn")}  ${oneLine(title)}: ${
            oneLine(message)
          }\n`
        ).join("") + (more > 0 ? `  and ${more} more, in analysis.json of the bundle\n` : ""),
    );
  }
  if (execution.notifications.length > 0) {
    sections.push(
      heading("Told") + renderTable(
        [{ title: "NOTIFIER" }, { title: "STATUS" }, { title: "AT" }, { title: "ERROR", min: 20 }],
        execution.notifications.map(({ to, status, at, error = "" }) => [
          oneLine(to),
          status === "sent" ? status : { text: status, paint: colors.red },
          utcTime(new Date(at)),
          oneLine(error),
        ]),
        Infinity,
      ),
    );
  }
  const redactions = Object.entries(execution.redactions).sort(([, a], [, b]) => b - a);
  if (redactions.length > 0) {
    sections.push(
      heading("Hidden by redaction") + renderTable(
        [{ title: "RULE", min: 20 }, { title: "TIMES", align: "right" }],
        redactions.map(([rule, times]) => [rule, String(times)]),
        width,
      ),
    );
  }
  if (logs.length > 0) sections.push(heading("Log") + logs.map(logLine).join(""));
  return sections.join("\n");
}

function summary(execution: Execution, paint: (text: string) => string): [string, string | string[]][] {
  const fields: [string, string | string[]][] = [
    ["Execution", execution.id],
    ["Job", `${oneLine(execution.jobName)} (${execution.jobId})`],
    ["Status", paint(execution.status)],
    ["Trigger", triggerText(execution)],
    ["Scheduled", utcTime(new Date(execution.scheduledAt))],
    [
      "Started",
      execution.startTime === null
        ? "not yet"
        : `${utcTime(new Date(execution.startTime))} (${latenessText(execution)} after it was due${
          execution.retryCount > 0 ? ", last attempt" : ""
        })`,
    ],
  ];
  if (execution.endTime !== null) {
    fields.push(["Ended", `${utcTime(new Date(execution.endTime))} (took ${durationText(execution)})`]);
  }
  if (execution.retryCount > 0 || execution.retryAt !== null) {
    const next = execution.retryAt === null ? "" : `, next attempt at ${utcTime(new Date(execution.retryAt))}`;
    fields.push(["Attempts", `${execution.retryCount + 1}${next}`]);
  }
  const error = errorText(execution);
  if (error !== "") fields.push(["Error", error]);
  if (execution.errorClass !== "") fields.push(["Kind of failure", execution.errorClass]);
  if (execution.recoveredBy !== "") fields.push(["Recovered by", execution.recoveredBy]);
  if (execution.exitCode !== null) fields.push(["Exit code", String(execution.exitCode)]);
  if (execution.bundlePath !== "") fields.push(["Bundle", `${execution.bundlePath} (${sizeText(execution)})`]);
  if (execution.bundlePath !== "" && isGood(execution)) {
    fields.push(["Changes", `support-bundle schedule diff ${execution.jobId} --until ${execution.id}`]);
  }
  if (execution.bundleRemoved !== null) fields.push(["Bundle", removedText(execution)]);
  if (execution.pinned) fields.push(["Pinned", "yes: it is not removed until `schedule unpin`"]);
  if (execution.bundleSha256 !== "") fields.push(["SHA-256", execution.bundleSha256]);
  if (execution.uploadUrl !== "") fields.push(["Uploaded to", oneLine(execution.uploadUrl)]);
  if (execution.upload.state === "waiting") fields.push(["Upload", uploadText(execution)]);
  if (execution.collectorCount > 0) fields.push(["Collectors", String(execution.collectorCount)]);
  fields.push(["Findings", findingsText(execution)]);
  const used = usageText(execution);
  if (used !== "") fields.push(["Used", used]);
  return fields;
}

/** Of a bundle that waits for its destination. */
function uploadText({ upload }: Execution): string[] {
  const { attempts, nextAt, needsYou, lastError, hint, destination } = upload;
  const next = needsYou ? "needs you" : nextAt === null ? "" : `next try not before ${utcTime(new Date(nextAt))}`;
  return [
    `waits for ${oneLine(destination)} after ${attempts === 1 ? "1 try" : `${attempts} tries`}, ${next}`,
    ...lastError === "" ? [] : [oneLine(lastError)],
    ...needsYou && hint !== "" ? [oneLine(hint)] : [],
  ];
}

function isGood({ status }: Execution): boolean {
  return status === "completed" || status === "partial";
}

function triggerText({ trigger, causedBy }: Execution): string {
  if (causedBy === "") return trigger;
  return trigger === "recover" ? `recover: in place of ${causedBy}` : `${trigger}: the end of ${causedBy}`;
}

function heading(text: string): string {
  return `${text}:\n`;
}
