import { bundlePath } from "../../../bundle/bundle_path.ts";
import { defineAnalyzer, outcomesField, textField } from "../../analyzer.ts";
import { judgeHostData } from "../../host_data.ts";
import { imagesCondition, readImageChecks } from "../../image_checks.ts";
import { judgeTemplated, templatedOutcomes } from "../../templated_outcomes.ts";
import { Struct } from "../../template/values.ts";

export const hostRegistryImages = defineAnalyzer({
  kind: "registryImages",
  where: "host",
  summary: "Counts the images that registries have, lack, or did not answer for",
  fields: () => ({
    collectorName: textField().describe("Name of the registryImages collector"),
    outcomes: outcomesField().describe(
      "when: missing > 0, errors > 0, verified >= 3. Messages know .Verified .Missing .Errors .UnverifiedReasons",
    ),
  }),
  title,
  validate(config) {
    pathOf(config);
    templatedOutcomes(config.outcomes, imagesCondition);
  },
  analyze(config, bundle) {
    const outcomes = templatedOutcomes(config.outcomes, imagesCondition);
    return judgeHostData(bundle, pathOf(config), title(config), ({ value, path }) => {
      const checks = readImageChecks(value, path);
      const { verified: Verified, missing: Missing, errors: Errors, reasons: UnverifiedReasons } = checks;
      const data = Struct.of("registry images", { Verified, Missing, Errors, UnverifiedReasons });
      const what = `${Verified.length} verified images, ${Missing.length} missing, ${Errors.length} with errors`;
      return judgeTemplated(outcomes, checks, data, what, { evidence: [{ path }] });
    });
  },
});

function title({ checkName }: { checkName?: string }): string {
  return checkName || "Registry Images";
}

function pathOf({ collectorName }: { collectorName?: string }): string {
  return bundlePath("registry-images", `${collectorName || "images"}.json`);
}
