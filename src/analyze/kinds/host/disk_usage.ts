import { bundlePath } from "../../../bundle/bundle_path.ts";
import { defineAnalyzer, outcomesField, textField } from "../../analyzer.ts";
import { badWhen } from "../../condition_error.ts";
import { judgeHostData, numberOf } from "../../host_data.ts";
import { judge, readOutcomes } from "../../outcome_engine.ts";
import { ONE, tryParseQuantity } from "../../quantity.ts";
import { compares, comparison, type Condition, ORDERINGS, words } from "../../when.ts";

export const diskUsage = defineAnalyzer({
  kind: "diskUsage",
  where: "host",
  summary: "Compares the size and the use of a disk",
  fields: () => ({
    collectorName: textField().describe("Name of the diskUsage collector"),
    outcomes: outcomesField().describe("when: total < 40Gi, available < 10Gi, used/total > 80%"),
  }),
  title,
  validate({ collectorName, outcomes }) {
    pathOf(collectorName);
    readOutcomes(outcomes, diskCondition);
  },
  analyze(config, bundle) {
    const outcomes = readOutcomes(config.outcomes, diskCondition);
    return judgeHostData(bundle, pathOf(config.collectorName), title(config), (data) => {
      const total = numberOf(data, "total_bytes");
      const used = numberOf(data, "used_bytes");
      const what = `a disk of ${total} bytes with ${used} bytes in use`;
      return judge(outcomes, { total, used, available: total - used }, what, { evidence: [{ path: data.path }] });
    });
  },
});

function title({ checkName, collectorName }: { checkName?: string; collectorName?: string }): string {
  return checkName || `Disk Usage ${collectorName ?? ""}`.trim();
}

function pathOf(collectorName: string | undefined): string {
  return bundlePath("diskUsage", `${collectorName || "diskUsage"}.json`);
}

type Amount = "total" | "used" | "available";
type Disk = Record<Amount, number>;

const HINT = "Write it as total < 40Gi, used >= 10Gi, available < 10Gi, used/total > 80% or available/total < 0.2";

function diskCondition(when: string): Condition<Disk> {
  const parts = words(when);
  if (parts.length !== 3) throw badWhen(when, "it is not an amount, an operator and a value", HINT);
  const [subject, operator, value] = [parts[0]!.toLowerCase(), parts[1]!, parts[2]!];
  const by = comparison(operator, when, ORDERINGS);
  switch (subject) {
    case "total":
    case "used":
    case "available": {
      const wanted = tryParseQuantity(value);
      if (wanted === undefined) throw badWhen(when, `"${value}" is not a quantity`, HINT);
      return (disk) => compares(BigInt(Math.trunc(disk[subject])) * ONE, by, wanted);
    }
    case "used/total":
    case "available/total": {
      const wanted = fraction(value, when);
      const amount: Amount = subject === "used/total" ? "used" : "available";
      return (disk) => {
        if (disk.total <= 0) throw new Error("the disk has a size of 0 bytes, so no share of it can be had");
        return compares(disk[amount] / disk.total, by, wanted);
      };
    }
  }
  throw badWhen(when, `"${parts[0]}" of a disk cannot be compared`, HINT);
}

/** `0.8` or `80%`. */
function fraction(text: string, when: string): number {
  const match = /^([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)(%?)$/.exec(text);
  if (match === null) throw badWhen(when, `"${text}" is not a share`, HINT);
  return match[2] === "%" ? Number(match[1]) / 100 : Number(match[1]);
}
