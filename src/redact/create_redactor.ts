import { archiveKind, redactArchive } from "./archive.ts";
import { customStages } from "./custom/custom_stages.ts";
import { concatBytes } from "../core/concat_bytes.ts";
import { compileRule, type LineRule } from "./line_rule.ts";
import { lineStage } from "./line_stage.ts";
import { type FileMasks, HIDDEN, type MaskMaker } from "./mask.ts";
import type { Redactor, RedactorSpec } from "./redactor.ts";
import { builtInRules } from "./registry.ts";
import { asStream, chain, RedactionTotals, type Stage } from "./stage.ts";

export interface RedactorOptions {
  builtIn: boolean;
  /** Applied after the built-in rules, in this order. */
  custom: RedactorSpec[];
  /** What stands in place of hidden text; by default `***HIDDEN***`. */
  mask?: MaskMaker;
}

/** Makes all rules of a run ready.
 * @throws {SupportBundleError} REDACTOR_INVALID when a pattern or a glob of a custom redactor cannot be used */
export function createRedactor(options: RedactorOptions): Redactor {
  const builtIn = options.builtIn ? builtInRules.map(compileRule) : [];
  return redactorOf(stagesOf(builtIn, options.custom), options.mask ?? HIDDEN);
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

function redactorOf(stages: Stage[], mask: MaskMaker): Redactor {
  const stepFor = (path: string, totals: RedactionTotals, masks: FileMasks) =>
    chain(stages.flatMap((stage) => stage.start(path, totals.add, masks) ?? []));
  const isArchive = (path: string) => stages.length > 0 && archiveKind(path) !== undefined;
  return {
    redact(path, body, report) {
      const totals = new RedactionTotals(), masks = mask.start(path);
      const hidden = !isArchive(path)
        ? body.pipeThrough(asStream(stepFor(path, totals, masks)))
        : redactArchive(path, body, (inner, bytes) => bytes.pipeThrough(asStream(stepFor(inner, totals, masks))));
      return hidden.pipeThrough(
        new TransformStream<Uint8Array, Uint8Array>({
          flush() {
            masks.end();
            report(totals.list());
          },
        }),
      );
    },
    redactBytes(path, bytes) {
      if (isArchive(path)) return undefined;
      const totals = new RedactionTotals(), masks = mask.start(path);
      const step = stepFor(path, totals, masks);
      const out: Uint8Array[] = [];
      const emit = (chunk: Uint8Array) => void out.push(chunk);
      step.push(bytes, emit);
      step.end(emit);
      masks.end();
      return { bytes: isUncut(out, bytes) ? bytes : concatBytes(out), redactions: totals.list() };
    },
  };
}

/** Whether pieces are the very bytes, one after the other. */
function isUncut(pieces: Uint8Array[], bytes: Uint8Array): boolean {
  let at = bytes.byteOffset;
  for (const piece of pieces) {
    if (piece.buffer !== bytes.buffer || piece.byteOffset !== at) return false;
    at += piece.length;
  }
  return at === bytes.byteOffset + bytes.length;
}
