import type { Clock } from "../core/clock.ts";
import { describeError } from "../core/errors.ts";
import { DAEMON_ENV, EXECUTION_ENV, WORK_ENV } from "../core/execution_mark.ts";
import type { Execution } from "../schedule/execution.ts";
import type { Job } from "../schedule/job.ts";
import type { StateFolder } from "../schedule/state_folder.ts";
import type { AttemptCgroups } from "./attempt_cgroup.ts";
import { type ResourceLimits } from "./attempt_limits.ts";
import type { AttemptLog } from "./attempt_log.ts";
import type { AttemptVariables } from "./attempt_variables.ts";
import { type AttemptEnd, type AttemptOptions, runAttempt } from "./attempt_process.ts";
import { buildRequest, executionPaths, leftoverPaths } from "./build_request.ts";
import { bytesOnDisk } from "./bytes_on_disk.ts";
import { ensureTokenKey } from "./job_tokens.ts";
import { USUAL_ARENAS } from "./one_arena.ts";

export interface StartOptions extends Pick<AttemptOptions, "command" | "signal" | "onSpawn"> {
  execution: Execution;
  job: Job;
  state: StateFolder;
  clock: Clock;
  log: AttemptLog;
  timeoutMs: number;
  graceMs: number;
  resources: ResourceLimits;
  /** No attempt collects more, unpacked, whatever its job says. */
  maxBundleBytes?: number;
  /** How many bundles wait for the job's destination. */
  behind?: number;
  cgroups?: AttemptCgroups;
  /** Default: it gets all of the daemon's environment. */
  variables?: AttemptVariables;
}

/** Makes an execution's folders ready, runs an attempt at it within its limits, and tells its log of what is worth telling.
 * Never rejects. */
export async function startAttempt(options: StartOptions): Promise<AttemptEnd> {
  const { execution, job, state, log, timeoutMs, resources, clock } = options;
  try {
    const paths = executionPaths(job, execution.id, state);
    await Deno.remove(paths.work, { recursive: true }).catch(() => {});
    await Deno.mkdir(paths.work, { recursive: true, mode: 0o700 });
    await Deno.mkdir(paths.bundles, { recursive: true, mode: 0o700 });
    if (job.tokenize) await ensureTokenKey(job.id, state);
    log.add("info", "executor", `attempt ${execution.retryCount + 1} started`);
    const maxMemoryMB = resources.memory?.maxMB;
    const request = buildRequest(
      job,
      execution,
      state,
      timeoutMs,
      options.maxBundleBytes,
      options.behind,
    );
    const end = await runAttempt({
      command: options.command,
      env: { ...USUAL_ARENAS, [EXECUTION_ENV]: execution.id, [WORK_ENV]: paths.work, [DAEMON_ENV]: String(Deno.pid) },
      withheld: await options.variables?.withheldFrom(request),
      request,
      limits: { timeoutMs, graceMs: options.graceMs, maxMemoryMB },
      cgroup: await options.cgroups?.create(execution.id, { maxMemoryMB, maxCpu: resources.maxCpu }),
      clock,
      signal: options.signal,
      onSpawn: options.onSpawn,
      onEvent: (event) => log.event(event),
      onGarbage: (line, reason) => log.garbage(line, reason),
    });
    if (end.stderrTail.trim() !== "") {
      log.add(end.report === undefined ? "error" : "warn", "executor", `standard error: ${end.stderrTail.trim()}`);
    }
    if (end.endedFor === "timeout" || end.endedFor === "memory") {
      log.add("warn", "executor", `resource limit reached: ${end.endedFor}`);
    }
    // What a child has left that was cut off; one that could clean up has told how much it was.
    end.usage.diskUsageMB = await bytesOnDisk(leftoverPaths(paths)) / 1e6;
    return end;
  } catch (error) {
    return { exitCode: null, startError: describeError(error), stderrTail: "", usage: {} };
  }
}
