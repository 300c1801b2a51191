import type { Job } from "../../schedule/job.ts";
import { oneLine } from "../render/table.ts";

export interface FieldChange {
  label: string;
  from: string;
  to: string;
}

/** What differs between two states of a job, for people. Nested fields are told apart: `upload.endpoint`. */
export function describeChanges(before: Job, after: Job, fields: readonly (keyof Job)[]): FieldChange[] {
  return fields.filter((field) => field !== "cronSchedule") // is the first of `schedules`
    .flatMap((field) => differences(field, before[field], after[field]));
}

function differences(label: string, from: unknown, to: unknown): FieldChange[] {
  if (JSON.stringify(from) === JSON.stringify(to)) return [];
  if (isRecord(from) && isRecord(to)) {
    const keys = [...new Set([...Object.keys(from), ...Object.keys(to)])];
    return keys.flatMap((key) => differences(`${label}.${key}`, from[key], to[key]));
  }
  return [{ label, from: valueText(from), to: valueText(to) }];
}

function valueText(value: unknown): string {
  if (value === undefined || value === null || value === "") return "(none)";
  if (Array.isArray(value)) return value.length === 0 ? "(none)" : value.map(elementText).join("; ");
  return oneLine(isRecord(value) ? JSON.stringify(value) : String(value));
}

/** A notification's address may be a secret in itself (the path of a chat's webhook): only its host is shown. */
function elementText(element: unknown): string {
  if (isRecord(element) && typeof element.url === "string" && URL.canParse(element.url)) {
    return `${element.kind} ${new URL(element.url).host}`;
  }
  return oneLine(isRecord(element) ? JSON.stringify(element) : String(element));
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
