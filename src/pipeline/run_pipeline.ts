import { anySignal } from "../core/any_signal.ts";
import { type AnalyzerEntry, runAnalyzers } from "../analyze/run_analyzers.ts";
import type { Finding } from "../analyze/analyzer.ts";
import { toAnalysisJson } from "../analyze/analysis_json.ts";
import { writeArchive, type WrittenArchive } from "../bundle/archive.ts";
import { jsonEntry, textEntry } from "../bundle/entry.ts";
import type { Manifest } from "../bundle/manifest.ts";
import { quarantinedPath } from "../bundle/quarantine_paths.ts";
import { WorkFolder } from "../bundle/work_folder.ts";
import { readWorkFolder } from "../bundle/work_folder_reader.ts";
import { startDeadline } from "../collect/deadline.ts";
import type { Clock } from "../core/clock.ts";
import type { ReadSecret } from "../core/credential_reference.ts";
import { errorCode } from "../core/errors.ts";
import { VERSION } from "../core/version.ts";
import { clusterName } from "../kube/cluster_name.ts";
import { connectKube } from "../kube/connect.ts";
import { groupByCause } from "../insight/group_by_cause.ts";
import { insightEntries } from "../insight/insight_entries.ts";
import type { KubeClient, KubeOptions } from "../kube/kube_client.ts";
import { Tokenization } from "../redact/tokens/tokenization.ts";
import type { Signer } from "../crypt/signature.ts";
import type { Redactor } from "../redact/redactor.ts";
import type { LoadedSpec } from "../spec/load_spec.ts";
import { withRemoteHost } from "../spec/with_remote_host.ts";
import { addReport } from "./add_report.ts";
import { BUNDLE_PATHS, summaryText, versionYaml } from "./bundle_files.ts";
import { BundleWriter } from "./bundle_writer.ts";
import { costReport } from "./cost_report.ts";
import { gather, type Gathered } from "./gather.ts";
import { InterruptedError, NothingCollectedError, type RunFacts, toReport } from "./judge_run.ts";
import { hideInFindings } from "./hide_in_findings.ts";
import { keepTokens } from "./keep_tokens.ts";
import { nameArchive, unnamedPath } from "./name_archive.ts";
import { loadLeakGate, passLeakGate, quarantineOf, whyNotGated } from "./leak_gate.ts";
import { ownUsage } from "./own_usage.ts";
import { record, stage } from "./run_stage.ts";
import { peakMemoryMB } from "./peak_memory.ts";
import { refusedAccess } from "./refused_access.ts";
import type { PipelineEvent, PipelineReport } from "./report.ts";
import type { PipelineRequest } from "./request.ts";
import { knownUserValues, runRedactor } from "./run_redactor.ts";
import { prepareSeals, readBack, type Seals, signArchive } from "./seals.ts";
import { readOwnSecrets } from "./own_secrets.ts";
import { readSecretValues } from "./secret_values.ts";
import { tell } from "./tell.ts";
import { uploadBundle, whyNotUploaded } from "./upload_bundle.ts";

export interface PipelineContext {
  clock: Clock;
  /** What children may have: without the variables that references name. */
  env: Readonly<Record<string, string>>;
  /** Reads the secrets that the request names. */
  secret: ReadSecret;
  /** Aborted by the first Ctrl-C or SIGTERM: gathering ends, and the bundle is finished with what was had. */
  stop: AbortSignal;
  /** Aborted by the second one: everything ends, and nothing stays. */
  abort: AbortSignal;
  /** What the lists of the request name, to be hidden wherever it appears. */
  userValues?: readonly string[];
  emit(event: PipelineEvent): void;
  /** Told once what the analyzers found, unless the leak gate withholds it. */
  judged?(findings: readonly Finding[]): void;
}

const NAME = "support-bundle";
const GATE_LIMIT_MS = 300_000;

/** Runs all stages, in order: collect and redact, analyze, archive, leak gate, sign, upload, notify. The one place where they meet, for
 * the command line and the daemon alike.
 *
 * A stage that falls short is a recorded outcome, and what was had is delivered.
 * @throws when there is nothing to deliver: no cluster and no host collectors, a full disk, an aborted run; before anything
 * is collected, when tokens could not be made or their map not be written, and when the archive could not be encrypted or
 * signed */
