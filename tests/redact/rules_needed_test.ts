import { Buffer } from "node:buffer";
import { deepStrictEqual, ok } from "node:assert/strict";
import { MASK } from "../../src/redact/mask.ts";
import { compileRule, type LineRule } from "../../src/redact/line_rule.ts";
import { lineStage } from "../../src/redact/line_stage.ts";
import { builtInRules } from "../../src/redact/registry.ts";
import type { RedactionRule } from "../../src/redact/rule.ts";
import type { Stage } from "../../src/redact/stage.ts";

/** The rule that is taken out, as if it were not in the registry. */
let without: RedactionRule | undefined;

const compiled: LineRule[] = builtInRules.map((rule) => {
  const line = compileRule(rule);
  return { ...line, run: (...of: Parameters<LineRule["run"]>) => without === rule ? undefined : line.run(...of) };
});
const together = lineStage(compiled);

function redact(stage: Stage, bytes: Uint8Array, path = "proof.log"): string {
  const step = stage.start(path, () => {})!;
  const out: Uint8Array[] = [];
  step.push(bytes, (piece) => void out.push(piece));
  step.end((piece) => void out.push(piece));
  return Buffer.concat(out).toString("latin1");
}

const proofBytes = (text: string) => new TextEncoder().encode(text);

for (const rule of builtInRules) {
  Deno.test(`${rule.id} is needed: without it, one of its proofs is hidden less`, () => {
    const needed = rule.hides.some((text) => {
      without = undefined;
      const all = redact(together, proofBytes(text), rule.proofPath);
      ok(all.includes(MASK), text);
      without = rule;
      return redact(together, proofBytes(text), rule.proofPath) !== all;
    });
    ok(needed, "the other rules hide all its proofs: give it one that only it hides, or remove it");
  });

  Deno.test(`${rule.id} looks at lines with each of its keywords`, () => {
    const unseen = rule.keywords.filter((keyword) => {
      let seen = false;
      const find = () => {
        seen = true;
        return { hide: [] };
      };
      const spy: RedactionRule = { ...rule, pattern: undefined, selector: undefined, find };
      const line = `${keyword} ${rule.alsoHas ?? ""}`;
      redact(lineStage([compileRule(spy)]), Buffer.from(line, "latin1"), rule.proofPath);
      return !seen;
    });
    deepStrictEqual(unseen, []);
  });
}
