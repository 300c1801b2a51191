import { type Clock } from "../core/clock.ts";
import { describeError } from "../core/errors.ts";
import { EXECUTION_ENV } from "../core/execution_mark.ts";
import { type PipelineEvent, pipelineEventSchema, type PipelineReport } from "../pipeline/report.ts";
import type { DeliveryRequest } from "../pipeline/delivery_request.ts";
import type { PipelineRequest } from "../pipeline/request.ts";
import type { AttemptCgroup } from "./attempt_cgroup.ts";
import { endGroup, killGroup, killMarked, processStart } from "./process_identity.ts";
import { readLines, readTail } from "./read_lines.ts";
import { addUsage, type AttemptUsage, watchUsage } from "./watch_usage.ts";
import { spawnChild } from "./spawn_child.ts";

/** How the child of an attempt ended, whatever way. */
export interface AttemptEnd {
  /** Its own account, when it gave one. */
  report?: PipelineReport;
  /** Null when a signal ended it. */
  exitCode: number | null;
  /** The signal that ended it. */
  exitSignal?: string;
  /** Why the supervisor ended it; absent when it ended by itself. */
  endedFor?: EndReason;
  /** Why it could not be started or told what to do. */
  startError?: string;
  stderrTail: string;
  usage: AttemptUsage;
}

/** `interrupted`: the daemon stops. `lease-lost`: another daemon works on the execution now. `cancelled`: a later execution
 * of the job takes its place. */
export type EndReason = "timeout" | "memory" | "interrupted" | "lease-lost" | "cancelled";

export interface AttemptOptions {
  /** The command line of the child: this program's `attempt`, or `deliver`. */
  command: { command: string; args: string[] };
  /** Added to the daemon's own environment. Marks the child and what it starts as this execution's. */
  env?: Record<string, string>;
  /** Names of what it does not get of the daemon's own environment. */
  withheld?: readonly string[];
  request: PipelineRequest | DeliveryRequest;
  limits: AttemptLimits;
  /** The child and all that it starts go there. What is left in it at the end is killed. */
  cgroup?: AttemptCgroup;
  clock: Clock;
  /** Ends the attempt; its reason is an {@linkcode EndReason}. */
  signal: AbortSignal;
  /** Called before the child gets anything to do. What it throws ends the attempt. */
  onSpawn(child: { pid: number; startedAt: string }): Promise<void>;
  onEvent(event: PipelineEvent): void;
  /** A line that is not of the protocol: its beginning, and what is wrong with it. */
  onGarbage(line: string, reason: string): void;
}

export interface AttemptLimits {
  /** From the start of the child until SIGTERM to its group. */
  timeoutMs: number;
  /** From SIGTERM to SIGKILL. */
  graceMs: number;
  /** Memory of all its processes. At nine tenths of it, SIGTERM; at the limit, SIGKILL: by the kernel where there is a
   * cgroup that keeps it, else when a sample, one a second, shows more. */
  maxMemoryMB?: number;
}

// A report holds the results of every analyzer: hundreds of kilobytes for the largest specs known.
const MAX_LINE_BYTES = 8 * 1024 * 1024;
const MAX_STDERR_BYTES = 16 * 1024;
// How long the pipes of a child that has ended may be held open by something that left its process group.
const PIPE_LINGER_MS = 2_000;

/** Runs one attempt in a child process with a process group of its own: gives it the request, reads what it says, and
 * ends the whole group when a limit is reached or the signal says so. When it returns, no process of the group is left.
 * Never rejects. */
