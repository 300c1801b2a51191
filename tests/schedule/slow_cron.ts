/** A second, slow reading of the rules, for tests: it walks the minutes of a year and shares no code with `src/schedule`. */
export class WalkedYear {
  /** The wall clock at each minute of UTC from `startMs` on, in minutes as if it were UTC. */
  readonly #wall: Int32Array;

  constructor(zone: string, readonly startMs: number, readonly days = 366) {
    this.#wall = new Int32Array(days * 1440);
    const format = new Intl.DateTimeFormat("sv-SE", { timeZone: zone, dateStyle: "short", timeStyle: "medium" });
    const wallAt = (minute: number) =>
      Date.parse(format.format(startMs + minute * 60_000).replace(" ", "T") + "Z") / 60_000;
    // Intl is asked for each quarter of an hour, and for each minute of those in which clocks change.
    for (let minute = 0, wall = wallAt(0); minute < this.#wall.length; minute += 15) {
      const next = wallAt(minute + 15);
      for (let i = 0; i < 15; i++) this.#wall[minute + i] = next === wall + 15 ? wall + i : wallAt(minute + i);
      wall = next;
    }
  }

  /** The instants at which the clocks change. */
  get changes(): number[] {
    const found: number[] = [];
    this.#wall.forEach((wall, i) => {
      if (i > 0 && wall !== this.#wall[i - 1]! + 1) found.push(this.startMs + i * 60_000);
    });
    return found;
  }

  /** The wall clock at an instant of the year, in minutes as if it were UTC. */
  wallAt(instantMs: number): number {
    return this.#wall[Math.floor((instantMs - this.startMs) / 60_000)]!;
  }

  /** All due times, ascending. A minute is due when the clock reaches a matching time for the first time, by running or
   * by a jump over it; with all hours wanted, when the clock shows one. */
  dues(cron: SlowCron): number[] {
    const found: number[] = [];
    const add = (minute: number) => {
      const at = this.startMs + minute * 60_000;
      if (found.at(-1) !== at) found.push(at);
    };
    if (cron.hours.size === 24) {
      this.#wall.forEach((wall, minute) => matches(cron, wall) && add(minute));
      return found;
    }
    const first = this.#wall[0]!;
    const times = [...cron.hours].flatMap((hour) => [...cron.minutes].map((minute) => hour * 60 + minute));
    times.sort((a, b) => a - b);
    for (let day = Math.floor(first / 1440) * 1440; day < first + this.#reached.length; day += 1440) {
      if (!matchesDay(cron, day)) continue;
      for (const time of times) {
        const minute = this.#reached[day + time - first];
        if (minute !== undefined) add(minute);
      }
    }
    return found;
  }

  /** For each minute of the wall clock from the first on, the minute of UTC in which it is reached. */
  get #reached(): Int32Array {
    if (this.#reachedAt !== undefined) return this.#reachedAt;
    const first = this.#wall[0]!;
    const reached: number[] = [];
    this.#wall.forEach((wall, minute) => {
      while (first + reached.length <= wall) reached.push(minute);
    });
    return this.#reachedAt = Int32Array.from(reached);
  }

  #reachedAt: Int32Array | undefined;
}

/** What an expression means, as sets. */
export interface SlowCron {
  text: string;
  minutes: Set<number>;
  hours: Set<number>;
  days: Set<number> | "any";
  months: Set<number>;
  weekdays: Set<number> | "any";
}

function matches(cron: SlowCron, wallMinute: number): boolean {
  const minute = wallMinute % 60;
  if (!cron.minutes.has(minute)) return false;
  if (!cron.hours.has(Math.floor(wallMinute / 60) % 24)) return false;
  return matchesDay(cron, wallMinute);
}

function matchesDay(cron: SlowCron, wallMinute: number): boolean {
  const date = new Date(wallMinute * 60_000);
  if (!cron.months.has(date.getUTCMonth() + 1)) return false;
  const day = cron.days !== "any" && cron.days.has(date.getUTCDate());
  const weekday = cron.weekdays !== "any" && cron.weekdays.has(date.getUTCDay());
  return day || weekday || (cron.days === "any" && cron.weekdays === "any");
}

type Field = { text: string; values: Set<number> | "any" };

const MONTHS = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];
const WEEKDAYS = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];

/** A random expression, its text and its meaning made side by side. Hours lean to those in which clocks change. */
export function randomCron(random: () => number): SlowCron {
  const pick = (low: number, high: number) => low + Math.floor(random() * (high - low + 1));
  // `top` is where a step over the whole field ends: Saturday, and the 31st, which is never named by itself.
  const field = (low: number, high: number, names: string[] = [], top = high): Field => {
    const name = (n: number) => random() < 0.5 ? names[n - low] ?? `${n}` : `${n}`;
    const values = new Set<number>();
    const add = (from: number, to: number, step: number) => {
      for (let n = from; n <= to; n += step) values.add(high === 7 && n === 7 ? 0 : n);
    };
    const parts = Array.from({ length: random() < 0.3 ? 2 : 1 }, () => {
      const form = pick(0, 5);
      const [a, b, step] = [pick(low, high), pick(low, high), pick(2, Math.min(12, top))];
      const [first, last] = [Math.min(a, b), Math.max(a, b)];
      if (form === 0) {
        add(low, top, step);
        return `*/${step}`;
      } else if (form === 1) {
        add(first, last, 1);
        return `${name(first)}-${name(last)}`;
      } else if (form === 2) {
        add(first, last, step);
        return `${first}-${last}/${step}`;
      } else if (form === 3) {
        add(a > top ? low : a, top, step); // 7 is Sunday, where a week begins
        return `${a}/${step}`;
      }
      add(a, a, 1);
      return name(a);
    });
    return random() < 0.5 ? { text: "*", values: "any" } : { text: parts.join(","), values };
  };
  const all = (low: number, high: number) => new Set(Array.from({ length: high - low + 1 }, (_, i) => low + i));
  const listed = (...values: number[]): Field => ({ text: values.join(","), values: new Set(values) });
  const minute = random() < 0.7 ? listed(0, pick(0, 59)) : field(0, 59);
  const hour = random() < 0.5 ? listed(pick(0, 4), pick(0, 4)) : field(0, 23);
  const [day, month, weekday] = [field(1, 28, [], 31), field(1, 12, MONTHS), field(0, 7, WEEKDAYS, 6)];
  return {
    text: [minute, hour, day, month, weekday].map(({ text }) => text).join(" "),
    minutes: minute.values === "any" ? all(0, 59) : minute.values,
    hours: hour.values === "any" ? all(0, 23) : hour.values,
    days: day.values,
    months: month.values === "any" ? all(1, 12) : month.values,
    weekdays: weekday.values,
  };
}