export async function runPipeline(
  request: PipelineRequest,
  loaded: LoadedSpec,
  context: PipelineContext,
): Promise<PipelineReport> {
  const { clock } = context;
  const spec = withRemoteHost(loaded, request.remoteHost);
  const run: RunFacts = {
    request,
    startedAt: clock.now(),
    stages: [],
    findings: [],
    collectors: [],
    missing: [],
    redactions: {},
  };
  const seals = await prepareSeals(request, context.secret);
  const tokens = request.tokens && request.redact ? await Tokenization.open(request.tokens, context) : undefined;
  using gathering = startDeadline(clock, request.deadlineMs, anySignal(context.stop, context.abort));
  const kube = connectKube(request.kube as KubeOptions, { ...context.env }, { clock });
  const folder = await WorkFolder.create(request.workParent);
  try {
    const redaction = request.redact
      ? startRedaction(run, spec, { tokens, seals }, kube, gathering.signal, context)
      : undefined;
    const writer = new BundleWriter(folder, redaction, clock, request.sizeLimits);
    const gathered = await collect(run, spec, writer, kube, gathering.signal, context);
    context.abort.throwIfAborted();
    if (!gathered.collectors.some(({ files }) => files > 0)) {
      if (context.stop.aborted) throw new InterruptedError();
      throw gathered.clusterError ?? new NothingCollectedError(writer.missing);
    }
    if (gathering.signal.aborted) run.endedEarly = gathering.expired ? "deadline" : "interrupted";

    const findings = await analyze(run, spec, folder, context);
    run.findings = redaction === undefined ? findings : hideInFindings(findings, await redaction);
    run.analysis = toAnalysisJson(run.findings);
    run.archive = await archive(run, writer, folder, { tokens, seals }, context);
    run.diskBytes = folder.diskBytes + run.archive.bytes;
    if (tokens !== undefined) Object.assign(run, await keepTokens(tokens));
  } finally {
    kube.close();
    await folder.remove();
  }
  await leakGate(run, seals, context);
  if (run.quarantine?.withholdTexts !== true) context.judged?.(run.findings);
  if (seals.signer !== undefined && run.quarantine === undefined) await sign(run, seals.signer, context);
  await upload(run, context);
  const told = await tell(run, context);
  if (told !== undefined) record(run, told, context);
  run.peakMemoryMB = await peakMemoryMB();
  return { ...toReport(run, clock.now()), usage: ownUsage(run.diskBytes) };
}

/** What protects a run's bundle beside its rules. */
interface Protection {
  tokens: Tokenization | undefined;
  seals: Seals;
}

/** Makes the rules of the run ready as soon as it is known which values are secret in the cluster. */
async function startRedaction(
  run: RunFacts,
  spec: LoadedSpec,
  { tokens, seals }: Protection,
  kube: KubeClient,
  signal: AbortSignal,
  { clock, secret, userValues }: PipelineContext,
): Promise<Redactor> {
  const { request } = run;
  const values = knownUserValues([...userValues ?? [], ...seals.secrets]);
  const own = readOwnSecrets(request, values, secret, signal);
  // A run that wants nothing of a cluster does not speak to one.
  if (request.scrub.secrets && spec.collectors.some(({ config }) => config.exclude !== true)) {
    const counted = kube.counted();
    run.notScrubbed = await readSecretValues(counted, values, { clock, signal, namespace: request.namespace });
    run.scrubUsage = counted.usage;
  }
  await own;
  run.knownValues = values;
  return runRedactor({ custom: spec.redactors, hide: [...request.hide, ...spec.hide], values, tokens });
}

