import { type Command, InvalidArgumentError, Option } from "commander";
import { UsageError } from "../../core/errors.ts";
import { nearest } from "../../core/nearest.ts";
import {
  CATCH_UP_POLICIES,
  type CatchUpPolicy,
  JITTER_MODES,
  type Job,
  OVERLAP_POLICIES,
  type OverlapPolicy,
} from "../../schedule/job.ts";
import { collect, parseBoolean, parsePairs } from "../command.ts";
import { addEncryptOptions, type EncryptFlags } from "../encrypt_options.ts";
import { addNotifyFlags, type NotifyFlags } from "../notify/notify_flags.ts";
import { addHideFlag } from "../hide_flag.ts";
import { addSizeFlags, type SizeFlags } from "../size_flags.ts";
import { addUploadFlags, type UploadFlags } from "../upload_flags.ts";
import { addResourceFlags, type ResourceFlags } from "./resource_flags.ts";
import { addRetentionFlags, type RetentionFlags } from "./retention_flags.ts";

/** What `create` and `modify` were told. A field is absent when its flag was not given. */
export interface JobFlags extends EncryptFlags, NotifyFlags, SizeFlags, ResourceFlags, RetentionFlags, UploadFlags {
  cron?: string[];
  every?: string;
  timezone?: string;
  enabled?: boolean;
  namespace?: string;
  spec?: string[];
  auto?: boolean;
  loadClusterSpecs?: boolean;
  selector?: string[];
  redactors?: string[];
  redact?: boolean;
  tokenize?: boolean;
  scrubSecrets?: boolean;
  scrubValues?: string[];
  leakGate?: boolean;
  hide?: string[];
  analyze?: boolean;
  description?: string;
  labels?: Record<string, string>;
  timeout?: string;
  retries?: number;
  overlap?: OverlapPolicy;
  catchUp?: CatchUpPolicy;
  catchUpWindow?: string;
  priority?: string;
  dependsOn?: string[];
  jitter?: string;
  jitterMode?: Job["jitterMode"];
  blackout?: string[];
  start?: string;
  end?: string;
  maxRuns?: string;
  pauseAfterFailures?: string;
  kubeconfig?: string;
  context?: string;
  qps?: string;
  burst?: string;
}

/** Adds the flags that say what a job is. None has a default here: those of a new job are the schema's. */
export function addJobOptions(command: Command): Command {
  command
    .option("-c, --cron <expr>", "cron expression, five fields or @daily …; repeatable", collect)
    .option("--every <duration>", 'short for --cron "@every <duration>": 90s, 30m, 12h')
    .option("-z, --timezone <zone>", "IANA name of the zone that the schedule means (default: UTC)")
    .option("-e, --enabled [bool]", "whether it runs on schedule (default: true)", parseBoolean)
    .option("-n, --namespace <name>", "read from this namespace of the cluster only")
    .option(
      "-s, --spec <spec>",
      "spec to collect by: a file, an http(s) URL, secret/NAMESPACE/NAME or configmap/NAMESPACE/NAME; repeatable",
      collect,
    )
    .option("--load-cluster-specs [bool]", "collect by the specs that are in the cluster at each run", parseBoolean)
    .option(
      "-l, --selector <labels>",
      "labels of their Secrets and ConfigMaps; repeatable (default: troubleshoot.sh/kind=support-bundle)",
      collect,
    )
    .option("--auto [bool]", "collect what auto-discovery finds, beside --spec or without one", parseBoolean)
    .option("--redactors <file>", "further Redactor spec; repeatable, or separated by commas", collect)
    .option("--redact [bool]", "hide secrets (default: true)", parseBoolean)
    .option("--no-redact", "the same as --redact=false")
    .option("--tokenize [bool]", "hide behind tokens that are the same in all bundles of the job", parseBoolean)
    .option(
      "--scrub-secrets [bool]",
      "hide values of the cluster's Secrets wherever they are (default: true)",
      parseBoolean,
    )
    .option("--scrub-values <list>", "hide these values, too: a file or env:NAME, one a line; repeatable", collect)
    .option(
      "--leak-gate [bool]",
      "hold bundles back in which secrets are found after all (default: true)",
      parseBoolean,
    )
    .option("--analyze [bool]", "run the analyzers of the specs (default: true)", parseBoolean)
    .option("--no-analyze", "the same as --analyze=false");
  addNotifyFlags(command, "this notifier what changed", "failure, quarantined, recovery, new-findings")
    .option("-d, --description <text>", "a note for people")
    .option("--labels <k=v,…>", "labels of the job", parsePairs("--labels"))
    .option("--timeout <duration>", "hard limit of one attempt (default: 30m)")
    .option("--retries <n>", "further attempts after a failure that may pass (default: 2)", parseRetries)
    .addOption(oneOf("--overlap <policy>", "when the execution before still runs", OVERLAP_POLICIES, "skip"))
    .addOption(oneOf("--catch-up <policy>", "after the daemon was down", CATCH_UP_POLICIES, "latest"))
    .option("--catch-up-window <duration>", "how late a run may still be caught up with (default: 24h)")
    .option(
      "--depends-on <job[:end]>",
      "run when an execution of that job has succeeded (default), failed or finished; repeatable",
      collect,
    )
    .option("--priority <n>", "from -100 to 100: while all slots are taken, the larger one is next (default: 0)")
    .option("--jitter <duration>", "start up to so much later than due, so that jobs do not start together")
    .addOption(oneOf("--jitter-mode <mode>", "how much of it for the job on a host", JITTER_MODES, "stable"))
    .option(
      "--blackout <hours>",
      "nothing starts then, on the clocks of the job's zone: 'Mon-Fri 08:00-18:00', '22:00-06:00', 'Sat,Sun'; repeatable",
      collect,
    )
    .option("--start <time>", "no run is due before: 2026-04-01, 2026-04-01T08:30 (in the job's zone), or with Z")
    .option("--end <time>", "no run is due after; a day alone includes that day")
    .option("--max-runs <n>", "runs that the schedule makes in all; those by hand do not count")
    .option("--pause-after-failures <n>", "disable the job after so many failures in a row (default: never)")
    .option("--kubeconfig <file>", "kubeconfig of the cluster (default: as the daemon's environment says)")
    .option("--context <name>", "context in the kubeconfig")
    .option("--qps <n>", "send the API server no more requests a second (default: no limit)")
    .option("--burst <n>", "with --qps: requests that may come at once (default: twice as many)");
  addUploadFlags(addEncryptOptions(command));
  return addRetentionFlags(addResourceFlags(addSizeFlags(addHideFlag(command))));
}

function oneOf(flags: string, description: string, values: readonly string[], byDefault: string): Option {
  return new Option(flags, `${description}: ${choices(values)} (default: ${byDefault})`).argParser((text) => {
    const value = text.trim().toLowerCase();
    if (values.includes(value)) return value;
    const meant = nearest(value, values);
    throw new UsageError(
      `${flags.split(" ")[0]}: "${text}" is not one of ${values.join(", ")}`,
      meant === undefined ? `Write ${choices(values)}` : `Did you mean ${meant}?`,
    );
  });
}

function choices(values: readonly string[]): string {
  return `${values.slice(0, -1).join(", ")} or ${values.at(-1)}`;
}

function parseRetries(text: string): number {
  if (!/^\d{1,2}$/.test(text.trim())) throw new InvalidArgumentError("Write a whole number from 0 to 99.");
  return Number(text);
}
