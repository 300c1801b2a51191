import { defineAnalyzer, outcomesField } from "../../analyzer.ts";
import { badWhen } from "../../condition_error.ts";
import { distributionName, DISTRIBUTIONS, findDistributions, groupVersionsOf } from "../../distributions.ts";
import { icon } from "../../icons.ts";
import { fileMissing, firstMatch, readOutcomes, toResult } from "../../outcome_engine.ts";
import { ParsedFiles } from "../../parsed_files.ts";
import { itemsOf } from "../../stored_objects.ts";
import { comparison, type Condition, EQUALITIES, words } from "../../when.ts";

const NODES = "cluster-resources/nodes.json";
const RESOURCES = "cluster-resources/resources.json";
const HINT = `Write it as == eks, or != openShift; known are ${Object.keys(DISTRIBUTIONS).join(", ")}`;

export const distribution = defineAnalyzer({
  kind: "distribution",
  where: "cluster",
  summary: "Says which distribution of Kubernetes the cluster is",
  icon: icon("kubernetes_distribution", "distribution.svg?w=20&h=14"),
  fields: () => ({ outcomes: outcomesField().describe("when: == gke, != k3s, eks …") }),
  title: ({ checkName }) => checkName || "Kubernetes Distribution",
  validate: ({ outcomes }) => void readOutcomes(outcomes, distributionCondition),
  async *analyze(config, bundle) {
    const outcomes = readOutcomes(config.outcomes, distributionCondition);
    const files = ParsedFiles.of(bundle);
    const nodes = await files.json(NODES);
    if (nodes === undefined) {
      yield fileMissing(NODES);
      return;
    }
    const found = findDistributions(itemsOf(nodes, NODES), groupVersionsOf(await files.json(RESOURCES)));
    const evidence = [{ path: NODES }];
    const outcome = firstMatch(outcomes, found);
    if (outcome !== undefined) {
      yield toResult(outcome, { evidence });
      return;
    }
    // Names that a newer version may know are no mistake of the spec; here nothing can be said about them.
    const unknown = outcomes.flatMap(({ when }) => {
      const { name, known } = readWhen(when);
      return known === undefined ? [`- Unknown distribution: ${name} `] : [];
    });
    yield toResult({ status: "warn", message: unknown.join("") || "None of the conditionals were met" }, { evidence });
  },
});

/** `<name>`, `== <name>` or `!= <name>`; one that is not known never matches. */
function distributionCondition(when: string): Condition<Set<string>> {
  const { equality, known } = readWhen(when);
  return (found) => known !== undefined && found.has(known) === equality;
}

function readWhen(when: string): { equality: boolean; name: string; known?: string } {
  const [first = "", ...rest] = words(when);
  const hasOperator = !/^\w/.test(first);
  const name = (hasOperator ? rest : [first, ...rest]).join(" ");
  const equality = !hasOperator || comparison(first, when, EQUALITIES) === "=";
  if (name === "") throw badWhen(when, "it does not name a distribution", HINT);
  return { equality, name, known: distributionName(name) };
}
