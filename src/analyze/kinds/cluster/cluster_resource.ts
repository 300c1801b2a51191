import { flagField } from "../../../core/flag_field.ts";
import { type AnalyzerResult, defineAnalyzer, type Outcomes, outcomesField, textField } from "../../analyzer.ts";
import { compareValues } from "../../compare_values.ts";
import { requiredText } from "../../condition_error.ts";
import { equalityOutcomes, judgeEquality } from "../../equality_outcomes.ts";
import { hiddenValue, isMask } from "../../hidden.ts";
import { icon } from "../../icons.ts";
import { fileMissing, oneVerdictEach, readOutcomes, toResult } from "../../outcome_engine.ts";
import { ParsedFiles } from "../../parsed_files.ts";
import { quantityCondition, toQuantity } from "../../quantity_condition.ts";
import { resourceFiles } from "../../resource_files.ts";
import { itemsOf, textIn } from "../../stored_objects.ts";
import { GROUPS_ICON, groupsJudge, judgeText, presenceJudge } from "../../text_matcher.ts";
import { parseValuePath, PathError, valueAt } from "../../value_path.ts";
import { expectedYaml, toYaml } from "../../yaml_text.ts";

interface Config {
  kind?: string;
  clusterScoped?: boolean;
  namespace?: string;
  name?: string;
  yamlPath?: string;
  expectedValue?: string;
  regex?: string;
  regexGroups?: string;
  outcomes?: Outcomes;
}

export const clusterResource = defineAnalyzer({
  kind: "clusterResource",
  where: "cluster",
  summary: "Judges a value of an object of the cluster",
  icon: icon("kubernetes_text_analyze", "text-analyze.svg"),
  fields: () => ({
    kind: textField().describe("Kind of the object, in any case: Deployment, pvc, StorageClass …"),
    clusterScoped: flagField().describe("true for kinds that are in no namespace"),
    namespace: textField().describe("Its namespace (default: default)"),
    name: textField().describe("Its name"),
    yamlPath: textField().describe("Where the value is: spec.replicas, spec.containers[0].image"),
    expectedValue: textField().describe('What it should be, as YAML. when: "true" or "false"'),
    regex: textField().describe('RE2 pattern over the value as YAML. when: "true" or "false"'),
    regexGroups: textField().describe("RE2 pattern with named groups over it. when: <group> <op> <value>"),
    collectorName: textField(),
    outcomes: outcomesField().describe("Without the three above, when compares the value: >= 3, < 5Gi"),
  }),
  title: ({ checkName, collectorName }) => checkName || collectorName || "Cluster Resource",
  validate: (config) => void compile(config),
  async *analyze(config, bundle) {
    const { kind, name, path, namespace, glob, steps, judge } = compile(config);
    const files = ParsedFiles.of(bundle);
    const file = await files.json(path);
    // Where lists of other namespaces are, this namespace has no such object.
    if (file === undefined && (namespace === undefined || (await files.find(glob)).length === 0)) {
      yield fileMissing(path);
      return;
    }
    const evidence = [{ path }];
    const failure = (message: string) => toResult({ status: "fail", message }, { evidence });
    const object = itemsOf(file, path).find((item) => textIn(item, "metadata", "name") === name);
    if (object === undefined) {
      const where = namespace === undefined ? "" : ` in namespace ${namespace}`;
      yield failure(`${kind} ${name}${where} does not exist`);
      return;
    }
    let value: unknown;
    try {
      value = valueAt(object, steps);
    } catch (error) {
      if (!(error instanceof PathError)) throw error;
      yield failure("YAML path provided is invalid");
      return;
    }
    yield { ...judge(value, path), evidence };
  },
});

function compile(config: Config) {
  const kind = requiredText(config.kind, "kind");
  return {
    kind,
    name: requiredText(config.name, "name"),
    ...resourceFiles(kind, config.namespace, config.clusterScoped === true),
    steps: parseValuePath(config.yamlPath ?? ""),
    judge: judgeOf(config),
  };
}

type Judge = (value: unknown, path: string) => AnalyzerResult;

function judgeOf({ expectedValue, regex, regexGroups, yamlPath, outcomes }: Config): Judge {
  if (expectedValue) {
    const expected = expectedYaml(expectedValue, "expectedValue");
    const read = equalityOutcomes(outcomes, false);
    return (value, path) => ({
      icon: GROUPS_ICON,
      ...judgeEquality(read, compareValues(value, expected), path, () => value),
    });
  }
  if (regex || regexGroups) {
    const judge = regex ? presenceJudge(regex, outcomes) : groupsJudge(regexGroups!, outcomes);
    return (value, path) => {
      if (typeof value === "string" && isMask(value)) throw new Error(hiddenValue(path));
      return judgeText(judge, toYaml(value), path);
    };
  }
  const read = readOutcomes(oneVerdictEach(outcomes), quantityCondition);
  return (value, path) => {
    const outcome = read.find(({ when, holds }) =>
      when === "" || holds(toQuantity(value, `${yamlPath || "the object"} in ${path}`))
    );
    return { icon: GROUPS_ICON, ...toResult(outcome ?? { status: "fail", message: "Invalid analyzer" }) };
  };
}
