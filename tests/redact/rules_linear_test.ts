import { compileRule } from "../../src/redact/line_rule.ts";
import { lineStage } from "../../src/redact/line_stage.ts";
import { builtInRules } from "../../src/redact/registry.ts";

/** Long enough that a rule with a square in its cost would take minutes. */
const LINE_BYTES = 400_000;

for (const rule of builtInRules) {
  Deno.test(`${rule.id} is linear in a line of many of its proofs and keywords`, () => {
    const stage = lineStage([compileRule(rule)]);
    const proofs = rule.hides.map((text) => text.replaceAll("\n", "\\n"));
    const pieces = [
      ...proofs.slice(0, 8),
      ...proofs.slice(0, 4).map((text) => JSON.stringify(text)),
      rule.keywords[0]!,
    ];
    for (const piece of pieces) {
      const line = (piece + ",").repeat(Math.ceil(LINE_BYTES / (piece.length + 1)));
      const step = stage.start(rule.proofPath ?? "proof.log", () => {})!;
      step.push(new TextEncoder().encode(line), () => {});
      step.end(() => {});
    }
  });
}
