import { UsageError } from "../../core/errors.ts";
import type { CliContext } from "../cli_context.ts";
import { blankJob } from "./blank_job.ts";
import { applyJobFlags, type JobDraft } from "./job_changes.ts";
import { checkJobName } from "./job_name.ts";
import type { JobFlags } from "./job_options.ts";
import { storeTemplate } from "./template/save.ts";
import { withStore } from "./with_store.ts";

// deno-lint-ignore no-explicit-any -- commander's options are untyped
type Flags = Record<string, any>;

/** Flags that the main command and `schedule create` share, under the same name. */
const SHARED = [
  "auto",
  "loadClusterSpecs",
  "selector",
  "redactors",
  "redact",
  "tokenize",
  "scrubSecrets",
  "scrubValues",
  "leakGate",
  "hide",
  "encryptTo",
  "encryptPassphrase",
  "sign",
  "namespace",
  "timeout",
  "upload",
  "uploadOptions",
  "uploadCredentials",
  "uploadFallback",
  "uploadFallbackOptions",
  "uploadFallbackCredentials",
  "uploadBandwidth",
  "notify",
  "notifyOn",
  "notifySeverity",
  "notifySecret",
  "notifyOptions",
  "kubeconfig",
  "context",
  "qps",
  "burst",
  "maxFileSize",
  "maxCollectorSize",
  "maxBundleSize",
  "cron",
  "timezone",
] as const satisfies readonly (keyof JobFlags)[];

/** Flags that say how one run is shown and where it goes. A scheduled run needs none of them. */
const OF_ONE_RUN: readonly string[] = [
  "output",
  "interactive",
  "dryRun",
  "debug",
  "v",
  "autoUpdate",
  "cacheDir",
  "disableCompression",
  "schedulePreview",
  "scheduleTemplate",
];

/** Values that say no more than that nothing was said. */
const SAYS_NOTHING: Flags = {
  collectorTimeout: "5m",
  requestTimeout: "1m",
  uri: true,
  collectWithoutPermissions: true,
  rbacCheck: true,
};

/** The job that the options of the main command would make, checked as `schedule create` does. It may lack a schedule.
 * @param searches whether specs are looked for in the cluster
 * @throws {UsageError} for options that a job does not have: a scheduled run would collect something else */
export async function draftOf(cli: CliContext, specs: string[], flags: Flags, searches: boolean): Promise<JobDraft> {
  refuseUnknown(flags);
  const jobFlags: JobFlags = Object.fromEntries(
    SHARED.map((name) => [name, flags[name]]).filter(([, value]) => value !== undefined && value !== ""),
  );
  if (specs.length > 0) jobFlags.spec = specs;
  if (searches) jobFlags.loadClusterSpecs = true;
  const blank = await blankJob(cli, flags.scheduleTemplate || "preview");
  return await applyJobFlags(cli, blank, jobFlags, true, { needsSchedule: false });
}

/** `--schedule-template NAME`. */
export async function saveAsTemplate(cli: CliContext, text: string, { job, warnings }: JobDraft): Promise<void> {
  const name = checkJobName(text, "template");
  await withStore(cli, (store) => storeTemplate(cli, store, name, job, {}));
  for (const warning of warnings) await cli.stderr.write(`Warning: ${warning}\n`);
  const schedule = job.schedules.length === 0 ? ' --cron "0 2 * * *"' : "";
  await cli.stderr.write(
    `Saved template "${name}". Make a job from it with\n  support-bundle schedule create NAME --template ${
      /^[\w.-]+$/.test(name) ? name : `"${name}"`
    }${schedule}\n`,
  );
}

function refuseUnknown(flags: Flags): void {
  const known: readonly string[] = [...SHARED, ...OF_ONE_RUN];
  const unknown = Object.keys(flags).filter((name) =>
    !known.includes(name) && ![undefined, "", false, SAYS_NOTHING[name]].includes(flags[name]) ||
    (flags[name] === false && SAYS_NOTHING[name] === true)
  );
  if (unknown.length === 0) return;
  const spelled = unknown.map((name) =>
    `${name === "uri" ? "--no-" : "--"}${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`
  );
  throw new UsageError(
    `${spelled.join(", ")}: scheduled runs do not have ${spelled.length === 1 ? "this option" : "these options"}`,
    "Leave it out: what is shown or saved would not be what you mean",
  );
}
