import { type Job, jobSchema } from "../../src/schedule/job.ts";
import { randomCron, type SlowCron, type WalkedYear } from "../schedule/slow_cron.ts";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
const DAYS = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];

/** Those without summer time, with it on either side of the equator, by half an hour, at midnight, and for all but Ramadan. */
export const ZONES = [
  "UTC",
  "America/New_York",
  "America/Chicago",
  "America/Los_Angeles",
  "America/St_Johns",
  "America/Phoenix",
  "America/Santiago",
  "America/Havana",
  "Europe/London",
  "Europe/Berlin",
  "Europe/Lisbon",
  "Africa/Casablanca",
  "Africa/Cairo",
  "Asia/Beirut",
  "Asia/Kathmandu",
  "Asia/Tokyo",
  "Australia/Lord_Howe",
  "Australia/Sydney",
  "Pacific/Auckland",
  "Pacific/Chatham",
  "Pacific/Kiritimati",
];

/** Hours of the week, in minutes of the days on which they begin. */
interface DarkHours {
  text: string;
  days: Set<number>;
  from: number;
  /** After `from`; beyond 1440 on the next day. */
  to: number;
}

/** A job, and beside it what it means. */
export interface MixedJob {
  job: Job;
  crons: SlowCron[];
  everyMs: number[];
  dark: DarkHours[];
}

/** How many due times in a year a schedule may have, and how many jobs of 10,000 may have one of those with more: the year is
 * long, and most jobs are daily ones or rarer. */
const MOST_DUES = [{ dues: 400, jobs: 9_500 }, { dues: 3_000, jobs: 9_960 }, { dues: 20_000, jobs: 9_999 }, {
  dues: 600_000,
  jobs: 10_000,
}];

/** A random job; its `nextRun` is still to be set. @param number of the job, from 0 */
export function mixedJob(number: number, random: () => number, startMs: number): MixedJob {
  const pick = (low: number, high: number) => low + Math.floor(random() * (high - low + 1));
  const zone = ZONES[number % ZONES.length]!;
  const most = MOST_DUES.find(({ jobs }) => number * 7_919 % 10_000 < jobs)!.dues;
  const crons: SlowCron[] = [];
  const everyMs: number[] = [];
  const schedules: string[] = [];
  for (let left = random() < 0.15 ? pick(2, 3) : 1; left > 0; left--) {
    if (most <= 400 && random() < 0.1) {
      const every = random() < 0.5
        ? { text: `${pick(23, 900)}h`, unit: HOUR_MS }
        : { text: `${pick(1_391, 90_000)}m`, unit: MINUTE_MS };
      everyMs.push(parseInt(every.text) * every.unit);
      schedules.push(`@every ${every.text}`);
    } else {
      const cron = cronWithAtMost(most, random);
      crons.push(cron);
      schedules.push(cron.text);
    }
  }
  const dark = random() < 0.1 ? Array.from({ length: pick(1, 2) }, () => darkHours(pick)) : [];
  const inYear = () => new Date(startMs + pick(0, 365) * DAY_MS + pick(0, 86_399) * 1_000).toISOString();
  const createdAt = new Date(startMs - pick(0, 100 * 86_400) * 1_000).toISOString();
  const job = jobSchema.parse({
    id: `job-${String(number).padStart(10, "0")}`,
    name: `mixed-${number}`,
    cronSchedule: schedules[0],
    schedules,
    timezone: zone,
    createdAt,
    blackout: dark.map(({ text }) => text),
    startAt: random() < 0.05 ? inYear() : null,
    endAt: random() < 0.05 ? inYear() : null,
    maxRuns: random() < 0.05 ? pick(1, 50) : null,
  });
  return { job, crons, everyMs, dark };
}

function cronWithAtMost(dues: number, random: () => number): SlowCron {
  if (dues > 500_000) {
    const all = (count: number, from = 0) => new Set(Array.from({ length: count }, (_, i) => from + i));
    return { text: "* * * * *", minutes: all(60), hours: all(24), days: "any", months: all(12, 1), weekdays: "any" };
  }
  for (;;) {
    const cron = randomCron(random);
    const onDays = (set: Set<number> | "any", of: number) => set === "any" ? 0 : set.size / of;
    const days = Math.min(1, onDays(cron.days, 30) + onDays(cron.weekdays, 7)) || 1;
    if (cron.minutes.size * cron.hours.size * days * cron.months.size / 12 * 365 <= dues) return cron;
  }
}

function darkHours(pick: (low: number, high: number) => number): DarkHours {
  const [first, last] = [pick(0, 6), pick(0, 6)].sort();
  const days = new Set(DAYS.keys().filter((day) => day >= first! && day <= last!));
  const from = pick(0, 23) * 60 + pick(0, 59);
  const length = pick(30, 1_000);
  const clock = (minute: number) =>
    `${String(Math.floor(minute / 60) % 24).padStart(2, "0")}:${String(minute % 60).padStart(2, "0")}`;
  return {
    text: `${DAYS[first!]}-${DAYS[last!]} ${clock(from)}-${clock(from + length)}`,
    days,
    from,
    to: from + length,
  };
}

/** What was decided about a job's due times, in order. */
export interface Decided {
  ran: number[];
  blackedOut: number[];
}

/** What is to be decided, found without `src/schedule`. @param year of the job's zone @param untilMs inclusive */
export function expectedOf({ job, crons, everyMs, dark }: MixedJob, year: WalkedYear, untilMs: number): Decided {
  const { startMs } = year;
  const dues = new Set(crons.flatMap((cron) => year.dues(cron)));
  for (const period of everyMs) {
    for (let at = Date.parse(job.createdAt) + period; at <= untilMs; at += period) dues.add(at);
  }
  const from = Math.max(startMs + 1, job.startAt === null ? 0 : Date.parse(job.startAt));
  const to = Math.min(untilMs, job.endAt === null ? Infinity : Date.parse(job.endAt));
  const expected: Decided = { ran: [], blackedOut: [] };
  for (const due of [...dues].filter((at) => at >= from && at <= to).sort((a, b) => a - b)) {
    if (expected.ran.length === job.maxRuns) break;
    (isDark(dark, year.wallAt(due)) ? expected.blackedOut : expected.ran).push(due);
  }
  return expected;
}

function isDark(dark: DarkHours[], wallMinute: number): boolean {
  const weekday = new Date(wallMinute * MINUTE_MS).getUTCDay();
  const minute = ((wallMinute % 1440) + 1440) % 1440;
  return dark.some(({ days, from, to }) =>
    (days.has(weekday) && minute >= from && minute < to) ||
    (days.has((weekday + 6) % 7) && minute + 1440 >= from && minute + 1440 < to)
  );
}