async function collect(
  run: RunFacts,
  spec: LoadedSpec,
  writer: BundleWriter,
  kube: ReturnType<typeof connectKube>,
  signal: AbortSignal,
  context: PipelineContext,
): Promise<Gathered> {
  const { request } = run;
  const started = context.clock.now().getTime();
  // There is nothing to do yet but to wait for the first answers.
  if (whyNotGated(request) === undefined) loadLeakGate().catch(() => {});
  const gathered = await gather({
    spec,
    writer,
    kube,
    clock: context.clock,
    signal,
    collectorDeadlineMs: request.collectorDeadlineMs,
    namespace: request.namespace,
    since: request.since === undefined ? undefined : new Date(request.since),
    env: context.env,
    requirePermissions: request.requirePermissions,
    progress: (subject, message, done, total) =>
      context.emit({ type: "progress", stage: "collect", subject, message, done, total }),
  });
  await writer.add(textEntry(BUNDLE_PATHS.version, versionYaml()), NAME);
  if (request.metadata !== undefined) {
    const sorted = Object.fromEntries(Object.entries(request.metadata).sort(([a], [b]) => a < b ? -1 : 1));
    await writer.add(jsonEntry(BUNDLE_PATHS.metadata, sorted), NAME);
  }
  const durationMs = context.clock.now().getTime() - started;
  run.cost = costReport(gathered.collectors, { whole: kube.usage, secretValues: run.scrubUsage }, durationMs);
  await writer.add(jsonEntry(BUNDLE_PATHS.cost, run.cost), NAME);
  run.collectors = gathered.collectors;
  run.clusterError = gathered.clusterError ?? refusedAccess({
    collectors: gathered.collectors,
    missing: writer.missing,
    files: writer.records(),
    wholeCluster: asksForAllNamespaces(spec, request),
  });
  run.missing = writer.missing;
  run.redactions = writer.redactions();
  const short = gathered.collectors.filter(({ status }) => status === "failed" || status === "partial");
  record(run, {
    stage: "collect",
    status: short.length === 0 && spec.unsupported.length === 0
      ? "ok"
      : short.length === gathered.collectors.length && short.every(({ status }) => status === "failed")
      ? "failed"
      : "partial",
    code: run.clusterError === undefined ? undefined : errorCode(run.clusterError),
    message: short.length === 0 ? undefined : `${short.length} of ${gathered.collectors.length} collectors fell short`,
    durationMs,
  }, context);
  record(run, {
    stage: "redact",
    status: !request.redact ? "skipped" : writer.leftOut === 0 ? "ok" : "partial",
    message: redactionMessage(writer.leftOut, run.notScrubbed),
    durationMs,
  }, context);
  return gathered;
}

function redactionMessage(leftOut: number, notScrubbed: string | undefined): string | undefined {
  const parts = [
    ...leftOut > 0 ? [`${leftOut} files were left out, they could not be redacted`] : [],
    ...notScrubbed === undefined ? [] : [notScrubbed],
  ];
  return parts.length > 0 ? parts.join("; ") : undefined;
}

/** True unless somebody named the namespaces whose resources are wanted. */
function asksForAllNamespaces(spec: LoadedSpec, request: PipelineRequest): boolean {
  if (request.namespace) return false;
  const entries = spec.collectors.filter(({ unit }) => unit.kind === "clusterResources");
  return entries.some(({ config }) => !config.namespaces?.length || config.namespaces.includes(""));
}

async function analyze(
  run: RunFacts,
  spec: LoadedSpec,
  folder: WorkFolder,
  context: PipelineContext,
): Promise<Finding[]> {
  const entries: AnalyzerEntry[] = [...spec.analyzers, ...spec.hostAnalyzers]
    .map(({ unit, config }) => ({ analyzer: unit, config }));
  if (run.request.auto) entries.push(...insightEntries({ now: run.startedAt }));
  if (!run.request.analyze || entries.length === 0) {
    record(run, { stage: "analyze", status: "skipped", durationMs: 0 }, context);
    return [];
  }
  const started = context.clock.now().getTime();
  const findings: Finding[] = [];
  const progress = (title: string) =>
    context.emit({ type: "progress", stage: "analyze", subject: title, message: "started" });
  for await (const finding of runAnalyzers(entries, readWorkFolder(folder), { signal: context.abort, progress })) {
    findings.push(finding);
  }
  context.abort.throwIfAborted();
  const broken = findings.filter(({ outcome }) => outcome.status === "error").length;
  record(run, {
    stage: "analyze",
    status: broken === 0 ? "ok" : "partial",
    message: broken === 0 ? undefined : `${broken} analyzer${broken === 1 ? "" : "s"} could not be evaluated`,
    durationMs: context.clock.now().getTime() - started,
  }, context);
  return groupByCause(findings);
}