export async function runAttempt(options: AttemptOptions): Promise<AttemptEnd> {
  const { clock, limits } = options;
  let child: Deno.ChildProcess;
  try {
    const command = options.cgroup?.entering(options.command) ?? options.command;
    child = spawnChild(command, options.env, options.withheld);
  } catch (error) {
    return { exitCode: null, startError: describeError(error), stderrTail: "", usage: {} };
  }

  const ended = new AbortController();
  const abandoned = new AbortController(); // nobody waits for the pipes any more
  let endedFor: EndReason | undefined;
  let startError: string | undefined;
  const usage: AttemptUsage = {};

  let ending: Promise<void> | undefined;
  const end = (reason?: EndReason) => {
    endedFor ??= reason;
    ending ??= (async () => {
      killGroup(child.pid, "SIGTERM");
      await clock.sleep(limits.graceMs, ended.signal);
      if (!ended.signal.aborted) killGroup(child.pid, "SIGKILL");
    })();
  };
  const onAbort = () => end(options.signal.reason as EndReason);
  if (options.signal.aborted) onAbort();
  else options.signal.addEventListener("abort", onAbort, { once: true });

  const guards = [
    clock.sleep(limits.timeoutMs, ended.signal).then(() => {
      if (!ended.signal.aborted) end("timeout");
    }),
    watchUsage({
      leader: child.pid,
      cgroup: options.cgroup,
      maxMemoryMB: limits.maxMemoryMB,
      usage,
      clock,
      signal: ended.signal,
      onLevel(level) {
        if (level === "near") return end("memory");
        endedFor ??= "memory";
        killGroup(child.pid, "SIGKILL");
      },
    }),
  ];
  const told = tell(child, options).catch((error) => {
    startError = describeError(error);
    end();
  });
  let report: PipelineReport | undefined;
  const heard = listen(child.stdout, abandoned.signal, options, (it) => report = it);
  const complained = readTail(
    child.stderr.pipeThrough(new TransformStream(), { signal: abandoned.signal }),
    MAX_STDERR_BYTES,
  );

  const status = await child.status;
  ended.abort();
  const counted = await options.cgroup?.usage();
  addUsage(usage, { peakMemoryMB: counted?.memoryMB, cpuTimeMs: counted?.cpuTimeMs });
  if (counted?.oomKilled) {
    endedFor ??= "memory";
    addUsage(usage, { peakMemoryMB: limits.maxMemoryMB }); // faster than samples
  }
  await endGroup(child.pid); // whatever it started and left behind
  await options.cgroup?.end();
  const mark = options.env?.[EXECUTION_ENV];
  // A child that ended by itself has ended its commands, too; one that was killed could not.
  if (mark !== undefined && (endedFor !== undefined || status.signal !== null)) await killMarked(EXECUTION_ENV, mark);
  options.signal.removeEventListener("abort", onAbort);
  const linger = new AbortController();
  const lingering = clock.sleep(PIPE_LINGER_MS, linger.signal).then(() => abandoned.abort());
  const stderrTail = await complained;
  await heard;
  linger.abort();
  await Promise.all([told, lingering, ...guards, ending]);
  return {
    report,
    exitCode: status.signal === null ? status.code : null,
    exitSignal: status.signal ?? undefined,
    endedFor,
    startError,
    stderrTail,
    usage,
  };
}

/** Has the child recorded, then hands it the request. */
async function tell(child: Deno.ChildProcess, options: AttemptOptions): Promise<void> {
  try {
    await options.cgroup?.add(child.pid);
    await options.onSpawn({ pid: child.pid, startedAt: await processStart(child.pid) ?? "" });
  } catch (error) {
    await child.stdin.close().catch(() => {});
    throw error;
  }
  const writer = child.stdin.getWriter();
  try {
    await writer.write(new TextEncoder().encode(JSON.stringify(options.request) + "\n"));
    await writer.close();
  } catch {
    // It ended before it read all of it. How it ended says why.
    await writer.abort().catch(() => {});
  }
}

async function listen(
  stdout: ReadableStream<Uint8Array>,
  abandoned: AbortSignal,
  options: AttemptOptions,
  onReport: (report: PipelineReport) => void,
): Promise<void> {
  try {
    for await (
      const line of readLines(stdout.pipeThrough(new TransformStream(), { signal: abandoned }), MAX_LINE_BYTES)
    ) {
      const event = line.cut ? `longer than ${MAX_LINE_BYTES} bytes` : parseEvent(line.text);
      if (typeof event === "string") options.onGarbage(line.text.slice(0, 200), event);
      else if (event.type === "report") onReport(event.report);
      else options.onEvent(event);
    }
  } catch {
    // abandoned, or a broken pipe: what was heard until then counts
  }
}

/** @returns the event, or what is wrong with the line */
function parseEvent(text: string): PipelineEvent | string {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return "not JSON";
  }
  const event = pipelineEventSchema.safeParse(value);
  if (event.success) return event.data;
  const issue = event.error.issues[0]!;
  return `not an event: ${issue.path.join(".")}: ${issue.message}`;
}
