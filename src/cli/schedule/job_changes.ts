import { resolve } from "node:path";
import { UsageError } from "../../core/errors.ts";
import { readPersonalData } from "../../redact/personal_data.ts";
import { withoutPause, withPause } from "../../schedule/apply_firing.ts";
import type { Job } from "../../schedule/job.ts";
import type { LoadedSpec } from "../../spec/load_spec.ts";
import { valueListReference } from "../../pipeline/value_lists.ts";
import { parseSpecSource } from "../../spec/spec_source.ts";
import type { CliContext } from "../cli_context.ts";
import type { JobFlags } from "./job_options.ts";
import { requestRate } from "../kube_flags.ts";
import { operatorName } from "../operator_name.ts";
import { applyResourceFlags } from "./resource_flags.ts";
import { readSizeFlags, type SizeFlags } from "../size_flags.ts";
import { checkSchedules } from "./check_schedules.ts";
import { checkVaultReferences } from "./check_vault_references.ts";
import { applyUploadFlags } from "./apply_upload_flags.ts";
import { applyPolicyFlags, durationFlag } from "./policy_flags.ts";
import { applyRetentionFlags } from "./retention_flags.ts";

/** A job as flags would make it, and what its maker should know. */
export interface JobDraft {
  job: Job;
  warnings: string[];
}

/** Applies flags to a job and checks everything that they touch: times, files, specs, destinations. Writes nothing.
 * @param job the job to change; for a new one, a blank one with all defaults
 * @param isNew checks what a job cannot do without, whether a flag touched it or not
 * @param needsSchedule false for templates: a job that is made from one may get its schedule then
 * @throws {UsageError} and what the checks of specs and destinations throw */
export async function applyJobFlags(
  cli: CliContext,
  job: Job,
  flags: JobFlags,
  isNew: boolean,
  { needsSchedule = true } = {},
): Promise<JobDraft> {
  const warnings: string[] = [];
  const draft: Job = structuredClone(job);
  applyPlainFlags(cli, draft, flags);
  applySchedule(draft, flags, isNew, needsSchedule, warnings, cli.clock.now());
  warnings.push(...applyPolicyFlags(draft, flags, isNew, cli.clock.now()));
  applyRetentionFlags(draft, flags);
  await applyKubernetes(cli, draft, flags);
  await applyEncryption(cli, draft, flags);
  await applyUploadFlags(cli, draft, flags);
  const { applyNotifyFlags } = await import("../notify/read_notifiers.ts");
  draft.notify = await applyNotifyFlags(cli, draft.notify, flags);
  warnings.push(...await checkVaultReferences(cli, draft, isNew ? undefined : job));
  await applySpecs(cli, draft, flags, isNew, warnings);
  if (!draft.redact && draft.tokenize && (flags.redact !== undefined || flags.tokenize !== undefined)) {
    throw new UsageError(
      "Tokens mean nothing with redaction off: no value is hidden",
      "Leave one of --tokenize and --redact=false out, or add --tokenize=false",
    );
  }
  if (!draft.redact && (isNew || flags.redact !== undefined)) {
    warnings.push("Redaction is off: the bundles of this job will contain secrets as they are");
  }
  if (draft.redact && !draft.leakGate && (isNew || flags.leakGate !== undefined)) {
    warnings.push("The leak gate is off: bundles are delivered without being checked for secrets");
  }
  return { job: draft, warnings };
}

function applyPlainFlags(cli: CliContext, draft: Job, flags: JobFlags): void {
  if (flags.description !== undefined) draft.description = flags.description;
  if (flags.labels !== undefined) draft.labels = flags.labels;
  if (flags.enabled !== undefined) switchTo(draft, flags.enabled, operatorName(cli.env), cli.clock.now());
  if (flags.namespace !== undefined) draft.namespace = checkNamespace(flags.namespace.trim());
  if (flags.redact !== undefined) draft.redact = flags.redact;
  if (flags.tokenize !== undefined) draft.tokenize = flags.tokenize;
  if (flags.scrubSecrets !== undefined) draft.scrubSecrets = flags.scrubSecrets;
  if (flags.scrubValues !== undefined) draft.scrubValues = scrubLists(cli, flags.scrubValues);
  if (flags.leakGate !== undefined) draft.leakGate = flags.leakGate;
  if (flags.hide !== undefined) draft.hide = readPersonalData(flags.hide, "--hide");
  if (flags.analyze !== undefined) draft.analyze = flags.analyze;
  if (flags.retries !== undefined) draft.retry = { ...draft.retry, maxAttempts: flags.retries + 1 };
  if (flags.timeout !== undefined) {
    draft.limits = { ...draft.limits, timeout: durationFlag("--timeout", flags.timeout, "1s", "7d") };
  }
  applyResourceFlags(draft, flags);
  readSizeFlags(flags);
  for (const name of ["maxFileSize", "maxCollectorSize", "maxBundleSize"] as const satisfies (keyof SizeFlags)[]) {
    if (flags[name] !== undefined) draft.limits = { ...draft.limits, [name]: flags[name].trim() };
  }
  if (flags.redactors !== undefined) {
    const sources = flags.redactors.flatMap((list) => list.split(","));
    draft.redactors = sources.map((source) => absoluteSource(cli, source));
  }
  if (flags.auto !== undefined) draft.autoDiscovery = flags.auto;
  if (flags.loadClusterSpecs !== undefined) draft.loadClusterSpecs = flags.loadClusterSpecs;
  if (flags.selector !== undefined) draft.selector = flags.selector;
}

