import { SupportBundleError } from "../../../core/errors.ts";
import { type AnalyzerResult, defineAnalyzer, outcomesField } from "../../analyzer.ts";
import { hiddenValue, isHidden } from "../../hidden.ts";
import { fileMissing, notJudged, toResult, type Verdict } from "../../outcome_engine.ts";
import { ParsedFiles } from "../../parsed_files.ts";
import { lineAt } from "../../regex.ts";
import { VELERO_DEPLOYMENTS, veleroDeployment, type VeleroObject, veleroObjects } from "../../velero_objects.ts";

export const velero = defineAnalyzer({
  kind: "velero",
  where: "cluster",
  summary: "Finds what is wrong with the backups of Velero",
  fields: () => ({ outcomes: outcomesField().describe("Of no effect") }),
  title: ({ checkName }) => checkName || "Velero Status",
  async *analyze({ checkName }, bundle) {
    const files = ParsedFiles.of(bundle);
    const deployment = await veleroDeployment(files);
    if (deployment === undefined) {
      if ((await files.find("cluster-resources/deployments/*.json")).length === 0) {
        yield fileMissing(VELERO_DEPLOYMENTS);
      } else {throw new SupportBundleError("No Deployment in the bundle has a container velero", {
          code: "ANALYZER_INPUT",
        });}
      return;
    }
    const seen = { fail: 0, error: 0 };
    for await (const result of checks(await usesRestic(deployment.version, files), files)) {
      if (result.outcome.status === "fail") seen.fail++;
      if (result.outcome.status === "error") seen.error++;
      yield checkName ? { ...result, title: checkName } : result;
    }
    const more = { evidence: [{ path: deployment.path }] };
    if (seen.fail > 0) yield toResult({ status: "fail", message: "Velero setup is not entirely healthy" }, more);
    else if (seen.error > 0) yield notJudged("Not everything of Velero could be judged", more);
    else yield toResult({ status: "pass", message: "Velero setup is healthy" }, more);
  },
});

/** Until 1.9, files of volumes were backed up by restic alone, and its repositories had a kind of their own. */
async function usesRestic(version: [number, number] | undefined, files: ParsedFiles): Promise<boolean> {
  if (version !== undefined) return version[0] < 1 || (version[0] === 1 && version[1] < 10);
  const [now, then] = [
    await veleroObjects("backuprepositories", files),
    await veleroObjects("resticrepositories", files),
  ];
  return now.objects.length === 0 && then.objects.length > 0;
}

async function* checks(restic: boolean, files: ParsedFiles): AsyncIterable<AnalyzerResult> {
  yield* checkPlaces(restic ? RESTIC_REPOSITORIES : BACKUP_REPOSITORIES, files);
  yield* checkAllLogs(restic ? "restic*" : "node-agent*", files);
  yield* checkPhases(BACKUPS, files);
  yield* checkPlaces(STORAGE_LOCATIONS, files);
  yield* checkDeletions(files);
  for (const kind of OTHERS) yield* checkPhases(kind, files);
}

/** Where backups go to: one at least is needed. */
interface PlaceKind {
  plural: string;
  one: string;
  many: string;
  ready: string;
}

const BACKUP_REPOSITORIES: PlaceKind = {
  plural: "backuprepositories",
  one: "Backup Repository",
  many: "backup repositories",
  ready: "Ready",
};
const RESTIC_REPOSITORIES: PlaceKind = {
  plural: "resticrepositories",
  one: "Restic Repository",
  many: "restic repositories",
  ready: "Ready",
};
const STORAGE_LOCATIONS: PlaceKind = {
  plural: "backupstoragelocations",
  one: "Backup Storage Location",
  many: "backup storage locations",
  ready: "Available",
};

async function* checkPlaces(kind: PlaceKind, files: ParsedFiles): AsyncIterable<AnalyzerResult> {
  const { plural, one, many, ready } = kind;
  const title = `At least 1 ${one} configured`;
  const { objects, results } = await read(plural, many, files);
  yield* results;
  if (objects.length === 0 && results.length === 0) {
    yield say("fail", title, `No ${many} configured`);
  }
  let count = 0;
  for (const { name, phase, path } of objects) {
    if (phase === ready) count++;
    else yield phaseResult(path, phase, "warn", `${one} ${name}`, `${one} [${name}] is in phase ${phase}`);
  }
  if (objects.length === 0) return;
  const evidence = evidenceOf(objects);
  if (count > 0) yield say("pass", title, `Found ${objects.length} ${many} configured and ${count} ${ready}`, evidence);
  else {
    const none = `but none are ${ready.toLowerCase()}`;
    yield say("warn", title, `Found ${objects.length} configured ${many}, ${none}`, evidence);
  }
}

