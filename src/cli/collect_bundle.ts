import { basename, resolve } from "node:path";
import { tmpdir } from "node:os";
import { splitArchiveName } from "../bundle/archive_name.ts";
import type { Finding } from "../analyze/analyzer.ts";
import { parseDuration } from "../core/duration.ts";
import { SupportBundleError, UsageError } from "../core/errors.ts";
import { readDiscoveryFlags } from "../discover/discovery_options.ts";
import { loadRequest } from "../pipeline/load_request.ts";
import type { PipelineReport } from "../pipeline/report.ts";
import { type PipelineRequest, pipelineRequestSchema } from "../pipeline/request.ts";
import { runPipeline } from "../pipeline/run_pipeline.ts";
import { knownUserValues } from "../pipeline/run_redactor.ts";
import type { TokenOptions } from "../redact/tokens/tokenization.ts";
import { readPersonalData } from "../redact/personal_data.ts";
import type { UploadPlan } from "../pipeline/upload_plan.ts";
import { notifyTargets } from "./notify/read_notifiers.ts";
import { agentOptions } from "./agent_flags.ts";
import { chooseArchivePath, stampedName } from "./archive_path.ts";
import { childEnvironment } from "./child_environment.ts";
import type { CliContext } from "./cli_context.ts";
import { readEncryptFlags } from "./encrypt_flags.ts";
import type { explainRun as ExplainRun } from "./explain_run.ts";
import { metadataOf } from "./metadata_flag.ts";
import { kubeOptions } from "./kube_flags.ts";
import { readSecret } from "./read_secret.ts";
import { readRemoteHostFlags } from "./remote_host_flags.ts";
import { readSizeFlags } from "./size_flags.ts";
import { readScrubValues, scrubLists } from "./scrub_values.ts";
import { readTokenFlags, refuseMapAsArchive } from "./token_flags.ts";
import { isPortal, LICENSE_IN_ARGUMENTS, portalPlace } from "./portal_flags.ts";
import { checkUploadPlan, uploadPlanOf } from "./upload_flags.ts";
import { asksForSchedule } from "./schedule_flags.ts";
import { colorsFor } from "./render/color.ts";
import { showDryRun } from "./dry_run.ts";
import { renderReport } from "./render/report.ts";
import { renderTokenStats } from "./render/token_stats.ts";
import { liveProgress } from "./render/live_progress.ts";

// deno-lint-ignore no-explicit-any -- commander's options are untyped
type Flags = Record<string, any>;

/** `support-bundle SPEC…`: collects once, now.
 * @param commands names of the commands, for mistyped ones */
