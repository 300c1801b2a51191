import { configure, dispose, getLogger, type LogRecord, type Sink } from "@logtape/logtape";
import { getRotatingFileSink } from "@logtape/file";
import { dirname } from "node:path";
import type { Settings } from "./settings.ts";

export type LogLevel = Settings["logLevel"];

/** Who speaks. Log readers filter by these names. */
export type LogComponent =
  | "daemon"
  | "scheduler"
  | "executor"
  | "collector"
  | "redactor"
  | "analyzer"
  | "uploader"
  | "notifier"
  | "retention"
  | "store";

/** Names of jobs and ids of executions; whatever else helps. Never secrets. */
export type LogFields = Record<string, string | number | boolean | null | undefined>;

/** What the daemon's parts write to. Each record is a line: `level component job execution message`, and more fields. */
export interface DaemonLog {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
  /** The same log with fields bound: `log.with({ component: "executor", job: "nightly" })`. */
  with(fields: LogFields): DaemonLog;
}

export interface DaemonLogOptions {
  level: LogLevel;
  file?: string;
  /** The file is renamed to `.1` … when it would grow beyond this. Bytes. */
  rotateSize: number;
  /** How many renamed files are kept. Default 5. */
  keep?: number;
  /** Also to standard output: `text` for people, `json` for a service manager. */
  stdout?: "text" | "json";
}

const CATEGORY = ["support-bundle", "daemon"];

/** Opens the daemon's log. One at a time: opening again (a reload) replaces the first. */
export async function openDaemonLog(options: DaemonLogOptions): Promise<DaemonLog & { close(): Promise<void> }> {
  const sinks: Record<string, Sink> = {};
  if (options.file !== undefined) {
    await Deno.mkdir(dirname(options.file), { recursive: true, mode: 0o700 });
    sinks.file = getRotatingFileSink(options.file, {
      maxSize: options.rotateSize,
      maxFiles: options.keep ?? 5,
      bufferSize: 0, // a log that loses its last lines in a crash is of no use
      formatter: jsonLine,
    });
  }
  if (options.stdout !== undefined) sinks.stdout = stdoutSink(options.stdout === "text" ? textLine : jsonLine);
  await configure({
    reset: true,
    sinks,
    loggers: [
      {
        category: CATEGORY,
        sinks: Object.keys(sinks),
        lowestLevel: options.level === "warn" ? "warning" : options.level,
      },
      { category: ["logtape", "meta"], sinks: Object.keys(sinks), lowestLevel: "error" },
    ],
  });
  return Object.assign(logOn({}), { close: () => dispose() });
}

function logOn(bound: LogFields): DaemonLog {
  const logger = getLogger(CATEGORY);
  // The message is passed as a value: braces in it are text, not placeholders.
  const fields = (message: string, own?: LogFields) => ({ ...bound, ...own, message });
  return {
    debug: (message, own) => logger.debug("{message}", fields(message, own)),
    info: (message, own) => logger.info("{message}", fields(message, own)),
    warn: (message, own) => logger.warn("{message}", fields(message, own)),
    error: (message, own) => logger.error("{message}", fields(message, own)),
    with: (more) => logOn({ ...bound, ...more }),
  };
}

function stdoutSink(format: (record: LogRecord) => string): Sink {
  const encoder = new TextEncoder();
  return (record) => {
    try {
      const bytes = encoder.encode(format(record));
      for (let written = 0; written < bytes.length;) written += Deno.stdout.writeSync(bytes.subarray(written));
    } catch {
      // The terminal is gone, and a daemon does not end for want of a reader.
    }
  };
}

function parts(record: LogRecord) {
  const { component, job, execution, message, ...rest } = record.properties as Record<string, unknown>;
  return {
    time: new Date(record.timestamp).toISOString(),
    level: record.level === "warning" ? "warn" : record.level,
    component: component ?? "daemon",
    job,
    execution,
    message: message ?? record.message.map(String).join(""),
    rest,
  };
}

function jsonLine(record: LogRecord): string {
  const { rest, ...head } = parts(record);
  return JSON.stringify({ ...head, ...rest }) + "\n";
}

function textLine(record: LogRecord): string {
  const { time, level, component, job, execution, message, rest } = parts(record);
  const about = execution ?? job;
  const more = Object.entries(rest).filter(([, value]) => value !== undefined).map(([key, value]) =>
    ` ${key}=${typeof value === "string" ? value : JSON.stringify(value)}`
  ).join("");
  return `${time} ${level.toUpperCase().padEnd(5)} ${component}${about === undefined ? "" : ` [${about}]`}: ` +
    `${message}${more}\n`;
}
