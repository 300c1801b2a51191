import * as z from "zod";
import { defineAnalyzer, outcomesField, textField } from "../../analyzer.ts";
import { SpecConditionError } from "../../condition_error.ts";
import { judgeHostData, textOf } from "../../host_data.ts";
import { noOutcomeMatched, readOutcomes, toResult } from "../../outcome_engine.ts";

export const kernelConfigs = defineAnalyzer({
  kind: "kernelConfigs",
  where: "host",
  summary: "Whether the kernel was built with the options that are needed",
  fields: () => ({
    collectorName: textField(),
    selectedConfigs: z.array(z.string()).nullish().describe("CONFIG_BPF=y, or CONFIG_VXLAN=ym where either will do"),
    outcomes: outcomesField().describe(
      "pass: all of them are there; fail: some are not, {{ .ConfigsNotFound }} in the message. when plays no role",
    ),
  }),
  title,
  validate({ selectedConfigs, outcomes }) {
    wantedConfigs(selectedConfigs);
    readOutcomes(outcomes, () => () => true);
  },
  analyze(config, bundle) {
    const wanted = wantedConfigs(config.selectedConfigs);
    const outcomes = readOutcomes(config.outcomes, () => () => true);
    return judgeHostData(bundle, "system/kernel-configs.json", title(config), (data) => {
      const missing = wanted.filter(({ name, values }) => !isOneOf(values, textOf(data, name))).map(({ text }) => text);
      const status = missing.length === 0 ? "pass" : "fail";
      const outcome = outcomes.find((candidate) => candidate.status === status);
      const more = { evidence: [{ path: data.path }] };
      if (outcome === undefined) return noOutcomeMatched(shown(missing), more);
      const message = outcome.message.replace(/\{\{ *\.ConfigsNotFound *\}\}/g, () => missing.join(", "));
      return toResult({ ...outcome, message }, more);
    });
  },
});

function title({ checkName }: { checkName?: string }): string {
  return checkName || "Kernel Configs";
}

function shown(missing: string[]): string {
  return missing.length === 0 ? "the kernel, which has all options" : `a kernel without ${missing.join(", ")}`;
}

interface WantedConfig {
  /** As the spec has it. */
  text: string;
  name: string;
  /** Letters of which any will do. */
  values: string;
}

/** @throws {SpecConditionError} */
function wantedConfigs(selected: string[] | null | undefined): WantedConfig[] {
  const hint = "Write them as CONFIG_BPF=y, with one or more of y, m and n";
  if (!selected?.length) throw new SpecConditionError("field selectedConfigs", "it names no options", hint);
  return selected.map((text) => {
    const [, name, values] = /^(CONFIG_[A-Z0-9_]+)=([ymn]+)$/.exec(text) ?? [];
    if (name === undefined) throw new SpecConditionError(`selected config "${text}"`, "it is not an option", hint);
    return { text, name, values: values! };
  });
}

function isOneOf(values: string, value: string): boolean {
  return value.length === 1 && values.includes(value);
}