/** As `schedule enable` and `schedule disable` do. */
function switchTo(draft: Job, enabled: boolean, by: string, now: Date): void {
  if (draft.enabled === enabled) return;
  Object.assign(draft, enabled ? withoutPause(draft) : withPause(draft, { by, note: "", since: now.toISOString() }));
}

function scrubLists(cli: CliContext, lists: string[]): string[] {
  if (lists.includes("-")) {
    throw new UsageError(
      "--scrub-values -: a scheduled job cannot read values from standard input",
      "Save them to a file that only its owner may read, and name the file",
    );
  }
  return lists.map((text) => valueListReference(text, cli.cwd));
}

function applySchedule(
  draft: Job,
  flags: JobFlags,
  isNew: boolean,
  needsSchedule: boolean,
  warnings: string[],
  now: Date,
): void {
  const given = flags.cron !== undefined || flags.every !== undefined;
  if (given) {
    draft.schedules = [...flags.cron ?? [], ...flags.every === undefined ? [] : [`@every ${flags.every.trim()}`]];
  }
  if (flags.timezone !== undefined) draft.timezone = flags.timezone.trim();
  if (needsSchedule && draft.schedules.length === 0 && (flags.dependsOn ?? draft.dependsOn).length === 0) {
    throw new UsageError(
      "A job needs a schedule: neither --cron nor --every was given",
      'Add for example --cron "0 2 * * *" (each day at 2) or --every 6h, or --depends-on another job',
    );
  }
  if (needsSchedule && draft.schedules.length === 0 && flags.maxRuns?.trim()) {
    throw new UsageError(
      "--max-runs: the job has no schedule whose runs could be counted",
      "Add --cron or --every, or leave it out: runs that follow other jobs do not count",
    );
  }
  if (!given && flags.timezone === undefined && !isNew) return;
  const checked = checkSchedules(draft.schedules, draft.timezone, now);
  draft.schedules = checked.schedules;
  draft.cronSchedule = checked.schedules[0] ?? "";
  draft.timezone = checked.timezone;
  warnings.push(...checked.warnings);
}

async function applyKubernetes(cli: CliContext, draft: Job, flags: JobFlags): Promise<void> {
  if (flags.kubeconfig !== undefined) {
    const path = flags.kubeconfig === "" ? undefined : resolve(cli.cwd, flags.kubeconfig);
    if (path !== undefined) await mustBeFile(path, "--kubeconfig");
    draft.kubernetes = { ...draft.kubernetes, kubeconfig: path };
  }
  if (flags.context !== undefined) draft.kubernetes = { ...draft.kubernetes, context: flags.context || undefined };
  if (flags.qps !== undefined || flags.burst !== undefined) {
    const { qps, burst } = draft.kubernetes;
    draft.kubernetes = {
      ...draft.kubernetes,
      ...requestRate({
        qps: flags.qps ?? String(qps ?? 0),
        burst: flags.burst ?? (flags.qps === "0" ? undefined : burst?.toString()),
      }),
    };
  }
}

