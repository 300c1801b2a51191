import { formatDuration, tryParseDuration } from "../core/duration.ts";
import { SupportBundleError } from "../core/errors.ts";
import { EXIT } from "../core/exit_codes.ts";
import { nearest } from "../core/nearest.ts";
import {
  CRON_FIELDS,
  type CronField,
  type CronFieldName,
  type FieldFault,
  MONTHS,
  parseCronField,
} from "./cron_field.ts";

/** A schedule that was read: times of a calendar, or a period. */
export type CronExpression = CalendarCron | PeriodicCron;

export interface CalendarCron {
  kind: "calendar";
  /** As written. */
  source: string;
  /** The five fields, a macro such as `@daily` expanded. */
  fields: string;
  /** All lists ascending and without repetition. */
  minutes: number[];
  hours: number[];
  daysOfMonth: number[];
  /** January is 1. */
  months: number[];
  /** Sunday is 0. */
  daysOfWeek: number[];
  /** A day matches when one of the two restricted day fields does; an unrestricted one adds nothing. */
  dayOfMonthRestricted: boolean;
  dayOfWeekRestricted: boolean;
  /** All 24 hours: such a schedule follows elapsed time when clocks change. */
  everyHour: boolean;
  /** What the expression means that its writer may not expect. */
  warnings: string[];
}

/** `@every <duration>`, counted from an anchor. */
export interface PeriodicCron {
  kind: "periodic";
  source: string;
  everyMs: number;
  warnings: string[];
}

/** A cron expression that cannot be used. `column` is 1-based, into the expression. */
export class CronError extends SupportBundleError {
  readonly expression: string;
  readonly column: number;
  readonly field?: CronFieldName;

  constructor(expression: string, fault: { column: number; field?: CronFieldName; reason: string; hint: string }) {
    const where = fault.field === undefined ? `column ${fault.column}` : `${fault.field} (column ${fault.column})`;
    super(`Cannot use the schedule "${expression}": ${where}: ${fault.reason}`, {
      code: "CRON_INVALID",
      exitCode: EXIT.failure,
      hint: fault.hint,
    });
    this.expression = expression;
    this.column = fault.column;
    this.field = fault.field;
  }
}

const MACROS: Readonly<Record<string, string>> = {
  "@hourly": "0 * * * *",
  "@daily": "0 0 * * *",
  "@midnight": "0 0 * * *",
  "@weekly": "0 0 * * 0",
  "@monthly": "0 0 1 * *",
  "@yearly": "0 0 1 1 *",
  "@annually": "0 0 1 1 *",
};
const MIN_PERIOD_MS = 1_000;
const MAX_PERIOD_MS = 3_650 * 86_400_000;
const MAX_LENGTH = 1_000;
const FIELD_ORDER = "minute, hour, day of month, month, day of week";

/** Reads a schedule: five fields, a macro (`@daily`), or `@every <duration>`.
 * @throws {CronError} when it cannot be read or never fires; the message names field and column */
export function parseCron(expression: string): CronExpression {
  let known = parsed.get(expression);
  if (known === undefined) {
    known = parse(expression, readable);
    if (parsed.size >= MAX_PARSED) parsed.clear();
    parsed.set(expression, known);
  }
  return known;
}

/** Each decision about a job reads its schedules several times. */
const parsed = new Map<string, CronExpression>();
const MAX_PARSED = 200;

/** Tells whether a hint would be of use; without suggestions of its own, which could lead from one to the next for ever. */
function readable(expression: string): boolean {
  try {
    parse(expression, () => false);
    return true;
  } catch (error) {
    if (error instanceof CronError) return false;
    throw error;
  }
}

/** Whether an expression may be suggested instead of a faulty one. */
type Suggest = (expression: string) => boolean;

function parse(expression: string, suggest: Suggest): CronExpression {
  const at = expression.length - expression.trimStart().length;
  const text = expression.trim();
  const fail = (column: number, reason: string, hint: string, field?: CronFieldName): never => {
    throw new CronError(expression, { column, field, reason, hint });
  };
  if (text === "") fail(1, "it is empty", `Write five fields (${FIELD_ORDER}), such as "0 2 * * *", or "@every 90s"`);
  if (text.length > MAX_LENGTH) fail(at + 1, `it is longer than ${MAX_LENGTH} characters`, "Use several schedules");
  if (/^(CRON_)?TZ=/i.test(text)) {
    fail(at + 1, "a time zone cannot be part of it", "Name the zone with --timezone, such as --timezone Europe/Paris");
  }
  if (text.startsWith("@")) {
    const macro = MACROS[text.toLowerCase()];
    return macro === undefined ? parsePeriod(expression, text, at) : parseFields(expression, macro, 0, suggest);
  }
  return parseFields(expression, text, at, suggest);
}

