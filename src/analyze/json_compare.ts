import type { BundleReader } from "../bundle/bundle_reader.ts";
import { type AnalyzerResult, defineAnalyzer, type Outcomes, outcomesField, textField } from "./analyzer.ts";
import { compareUnordered } from "./compare_values.ts";
import { SpecConditionError } from "./condition_error.ts";
import { comparedFile, equalityOutcomes, judgeEquality } from "./equality_outcomes.ts";
import { icon } from "./icons.ts";
import { evaluateJsonPath } from "./json_path/evaluate.ts";
import { parseJsonPath } from "./json_path/parse.ts";
import { fileMissing } from "./outcome_engine.ts";
import { ParsedFiles } from "./parsed_files.ts";
import { parseValuePath, valueAt } from "./value_path.ts";

interface Config {
  collectorName?: string;
  fileName?: string;
  path?: string;
  jsonPath?: string;
  value?: string;
  outcomes?: Outcomes;
}

/** `jsonCompare`, which is the same in a cluster and on a host. */
export function defineJsonCompare(where: "cluster" | "host") {
  return defineAnalyzer({
    kind: "jsonCompare",
    where,
    summary: "Compares a value of a JSON file with what it should be",
    icon: icon("kubernetes_text_analyze", "text-analyze.svg"),
    fields: () => ({
      collectorName: textField().describe("Folder of the file"),
      fileName: textField().describe("Its name"),
      path: textField().describe("Where the value is: spec.containers[0].image (default: the whole document)"),
      jsonPath: textField().describe("Without a path: kubectl's JSONPath, {.items[*].metadata.name}"),
      value: textField().describe("What it should be, as JSON; the order of a list does not count"),
      outcomes: outcomesField().describe(
        'when: "true" where it is equal (the default of pass), "false" where not; messages are templates of the document',
      ),
    }),
    title: ({ checkName, collectorName }) => checkName || collectorName || "Json Compare",
    validate: (config) => void compile(config),
    analyze: compare,
  });
}

async function* compare(config: Config, bundle: BundleReader): AsyncIterable<AnalyzerResult> {
  const { path, find, expected, outcomes } = compile(config);
  const document = await ParsedFiles.of(bundle).json(path);
  if (document === undefined) yield fileMissing(path);
  else yield judgeEquality(outcomes, compareUnordered(find(document), expected), path, () => document);
}

function compile({ collectorName, fileName, path, jsonPath, value, outcomes }: Config) {
  return {
    path: comparedFile(collectorName, fileName),
    find: finder(path, jsonPath),
    expected: readValue(value),
    outcomes: equalityOutcomes(outcomes, true),
  };
}

function finder(path: string | undefined, jsonPath: string | undefined): (document: unknown) => unknown {
  if (path || !jsonPath) {
    const steps = parseValuePath(path ?? "");
    return (document) => valueAt(document, steps);
  }
  const steps = parseJsonPath(jsonPath);
  return (document) => {
    const values = evaluateJsonPath(steps, document);
    return values.length === 1 ? values[0] : values;
  };
}

/** A text that is no JSON stands for itself, as in a published example: `baz`. */
function readValue(value: string | undefined): unknown {
  if (value === undefined || value.trim() === "") {
    throw new SpecConditionError("field value", "it is missing", 'Write the expected value: "text", 3, [1, 2]');
  }
  try {
    return JSON.parse(value);
  } catch {
    // What begins as JSON was meant to be.
    if (!/^\s*["{[]/.test(value)) return value;
    throw new SpecConditionError(
      "field value",
      "it is no JSON that can be read",
      'Write the expected value as JSON: "text", 3, [1, 2]',
    );
  }
}
