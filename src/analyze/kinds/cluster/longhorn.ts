import { bundlePath } from "../../../bundle/bundle_path.ts";
import { SupportBundleError } from "../../../core/errors.ts";
import { type AnalyzerResult, defineAnalyzer, outcomesField, textField } from "../../analyzer.ts";
import { bundleGlob } from "../../bundle_glob.ts";
import { hiddenValue, isHidden } from "../../hidden.ts";
import { type LonghornObject, readLonghornObject } from "../../longhorn_object.ts";
import { fileMissing, notJudged, toResult } from "../../outcome_engine.ts";
import { ParsedFiles } from "../../parsed_files.ts";

export const longhorn = defineAnalyzer({
  kind: "longhorn",
  where: "cluster",
  summary: "Finds what is wrong with the nodes, volumes, replicas and engines of Longhorn",
  fields: () => ({
    namespace: textField().describe("Namespace of Longhorn (default: longhorn-system)"),
    collectorName: textField(),
    outcomes: outcomesField().describe("Of no effect"),
  }),
  title: ({ checkName }) => checkName || "Longhorn Health Status",
  validate: (config) => void folderOf(config),
  async *analyze(config, bundle) {
    const files = ParsedFiles.of(bundle);
    const folder = folderOf(config);
    let [all, healthy] = [0, 0];
    for (const [glob, judge] of Object.entries(JUDGES)) {
      const paths = await files.find(globIn(folder, glob));
      // Without volumes there are neither replicas nor engines, but a node there is always.
      if (paths.length === 0 && glob === "nodes/*") {
        all++;
        yield fileMissing(globIn(folder, glob));
      }
      for (const path of paths) {
        all++;
        const result = await judgeFile(judge, path, files);
        if (result === undefined) healthy++;
        else yield config.checkName ? { ...result, title: config.checkName } : result;
      }
    }
    for (const [volume, paths] of byFolder(await files.find(globIn(folder, "volumes/*/replicachecksums/*")))) {
      const result = await judgeChecksums(volume, paths, files);
      if (result !== undefined) {
        all++;
        yield config.checkName ? { ...result, title: config.checkName } : result;
      }
    }
    if (all > 0 && healthy === all) yield toResult({ status: "pass", message: "Longhorn is healthy" });
  },
});

function folderOf({ namespace }: { namespace?: string }): string {
  return bundlePath("longhorn", namespace || "longhorn-system");
}

function globIn(folder: string, glob: string): string {
  return bundleGlob(folder.replace(/[\\*?[]/g, "\\$&"), glob);
}

type Judge = (object: LonghornObject) => { title: string; message: string } | undefined;

/** By the files that they are for; undefined for what is well. */
const JUDGES: Record<string, Judge> = {
  "nodes/*": ({ name, schedulable }) => {
    if (schedulable === "True") return undefined;
    return {
      title: `Longhorn Node Status: ${name}`,
      message: schedulable === "" ? "Node schedulable status not found" : "Longhorn node is not schedulable",
    };
  },
  "replicas/*": (replica) => {
    const { name, failedAt } = replica;
    const title = `Longhorn Replica Status: ${name}`;
    if (failedAt !== "") return { title, message: `Longhorn replica ${name} failed at ${failedAt}` };
    return judgeInstance("replica", title, replica);
  },
  "engines/*": (engine) => judgeInstance("engine", `Longhorn Engine Status: ${engine.name}`, engine),
  "volumes/*.yaml": ({ name, replicas, path }) => {
    if (replicas === undefined) throw unusable(`${path} of the bundle does not say how many replicas the volume has`);
    if (replicas >= 2) return undefined;
    return { title: `Longhorn Volume Status: ${name}`, message: "Longhorn volume with low replicas" };
  },
};

function judgeInstance(kind: string, title: string, { name, wanted, current }: LonghornObject) {
  if (wanted === current) return undefined;
  return { title, message: `Longhorn ${kind} ${name} current status "${current}", should be "${wanted}"` };
}

async function judgeFile(judge: Judge, path: string, files: ParsedFiles): Promise<AnalyzerResult | undefined> {
  const evidence = [{ path }];
  try {
    const object = await files.yaml(path);
    if (object === undefined) return fileMissing(path);
    const problem = judge(readLonghornObject(object, path));
    if (problem === undefined) return undefined;
    return toResult({ status: "warn", message: problem.message }, { title: problem.title, evidence });
  } catch (error) {
    return notJudged(error, { evidence });
  }
}

/** `…/volumes/<volume>/replicachecksums/<replica>.txt`, by volume. */
function byFolder(paths: string[]): Map<string, string[]> {
  return Map.groupBy(paths, (path) => path.split("/").at(-3)!);
}

/** Whether the replicas of a volume have different files; undefined when not. */
async function judgeChecksums(
  volume: string,
  paths: string[],
  files: ParsedFiles,
): Promise<AnalyzerResult | undefined> {
  const more = { title: `Longhorn Volume Replica Corruption: ${volume}`, evidence: paths.map((path) => ({ path })) };
  const seen = new Set<string>();
  for (const path of paths) {
    const text = await files.readText(path) ?? "";
    if (isHidden(text)) return notJudged(hiddenValue(path), more);
    const sums = text.split("\n").flatMap((line) => {
      const [, sum, file] = /^\\?([0-9a-f]{32})\s+\*?(.+?)\s*$/i.exec(line) ?? [];
      return sum === undefined ? [] : [`${file!.slice(file!.lastIndexOf("/") + 1)} ${sum.toLowerCase()}`];
    });
    if (sums.length > 0) seen.add(sums.sort().join("\n"));
  }
  if (seen.size < 2) return undefined;
  return toResult({ status: "warn", message: "Replica corruption detected" }, more);
}

function unusable(message: string): SupportBundleError {
  return new SupportBundleError(message, { code: "ANALYZER_INPUT" });
}
