import type { BundleReader } from "../../../bundle/bundle_reader.ts";
import { type AnalyzerResult, defineAnalyzer, type Outcomes, outcomesField, textField } from "../../analyzer.ts";
import { fileMissing, noOutcomeMatched, readOutcomes, toResult } from "../../outcome_engine.ts";
import { ParsedFiles } from "../../parsed_files.ts";
import { type SysctlCondition, sysctlCondition, sysctlKey } from "../../sysctl_condition.ts";

const GLOB = "sysctl/*";

export const sysctl = defineAnalyzer({
  kind: "sysctl",
  where: "cluster",
  summary: "Compares kernel settings of the nodes",
  fields: () => ({
    collectorName: textField(),
    outcomes: outcomesField().describe("when: net.ipv4.ip_forward = 0, vm.max_map_count < 262144"),
  }),
  title: ({ checkName }) => checkName || "Sysctl",
  validate: ({ outcomes }) => void compile(outcomes),
  async *analyze({ outcomes }, bundle) {
    const read = compile(outcomes);
    const nodes = await nodesOf(ParsedFiles.of(bundle));
    if (nodes.length === 0) {
      yield fileMissing(GLOB);
      return;
    }
    yield judgeNodes(read, nodes);
  },
});

function compile(outcomes: Outcomes | undefined) {
  const conditions = new Map<string, SysctlCondition>();
  const read = readOutcomes(outcomes, (when) => {
    conditions.set(when, sysctlCondition(when));
    return () => true;
  });
  return read.map((outcome) => ({ ...outcome, condition: conditions.get(outcome.when) }));
}

interface SysctlNode {
  name: string;
  path: string;
  settings: Map<string, { value: string; line: number }>;
}

async function nodesOf(bundle: BundleReader): Promise<SysctlNode[]> {
  const nodes: SysctlNode[] = [];
  for (const path of await bundle.find(GLOB)) {
    const text = await bundle.readText(path) ?? "";
    const settings: SysctlNode["settings"] = new Map();
    text.split("\n").forEach((line, index) => {
      const [, key, value] = /^(\S+)\s=\s(.+)/.exec(line) ?? [];
      if (key !== undefined) settings.set(sysctlKey(key), { value: value!.trimEnd(), line: index + 1 });
    });
    nodes.push({ name: path.slice(path.lastIndexOf("/") + 1), path, settings });
  }
  return nodes;
}

/** An outcome holds when it does for one node at least; the message names those. */
function judgeNodes(outcomes: ReturnType<typeof compile>, nodes: SysctlNode[]): AnalyzerResult {
  for (const outcome of outcomes) {
    const { condition } = outcome;
    if (condition === undefined) return toResult(outcome, { evidence: nodes.map(({ path }) => ({ path })) });
    const { key } = condition;
    const matching = nodes.filter(({ name, settings }) => condition.holds(settings.get(key)?.value, `node ${name}`));
    if (matching.length === 0) continue;
    const names = matching.map(({ name }) => name);
    const message = `${names.length > 1 ? "Nodes" : "Node"} ${names.join(", ")}: ${outcome.message}`;
    const evidence = matching.map(({ path, settings }) => ({ path, line: settings.get(key)!.line }));
    return toResult({ ...outcome, message }, { evidence });
  }
  return noOutcomeMatched(`the settings of ${nodes.length} nodes`, { evidence: nodes.map(({ path }) => ({ path })) });
}
