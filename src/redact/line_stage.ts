import type { Tally } from "./line_pass.ts";
import type { LineRule } from "./line_rule.ts";
import { redactLines } from "./redact_lines.ts";
import { RuleSet } from "./rule_set.ts";
import type { Stage } from "./stage.ts";

/** All rules that work line by line, in one pass. Files that other rules apply to get a set of their own, made once. */
export function lineStage(rules: LineRule[]): Stage {
  const sets = new Map<string, RuleSet>();
  const scoped = rules.filter((rule) => rule.appliesTo !== undefined);
  return {
    start(path, report, masks) {
      const key = scoped.map((rule) => (rule.appliesTo!(path) ? "1" : "0")).join("");
      let set = sets.get(key);
      if (set === undefined) {
        set = new RuleSet(rules.filter((rule) => rule.appliesTo?.(path) ?? true));
        if (sets.size < 64) sets.set(key, set);
      }
      if (set.rules.length === 0) return undefined;
      const { rules: used } = set;
      const done = (tallies: Tally[]) =>
        tallies.forEach(({ count, hidden }, i) => {
          const { name, builtIn } = used[i]!;
          report({ rule: name, count, bytesHidden: hidden, builtIn });
        });
      return redactLines(set, path, done, masks);
    },
  };
}
