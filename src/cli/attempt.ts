import { childEnvironment } from "./child_environment.ts";
import type { CliContext } from "./cli_context.ts";
import { watchDaemon } from "./daemon_watch.ts";
import { exitCodeOf, toReportError } from "../pipeline/judge_run.ts";
import type { PipelineEvent, PipelineReport } from "../pipeline/report.ts";
import { loadRequest } from "../pipeline/load_request.ts";
import { ownUsage } from "../pipeline/own_usage.ts";
import { pipelineRequestSchema } from "../pipeline/request.ts";
import { runPipeline } from "../pipeline/run_pipeline.ts";
import { readValueLists } from "../pipeline/value_lists.ts";
import { EXIT } from "../core/exit_codes.ts";
import { readSecret } from "./read_secret.ts";

/** Runs one attempt of an execution for the daemon: a request as JSON on standard input, events as JSON lines on
 * standard output, the last of them the report. The exit code is that of the report. */
export async function runAttempt(cli: CliContext): Promise<void> {
  using _watch = watchDaemon(cli);
  const emit = (event: PipelineEvent) => void cli.stdout.write(JSON.stringify(event) + "\n");
  const startedAt = cli.clock.now();
  let report: PipelineReport;
  try {
    const request = pipelineRequestSchema.parse(JSON.parse(await cli.stdin.readAll()));
    const env = childEnvironment(cli, request);
    const spec = await loadRequest(request, {
      cwd: cli.cwd,
      env,
      clock: cli.clock,
      signal: cli.signal,
    });
    for (const message of spec.notes) emit({ type: "log", level: "info", component: "collector", message });
    for (const message of spec.warnings) emit({ type: "log", level: "warn", component: "collector", message });
    const lists = await readValueLists(request.redact ? request.scrub.lists : [], { env: cli.env });
    for (const message of lists.warnings) emit({ type: "log", level: "warn", component: "redactor", message });
    report = await runPipeline(request, spec, {
      clock: cli.clock,
      env,
      secret: readSecret(cli, request.kube),
      stop: cli.signal,
      abort: cli.abort,
      userValues: lists.values,
      emit,
    });
  } catch (error) {
    report = failedReport(error, cli.signal.aborted, cli.clock.now().getTime() - startedAt.getTime());
  }
  emit({ type: "report", report });
  cli.exitCode = report.exitCode;
}

/** The report of a run that has nothing to deliver. */
function failedReport(error: unknown, interrupted: boolean, durationMs: number): PipelineReport {
  return {
    status: interrupted ? "cancelled" : "failed",
    exitCode: interrupted ? EXIT.interrupted : exitCodeOf(error),
    error: toReportError(error),
    stages: [],
    collectorCount: 0,
    analyzerCount: 0,
    findings: { fail: 0, warn: 0, pass: 0, top: [] },
    analysis: [],
    redactions: {},
    shortfalls: [],
    shortfallCount: 0,
    durationMs,
    peakMemoryMB: 0,
    usage: ownUsage(),
  };
}
