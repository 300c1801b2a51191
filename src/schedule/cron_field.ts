import { nearest } from "../core/nearest.ts";

export type CronFieldName = "minute" | "hour" | "day of month" | "month" | "day of week";

interface FieldSyntax {
  name: CronFieldName;
  min: number;
  /** The largest number that may be written; `day of week` folds 7 onto 0. */
  max: number;
  names: readonly string[];
  /** The names in full, in the same order, for messages. */
  words: readonly string[];
  /** Completes "<name> …". */
  range: string;
}

export const MONTHS = [
  "January",
  "February",
  "March",
  "April",
  "May",
  "June",
  "July",
  "August",
  "September",
  "October",
  "November",
  "December",
];

export const CRON_FIELDS: readonly FieldSyntax[] = [
  { name: "minute", min: 0, max: 59, names: [], words: [], range: "goes from 0 to 59" },
  { name: "hour", min: 0, max: 23, names: [], words: [], range: "goes from 0 to 23" },
  { name: "day of month", min: 1, max: 31, names: [], words: [], range: "goes from 1 to 31" },
  {
    name: "month",
    min: 1,
    max: 12,
    names: ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"],
    words: MONTHS,
    range: "goes from 1 to 12, or JAN to DEC",
  },
  {
    name: "day of week",
    min: 0,
    max: 7,
    names: ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"],
    words: ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"],
    range: "goes from 0 to 6, or SUN to SAT; 7 is Sunday too",
  },
];

/** One parsed field. */
export interface CronField {
  /** Ascending, without repetition; Sunday is 0. */
  values: number[];
  /** False for `*` (and `?`, and a step of 1): the field says nothing. */
  restricted: boolean;
  /** The steps over the whole field or its rest, such as 7 for `*` with a step of 7 and `3/7`. */
  steps: { first: number; step: number }[];
}

/** What is wrong with a field, and where. */
export interface FieldFault {
  /** 0-based, into the field's text. */
  offset: number;
  length: number;
  reason: string;
  hint: string;
  /** What the faulty part was probably meant to be. */
  replacement?: string;
}

/** Reads one field: a comma-separated list of `*`, values, ranges, each with an optional step.
 * @param index into {@linkcode CRON_FIELDS} */
export function parseCronField(text: string, index: number): CronField | FieldFault {
  const syntax = CRON_FIELDS[index]!;
  const values = new Set<number>();
  const steps: CronField["steps"] = [];
  let restricted = true;
  let offset = 0;
  for (const item of text.split(",")) {
    const read = parseItem(item, offset, syntax);
    if ("reason" in read) return read;
    for (let value = read.first; value <= read.last; value += read.step) {
      values.add(syntax.name === "day of week" ? value % 7 : value);
    }
    if (read.open && read.step > 1) steps.push({ first: read.first, step: read.step });
    if (read.star && read.step === 1) restricted = false;
    offset += item.length + 1;
  }
  return { values: [...values].sort((a, b) => a - b), restricted, steps };
}

interface Item {
  first: number;
  last: number;
  step: number;
  star: boolean;
  /** It reaches to the field's end: `*` or a single value with a step. */
  open: boolean;
}

function parseItem(item: string, offset: number, syntax: FieldSyntax): Item | FieldFault {
  const hint = `${syntax.name} ${syntax.range}`;
  const fault = (part: string, at: number, reason: string, more: Partial<FieldFault> = {}): FieldFault => ({
    offset: offset + at,
    length: part.length,
    reason,
    hint,
    ...more,
  });
  if (item === "") return fault("", 0, "an element of the list is empty");

  const slash = item.indexOf("/");
  const base = slash < 0 ? item : item.slice(0, slash);
  let step = 1;
  if (slash >= 0) {
    const text = item.slice(slash + 1);
    if (!/^\d+$/.test(text)) {
      return fault(text, slash + 1, `the step "${text}" is not a whole number`, {
        hint: `Write a step as in */15 or 8-18/2`,
      });
    }
    step = Number(text);
    if (step === 0) return fault(text, slash + 1, "a step of 0 would never move on", { hint: "A step is at least 1" });
  }

  // The last day of week that a step over the whole field meets is Saturday, not Sunday again.
  const end = syntax.name === "day of week" ? 6 : syntax.max;
  const isDay = syntax.name === "day of month" || syntax.name === "day of week";
  if (base === "*" || (base === "?" && isDay)) return { first: syntax.min, last: end, step, star: true, open: true };

  const dash = base.indexOf("-", 1);
  const firstText = dash < 0 ? base : base.slice(0, dash);
  const first = readValue(firstText, syntax);
  if (typeof first !== "number") return fault(firstText, 0, first.reason, first);
  if (dash < 0 && slash < 0) return { first, last: first, step, star: false, open: false };
  if (dash < 0) return { first: first > end ? syntax.min : first, last: end, step, star: false, open: true }; // 7/2

  const lastText = base.slice(dash + 1);
  let last = readValue(lastText, syntax);
  if (typeof last !== "number") return fault(lastText, dash + 1, last.reason, last);
  if (syntax.name === "day of week" && last === 0 && first > 0) last = 7; // FRI-SUN
  if (first > last) {
    return fault(base, 0, `the range "${base}" ends before it begins`, {
      replacement: (first > end ? "" : `${span(first, end)},`) + span(syntax.min, last) +
        (slash < 0 ? "" : item.slice(slash)),
    });
  }
  return { first, last, step, star: false, open: false };
}

function span(from: number, to: number): string {
  return from === to ? `${from}` : `${from}-${to}`;
}

function readValue(text: string, syntax: FieldSyntax): number | Pick<FieldFault, "reason"> & Partial<FieldFault> {
  const named = syntax.names.indexOf(text.toUpperCase());
  if (named >= 0) return named + syntax.min;
  if (/^\d+$/.test(text)) {
    const value = Number(text);
    if (value >= syntax.min && value <= syntax.max) return value;
    return {
      reason: `${text} is out of range`,
      // 24:00 and minute 60 are the next zero.
      replacement: syntax.min === 0 && value === syntax.max + 1 ? "0" : undefined,
    };
  }
  if (text === "") return { reason: "a number is missing" };
  if (/^(L|LW|\d+W|W|\d+L|[A-Z0-9]+#\d+|H|H\(.*)$/i.test(text)) {
    return {
      reason: `"${text}" is not part of five-field cron`,
      hint: `Name the days: ${syntax.name} ${syntax.range}`,
    };
  }
  const meant = nearest(text, syntax.names) ?? nearest(text, syntax.words)?.slice(0, 3).toUpperCase();
  return {
    reason: `"${text}" is not a ${syntax.names.length > 0 ? "number or a name" : "number"}`,
    replacement: meant,
  };
}
