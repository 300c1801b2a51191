import { archiveKind, redactArchive } from "./archive.ts";
import { customStages } from "./custom/custom_stages.ts";
import { concatBytes } from "../core/concat_bytes.ts";
import { compileRule, type LineRule } from "./line_rule.ts";
import { lineStage } from "./line_stage.ts";
import { type PersonalData, personalDataRules } from "./personal_data.ts";
import type { Redactor, RedactorSpec } from "./redactor.ts";
import { builtInRules } from "./registry.ts";
import { secretManifest } from "./rules/secret_manifest.ts";
import { secretDataStage } from "./secret_data_stage.ts";

import { throughUtf8 } from "./utf16.ts";
import { asStream, chain, RedactionTotals, type Stage } from "./stage.ts";

export interface RedactorOptions {
  builtIn: boolean;
  /** Applied after the built-in rules, in this order. */
  custom: RedactorSpec[];
  /** Classes of personal data that are hidden too. */
  hide?: readonly PersonalData[];
}

/** Makes all rules of a run ready.
 * @throws {SupportBundleError} REDACTOR_INVALID when a pattern or a glob of a custom redactor cannot be used */
export function createRedactor(options: RedactorOptions): Redactor {
  const builtIn = options.builtIn ? builtInRules.map(compileRule) : [];
  builtIn.push(...personalDataRules(options.hide ?? []).map(compileRule));
  const before = options.builtIn ? [secretDataStage(secretManifest.id)] : [];
  return redactorOf([...before, ...stagesOf(builtIn, options.custom)]);
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
  const stepFor = (path: string, totals: RedactionTotals) =>
    throughUtf8(path, chain(stages.flatMap((stage) => stage.start(path, totals.add) ?? [])));
  const isArchive = (path: string) => stages.length > 0 && archiveKind(path) !== undefined;
  return {
    redact(path, body, report) {
      const totals = new RedactionTotals();
      const hidden = !isArchive(path)
        ? body.pipeThrough(asStream(stepFor(path, totals)))
        : redactArchive(path, body, (inner, bytes) => bytes.pipeThrough(asStream(stepFor(inner, totals))));
      return hidden.pipeThrough(
        new TransformStream<Uint8Array, Uint8Array>({ flush: () => report(totals.list()) }),
      );
    },
    redactBytes(path, bytes) {
      if (isArchive(path)) return undefined;
      const totals = new RedactionTotals();
      const step = stepFor(path, totals);
      const out: Uint8Array[] = [];
      const emit = (chunk: Uint8Array) => void out.push(chunk);
      step.push(bytes, emit);
      step.end(emit);
      return { bytes: concatBytes(out), redactions: totals.list() };
    },
  };
}