export async function collectBundle(cli: CliContext, specs: string[], flags: Flags, commands: string[]): Promise<void> {
  const tokens = readTokenFlags(cli, flags, flags.redact !== false);
  if (flags.verifyTokenization === true) {
    const { verifyTokenization } = await import("./verify_tokenization.ts");
    return await verifyTokenization(cli, tokens!);
  }
  const agents = agentOptions(flags, cli.env);
  const searches = flags.loadClusterSpecs ?? specs.length === 0;
  if (specs.length === 0 && flags.auto !== true && !searches) {
    throw new UsageError(
      "No spec was named, so there is nothing to collect",
      "Name a spec file, or use --auto; --help shows examples",
    );
  }
  const draft = asksForSchedule(flags) ? await scheduledDraft(cli, specs, flags, searches) : undefined;
  if (draft !== undefined && flags.schedulePreview !== true) return;
  const { plan: upload, env: uploadEnv } = await uploadOf(cli, flags);
  const request = await toRequest(cli, specs, flags, { searches, tokens, upload });
  const env = childEnvironment(cli, [request, agents]);
  const spec = await loadRequest(request, {
    cwd: cli.cwd,
    env,
    clock: cli.clock,
    signal: cli.signal,
    stdin: () => cli.stdin.readAll(),
    commands,
  });
  if (flags.selector !== undefined && !searches) {
    spec.warnings.push("--selector has no effect beside specs that are named; add --load-cluster-specs");
  }
  const { yellow } = colorsFor(cli.stderr, cli.env);
  for (const note of spec.notes) await cli.stderr.write(`${note}\n`);
  for (const warning of spec.warnings) await cli.stderr.write(`${yellow("Warning:")} ${warning}\n`);
  if (draft !== undefined) {
    for (const warning of draft.warnings.filter((it) => !spec.warnings.includes(it))) {
      await cli.stderr.write(`${yellow("Warning:")} ${warning}\n`);
    }
    const { showSchedulePreview } = await import("./schedule/schedule_preview.ts");
    return await showSchedulePreview(cli, request, spec, draft.job);
  }
  if (flags.dryRun === true) return await showDryRun(cli, request, spec);
  if (spec.collectors.length + spec.hostCollectors.length + spec.unsupported.length === 0) {
    throw new SupportBundleError("The specs name no collectors, so there is nothing to collect", {
      code: "NO_COLLECTORS",
      hint: "A document of kind SupportBundle, Collector or HostCollector is needed",
    });
  }

  const userValues = await readScrubValues(cli, request.redact ? request.scrub.lists : []);

  const interactive = flags.interactive !== false && cli.stdout.isTerminal;
  const debug = flags.debug === true || Number(flags.v ?? 0) > 0;
  const progress = liveProgress(cli, { live: interactive && cli.stderr.isTerminal && !debug, debug });
  let findings: readonly Finding[] = [];
  try {
    const report = await runPipeline(request, spec, {
      clock: cli.clock,
      env,
      secret: readSecret({ env: uploadEnv, clock: cli.clock }, request.kube),
      stop: cli.signal,
      abort: cli.abort,
      userValues,
      emit: (event) => progress.show(event),
      judged: (found) => findings = found,
    });
    progress.clear();
    const explained = agents && await explain(cli, findings, agents, {
      custom: spec.redactors,
      hide: [...request.hide, ...spec.hide],
      values: knownUserValues(userValues),
    });
    await cli.stdout.write(
      interactive ? renderReport(report, cli) + (explained?.text ?? "") : JSON.stringify(
        { analyzerResults: report.analysis, ...archivePaths(report), explanations: explained?.json },
        null,
        4,
      ) + "\n",
    );
    if (!interactive && report.shortfallCount > 0) {
      await cli.stderr.write(
        `The bundle is partial: ${report.shortfallCount} missing, MANIFEST.json in it says what and why\n`,
      );
    }
    if (report.tokens !== undefined && flags.tokenizationStats === true) {
      await cli.stderr.write(renderTokenStats(report.tokens));
    }
    if (report.error !== undefined) {
      const hint = report.error.hint === undefined ? "" : `  ${report.error.hint}\n`;
      await cli.stderr.write(`${colorsFor(cli.stderr, cli.env).red("Error:")} ${report.error.message}\n${hint}`);
    }
    cli.exitCode = report.exitCode;
  } finally {
    progress.clear();
  }
}

/** Loads what nobody needs who does not ask for it. */
const explain: typeof ExplainRun = async (...args) => (await import("./explain_run.ts")).explainRun(...args);

/** The job that the options would make, saved as a template where that is asked for. */
async function scheduledDraft(cli: CliContext, specs: string[], flags: Flags, searches: boolean) {
  const { draftOf, saveAsTemplate } = await import("./schedule/scheduled_options.ts");
  const draft = await draftOf(cli, specs, flags, searches);
  if (flags.scheduleTemplate) await saveAsTemplate(cli, flags.scheduleTemplate, draft);
  return draft;
}

/** What scripts read as `archivePath` is theirs to send on: of an archive that is held back, it is empty. */
function archivePaths({ status, archive }: PipelineReport): Record<string, string> {
  const path = archive?.path ?? "";
  if (status === "quarantined") return { archivePath: "", quarantinedPath: path };
  const [signature] = archive?.companions ?? [];
  return { archivePath: path, ...signature === undefined ? {} : { signaturePath: signature } };
}