/** What Velero has done, or tries to do. */
interface PhaseKind {
  plural: string;
  one: string;
  many: string;
  failed: string[];
  /** The count is told although some have failed. */
  alwaysCounts?: boolean;
}

const FAILED = [
  "Failed",
  "PartiallyFailed",
  "FailedValidation",
  "FinalizingPartiallyFailed",
  "WaitingForPluginOperationsPartiallyFailed",
];
const BACKUPS: PhaseKind = { plural: "backups", one: "Backup", many: "Backups", failed: FAILED, alwaysCounts: true };
const OTHERS: PhaseKind[] = [
  { plural: "podvolumebackups", one: "Pod Volume Backup", many: "Pod Volume Backups", failed: ["Failed"] },
  { plural: "podvolumerestores", one: "Pod Volume Restore", many: "Pod Volume Restores", failed: ["Failed"] },
  { plural: "restores", one: "Restore", many: "Restores", failed: FAILED },
  { plural: "schedules", one: "Schedule", many: "Schedules", failed: ["FailedValidation"] },
  {
    plural: "volumesnapshotlocations",
    one: "Volume Snapshot Location",
    many: "Volume Snapshot Locations",
    failed: ["Unavailable"],
  },
];

async function* checkPhases(kind: PhaseKind, files: ParsedFiles): AsyncIterable<AnalyzerResult> {
  const { plural, one, many, failed, alwaysCounts = false } = kind;
  const { objects, results } = await read(plural, many.toLowerCase(), files);
  yield* results;
  let bad = 0;
  for (const { name, phase, path } of objects) {
    if (!failed.includes(phase) && !isHidden(phase)) continue;
    bad++;
    yield phaseResult(path, phase, "fail", `${one} ${name}`, `${one} ${name} phase is ${phase}`);
  }
  if (objects.length > 0 && (alwaysCounts || bad === 0)) {
    yield say("pass", `Velero ${many}`, `Found ${objects.length} ${many.toLowerCase()}`, evidenceOf(objects));
  }
}

async function* checkDeletions(files: ParsedFiles): AsyncIterable<AnalyzerResult> {
  const { objects, results } = await read("deletebackuprequests", "delete backup requests", files);
  yield* results;
  const running = objects.filter(({ phase }) => phase === "InProgress");
  if (running.length === 0) return;
  const message = `Found ${running.length} delete backup requests in progress`;
  yield say("warn", "Delete Backup Requests summary", message, evidenceOf(running));
}

/** The logs of the pods that copy volumes, where there are such pods, and of Velero itself. */
async function* checkAllLogs(agents: string, files: ParsedFiles): AsyncIterable<AnalyzerResult> {
  for (const kind of [agents, "velero*"]) {
    const glob = `velero/logs/${kind}/*.log`;
    const paths = await files.find(glob);
    for (const path of paths) {
      const result = await checkLog(kind, path, files);
      if (result !== undefined) yield result;
    }
    const title = `Velero Logs analysis for kind [${kind}]`;
    if (paths.length > 0) yield say("pass", title, `Found ${paths.length} log files`, paths.map((path) => ({ path })));
    else if (kind === "velero*") yield fileMissing(glob, { title });
  }
}

async function checkLog(kind: string, path: string, files: ParsedFiles): Promise<AnalyzerResult | undefined> {
  const text = await files.readText(path) ?? "";
  const denied = text.indexOf("permission denied");
  const at = denied >= 0 ? denied : text.search(/error|panic|fatal/);
  if (at < 0) return undefined;
  const what = denied >= 0 ? "'permission denied'" : "error|panic|fatal";
  return say("warn", `Velero logs for pod [${path}]`, `Found ${what} in ${kind} pod log file(s)`, [
    { path, line: lineAt(text, at) },
  ]);
}

async function read(
  plural: string,
  many: string,
  files: ParsedFiles,
): Promise<{ objects: VeleroObject[]; results: AnalyzerResult[] }> {
  const title = `Velero ${many}`;
  try {
    const { objects, problems } = await veleroObjects(plural, files);
    const results = problems.map((problem) => notJudged(`Not all ${many} were collected: ${problem}`, { title }));
    return { objects, results };
  } catch (error) {
    return { objects: [], results: [notJudged(error, { title })] };
  }
}

function phaseResult(path: string, phase: string, status: Verdict, title: string, message: string): AnalyzerResult {
  const evidence = [{ path }];
  return isHidden(phase) ? notJudged(hiddenValue(path), { title, evidence }) : say(status, title, message, evidence);
}

function say(
  status: Verdict,
  title: string,
  message: string,
  evidence?: AnalyzerResult["evidence"],
): AnalyzerResult {
  return toResult({ status, message }, { title, ...(evidence === undefined ? {} : { evidence }) });
}

function evidenceOf(objects: VeleroObject[]): { path: string }[] {
  return [...new Set(objects.map(({ path }) => path))].map((path) => ({ path }));
}
