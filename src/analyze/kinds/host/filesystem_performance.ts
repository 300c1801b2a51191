import { bundlePath } from "../../../bundle/bundle_path.ts";
import { tryParseDuration } from "../../../core/duration.ts";
import { type AnalyzerResult, defineAnalyzer, outcomesField, textField } from "../../analyzer.ts";
import { badWhen } from "../../condition_error.ts";
import { fioLatencies, type Latencies, LATENCY_NAMES, latencyTemplateData } from "../../fio_latencies.ts";
import { goDuration } from "../../go_duration.ts";
import { judgeHostFile } from "../../host_data.ts";
import { fileMissing, toResult } from "../../outcome_engine.ts";
import { judgeTemplated, type TemplatedOutcome, templatedOutcomes } from "../../templated_outcomes.ts";
import { compares, comparison, type Condition, ORDERINGS, words } from "../../when.ts";

/** The condition for when the bundle has no measurement. */
const NOT_COLLECTED = "fileNotCollected";

export const filesystemPerformance = defineAnalyzer({
  kind: "filesystemPerformance",
  where: "host",
  summary: "Compares how long writes to a file system take",
  fields: () => ({
    collectorName: textField().describe("Name of the filesystemPerformance collector"),
    outcomes: outcomesField().describe(
      `when: p99 < 10ms, max > 1s, average, min, or ${NOT_COLLECTED}. Messages know .P99 .Max .Average .Min .String`,
    ),
  }),
  title,
  validate(config) {
    pathOf(config);
    templatedOutcomes(config.outcomes, latencyCondition);
  },
  analyze(config, bundle) {
    const outcomes = templatedOutcomes(config.outcomes, latencyCondition);
    return judgeHostFile(bundle, pathOf(config), title(config), (file) => {
      const latencies = fioLatencies(file);
      const { P99, Max = 0 } = latencies;
      const what = `a p99 of ${P99 === undefined ? "unknown length" : goDuration(P99)} and a maximum of ${
        goDuration(Max)
      }`;
      return judgeTemplated(outcomes, latencies, latencyTemplateData(latencies), what, {
        evidence: [{ path: file.path }],
      });
    }, { missing: (path) => notCollected(outcomes, path) });
  },
});

function title({ checkName }: { checkName?: string }): string {
  return checkName || "Filesystem Performance";
}

function pathOf({ collectorName }: { collectorName?: string }): string {
  return bundlePath("filesystemPerformance", `${collectorName || "filesystemPerformance"}.json`);
}

function notCollected(outcomes: TemplatedOutcome<Latencies>[], path: string): AnalyzerResult {
  const outcome = outcomes.find(({ when }) => when === NOT_COLLECTED);
  return outcome === undefined ? fileMissing(path) : toResult(outcome);
}

/** `<statistic> <op> <duration>`. */
function latencyCondition(when: string): Condition<Latencies> {
  if (when === NOT_COLLECTED) return () => false;
  const parts = words(when);
  const hint = `Write it as p99 < 10ms. There are ${LATENCY_NAMES.map((name) => name.toLowerCase()).join(", ")}`;
  if (parts.length !== 3) throw badWhen(when, "it is not a statistic, an operator and a duration", hint);
  const name = LATENCY_NAMES.find((candidate) => candidate.toLowerCase() === parts[0]!.toLowerCase());
  if (name === undefined) throw badWhen(when, `"${parts[0]}" of a file system cannot be compared`, hint);
  const by = comparison(parts[1]!, when, ORDERINGS);
  const ms = tryParseDuration(parts[2]!);
  if (ms === undefined) throw badWhen(when, `"${parts[2]}" is not a duration`, hint);
  // Measured in whole nanoseconds: a decimal fraction of a millisecond would miss them by a rounding error.
  const wanted = Math.round(ms * 1e6);
  return (latencies) => {
    const actual = latencies[name];
    if (actual === undefined) throw new Error(`The measurement has no ${name.toLowerCase()}`);
    return compares(actual, by, wanted);
  };
}
