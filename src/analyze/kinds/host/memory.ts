import { defineAnalyzer, outcomesField, textField } from "../../analyzer.ts";
import { badWhen } from "../../condition_error.ts";
import { judgeHostData, numberOf } from "../../host_data.ts";
import { judge, readOutcomes } from "../../outcome_engine.ts";
import { ONE, tryParseQuantity } from "../../quantity.ts";
import { compares, comparison, type Condition, ORDERINGS, words } from "../../when.ts";

export const memory = defineAnalyzer({
  kind: "memory",
  where: "host",
  summary: "Compares the amount of memory",
  fields: () => ({ collectorName: textField(), outcomes: outcomesField().describe("when: >= 8Gi") }),
  title,
  validate: ({ outcomes }) => void readOutcomes(outcomes, bytesCondition),
  analyze(config, bundle) {
    const outcomes = readOutcomes(config.outcomes, bytesCondition);
    return judgeHostData(bundle, "system/memory.json", title(config), (data) => {
      const total = numberOf(data, "total");
      return judge(outcomes, BigInt(Math.trunc(total)), `${total} bytes`, { evidence: [{ path: data.path }] });
    });
  },
});

function title({ checkName }: { checkName?: string }): string {
  return checkName || "Amount of Memory";
}

/** `<op> <quantity>` over bytes. */
function bytesCondition(when: string): Condition<bigint> {
  const [operator, value, ...more] = words(when);
  const hint = "Write it as >= 8Gi";
  if (operator === undefined || value === undefined || more.length > 0) {
    throw badWhen(when, "it is not an operator and a quantity", hint);
  }
  const by = comparison(operator, when, ORDERINGS);
  const wanted = tryParseQuantity(value);
  if (wanted === undefined || wanted < 0n || wanted % ONE !== 0n) {
    throw badWhen(when, `"${value}" is not a whole number of bytes`, hint);
  }
  return (bytes) => compares(bytes * ONE, by, wanted);
}