async function toRequest(
  cli: CliContext,
  specs: string[],
  flags: Flags,
  { searches, tokens, upload }: {
    searches: boolean;
    tokens: TokenOptions | undefined;
    upload: UploadPlan | undefined;
  },
): Promise<PipelineRequest> {
  const { yellow } = colorsFor(cli.stderr, cli.env);
  const discovery = readDiscoveryFlags(flags, (message) => void cli.stderr.write(`${yellow("Warning:")} ${message}\n`));
  const seals = readEncryptFlags(cli, flags);
  const named = flags.output ?? stampedName(cli, "support-bundle");
  const archivePath = await chooseArchivePath(cli, named, seals.encrypt !== undefined);
  refuseMapAsArchive(tokens, archivePath);
  const kube = kubeOptions(flags);
  if (kube.kubeconfig !== undefined) kube.kubeconfig = resolve(cli.cwd, kube.kubeconfig);
  return pipelineRequestSchema.parse({
    specs,
    auto: flags.auto === true,
    discovery,
    redactors: (flags.redactors ?? []).flatMap((value: string) => value.split(",")),
    redact: flags.redact !== false,
    tokens,
    scrub: { secrets: flags.scrubSecrets !== false, lists: scrubLists(cli, specs, flags.scrubValues) },
    leakGate: flags.leakGate !== false,
    hide: readPersonalData(flags.hide ?? [], "--hide"),
    ...seals,
    followUri: flags.uri !== false && !/^(?:1|t|true|y|yes|on)$/i.test(cli.env.TROUBLESHOOT_NO_URI ?? ""),
    search: searches ? { selector: flags.selector } : undefined,
    insecure: flags.allowInsecureConnections === true || kube.insecureSkipTlsVerify === true,
    requirePermissions: flags.collectWithoutPermissions === false,
    namespace: flags.namespace || undefined,
    kube,
    since: since(cli, flags),
    archivePath,
    rootName: splitArchiveName(basename(archivePath)).stem,
    workParent: cli.env.TMPDIR || tmpdir(),
    deadlineMs: flags.timeout === undefined ? undefined : parseDuration(flags.timeout, "--timeout"),
    collectorDeadlineMs: parseDuration(flags.collectorTimeout, "--collector-timeout"),
    remoteHost: readRemoteHostFlags(flags),
    sizeLimits: readSizeFlags(flags),
    metadata: flags.metadata === undefined ? undefined : metadataOf(flags.metadata),
    upload,
    notify: await notifyTargets(cli, flags),
  });
}

/** Where the bundle goes, and the environment in which the credentials for that are looked up. */
async function uploadOf(
  cli: CliContext,
  flags: Flags,
): Promise<{ plan?: UploadPlan; env: Readonly<Record<string, string>> }> {
  let plan = uploadPlanOf(flags);
  let env = cli.env;
  if (plan === undefined ? flags.autoUpload === true : isPortal(plan.url)) {
    const portal = portalPlace(flags, cli.env, plan);
    plan = { ...plan, ...portal.place };
    env = portal.env;
    if (portal.isValue && flags.licenseId !== cli.env.TROUBLESHOOT_LICENSE_ID) {
      await cli.stderr.write(`Warning: ${LICENSE_IN_ARGUMENTS}\n`);
    }
  }
  if (plan !== undefined) await checkUploadPlan(plan);
  return { plan, env };
}

function since(cli: CliContext, flags: Flags): string | undefined {
  if (flags.since !== undefined && flags.sinceTime !== undefined) {
    throw new UsageError("--since and --since-time say the same thing twice", "Use one of them");
  }
  if (flags.since !== undefined) {
    return new Date(cli.clock.now().getTime() - parseDuration(flags.since, "--since")).toISOString();
  }
  if (flags.sinceTime === undefined) return undefined;
  const time = new Date(flags.sinceTime);
  if (Number.isNaN(time.getTime())) {
    throw new UsageError(
      `--since-time: "${flags.sinceTime}" is not a time`,
      "Write it as RFC 3339: 2026-01-31T08:00:00Z",
    );
  }
  return time.toISOString();
}
