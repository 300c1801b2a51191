import { defineAnalyzer, outcomesField, textField } from "../../analyzer.ts";
import { requiredText } from "../../condition_error.ts";
import { icon } from "../../icons.ts";
import { fileMissing, mostSevere, noOutcomeMatched, readOutcomes, toResult } from "../../outcome_engine.ts";
import { ParsedFiles } from "../../parsed_files.ts";
import { presence, validatePresence } from "../../presence.ts";
import { itemsOf, textIn } from "../../stored_objects.ts";

const PATH = "cluster-resources/custom-resource-definitions.json";

export const customResourceDefinition = defineAnalyzer({
  kind: "customResourceDefinition",
  where: "cluster",
  summary: "Says whether a CustomResourceDefinition exists",
  icon: icon("kubernetes_custom_resource_definition", "custom-resource-definition.svg?w=13&h=16"),
  fields: () => ({
    customResourceDefinitionName: textField().describe("Its full name: backups.velero.io"),
    outcomes: outcomesField().describe("What is said when it is there (pass), and when not (fail or warn)"),
  }),
  title: ({ checkName, customResourceDefinitionName }) =>
    checkName || `Custom resource definition ${customResourceDefinitionName ?? ""}`,
  validate({ customResourceDefinitionName, outcomes }) {
    requiredText(customResourceDefinitionName, "customResourceDefinitionName");
    validatePresence(outcomes);
  },
  async *analyze({ customResourceDefinitionName: name = "", outcomes }, bundle) {
    const file = await ParsedFiles.of(bundle).json(PATH);
    if (file === undefined) {
      yield fileMissing(PATH);
      return;
    }
    const evidence = [{ path: PATH }];
    const about = `Custom resource definition "${name}"`;
    if (itemsOf(file, PATH).some((item) => textIn(item, "metadata", "name") === name)) {
      yield presence(outcomes, true, about, { evidence });
      return;
    }
    const read = readOutcomes(outcomes, () => () => true);
    const chosen = mostSevere(read.filter(({ status }) => status !== "pass"));
    yield chosen === undefined
      ? noOutcomeMatched(`the missing custom resource definition "${name}"`, { evidence })
      : toResult({ ...chosen, message: chosen.message || `${about} was not found` }, { evidence });
  },
});
