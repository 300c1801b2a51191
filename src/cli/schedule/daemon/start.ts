import { type Command, InvalidArgumentError } from "commander";
import { join, resolve } from "node:path";
import { parseDuration } from "../../../core/duration.ts";
import { UsageError } from "../../../core/errors.ts";
import { nearest } from "../../../core/nearest.ts";
import type { DaemonStatus } from "../../../daemon/control_protocol.ts";
import { stateFolder } from "../../../schedule/state_folder.ts";
import type { CliContext } from "../../cli_context.ts";
import { oneLine, renderFields } from "../../render/table.ts";
import { needAccess } from "../access.ts";
import { addresses } from "./status.ts";

/** Flags of `start` and `restart`. Absent ones are left to the settings. */
export interface DaemonFlags {
  config?: string;
  logLevel?: "debug" | "info" | "warn" | "error";
  logFile?: string;
  checkInterval?: string;
  maxConcurrent?: string;
  metricsPort?: string;
  healthPort?: string;
}

const LOG_LEVELS = ["debug", "info", "warn", "error"] as const;

/** `schedule daemon start`: in the background by default, with its servers and its log up when this returns. */
export function defineStart(command: Command, cli: CliContext): void {
  command
    .description(
      "Start the daemon that runs the jobs when they are due: in the background, unless --foreground. One daemon serves " +
        "a state folder; a second one is refused with exit code 11.",
    )
    .option("--foreground", "stay in this process and log to standard output, for systemd and containers");
  addDaemonOptions(command)
    .addHelpText(
      "after",
      `
Examples:
  support-bundle schedule daemon start
  support-bundle schedule daemon start --foreground --log-level debug
  support-bundle schedule daemon start --max-concurrent 5 --metrics-port 9190`,
    )
    .action(async (flags: DaemonFlags & { foreground?: boolean }) => {
      await needAccess(cli, "start the daemon");
      if (flags.foreground) await runForeground(cli, flags);
      else await startInBackground(cli, flags);
    });
}

export function addDaemonOptions(command: Command): Command {
  return command
    .option(
      "--config <file>",
      "settings (default: config.yaml in the state folder, else /etc/troubleshoot/scheduler.yaml)",
    )
    .option("--log-level <level>", `${LOG_LEVELS.join(", ")} (default: info)`, parseLogLevel)
    .option("--log-file <file>", "log file (default: logs/daemon.log in the state folder)")
    .option("--check-interval <seconds>", "how long a change can go unseen at most (default: 60)", parseInterval)
    .option("--max-concurrent <n>", "executions at a time (default: 3)", parseCount)
    .option(
      "--metrics-port <port>",
      "port or address:port of /metrics, 0 for any free one (default: 127.0.0.1:9090)",
      parsePort,
    )
    .option(
      "--health-port <port>",
      "port or address:port of /healthz and /readyz (default: 127.0.0.1:9091)",
      parsePort,
    );
}

/** Starts the daemon and tells what it became. */
export async function startInBackground(cli: CliContext, flags: DaemonFlags): Promise<void> {
  const state = stateFolder(cli.env);
  const { loadSettings } = await import("../../../daemon/load_settings.ts");
  const { checkListening } = await import("../../../daemon/listen_guard.ts");
  const { startDetached } = await import("../../../daemon/start_detached.ts");
  // A file that cannot be used is told here, not in a log that nobody reads.
  const { settings, warnings } = await loadSettings(state, settingsEnv(cli, flags), configPath(cli, flags));
  checkListening(settings);
  const byDefault = settings.logFile === undefined ? join(state.logs, "daemon.log") : undefined;
  const status = await startDetached(state, { flags: commandLine(cli, flags, byDefault), signal: cli.signal });
  await cli.stdout.write(startedText(status, settings.logFile ?? byDefault!));
  for (const warning of new Set([...warnings, ...status.warnings])) {
    await cli.stderr.write(`Warning: ${oneLine(warning)}\n`);
  }
}

