import { type Command, InvalidArgumentError } from "commander";
import { tryParseDuration } from "../../../core/duration.ts";
import { EXIT } from "../../../core/exit_codes.ts";
import type { DaemonStatus } from "../../../daemon/control_protocol.ts";
import { type StateFolder, stateFolder } from "../../../schedule/state_folder.ts";
import type { CliContext } from "../../cli_context.ts";
import { colorsFor } from "../../render/color.ts";
import { addOutputOption, type OutputFormat, printData } from "../../render/output_format.ts";
import { oneLine, renderFields } from "../../render/table.ts";
import { spanText, utcTime } from "../../render/time.ts";

interface StatusFlags {
  watch?: boolean;
  interval: number;
  output: OutputFormat;
}

const SHOWN_HELD = 10;

/** What is known of the daemon; `responding: false` when it lives and does not answer. */
type Answer =
  | DaemonStatus
  | { running: true; responding: false; pid: number; startTime: string }
  | { running: false };

/** `schedule daemon status`: an answer either way, so it exits with 0 when none is running, too. */
export function defineStatus(command: Command, cli: CliContext): void {
  command
    .description(
      "Tell whether the daemon runs, and what it does. The exit code is 0 whatever the answer: scripts read `running` " +
        "from -o json.",
    )
    .option("-w, --watch", "tell it again and again, until Ctrl-C; with -o json an object a line")
    .option("--interval <duration>", "how often, with --watch", parseInterval, 2000);
  addOutputOption(command)
    .addHelpText(
      "after",
      `
Examples:
  support-bundle schedule daemon status
  support-bundle schedule daemon status --watch
  support-bundle schedule daemon status -o json | jq .running`,
    )
    .action((flags: StatusFlags) => daemonStatusCommand(cli, flags));
}

async function daemonStatusCommand(cli: CliContext, flags: StatusFlags): Promise<void> {
  const state = stateFolder(cli.env);
  if (!flags.watch) {
    const answer = await ask(state);
    return await printData(cli, flags.output, answer, () => statusText(cli, state, answer));
  }
  while (!cli.signal.aborted) {
    const answer = await ask(state);
    await cli.stdout.write(await frame(cli, state, answer, flags.output));
    await cli.clock.sleep(flags.interval, cli.signal);
  }
  cli.exitCode = EXIT.interrupted;
}

async function frame(cli: CliContext, state: StateFolder, answer: Answer, output: OutputFormat): Promise<string> {
  switch (output) {
    case "json":
      return JSON.stringify(answer) + "\n";
    case "yaml": {
      const { stringify } = await import("yaml");
      return `---\n${stringify(answer)}`;
    }
    case "table":
      return cli.stdout.isTerminal
        ? `\x1b[H\x1b[2J\x1b[3J${statusText(cli, state, answer)}`
        : `${utcTime(cli.clock.now())} ${statusLine(answer)}\n`;
  }
}

async function ask(state: StateFolder): Promise<Answer> {
  const { daemonStatus } = await import("../../../daemon/control_client.ts");
  const status = await daemonStatus(state);
  if (status !== undefined) return status;
  const { runningDaemon } = await import("../../../daemon/pid_file.ts");
  const record = await runningDaemon(state);
  return record === undefined
    ? { running: false }
    : { running: true, responding: false, pid: record.pid, startTime: record.startTime };
}

function statusText(cli: CliContext, state: StateFolder, answer: Answer): string {
  const colors = colorsFor(cli.stdout, cli.env);
  if (!answer.running) {
    return `No daemon is running for ${state.root}\n` +
      "Start one with `support-bundle schedule daemon start`\n";
  }
  if ("responding" in answer) {
    return colors.red(`The daemon (pid ${answer.pid}, since ${answer.startTime}) does not answer`) + "\n" +
      `Look into ${state.logs}, or restart it with \`support-bundle schedule daemon restart\`\n`;
  }
  const executions = answer.executions.map(({ id, job, attempt, progress }) =>
    `${oneLine(job)}: ${progress === "" ? "running" : oneLine(progress)}${
      attempt > 1 ? ` (attempt ${attempt})` : ""
    } — ${id}`
  );
  return renderFields([
    ["Daemon", answer.draining ? colors.yellow("stopping") : colors.green("running")],
    ["Pid", String(answer.pid)],
    ["Since", `${utcTime(new Date(answer.startTime))} (${spanText(answer.uptime * 1000)})`],
    ["Version", answer.version],
    ["State folder", answer.stateFolder],
    ["Memory", `${answer.memoryMB} MB`],
    ["CPU", `${answer.cpuPercent} %`],
    ["Jobs", `${answer.jobsActive} enabled of ${answer.jobsTotal}`],
    ["Executions", [
      `${answer.executions.length} of ${answer.maxConcurrent} slots in use, ${answer.waiting} waiting`,
      ...executions,
      ...(answer.held ?? []).slice(0, SHOWN_HELD).map(({ job, reason }) =>
        colors.yellow(`${oneLine(job)}: waits for ${oneLine(reason)}`)
      ),
    ]],
    ["Addresses", addresses(answer)],
    ...answer.warnings.length === 0 ? [] : [["Warnings", answer.warnings.map(oneLine)] as [string, string[]]],
  ]);
}

function statusLine(answer: Answer): string {
  if (!answer.running) return "running=false";
  if ("responding" in answer) return `running=true responding=false pid=${answer.pid}`;
  return `running=true pid=${answer.pid} memoryMB=${answer.memoryMB} cpuPercent=${answer.cpuPercent} ` +
    `jobsActive=${answer.jobsActive} jobsTotal=${answer.jobsTotal} executions=${answer.executions.length} ` +
    `waiting=${answer.waiting} held=${answer.held?.length ?? 0}`;
}

/** Where the daemon's servers listen, for people. */
export function addresses({ ports }: Pick<DaemonStatus, "ports">): string[] {
  const lines = [
    ports.metrics === undefined ? "" : `metrics http://127.0.0.1:${ports.metrics}/metrics`,
    ports.health === undefined ? "" : `health  http://127.0.0.1:${ports.health}/healthz and /readyz`,
  ].filter((line) => line !== "");
  return lines.length === 0 ? ["none"] : lines;
}

function parseInterval(text: string): number {
  const ms = tryParseDuration(text.trim());
  if (ms === undefined || ms < 100) throw new InvalidArgumentError("Write a duration of at least 100ms, such as 2s.");
  return ms;
}
