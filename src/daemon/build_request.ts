import { join } from "node:path";
import { ARCHIVE_SUFFIX, ENCRYPTED_SUFFIX } from "../bundle/archive_name.ts";
import { partPath } from "../bundle/part_path.ts";
import { uncheckedPath } from "../bundle/quarantine_paths.ts";
import { tryParseDuration } from "../core/duration.ts";
import { parseSize } from "../core/size.ts";
import { type PipelineRequest, pipelineRequestSchema } from "../pipeline/request.ts";
import { DEFAULT_SIZE_LIMITS } from "../pipeline/size_budget.ts";
import type { Execution } from "../schedule/execution.ts";
import type { Job } from "../schedule/job.ts";
import type { StateFolder } from "../schedule/state_folder.ts";
import { jobTokens } from "./job_tokens.ts";
import { uploadPlan } from "./upload_plan_of.ts";

const DEFAULT_TIMEOUT_MS = 30 * 60_000;
const COLLECTOR_DEADLINE_MS = 5 * 60_000;

/** What the child of an attempt is told to do. It tells no notifier: only the daemon knows when an execution has ended.
 * @param timeoutMs hard limit of the attempt: gathering stops when nine tenths of it are over
 * @param maxBundleBytes no job collects more
 * @param behind how many bundles wait for the job's destination */
export function buildRequest(
  job: Job,
  execution: Execution,
  state: StateFolder,
  timeoutMs: number,
  maxBundleBytes?: number,
  behind = 0,
): PipelineRequest {
  const paths = executionPaths(job, execution.id, state);
  const deadlineMs = Math.floor(timeoutMs * 0.9);
  const plan = uploadPlan(job.upload);
  return pipelineRequestSchema.parse({
    specs: job.specFiles,
    auto: job.autoDiscovery,
    search: job.loadClusterSpecs ? { selector: job.selector.length > 0 ? job.selector : undefined } : undefined,
    redactors: job.redactors,
    redact: job.redact,
    tokens: job.tokenize ? jobTokens(job.id, state) : undefined,
    scrub: { secrets: job.scrubSecrets, lists: job.scrubValues },
    leakGate: job.leakGate,
    hide: job.hide,
    analyze: job.analyze,
    namespace: job.namespace || undefined,
    kube: definedOnly(job.kubernetes),
    ...sealsOf(job),
    archivePath: isEncrypted(job) ? paths.encrypted : paths.archive,
    rootName: `support-bundle-${execution.id}`,
    workParent: paths.work,
    deadlineMs,
    sizeLimits: definedOnly({
      file: sizeOf(job.limits.maxFileSize),
      collector: sizeOf(job.limits.maxCollectorSize),
      bundle: bundleLimit(job, maxBundleBytes),
    }),
    collectorDeadlineMs: Math.min(COLLECTOR_DEADLINE_MS, deadlineMs),
    upload: plan && { ...plan, spool: true, behind, labels: job.labels },
    job: { id: job.id, name: job.name },
    execution: { id: execution.id, scheduledAt: execution.scheduledAt, attempt: execution.retryCount + 1 },
  });
}

/** Where an execution's files are. */
export function executionPaths(job: Pick<Job, "id" | "name">, executionId: string, state: StateFolder) {
  const bundles = join(state.bundles, folderName(job));
  return {
    bundles,
    archive: join(bundles, `${executionId}${ARCHIVE_SUFFIX}`),
    /** The same, of a job that encrypts. */
    encrypted: join(bundles, `${executionId}${ENCRYPTED_SUFFIX}`),
    analysis: join(bundles, `${executionId}.analysis.json`),
    /** Of this execution alone, so that what a killed child left behind can be told from what another one uses. */
    work: join(state.work, executionId),
  };
}

/** Removes what an attempt leaves behind when it is cut off: its work folder, and an archive that is not whole or was
 * not checked for secrets. */
export async function removeLeftovers(
  job: Pick<Job, "id" | "name">,
  executionId: string,
  state: StateFolder,
): Promise<void> {
  const paths = executionPaths(job, executionId, state);
  for (const left of leftoverPaths(paths)) {
    await Deno.remove(left, { recursive: true }).catch(() => {});
  }
}

/** Where an attempt that is cut off leaves something: whether its job encrypts may have changed since. */
export function leftoverPaths({ work, archive, encrypted }: ReturnType<typeof executionPaths>): string[] {
  const unfinished = [archive, encrypted].flatMap((path) => [path, uncheckedPath(path)].map(partPath));
  return [work, ...unfinished, uncheckedPath(archive), uncheckedPath(encrypted)];
}

function isEncrypted({ encrypt }: Job): boolean {
  return encrypt.recipients.length > 0 || encrypt.passphrase !== "";
}

function sealsOf(job: Job): Pick<PipelineRequest, "encrypt" | "sign"> {
  const { recipients, passphrase } = job.encrypt;
  return {
    encrypt: isEncrypted(job) ? { recipients, passphrase: passphrase || undefined } : undefined,
    sign: job.sign || undefined,
  };
}

/** The hard limit of one attempt of the job.
 * @param capMs no job gets more */
export function attemptTimeoutMs(job: Job, capMs?: number): number {
  const own = tryParseDuration(job.limits.timeout);
  return Math.min(own !== undefined && own > 0 ? own : DEFAULT_TIMEOUT_MS, capMs ?? Infinity);
}

/** What an attempt of the job may collect, unpacked.
 * @param capBytes no job gets more
 * @returns undefined: as much as the command line, 0: any amount */
export function bundleLimit({ limits }: Pick<Job, "limits">, capBytes?: number): number | undefined {
  const own = sizeOf(limits.maxBundleSize);
  if (capBytes === undefined) return own;
  return Math.min(own === 0 ? Infinity : own ?? DEFAULT_SIZE_LIMITS.bundle, capBytes);
}

/** The job's name where that is a plain file name; otherwise one that no other job has either. */
function folderName(job: Pick<Job, "id" | "name">): string {
  if (/^[A-Za-z0-9_][\w.-]{0,99}$/.test(job.name)) return job.name;
  return `${job.name.replace(/[^\w-]+/g, "_").slice(0, 60)}-${job.id}`;
}

/** @returns undefined where the job does not say */
function sizeOf(text: string): number | undefined {
  return text === "" ? undefined : parseSize(text, "a limit of the job");
}

function definedOnly<T>(values: Record<string, T | undefined>): Record<string, T> {
  return Object.fromEntries(
    Object.entries(values).filter((entry): entry is [string, T] => entry[1] !== undefined && entry[1] !== ""),
  );
}