async function runForeground(cli: CliContext, flags: DaemonFlags): Promise<void> {
  const { runDaemon } = await import("../../../daemon/daemon.ts");
  cli.exitCode = await runDaemon({
    state: stateFolder(cli.env),
    env: settingsEnv(cli, flags),
    flags: {
      config: configPath(cli, flags),
      logLevel: flags.logLevel,
      logFile: flags.logFile === undefined ? undefined : resolve(cli.cwd, flags.logFile),
      checkIntervalMs: flags.checkInterval === undefined ? undefined : intervalMs(flags.checkInterval),
      maxConcurrent: flags.maxConcurrent === undefined ? undefined : Number(flags.maxConcurrent),
    },
  });
}

function startedText(status: DaemonStatus, log: string): string {
  return `The daemon is running\n` +
    renderFields([
      ["  Pid", String(status.pid)],
      ["  State folder", status.stateFolder],
      ["  Log", log],
      ["  Addresses", addresses(status)],
      ["  Jobs", `${status.jobsActive} enabled of ${status.jobsTotal}`],
    ]);
}

/** The environment, with the flags as the variables that override the same settings. */
function settingsEnv(cli: CliContext, flags: DaemonFlags): Record<string, string> {
  const overrides: Record<string, string | undefined> = {
    TROUBLESHOOT_LOG_LEVEL: flags.logLevel,
    TROUBLESHOOT_LOG_FILE: flags.logFile === undefined ? undefined : resolve(cli.cwd, flags.logFile),
    TROUBLESHOOT_CHECK_INTERVAL: flags.checkInterval,
    TROUBLESHOOT_MAX_CONCURRENT_JOBS: flags.maxConcurrent,
    TROUBLESHOOT_METRICS_PORT: flags.metricsPort,
    TROUBLESHOOT_HEALTH_CHECK_PORT: flags.healthPort,
  };
  const given = Object.entries(overrides).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return { ...cli.env, ...Object.fromEntries(given) };
}

/** @param logFile for flags that name none */
function commandLine(cli: CliContext, flags: DaemonFlags, logFile: string | undefined): string[] {
  const values: [string, string | undefined][] = [
    ["--config", configPath(cli, flags)],
    ["--log-level", flags.logLevel],
    ["--log-file", flags.logFile === undefined ? logFile : resolve(cli.cwd, flags.logFile)],
    ["--check-interval", flags.checkInterval],
    ["--max-concurrent", flags.maxConcurrent],
    ["--metrics-port", flags.metricsPort],
    ["--health-port", flags.healthPort],
  ];
  return values.flatMap(([flag, value]) => value === undefined ? [] : [flag, value]);
}

function configPath(cli: CliContext, flags: DaemonFlags): string | undefined {
  return flags.config === undefined ? undefined : resolve(cli.cwd, flags.config);
}

function parseLogLevel(text: string): string {
  const level = LOG_LEVELS.find((name) => name === text.trim().toLowerCase());
  if (level !== undefined) return level;
  const meant = nearest(text, LOG_LEVELS);
  throw new UsageError(
    `--log-level: "${text}" is not a level`,
    meant === undefined ? `Write one of ${LOG_LEVELS.join(", ")}` : `Did you mean ${meant}?`,
  );
}

/** Seconds as a plain number, or a duration. */
function parseInterval(text: string): string {
  if (intervalMs(text) < 1000) throw new InvalidArgumentError("Write at least 1 (seconds).");
  return text;
}

function intervalMs(text: string): number {
  return /^\d+$/.test(text) ? Number(text) * 1000 : parseDuration(text, "--check-interval");
}

function parseCount(text: string): string {
  if (!/^[1-9]\d{0,3}$/.test(text)) throw new InvalidArgumentError("Write a whole number from 1 to 9999.");
  return text;
}

function parsePort(text: string): string {
  const port = /^(?:.*:)?(\d{1,5})$/.exec(text)?.[1];
  if (port === undefined || Number(port) > 65_535) {
    throw new InvalidArgumentError("Write a port such as 9090, or an address such as 0.0.0.0:9090.");
  }
  return text;
}
