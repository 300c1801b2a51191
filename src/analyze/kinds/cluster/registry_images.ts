import { bundlePath } from "../../../bundle/bundle_path.ts";
import { defineAnalyzer, outcomesField, textField } from "../../analyzer.ts";
import { icon } from "../../icons.ts";
import { imagesCondition, readImageChecks } from "../../image_checks.ts";
import { fileMissing, judge, readOutcomes } from "../../outcome_engine.ts";
import { ParsedFiles } from "../../parsed_files.ts";

export const registryImages = defineAnalyzer({
  kind: "registryImages",
  where: "cluster",
  summary: "Counts the images that their registries have, have not, or do not tell of",
  icon: icon("kubernetes_registry_analyze", "registry-analyze.svg"),
  fields: () => ({
    collectorName: textField().describe("collectorName of the collector (default: images)"),
    outcomes: outcomesField().describe("when: missing > 0, errors > 0, verified >= 3"),
  }),
  title: ({ checkName, collectorName }) => checkName || collectorName || "Registry Images",
  validate(config) {
    pathOf(config);
    readOutcomes(config.outcomes, imagesCondition);
  },
  async *analyze(config, bundle) {
    const outcomes = readOutcomes(config.outcomes, imagesCondition);
    const path = pathOf(config);
    const file = await ParsedFiles.of(bundle).json(path);
    if (file === undefined) {
      yield fileMissing(path);
      return;
    }
    const checks = readImageChecks(file, path);
    const { verified, missing, errors } = checks;
    const what = `${verified.length} verified images, ${missing.length} missing, ${errors.length} with errors`;
    yield judge(outcomes, checks, what, { evidence: [{ path }] });
  },
});

function pathOf({ collectorName }: { collectorName?: string }): string {
  return bundlePath("registry", `${collectorName || "images"}.json`);
}
