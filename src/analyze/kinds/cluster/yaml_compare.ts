import { defineAnalyzer, outcomesField, textField } from "../../analyzer.ts";
import { compareValues } from "../../compare_values.ts";
import { comparedFile, equalityOutcomes, judgeEquality } from "../../equality_outcomes.ts";
import { icon } from "../../icons.ts";
import { fileMissing } from "../../outcome_engine.ts";
import { ParsedFiles } from "../../parsed_files.ts";
import { parseValuePath, valueAt } from "../../value_path.ts";
import { expectedYaml, withoutBigInts } from "../../yaml_text.ts";

export const yamlCompare = defineAnalyzer({
  kind: "yamlCompare",
  where: "cluster",
  summary: "Compares a value of a YAML file with what it should be",
  icon: icon("kubernetes_text_analyze", "text-analyze.svg"),
  fields: () => ({
    collectorName: textField().describe("Folder of the file"),
    fileName: textField().describe("Its name"),
    path: textField().describe("Where the value is: spec.containers[0].image (default: the whole document)"),
    value: textField().describe("What it should be, as YAML"),
    outcomes: outcomesField().describe(
      'when: "true" where it is equal (the default of pass), "false" where not; messages are templates of the document',
    ),
  }),
  title: ({ checkName, collectorName }) => checkName || collectorName || "Yaml Compare",
  validate({ collectorName, fileName, path, value, outcomes }) {
    comparedFile(collectorName, fileName);
    parseValuePath(path ?? "");
    expectedYaml(value, "value", true);
    equalityOutcomes(outcomes, true);
  },
  async *analyze({ collectorName, fileName, path: valuePath, value, outcomes }, bundle) {
    const path = comparedFile(collectorName, fileName);
    const read = equalityOutcomes(outcomes, true);
    const document = await ParsedFiles.of(bundle).yaml(path);
    if (document === undefined) {
      yield fileMissing(path);
      return;
    }
    const actual = valueAt(document, parseValuePath(valuePath ?? ""));
    yield judgeEquality(
      read,
      compareValues(actual, expectedYaml(value, "value", true)),
      path,
      () => withoutBigInts(document),
    );
  },
});
