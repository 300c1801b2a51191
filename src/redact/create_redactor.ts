import { archiveKind, redactArchive } from "./archive.ts";
import { customStages } from "./custom/custom_stages.ts";
import { compileRule, type LineRule } from "./line_rule.ts";
import { lineStage } from "./line_stage.ts";
import type { Redactor, RedactorSpec } from "./redactor.ts";
import { builtInRules } from "./registry.ts";
import { RedactionTotals, type Stage } from "./stage.ts";

export interface RedactorOptions {
  builtIn: boolean;
  /** Applied after the built-in rules, in this order. */
  custom: RedactorSpec[];
}

/** Makes all rules of a run ready.
 * @throws {SupportBundleError} REDACTOR_INVALID when a pattern or a glob of a custom redactor cannot be used */
export function createRedactor(options: RedactorOptions): Redactor {
  const builtIn = options.builtIn ? builtInRules.map(compileRule) : [];
  return redactorOf(stagesOf(builtIn, options.custom));
}

function stagesOf(builtIn: LineRule[], custom: RedactorSpec[]): Stage[] {
  const stages: Stage[] = [];
  let lines = builtIn;
  for (const part of customStages(custom)) {
    if ("run" in part) lines.push(part);
    else {
      if (lines.length > 0) stages.push(lineStage(lines));
      lines = [];
      stages.push(part);
    }
  }
  if (lines.length > 0) stages.push(lineStage(lines));
  return stages;
}

function redactorOf(stages: Stage[]): Redactor {
  return {
    redact(path, body, report) {
      const totals = new RedactionTotals();
      const hidden = stages.length === 0 || archiveKind(path) === undefined
        ? throughStages(stages, path, body, totals)
        : redactArchive(path, body, (inner, bytes) => throughStages(stages, inner, bytes, totals));
      return hidden.pipeThrough(
        new TransformStream<Uint8Array, Uint8Array>({ flush: () => report(totals.list()) }),
      );
    },
  };
}

function throughStages(
  stages: Stage[],
  path: string,
  body: ReadableStream<Uint8Array>,
  totals: RedactionTotals,
): ReadableStream<Uint8Array> {
  let bytes = body;
  for (const stage of stages) {
    const step = stage.start(path, totals.add);
    if (step !== undefined) bytes = bytes.pipeThrough(step);
  }
  return bytes;
}