/** The specs are loaded as an execution would load them, so that a mistake in one is found now and not at night. */
async function applySpecs(
  cli: CliContext,
  draft: Job,
  flags: JobFlags,
  isNew: boolean,
  warnings: string[],
): Promise<void> {
  if (flags.spec !== undefined) {
    if (flags.spec.includes("-")) {
      throw new UsageError(
        "--spec -: a scheduled job cannot read its spec from standard input",
        "Save the spec to a file, and name the file",
      );
    }
    draft.specFiles = flags.spec.map((source) => absoluteSource(cli, source));
  }
  if (draft.specFiles.length === 0 && !draft.autoDiscovery && !draft.loadClusterSpecs) {
    throw new UsageError(
      "A job needs something to collect: neither --spec nor --auto was given",
      "Add --auto to collect what auto-discovery finds, --load-cluster-specs for those in the cluster, or --spec FILE",
    );
  }
  if (draft.selector.length > 0 && !draft.loadClusterSpecs && (isNew || flags.selector !== undefined)) {
    throw new UsageError("--selector means nothing without --load-cluster-specs", "Add --load-cluster-specs");
  }
  const touching = [flags.spec, flags.redactors, flags.auto, flags.loadClusterSpecs, flags.selector];
  if (!isNew && touching.every((flag) => flag === undefined)) return;
  const loaded = await loadNow(cli, draft);
  warnings.push(...loaded.warnings);
  for (const { kind, place } of loaded.unsupported) {
    if (warnings.some((warning) => warning.startsWith(`${place}: `))) continue;
    warnings.push(`${place}: ${kind} is not in this version; each bundle will say that it is missing`);
  }
  if (!loaded.incomplete && loaded.collectors.length + loaded.hostCollectors.length + loaded.unsupported.length === 0) {
    throw new UsageError(
      `The specs name nothing to collect (${draft.specFiles.join(", ")})`,
      "Add collectors to them, or --auto to collect what auto-discovery finds",
    );
  }
}

/** What an execution would load now. What the cluster does not hand out to whoever makes the job is a warning: the daemon
 * may have another account, and reads it anew at each execution. */
async function loadNow(cli: CliContext, draft: Job): Promise<LoadedSpec> {
  const { loadSpecs } = await import("../../spec/load_spec.ts");
  const { connectKube } = await import("../../kube/connect.ts");
  const kube = connectKube(draft.kubernetes, { ...cli.env }, { clock: cli.clock });
  try {
    return await loadSpecs({
      sources: draft.specFiles,
      redactorSources: draft.redactors,
      auto: draft.autoDiscovery,
      search: draft.loadClusterSpecs
        ? {
          selector: draft.selector.length > 0 ? draft.selector : undefined,
          namespace: draft.namespace || undefined,
        }
        : undefined,
      clusterLater: true,
      followUri: false, // what a spec points to is read anew at each execution
      kube,
      env: cli.env,
      cwd: cli.cwd,
      signal: cli.signal,
    });
  } finally {
    kube.close();
  }
}

/** Recipients are read as an execution would read them, so that a wrong one is found now. */
async function applyEncryption(cli: CliContext, draft: Job, flags: JobFlags): Promise<void> {
  const { encryptTo, encryptPassphrase, sign } = flags;
  if (encryptTo === undefined && encryptPassphrase === undefined && sign === undefined) return;
  const { readEncryptFlags } = await import("../encrypt_flags.ts");
  const { encrypt } = readEncryptFlags(cli, {
    encryptTo: encryptTo ?? draft.encrypt.recipients,
    encryptPassphrase: encryptPassphrase ?? draft.encrypt.passphrase,
    sign,
  });
  if (encrypt !== undefined && encrypt.recipients.length > 0) {
    await (await import("../../crypt/recipients.ts")).readRecipients(encrypt.recipients);
  }
  draft.encrypt = { recipients: encrypt?.recipients ?? [], passphrase: encrypt?.passphrase ?? "" };
  if (sign !== undefined) draft.sign = sign;
}

function absoluteSource(cli: CliContext, source: string): string {
  return parseSpecSource(source).kind === "file" ? resolve(cli.cwd, source) : source;
}

function checkNamespace(name: string): string {
  if (name === "" || /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/.test(name)) return name;
  throw new UsageError(
    `--namespace: "${name}" cannot be the name of a namespace`,
    "Lower-case letters, digits and dashes, 63 at most; leave the flag out for all namespaces",
  );
}

async function mustBeFile(path: string, flag: string): Promise<void> {
  const info = await Deno.stat(path).catch((error) => {
    if (error instanceof Deno.errors.NotFound) {
      throw new UsageError(`${flag}: there is no file "${path}"`, "Check the path");
    }
    throw new UsageError(`${flag}: cannot read "${path}": ${error.message}`, "Check its permissions", { cause: error });
  });
  if (info.isDirectory) throw new UsageError(`${flag}: "${path}" is a folder`, "Name the file in it");
}
