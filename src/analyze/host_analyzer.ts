import { bundlePath } from "../bundle/bundle_path.ts";
import { defineAnalyzer, outcomesField, textField } from "./analyzer.ts";
import { type HostFile, judgeHostFile, type JudgeHostFileOptions } from "./host_data.ts";
import { judge, readOutcomes } from "./outcome_engine.ts";
import type { Condition } from "./when.ts";

export interface HostAnalyzerDefinition<Value> extends Pick<JudgeHostFileOptions, "asText"> {
  kind: string;
  summary: string;
  /** Where the spec gives no `checkName`. */
  title: string;
  /** Below `host-collectors/`. The collector's name is empty where the spec gives none. */
  path(collectorName: string): string;
  /** Conditions as an example, for the docs. */
  when: string;
  condition(when: string): Condition<Value>;
  /** What conditions are asked about.
   * @throws when the file does not hold it */
  read(file: HostFile): Value;
  /** Names the value in the message that no outcome matched: `the status error`. */
  show(value: Value): string;
}

/** A kind that reads the one file of its collector, and takes the first outcome whose condition holds. */
export function defineHostAnalyzer<Value>(definition: HostAnalyzerDefinition<Value>) {
  const { kind, summary, asText, condition, read, show } = definition;
  const title = ({ checkName }: { checkName?: string }) => checkName || definition.title;
  const pathOf = ({ collectorName }: { collectorName?: string }) => bundlePath(definition.path(collectorName || ""));
  return defineAnalyzer({
    kind,
    where: "host",
    summary,
    fields: () => ({
      collectorName: textField().describe("Name of the collector"),
      outcomes: outcomesField().describe(`when: ${definition.when}`),
    }),
    title,
    validate(config) {
      pathOf(config);
      readOutcomes(config.outcomes, condition);
    },
    analyze(config, bundle) {
      const outcomes = readOutcomes(config.outcomes, condition);
      return judgeHostFile(bundle, pathOf(config), title(config), (file) => {
        const value = read(file);
        return judge(outcomes, value, show(value), { evidence: [{ path: file.path }] });
      }, { asText });
    },
  });
}
