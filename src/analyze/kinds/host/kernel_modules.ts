import { defineAnalyzer, outcomesField, textField } from "../../analyzer.ts";
import { badWhen } from "../../condition_error.ts";
import { type HostData, judgeHostData, textOf } from "../../host_data.ts";
import { type ReadOutcome, readOutcomes, toResult, type Verdict } from "../../outcome_engine.ts";
import { isRecord } from "../../stored_objects.ts";
import { comparison, type Condition, EQUALITIES, words } from "../../when.ts";

export const kernelModules = defineAnalyzer({
  kind: "kernelModules",
  where: "host",
  summary: "Whether modules of the kernel are loaded, or could be",
  fields: () => ({
    collectorName: textField(),
    outcomes: outcomesField().describe(
      "when: nf_nat,overlay == loaded,loadable. Each that holds is said; without a when, what is said if none " +
        "of the worse or equal ones was",
    ),
  }),
  title,
  validate: ({ outcomes }) => void readOutcomes(outcomes, modulesCondition),
  analyze(config, bundle) {
    const outcomes = readOutcomes(config.outcomes, modulesCondition);
    return judgeHostData(bundle, "system/kernel_modules.json", title(config), (data) => {
      const more = { evidence: [{ path: data.path }] };
      const said = allMatches(outcomes, data).map((outcome) => toResult(outcome, more));
      return said.length > 0 ? said : toResult({ status: "warn", message: "no results" }, more);
    });
  },
});

function title({ checkName }: { checkName?: string }): string {
  return checkName || "Kernel Modules";
}

/** What must not have been said for an outcome without a condition to be said. */
const DEFAULT_UNLESS: Record<Verdict, Verdict[]> = { fail: ["pass"], warn: ["pass", "fail"], pass: ["fail"] };

function allMatches(outcomes: ReadOutcome<HostData>[], data: HostData): ReadOutcome<HostData>[] {
  const matches = outcomes.filter(({ when, holds }) => when !== "" && holds(data));
  const fallback = outcomes.find(({ when, status }) =>
    when === "" && !matches.some((match) => DEFAULT_UNLESS[status].includes(match.status))
  );
  return fallback === undefined ? matches : [...matches, fallback];
}

/** `<modules> <op> <statuses>`, both joined by commas. */
function modulesCondition(when: string): Condition<HostData> {
  const parts = words(when);
  const hint = "Write it as nf_nat,overlay == loaded,loadable; statuses are loaded, loadable, loading, unloading";
  if (parts.length !== 3) throw badWhen(when, "it is not modules, an operator and statuses", hint);
  const [modules, operator, statuses] = [listed(parts[0]!), parts[1]!, listed(parts[2]!)];
  const differs = operator === "<>" || comparison(operator, when, EQUALITIES) === "!=";
  if (modules.length === 0 || statuses.length === 0) throw badWhen(when, "a name is missing", hint);
  return (data) => {
    const found = modules.map((name) => statusOf(data, name));
    const isWanted = (status: string | undefined) => status !== undefined && statuses.includes(status);
    return differs ? found.includes(undefined) || !found.some(isWanted) : found.every(isWanted);
  };
}

function listed(text: string): string[] {
  return text.split(",").map((part) => part.trim()).filter((part) => part !== "");
}

/** The status of a module; undefined when the kernel does not have it. */
function statusOf({ value, path, node }: HostData, name: string): string | undefined {
  // Of compressed modules some collectors cut the last extension only: br_netfilter.ko.xz.
  const key = [name, `${name}.ko`].find((key) => Object.hasOwn(value, key));
  if (key === undefined) return undefined;
  const module = value[key];
  if (!isRecord(module)) throw new Error(`The module "${key}" in ${path} of the bundle is not a JSON object`);
  return textOf({ value: module, path, node }, "status");
}
