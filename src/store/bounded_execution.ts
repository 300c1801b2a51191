import type { Execution } from "../schedule/execution.ts";
import { MAX_RECORD_BYTES } from "./record_codec.ts";

const MAX_ERROR = 4_000;
const MAX_MESSAGE = 1_000;
const MAX_TITLE = 300;
const MAX_FINDINGS = 50;
const MAX_STAGES = 20;
const MAX_RULES = 200;

/** The execution with texts and lists short enough to be stored, whatever a collector or a server answered. What was cut
 * says so. */
export function boundedExecution(execution: Execution): Execution {
  let bounded: Execution = {
    ...execution,
    error: clip(execution.error, MAX_ERROR),
    upload: {
      ...execution.upload,
      lastError: clip(execution.upload.lastError, MAX_MESSAGE),
      hint: clip(execution.upload.hint, MAX_MESSAGE),
    },
    stages: execution.stages.slice(0, MAX_STAGES).map((stage) =>
      stage.message === undefined ? stage : { ...stage, message: clip(stage.message, MAX_MESSAGE) }
    ),
    findings: { ...execution.findings, top: clipFindings(execution.findings.top, MAX_FINDINGS, MAX_MESSAGE) },
    redactions: Object.fromEntries(Object.entries(execution.redactions).slice(0, MAX_RULES)),
  };
  // 50 findings of many-byte characters may still be too much: fewer and shorter ones then, down to none.
  for (let keep = MAX_FINDINGS; sizeOf(bounded) > MAX_RECORD_BYTES && keep > 0;) {
    keep = Math.floor(keep / 2);
    bounded = {
      ...bounded,
      error: clip(bounded.error, MAX_MESSAGE),
      stages: bounded.stages.map((stage) =>
        stage.message === undefined ? stage : { ...stage, message: clip(stage.message, MAX_TITLE) }
      ),
      findings: { ...bounded.findings, top: clipFindings(bounded.findings.top, keep, MAX_TITLE) },
      redactions: Object.fromEntries(Object.entries(bounded.redactions).slice(0, keep)),
    };
  }
  return bounded;
}

/** The first `max` characters and a note of what is missing. */
export function clip(text: string, max: number): string {
  if (text.length <= max) return text;
  const note = ` … (${text.length - max} more characters)`;
  const end = text.charCodeAt(max - 1) >= 0xd800 && text.charCodeAt(max - 1) < 0xdc00 ? max - 1 : max;
  return /… \(\d+ more characters\)$/.test(text.slice(-60)) && text.length <= max + 60
    ? text // it was clipped to this length before
    : text.slice(0, end) + note;
}

function clipFindings(top: Execution["findings"]["top"], count: number, message: number): Execution["findings"]["top"] {
  return top.slice(0, count).map((finding) => ({
    ...finding,
    title: clip(finding.title, MAX_TITLE),
    message: clip(finding.message, message),
  }));
}

function sizeOf(execution: Execution): number {
  return new TextEncoder().encode(JSON.stringify(execution)).length;
}
