import { analyzerFacts } from "./analyzer_facts.ts";
import type { LintEntry } from "./check_entry.ts";

const VERDICTS = ["fail", "warn", "pass"] as const;

/** Finds outcomes that say nothing, those that are never reached, and analyzers that cannot look anything up. */
export function checkOutcomes({ document, path, list, kind, body }: LintEntry): void {
  const facts = analyzerFacts(list, kind);
  if (facts === undefined) return;
  if (facts.needsNamespace && body.name && !body.namespace) {
    document.report("SB306", path, `The analyzer ${kind} names an object and no namespace: it cannot be looked up`, {
      which: "key",
      suggestion: "Add namespace",
    });
  }
  const outcomes = body.outcomes ?? [];
  if (!Array.isArray(outcomes)) return;
  if (outcomes.length === 0) {
    if (facts.judgesAlone) return;
    document.report("SB301", path, `The analyzer ${kind} has no outcomes, so it judges nothing`, {
      which: "key",
      suggestion: "Add outcomes with fail, warn or pass, each with a message",
    });
    return;
  }
  const ordered = facts.firstMatch || (kind === "textAnalyze" && "regexGroups" in body && !("regex" in body));
  let always: number | undefined;
  const seen = new Map<string, number>();
  outcomes.forEach((outcome: unknown, index) => {
    if (typeof outcome !== "object" || outcome === null) return;
    const at = [...path, "outcomes", index];
    const written = VERDICTS.filter((verdict) => Object.hasOwn(outcome, verdict));
    const [verdict] = written;
    if (verdict === undefined) return;
    if (written.length > 1) {
      document.report("SB303", at, `This outcome has ${written.join(" and ")}; ${verdict} alone counts`, {
        suggestion: "Start each with a dash of its own",
      });
    }
    const said = (outcome as Record<string, unknown>)[verdict];
    if (typeof said !== "object" || said === null) return;
    const { when, message } = said as { when?: unknown; message?: unknown };
    if (!facts.saysAlone && (message === undefined || message === "")) {
      document.report("SB304", [...at, verdict], "This outcome has no message", {
        which: "key",
        suggestion: "Say in message what it means, and what to do",
      });
    }
    if (!ordered) return;
    const condition = when === undefined ? "" : String(when).trim().replace(/\s+/g, " ");
    const before = always ?? seen.get(condition);
    if (before !== undefined) {
      const why = always === undefined
        ? `outcome ${before + 1} has the same condition`
        : `outcome ${before + 1} has no condition, so it always matches first`;
      document.report("SB302", [...at, verdict], `This outcome is never reached: ${why}`, {
        which: "key",
        suggestion: always === undefined ? "Remove it, or change its condition" : "Put the one without condition last",
      });
    }
    if (condition === "" && always === undefined) always = index;
    if (!seen.has(condition)) seen.set(condition, index);
  });
}
