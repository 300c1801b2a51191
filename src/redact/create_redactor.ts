import { FORMAT_BYTES } from "../bundle/file_format.ts";
import { concatBytes } from "../core/concat_bytes.ts";
import { archiveFormat, redactPacked } from "./archive.ts";
import { customStages } from "./custom/custom_stages.ts";
import { generatedStream } from "./generated_stream.ts";
import { compileRule, type LineRule } from "./line_rule.ts";
import { lineStage } from "./line_stage.ts";
import { type FileMasks, HIDDEN, type MaskMaker } from "./mask.ts";
import { type PersonalData, personalDataRules } from "./personal_data.ts";
import type { Redactor, RedactorSpec } from "./redactor.ts";
import { builtInRules } from "./registry.ts";
import { secretManifest } from "./rules/secret_manifest.ts";
import { secretDataStage } from "./secret_data_stage.ts";
import { asStream, chain, RedactionTotals, type Stage } from "./stage.ts";
import { type Trace, traced } from "./trace.ts";
import { throughUtf8 } from "./utf16.ts";
import type { KnownValues } from "./values/known_values.ts";
import { maskQuoting } from "./values/mask_quoting.ts";
import { valueStage } from "./values/value_stage.ts";

export interface RedactorOptions {
  builtIn: boolean;
  /** Applied after the built-in rules, in this order. */
  custom: RedactorSpec[];
  /** What stands in place of hidden text; by default `***HIDDEN***`. */
  mask?: MaskMaker;
  /** Hidden wherever they are, before anything else. */
  values?: KnownValues;
  /** Told of each line that a rule changes. */
  trace?: Trace;
  /** Classes of personal data that are hidden too. */
  hide?: readonly PersonalData[];
}

/** Makes all rules of a run ready.
 * @throws {SupportBundleError} REDACTOR_INVALID when a pattern or a glob of a custom redactor cannot be used */
export function createRedactor(options: RedactorOptions): Redactor {
  const ahead = options.builtIn ? [secretDataStage(secretManifest.id)] : [];
  return redactorOf([...ahead, ...redactionStages(options)], options.mask ?? HIDDEN);
}

/** What a redactor does to files that are not packed, in order, once the values of Secrets are hidden that only looking ahead
 * finds. */
export function redactionStages({ builtIn, custom, hide = [], values, trace }: RedactorOptions): Stage[] {
  const made = (rule: LineRule) => trace === undefined ? rule : traced(rule, trace);
  const scrubs = values !== undefined && values.size > 0;
  const stages: Stage[] = scrubs ? [valueStage(values)] : [];
  let lines = scrubs ? [maskQuoting] : [];
  const rules = [...builtIn ? builtInRules : [], ...personalDataRules(hide)];
  lines.push(...rules.map((rule) => made(compileRule(rule))));
  for (const part of customStages(custom)) {
    if ("run" in part) lines.push(made(part));
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
  const stepFor = (path: string, used: Stage[], totals: RedactionTotals, masks: FileMasks) =>
    throughUtf8(path, chain(used.flatMap((stage) => stage.start(path, totals.add, masks) ?? [])));
  return {
    redact(path, body, report) {
      const totals = new RedactionTotals(), masks = mask.start(path);
      const done = new TransformStream<Uint8Array, Uint8Array>({
        flush() {
          masks.end();
          report(totals.list());
        },
      });
      if (stages.length === 0) return body.pipeThrough(done);
      const plain = (inner: string, bytes: ReadableStream<Uint8Array>) =>
        bytes.pipeThrough(asStream(stepFor(inner, stages, totals, masks)));
      return generatedStream(redactPacked(path, body, plain), body).pipeThrough(done);
    },
    redactBytes(path, bytes) {
      if (stages.length > 0 && archiveFormat(path, bytes.subarray(0, FORMAT_BYTES)) !== undefined) return undefined;
      const totals = new RedactionTotals(), masks = mask.start(path);
      const concerned = stages.filter((stage) => stage.concerns?.(bytes) ?? true);
      const step = stepFor(path, concerned, totals, masks);
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
