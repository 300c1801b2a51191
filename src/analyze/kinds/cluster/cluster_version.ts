import { SupportBundleError } from "../../../core/errors.ts";
import { defineAnalyzer, outcomesField } from "../../analyzer.ts";
import { icon } from "../../icons.ts";
import { isRecord } from "../../stored_objects.ts";
import { fileMissing, judge, readOutcomes } from "../../outcome_engine.ts";
import { ParsedFiles } from "../../parsed_files.ts";
import { parseSemverRange, tryParseClusterVersion } from "../../semver_range.ts";

const PATH = "cluster-info/cluster_version.json";

export const clusterVersion = defineAnalyzer({
  kind: "clusterVersion",
  where: "cluster",
  summary: "Compares the version of Kubernetes with ranges",
  icon: icon("kubernetes_cluster_version", "kubernetes.svg?w=16&h=16"),
  fields: () => ({ outcomes: outcomesField().describe("when: a range of versions, such as >= 1.27.0 <1.31.0") }),
  title: ({ checkName }) => checkName || "Required Kubernetes Version",
  validate: ({ outcomes }) => void readOutcomes(outcomes, parseSemverRange),
  async *analyze(config, bundle) {
    const outcomes = readOutcomes(config.outcomes, parseSemverRange);
    const file = await ParsedFiles.of(bundle).json(PATH);
    if (file === undefined) {
      yield fileMissing(PATH);
      return;
    }
    const text = isRecord(file) && typeof file.string === "string" ? file.string : "";
    const version = tryParseClusterVersion(text);
    if (version === undefined) {
      throw new SupportBundleError(`"${text}" in ${PATH} is not a version of Kubernetes`, { code: "ANALYZER_INPUT" });
    }
    yield judge(outcomes, version, `the version ${text}`, { evidence: [{ path: PATH }] });
  },
});
