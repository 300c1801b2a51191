import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { EXIT } from "../../src/core/exit_codes.ts";
import { type CalendarCron, CronError, parseCron } from "../../src/schedule/cron_expression.ts";

const range = (from: number, to: number, step = 1) =>
  Array.from({ length: Math.floor((to - from) / step) + 1 }, (_, i) => from + i * step);

const understood: [expression: string, expect: Partial<CalendarCron>][] = [
  ["* * * * *", { minutes: range(0, 59), hours: range(0, 23), everyHour: true, daysOfWeek: range(0, 6) }],
  ["*/15 * * * *", { minutes: [0, 15, 30, 45], everyHour: true }],
  ["5/20 * * * *", { minutes: [5, 25, 45] }],
  ["0 9-17/2 * * *", { hours: [9, 11, 13, 15, 17], everyHour: false }],
  ["30,0,30 0-23 * * *", { minutes: [0, 30], everyHour: true }],
  ["0 0 1,15 * *", { daysOfMonth: [1, 15], dayOfMonthRestricted: true, dayOfWeekRestricted: false }],
  ["0 0 ? * MON", { daysOfWeek: [1], dayOfMonthRestricted: false, dayOfWeekRestricted: true }],
  ["0 0 */1 * 1", { dayOfMonthRestricted: false }],
  ["0 0 */2 * 1", { dayOfMonthRestricted: true }],
  ["0 0 * * 7", { daysOfWeek: [0] }],
  ["0 0 * * 0-7", { daysOfWeek: range(0, 6) }],
  ["0 0 * * mon-Fri", { daysOfWeek: [1, 2, 3, 4, 5] }],
  ["0 0 * * FRI-SUN", { daysOfWeek: [0, 5, 6] }],
  ["0 0 * * 5-7", { daysOfWeek: [0, 5, 6] }],
  ["0 0 * * 7/2", { daysOfWeek: [0, 2, 4, 6] }],
  ["0 0 * * SUN/3", { daysOfWeek: [0, 3, 6] }],
  ["0 0 * * */2", { daysOfWeek: [0, 2, 4, 6] }],
  ["0 0 * JAN,mar-MAY *", { months: [1, 3, 4, 5] }],
  ["  00\t02  *  *  * ", { minutes: [0], hours: [2] }],
  ["@hourly", { minutes: [0], everyHour: true }],
  ["@daily", { minutes: [0], hours: [0] }],
  ["@Midnight", { minutes: [0], hours: [0] }],
  ["@weekly", { hours: [0], daysOfWeek: [0] }],
  ["@monthly", { daysOfMonth: [1], dayOfWeekRestricted: false }],
  ["@yearly", { daysOfMonth: [1], months: [1] }],
  ["@annually", { daysOfMonth: [1], months: [1] }],
];
for (const [expression, expect] of understood) {
  Deno.test(`parseCron() understands "${expression}"`, () => {
    const cron = parseCron(expression) as CalendarCron;
    for (const [name, value] of Object.entries(expect)) deepStrictEqual(cron[name as keyof CalendarCron], value, name);
  });
}

const periods: [expression: string, everyMs: number][] = [
  ["@every 90s", 90_000],
  ["@every 1s", 1_000],
  ["@every  1h30m", 5_400_000],
  ["@EVERY 1.5s", 1_500],
  ["@every 7d", 604_800_000],
];
for (const [expression, everyMs] of periods) {
  Deno.test(`parseCron() understands "${expression}"`, () => {
    const cron = parseCron(expression);
    ok(cron.kind === "periodic");
    strictEqual(cron.everyMs, everyMs);
  });
}