async function archive(
  run: RunFacts,
  writer: BundleWriter,
  folder: WorkFolder,
  { tokens, seals: { encryption } }: Protection,
  context: PipelineContext,
): Promise<WrittenArchive> {
  const { request } = run;
  const written = await stage(run, "archive", context, async () => {
    const now = context.clock.now();
    await writer.add(jsonEntry(BUNDLE_PATHS.analysis, run.analysis ?? [], { indent: 4 }), NAME);
    const totalMs = now.getTime() - run.startedAt.getTime();
    await writer.add(
      textEntry(BUNDLE_PATHS.summary, summaryText(run.collectors, run.stages, run.findings, totalMs)),
      NAME,
    );
    const manifest = (): Manifest => ({
      schemaVersion: 1,
      tool: { name: "support-bundle", version: VERSION },
      startedAt: run.startedAt.toISOString(),
      endedAt: now.toISOString(),
      endedEarly: run.endedEarly,
      execution: request.execution && { ...request.execution, job: request.job?.name ?? "" },
      stages: run.stages,
      collectors: run.collectors,
      files: writer.records(),
      tokens: tokens && { bundleId: tokens.bundleId },
      links: folder.links(),
      missing: writer.missing,
    });
    await addReport(writer, {
      name: request.rootName,
      findings: run.stages.some(({ stage, status }) => stage === "analyze" && status !== "skipped")
        ? run.findings
        : undefined,
      bundle: readWorkFolder(folder),
      manifest: manifest(),
      redaction: request.redact ? writer.redactionReport() : undefined,
    });
    if (request.redact) await writer.add(jsonEntry(BUNDLE_PATHS.redaction, writer.redactionReport()), NAME);
    await writer.add(jsonEntry(BUNDLE_PATHS.manifest, manifest()), NAME);
    const archive = await writeArchive(folder, {
      path: unnamedPath(request),
      rootName: request.rootName,
      first: [BUNDLE_PATHS.version, BUNDLE_PATHS.manifest, BUNDLE_PATHS.report, BUNDLE_PATHS.analysis],
      mtime: now,
      encrypt: encryption && ((archive) => encryption.encrypt(archive)),
      signal: context.abort,
    });
    return whyNotGated(request) === undefined
      ? archive
      : { ...archive, path: await nameArchive(archive.path, request) };
  });
  if (written === undefined) throw run.failure;
  return written;
}

/** An archive has its own name from here on, unless it is held back. */
async function leakGate(run: RunFacts, seals: Seals, context: PipelineContext): Promise<void> {
  const { request, archive } = run;
  const message = whyNotGated(request);
  if (message !== undefined) {
    return record(run, { stage: "leak-gate", status: "skipped", message, durationMs: 0 }, context);
  }
  const gated = await stage(run, "leak-gate", context, async () => {
    const gated = await passLeakGate(archive!.path, {
      knownValues: run.knownValues ?? [],
      open: (archive) => readBack(archive, seals),
      giveName: (held) => nameArchive(archive!.path, request, held ? quarantinedPath : undefined),
      clock: context.clock,
      signal: context.abort,
      limitMs: GATE_LIMIT_MS,
    });
    run.archive = { ...archive!, path: gated.path };
    run.quarantine = quarantineOf(gated, [BUNDLE_PATHS.analysis, BUNDLE_PATHS.manifest]);
    if (run.quarantine !== undefined) throw run.quarantine.error;
    return gated;
  });
  if (gated === undefined && run.quarantine === undefined) throw run.failure;
}

/** The archive has its name, and will not change any more. */
async function sign(run: RunFacts, signer: Signer, context: PipelineContext): Promise<void> {
  const signed = await stage(run, "sign", context, () => signArchive(run.archive!, signer, context.clock.now()));
  run.archive = signed ?? run.archive;
}

async function upload(run: RunFacts, context: PipelineContext): Promise<void> {
  if (run.request.upload === undefined) return;
  run.clusterName = await clusterName(run.request.kube as KubeOptions, context.env);
  const skipped = whyNotUploaded(run);
  if (skipped !== undefined) {
    return record(run, { stage: "upload", status: "skipped", ...skipped, durationMs: 0 }, context);
  }
  run.delivery = await stage(
    run,
    "upload",
    context,
    () => uploadBundle(run, context),
    ({ fallbackReason }) =>
      fallbackReason && {
        code: fallbackReason.code,
        message: `delivered to the fallback destination: ${fallbackReason.message}`,
      },
  );
}
