import { defineAnalyzer, outcomesField } from "../../analyzer.ts";
import { badWhen } from "../../condition_error.ts";
import { icon } from "../../icons.ts";
import { fileMissing, judge, readOutcomes } from "../../outcome_engine.ts";
import { ParsedFiles } from "../../parsed_files.ts";
import { itemsOf, textIn } from "../../stored_objects.ts";
import { comparison, type Condition, words } from "../../when.ts";

const PATH = "cluster-resources/nodes.json";

export const containerRuntime = defineAnalyzer({
  kind: "containerRuntime",
  where: "cluster",
  summary: "Says whether a node runs its containers with a certain runtime",
  icon: icon("kubernetes_container_runtime", "container-runtime.svg?w=23&h=16"),
  fields: () => ({ outcomes: outcomesField().describe("when: == containerd, == cri-o, == docker …") }),
  title: ({ checkName }) => checkName || "Container Runtime",
  validate: ({ outcomes }) => void readOutcomes(outcomes, runtimeCondition),
  async *analyze(config, bundle) {
    const outcomes = readOutcomes(config.outcomes, runtimeCondition);
    const file = await ParsedFiles.of(bundle).json(PATH);
    if (file === undefined) {
      yield fileMissing(PATH);
      return;
    }
    const versions = itemsOf(file, PATH).map((node) => textIn(node, "status", "nodeInfo", "containerRuntimeVersion"));
    const runtimes = [...new Set(versions.flatMap((version) => /^([\w.+-]+):\/\//.exec(version)?.[1] ?? []))];
    if (runtimes.length === 0) throw new Error(`No node of ${PATH} says which container runtime it has`);
    yield judge(outcomes, runtimes, `the container runtimes ${runtimes.join(", ")}`, { evidence: [{ path: PATH }] });
  },
});

/** `== <name>` holds when a node has that runtime: the part before `://` of `containerd://1.7.2`. */
function runtimeCondition(when: string): Condition<string[]> {
  const [operator, name, ...more] = words(when);
  if (operator === undefined || name === undefined || more.length > 0) {
    throw badWhen(when, "it is not an operator and a runtime", "Write it as == containerd");
  }
  comparison(operator, when, ["="]);
  return (runtimes) => runtimes.includes(name);
}