function parsePeriod(expression: string, text: string, at: number): PeriodicCron {
  const fail = (column: number, reason: string, hint: string): never => {
    throw new CronError(expression, { column: at + column, reason, hint });
  };
  const match = /^@every(\s+|$)(.*)$/i.exec(text);
  if (match === null) {
    const word = /^@[^\s\d]*/.exec(text)![0];
    if (word.toLowerCase() === "@reboot") {
      fail(1, "@reboot is not a time", "Run the job from the service that starts at boot, or use @daily");
    }
    const meant = nearest(word, [...Object.keys(MACROS), "@every"]);
    const example = meant === "@every" ? "@every 90s" : meant;
    return fail(
      1,
      `"${word}" is not known`,
      (example === undefined ? "" : `Did you mean "${example}"? `) +
        "Known are @hourly, @daily, @midnight, @weekly, @monthly, @yearly, @annually and @every <duration>",
    );
  }
  const duration = match[2]!;
  const column = "@every".length + match[1]!.length + 1;
  const everyMs = tryParseDuration(duration);
  if (everyMs === undefined) {
    const unit = /^\d+$/.test(duration) ? `; did you mean "@every ${duration}s" or "@every ${duration}m"?` : "";
    return fail(
      column,
      duration === "" ? "the duration is missing" : `"${duration}" is not a duration`,
      `Write a number and a unit, such as @every 90s, @every 30m or @every 1h30m${unit}`,
    );
  }
  if (everyMs < MIN_PERIOD_MS) {
    fail(column, `${duration} is too short`, `The shortest period is ${formatDuration(MIN_PERIOD_MS)}`);
  }
  if (everyMs > MAX_PERIOD_MS) fail(column, `${duration} is too long`, "The longest period is ten years (3650d)");
  return { kind: "periodic", source: expression, everyMs: Math.round(everyMs), warnings: [] };
}

/** @param at where `text` begins in `expression`, 0-based */
function parseFields(
  expression: string,
  text: string,
  at: number,
  suggest: Suggest,
): CalendarCron {
  const parts = [...text.matchAll(/\S+/g)].map((match) => ({ text: match[0], at: at + match.index }));
  if (parts.length !== 5) throw wrongCount(expression, parts, suggest);
  const fields: CronField[] = [];
  for (const [i, part] of parts.entries()) {
    const field = parseCronField(part.text, i);
    if ("reason" in field) throw fieldError(expression, i, part.at, field, suggest);
    fields.push(field);
  }
  const [minute, hour, dayOfMonth, month, dayOfWeek] = fields as [
    CronField,
    CronField,
    CronField,
    CronField,
    CronField,
  ];
  const cron: CalendarCron = {
    kind: "calendar",
    source: expression,
    fields: parts.map((part) => part.text).join(" "),
    minutes: minute.values,
    hours: hour.values,
    daysOfMonth: dayOfMonth.values,
    months: month.values,
    daysOfWeek: dayOfWeek.values,
    dayOfMonthRestricted: dayOfMonth.restricted,
    dayOfWeekRestricted: dayOfWeek.restricted,
    everyHour: hour.values.length === 24,
    warnings: [],
  };
  if (!dayOfWeek.restricted && !cron.months.some((m) => cron.daysOfMonth[0]! <= longestMonth(m))) {
    const day = cron.daysOfMonth[0]!;
    throw new CronError(expression, {
      column: parts[2]!.at + 1,
      field: "day of month",
      reason: `it would never fire: there is no day ${day} in ${cron.months.map((m) => MONTHS[m - 1]).join(" or ")}`,
      hint: `Choose a day up to ${Math.max(...cron.months.map(longestMonth))}, or other months`,
    });
  }
  cron.warnings.push(...surprises(cron, fields));
  return cron;
}

