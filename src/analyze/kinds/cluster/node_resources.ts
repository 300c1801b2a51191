import { flagField } from "../../../core/flag_field.ts";
import { defineAnalyzer, outcomesField } from "../../analyzer.ts";
import { badWhen } from "../../condition_error.ts";
import { icon } from "../../icons.ts";
import { labelOf } from "../../label_selector.ts";
import { itemsOf } from "../../stored_objects.ts";
import {
  checkResourceName,
  type Node,
  NODE_PROPERTIES,
  nodeFilter,
  nodeFilterField,
  type NodeProperty,
  nodeQuantity,
  nodeTemplateData,
} from "../../node_filter.ts";
import { firstMatch, noOutcomeMatched, readOutcomes, toResult } from "../../outcome_engine.ts";
import { ParsedFiles } from "../../parsed_files.ts";
import { type Billionths, tryParseQuantity } from "../../quantity.ts";
import { compileTemplate } from "../../template/template.ts";
import { compares, comparison, type Condition, EQUALITIES, integer, ORDERINGS, words } from "../../when.ts";

const PATH = "cluster-resources/nodes.json";
const HINT = "Write it as >= 3, count() >= 3, min(memoryCapacity) >= 8Gi, countDistinct(label) > 1 " +
  "or nodeCondition(Ready) == False";

type Config = { filters?: Parameters<typeof nodeFilter>[0]; outcomes?: Parameters<typeof readOutcomes>[0] };

export const nodeResources = defineAnalyzer({
  kind: "nodeResources",
  where: "cluster",
  summary: "Counts nodes, and compares what they offer",
  icon: icon("kubernetes_node_resources", "node-resources.svg?w=16&h=18"),
  fields: () => ({
    filters: nodeFilterField(),
    ignoreIfNoFiles: flagField().describe("true: no result when the bundle has no nodes"),
    outcomes: outcomesField().describe("when: count() >= 3, sum(cpuCapacity) < 8 …; messages are templates"),
  }),
  title: ({ checkName }) => checkName || "Node Resources",
  validate: (config) => void compile(config),
  async *analyze(config, bundle) {
    const { passes, outcomes } = compile(config);
    const file = await ParsedFiles.of(bundle).json(PATH);
    if (file === undefined) {
      if (config.ignoreIfNoFiles) return;
      const message = "No node resources were collected, unable to analyze node resources";
      yield { outcome: { status: "warn", message } };
      return;
    }
    const evidence = [{ path: PATH }];
    const nodes = itemsOf<Node>(file, PATH).filter(passes);
    const outcome = firstMatch(outcomes, nodes);
    if (outcome === undefined) {
      yield noOutcomeMatched(`the ${nodes.length} nodes that pass the filters`, { evidence });
    } else {
      const message = outcome.template.render(nodeTemplateData(nodes.length, config.filters));
      yield toResult({ ...outcome, message }, { evidence });
    }
  },
});

function compile({ filters, outcomes }: Config) {
  return {
    passes: nodeFilter(filters),
    outcomes: readOutcomes(outcomes, (when) => nodesCondition(when, filters?.resourceName)).map((outcome) => ({
      ...outcome,
      template: compileTemplate(outcome.message),
    })),
  };
}

/** `[count()] <op> <int>`, `countDistinct(<label>) <op> <int>`, `min|max|sum(<property>) <op> <quantity>`,
 * `nodeCondition(<Type>) <op> <status>`. */
function nodesCondition(when: string, resourceName: string | undefined): Condition<Node[]> {
  const parts = words(when);
  if (parts.length === 2) parts.unshift("count()");
  const [subject, operator, value] = parts as [string, string, string];
  if (parts.length !== 3) throw badWhen(when, "it is not a function, an operator and a value", HINT);
  const [, name, argument = ""] = /^(\w+)(?:\(([^()]*)\))?$/.exec(subject) ?? [];
  switch (name) {
    case "count": {
      const by = comparison(operator, when, ORDERINGS);
      const wanted = integer(value, when);
      return (nodes) => compares(nodes.length, by, wanted);
    }
    case "countDistinct": {
      const by = comparison(operator, when, ORDERINGS);
      const wanted = integer(value, when);
      if (argument === "") throw badWhen(when, "countDistinct needs a label", HINT);
      return (nodes) => compares(distinctLabels(nodes, argument), by, wanted);
    }
    case "nodeCondition": {
      const equality = comparison(operator, when, EQUALITIES) === "=";
      if (argument === "") throw badWhen(when, "nodeCondition needs a type such as Ready", HINT);
      return (nodes) => nodes.some((node) => hasCondition(node, argument, value) === equality);
    }
    case "min":
    case "max":
    case "sum": {
      const by = comparison(operator, when, ORDERINGS);
      const wanted = tryParseQuantity(value);
      if (wanted === undefined) throw badWhen(when, `"${value}" is not a quantity`, "Write it as 4, 500m or 8Gi");
      if (!Object.hasOwn(NODE_PROPERTIES, argument)) {
        const known = Object.keys(NODE_PROPERTIES).join(", ");
        throw badWhen(when, `nodes have no property "${argument}"`, `Use one of ${known}`);
      }
      const property = argument as NodeProperty;
      checkResourceName(property, resourceName, `condition "${when}"`);
      return (nodes) => compares(aggregate(name, nodes, property, resourceName), by, wanted);
    }
  }
  throw badWhen(when, `"${subject}" is not a function of nodes`, HINT);
}

function distinctLabels(nodes: Node[], label: string): number {
  return new Set(nodes.map(({ metadata }) => labelOf(metadata?.labels, label)).filter((value) => value !== undefined))
    .size;
}

function hasCondition(node: Node, type: string, status: string): boolean {
  return (node.status?.conditions ?? []).some((condition) => condition.type === type && condition.status === status);
}

/** A node that does not say what it has counts for nothing in a sum and a maximum; a minimum cannot be had then. */
function aggregate(
  name: "min" | "max" | "sum",
  nodes: Node[],
  property: NodeProperty,
  resourceName: string | undefined,
): Billionths {
  const amounts: Billionths[] = [];
  for (const node of nodes) {
    const amount = nodeQuantity(node, property, resourceName);
    if (amount !== undefined) amounts.push(amount);
    else if (name === "min") throw new Error(`the node ${node.metadata?.name ?? ""} does not say its ${property}`);
  }
  if (name === "sum") return amounts.reduce((sum, amount) => sum + amount, 0n);
  if (amounts.length === 0) throw new Error(`there is no node to take ${name}(${property}) of`);
  return amounts.reduce((a, b) => (name === "min") === (b < a) ? b : a);
}
