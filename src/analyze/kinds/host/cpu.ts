import { defineAnalyzer, outcomesField, textField } from "../../analyzer.ts";
import { badWhen } from "../../condition_error.ts";
import { type HostData, judgeHostData, numberOf, textOf } from "../../host_data.ts";
import { judge, readOutcomes } from "../../outcome_engine.ts";
import { compares, comparison, type Condition, EQUALITIES, integer, ORDERINGS_AND_NOT, words } from "../../when.ts";

/** Flags that each level of x86-64 adds to the one before.
 * @see https://gitlab.com/x86-psABIs/x86-64-ABI */
const LEVELS: [string, string[]][] = [
  ["x86-64", ["cmov", "cx8", "fpu", "fxsr", "mmx", "syscall", "sse", "sse2"]],
  ["x86-64-v2", ["cx16", "lahf_lm", "popcnt", "ssse3", "sse4_1", "sse4_2"]],
  ["x86-64-v3", ["avx", "avx2", "bmi1", "bmi2", "f16c", "fma", "lzcnt", "movbe", "xsave"]],
  ["x86-64-v4", ["avx512f", "avx512bw", "avx512cd", "avx512dq", "avx512vl"]],
];

const HINT = "Write it as >= 4, logical >= 4, machineArch == x86_64, supports x86-64-v2 or hasFlags avx,sse4_2";

export const cpu = defineAnalyzer({
  kind: "cpu",
  where: "host",
  summary: "Compares the number, the architecture and the flags of the CPUs",
  fields: () => ({
    collectorName: textField(),
    outcomes: outcomesField().describe(
      "when: count >= 4, logical, physical, machineArch == x86_64, supports x86-64-v2",
    ),
  }),
  title,
  validate: ({ outcomes }) => void readOutcomes(outcomes, cpuCondition),
  analyze(config, bundle) {
    const outcomes = readOutcomes(config.outcomes, cpuCondition);
    return judgeHostData(bundle, "system/cpu.json", title(config), (data) => {
      const cpus = cpusOf(data);
      return judge(outcomes, cpus, `${cpus.count} CPUs`, { evidence: [{ path: data.path }] });
    });
  },
});

function title({ checkName }: { checkName?: string }): string {
  return checkName || "Number of CPUs";
}

interface Cpus {
  logical: number;
  physical: number;
  count: number;
  machineArch(): string;
  flags: ReadonlySet<string>;
}

function cpusOf(data: HostData): Cpus {
  const logical = numberOf(data, "logicalCount");
  const physical = numberOf(data, "physicalCount");
  const flags = new Set(Array.isArray(data.value.flags) ? data.value.flags : []);
  // Linux calls LZCNT by the name of the extension that AMD brought it with.
  if (flags.has("abm")) flags.add("lzcnt");
  const machineArch = () => textOf(data, "machineArch");
  return { logical, physical, count: Math.max(logical, physical), machineArch, flags };
}

function cpuCondition(when: string): Condition<Cpus> {
  const parts = words(when);
  const keyword = parts.at(-2);
  if (parts.length < 2 || parts.length > 3) throw badWhen(when, "it is not a condition for CPUs", HINT);
  if (keyword === "supports") return supports(parts.at(-1)!, when);
  if (keyword === "hasFlags") {
    return hasFlags(parts.at(-1)!.split(",").map((flag) => flag.trim()).filter((f) => f !== ""));
  }

  const subject = parts.length === 2 ? "count" : parts[0]!.toLowerCase();
  const [operator, value] = parts.slice(-2) as [string, string];
  switch (subject) {
    case "machinearch": {
      const by = comparison(operator, when, EQUALITIES);
      return ({ machineArch }) => compares(machineArch(), by, value);
    }
    case "count":
    case "logical":
    case "physical": {
      const by = comparison(operator, when, ORDERINGS_AND_NOT);
      const wanted = integer(value, when);
      return (cpus) => compares(cpus[subject], by, wanted);
    }
  }
  throw badWhen(when, `"${parts[0]}" of a CPU cannot be compared`, HINT);
}

function supports(level: string, when: string): Condition<Cpus> {
  const index = LEVELS.findIndex(([name]) => name === level);
  if (index === -1) {
    throw badWhen(when, `"${level}" is not a level`, `Use one of ${LEVELS.map(([name]) => name).join(", ")}`);
  }
  return hasFlags(LEVELS.slice(0, index + 1).flatMap(([, flags]) => flags));
}

function hasFlags(wanted: string[]): Condition<Cpus> {
  return ({ flags }) => wanted.every((flag) => flags.has(flag));
}