function wrongCount(
  expression: string,
  parts: { text: string; at: number }[],
  suggest: Suggest,
): CronError {
  if (parts.length > 5) {
    const rest = parts.slice(1, 6).map((part) => part.text).join(" ");
    const step = /^\*\/(\d+)$/.exec(parts[0]!.text);
    const quick = step !== null && /^(\* ){4}[*?]$/.test(rest) ? `@every ${step[1]}s` : rest;
    return new CronError(expression, {
      column: parts[5]!.at + 1,
      reason: `it has ${parts.length} fields, five are expected; seconds are not supported`,
      hint: `The fields are ${FIELD_ORDER}${suggest(quick) ? `; did you mean "${quick}"?` : ""}`,
    });
  }
  const padded = [...parts.map((part) => part.text), "*", "*", "*", "*"].slice(0, 5).join(" ");
  const last = parts.at(-1)!;
  return new CronError(expression, {
    column: last.at + last.text.length + 1,
    reason: `it has ${parts.length} ${parts.length === 1 ? "field" : "fields"}, five are expected`,
    hint: `The fields are ${FIELD_ORDER}${suggest(padded) ? `; did you mean "${padded}"?` : ""}`,
  });
}

function fieldError(
  expression: string,
  index: number,
  at: number,
  fault: FieldFault,
  suggest: Suggest,
): CronError {
  const begin = at + fault.offset;
  let meant: string | undefined;
  if (fault.replacement !== undefined) {
    meant = expression.slice(0, begin) + fault.replacement + expression.slice(begin + fault.length);
  } else if (index === 1) { // the hour before the minute, as it is spoken
    const [minute, hour, ...rest] = expression.trim().split(/\s+/);
    if (minute !== "0") meant = [hour, minute, ...rest].join(" ");
  }
  return new CronError(expression, {
    column: begin + 1,
    field: CRON_FIELDS[index]!.name,
    reason: fault.reason,
    hint: fault.hint + (meant !== undefined && suggest(meant) ? `; did you mean "${meant.trim()}"?` : ""),
  });
}

/** @param month January is 1 */
function longestMonth(month: number): number {
  return month === 2 ? 29 : [4, 6, 9, 11].includes(month) ? 30 : 31;
}

function surprises(cron: CalendarCron, fields: CronField[]): string[] {
  const found: string[] = [];
  if (cron.dayOfMonthRestricted && cron.dayOfWeekRestricted) {
    found.push(
      "Day of month and day of week are both set: it runs on days that match either, not only on those that match both",
    );
  }
  const units = ["minute", "hour", "day", "month", "day"];
  for (const [i, field] of fields.entries()) {
    const syntax = CRON_FIELDS[i]!;
    const size = i === 4 ? 7 : syntax.max - syntax.min + 1;
    const unit = units[i]!;
    const name = (value: number) => syntax.words[value - syntax.min] ?? `${unit} ${value}`;
    for (const { first, step } of field.steps) {
      if (field.values.length === 1 && step > 1) {
        const period = i === 0 ? `@every ${step}m` : i === 1 ? `@every ${step}h` : undefined;
        found.push(
          `A step of ${step} in ${syntax.name} meets ${name(field.values[0]!)} only` +
            (period === undefined ? "" : `; for each ${step} ${unit}s write "${period}"`),
        );
      } else if (size % step !== 0 && first - syntax.min < step) {
        if (i !== 2) {
          const last = first + Math.floor((syntax.min + size - 1 - first) / step) * step;
          const gap = size - last + first;
          found.push(
            `A step of ${step} does not divide ${size}: from ${name(last)} to ${name(first)} it is ${gap} ` +
              `${gap === 1 ? unit : `${unit}s`}, not ${step}`,
          );
        } else {
          found.push(`A step of ${step} in ${syntax.name} starts anew with each month`);
        }
      }
    }
  }
  const missing = missingDay(cron);
  if (missing !== undefined) found.push(missing);
  return found;
}

/** The 29th to 31st, where they are not in every month. */
function missingDay(cron: CalendarCron): string | undefined {
  if (cron.dayOfWeekRestricted || !cron.dayOfMonthRestricted) return undefined;
  const days = cron.daysOfMonth;
  // Who writes a range or a step means as many days as there are; who writes 1,31 may mean the last one.
  const named = /^[\d,]+$/.test(cron.fields.split(" ")[2]!);
  const day = named ? days.at(-1)! : days[0]!;
  if (day <= 28) return undefined;
  if (cron.months.length === 1 && cron.months[0] === 2) return "29 February only comes in leap years";
  const without = cron.months.filter((m) => day > (m === 2 ? 28 : longestMonth(m))).map((m) => MONTHS[m - 1]);
  if (without.length === 0) return undefined;
  const where = without.join(", ") + (day === 29 ? " (except in leap years)" : "");
  return days[0] === day ? `It does not run in ${where}: no day ${day}` : `There is no day ${day} in ${where}`;
}