const refused: [expression: string, field: string | undefined, column: number, reason: RegExp, hint: RegExp][] = [
  ["60 * * * *", "minute", 1, /60 is out of range/, /from 0 to 59; did you mean "0 \* \* \* \*"/],
  ["0 24 * * *", "hour", 3, /24 is out of range/, /did you mean "0 0 \* \* \*"/],
  ["2 30 * * *", "hour", 3, /30 is out of range/, /did you mean "30 2 \* \* \*"/],
  ["25 31 * * *", "hour", 4, /31 is out of range/, /^hour goes from 0 to 23$/],
  ["0 25 * * *", "hour", 3, /25 is out of range/, /^hour goes from 0 to 23$/],
  ["  0  1,2,33 * * *", "hour", 10, /33/, /0 to 23/],
  ["0 0 0 * *", "day of month", 5, /0 is out of range/, /1 to 31/],
  ["0 0 32 * *", "day of month", 5, /32/, /1 to 31/],
  ["0 0 * 13 *", "month", 7, /13/, /JAN to DEC/],
  ["0 0 * * 8", "day of week", 9, /8/, /SUN to SAT/],
  ["0 0 * * MOON", "day of week", 9, /"MOON"/, /did you mean "0 0 \* \* MON"/],
  ["0 0 * * mon-frday", "day of week", 13, /"frday"/, /did you mean "0 0 \* \* mon-FRI"/],
  ["0 0 * JANUARY *", "month", 7, /"JANUARY"/, /did you mean "0 0 \* JAN \*"/],
  ["0 22-2 * * *", "hour", 3, /ends before it begins/, /did you mean "0 22-23,0-2 \* \* \*"/],
  ["0 0 * * SAT-MON", "day of week", 9, /ends before it begins/, /did you mean "0 0 \* \* 6,0-1"/],
  ["0 0 * * 7-2", "day of week", 9, /ends before it begins/, /did you mean "0 0 \* \* 0-2"/],
  ["*/0 * * * *", "minute", 3, /step of 0/, /at least 1/],
  ["*/x * * * *", "minute", 3, /step "x"/, /\*\/15/],
  ["1/2/3 * * * *", "minute", 3, /step "2\/3"/, /\*\/15/],
  ["1,,2 * * * *", "minute", 3, /empty/, /0 to 59/],
  ["5- * * * *", "minute", 3, /missing/, /0 to 59/],
  ["-5 * * * *", "minute", 1, /"-5" is not a number/, /0 to 59/],
  ["1.5 * * * *", "minute", 1, /"1\.5"/, /0 to 59/],
  ["? * * * *", "minute", 1, /"\?"/, /0 to 59/],
  ["0 0 L * *", "day of month", 5, /five-field cron/, /Name the days/],
  ["0 0 * * 5#2", "day of week", 9, /five-field cron/, /Name the days/],
  ["* * * * * *", undefined, 11, /seconds are not supported/, /did you mean "\* \* \* \* \*"/],
  ["*/10 * * * * *", undefined, 14, /seconds are not supported/, /did you mean "@every 10s"/],
  ["0 0 2 * * ? 2026", undefined, 11, /7 fields/, /did you mean "0 2 \* \* \?"/],
  ["0 2 * *", undefined, 8, /4 fields/, /did you mean "0 2 \* \* \*"/],
  ["noon", undefined, 5, /1 field,/, /minute, hour/],
  ["", undefined, 1, /empty/, /five fields/],
  ["@dialy", undefined, 1, /"@dialy"/, /Did you mean "@daily"/],
  ["@evry 5s", undefined, 1, /"@evry"/, /Did you mean "@every 90s"/],
  ["@reboot", undefined, 1, /not a time/, /@daily/],
  ["@every", undefined, 7, /missing/, /@every 90s/],
  ["@every 5", undefined, 8, /not a duration/, /"@every 5s" or "@every 5m"/],
  ["@every 999ms", undefined, 8, /too short/, /1s/],
  ["@every -5s", undefined, 8, /too short/, /1s/],
  ["@every 4000d", undefined, 8, /too long/, /ten years/],
  ["TZ=UTC 0 2 * * *", undefined, 1, /time zone/, /--timezone/],
  [`${"1,".repeat(600)}1 * * * *`, undefined, 1, /longer than/, /several/],
  ["0 0 30 2 *", "day of month", 5, /never fire.*no day 30 in February/, /up to 29/],
  ["0 0 31 2,4,NOV *", "day of month", 5, /no day 31 in February or April or November/, /up to 30/],
];
for (const [expression, field, column, reason, hint] of refused) {
  Deno.test(`parseCron() refuses "${expression.slice(0, 40)}" and says where and why`, () => {
    let caught: unknown;
    try {
      parseCron(expression);
    } catch (error) {
      caught = error;
    }
    ok(caught instanceof CronError);
    deepStrictEqual([caught.code, caught.exitCode], ["CRON_INVALID", EXIT.failure]);
    deepStrictEqual([caught.field, caught.column], [field, column]);
    match(caught.message, reason);
    ok(caught.message.includes(`column ${column}`));
    if (field !== undefined) ok(caught.message.includes(field));
    match(caught.hint!, hint);
  });
}

Deno.test("parseCron() suggests only what it understands", () => {
  for (const [expression] of refused) {
    try {
      parseCron(expression);
    } catch (error) {
      const meant = /did you mean "([^"]+)"/i.exec((error as CronError).hint!)?.[1];
      if (meant !== undefined) parseCron(meant);
    }
  }
});

const warned: [expression: string, warnings: RegExp[]][] = [
  ["0 2 * * *", []],
  ["*/15 */6 * * MON", []],
  ["5/15 * * * *", []],
  ["0 0 31 1,3 *", []],
  ["0 0 31 12 MON", [/match either/]],
  ["0 0 13 * FRI", [/match either/]],
  ["*/7 * * * *", [/from minute 56 to minute 0 it is 4 minutes, not 7/]],
  ["0 */5 * * *", [/from hour 20 to hour 0 it is 4 hours, not 5/]],
  ["0 0 1 */5 *", [/from November to January it is 2 months, not 5/]],
  ["0 0 1 */3 *", []],
  ["0 0 * * */2", [/from Saturday to Sunday it is 1 day, not 2/]],
  ["0 0 * * 1/2", [/from Friday to Monday it is 3 days, not 2/]],
  ["*/90 * * * *", [/minute 0 only; for each 90 minutes write "@every 90m"/]],
  ["0 */24 * * *", [/hour 0 only; for each 24 hours write "@every 24h"/]],
  ["0 0 */2 * *", [/starts anew with each month/]],
  ["0 0 31 * *", [/not run in February, April, June, September, November/]],
  ["0 0 30 * *", [/not run in February: no day 30/]],
  ["0 0 29 * *", [/except in leap years/]],
  ["0 0 29 2 *", [/leap years/]],
  ["0 0 28,29 2 *", [/leap years/]],
  ["0 0 1,31 * *", [/^There is no day 31 in February, April, June, September, November$/]],
  ["0 0 25-31 * *", []],
  ["0 0 29-31 1,3 *", []],
  ["0 0 * * */7", [/meets Sunday only/]],
];
for (const [expression, expect] of warned) {
  Deno.test(`parseCron() of "${expression}" warns of ${expect.length === 0 ? "nothing" : expect.join(", ")}`, () => {
    const { warnings } = parseCron(expression);
    strictEqual(warnings.length, expect.length, warnings.join("\n"));
    for (const [i, warning] of expect.entries()) match(warnings[i]!, warning);
  });
}
