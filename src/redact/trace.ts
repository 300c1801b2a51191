import type { LineChange, LineRule } from "./line_rule.ts";

/** Told of each change that a rule makes to a line, as it happens.
 * @param before the line before the rule, one character per byte
 * @param after the same after it */
export type Trace = (rule: LineRule, before: string, after: string, which: "this" | "previous") => void;

/** The same rule, of whose changes somebody is told. */
export function traced(rule: LineRule, trace: Trace): LineRule {
  return {
    ...rule,
    run(...args): LineChange | undefined {
      const [line] = args;
      const before = line.text;
      const change = rule.run(...args);
      if (change === undefined || change.count === 0) return change;
      if (change.text !== undefined) trace(rule, before, change.text, "this");
      if (change.previous !== undefined) trace(rule, line.previous() ?? "", change.previous, "previous");
      return change;
    },
  };
}
