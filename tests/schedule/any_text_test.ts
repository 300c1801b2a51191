import { match, ok } from "node:assert/strict";
import { CronError, parseCron } from "../../src/schedule/cron_expression.ts";
import { describeSchedule } from "../../src/schedule/describe_schedule.ts";
import { nextDue } from "../../src/schedule/next_due.ts";
import { seeded } from "./seeded.ts";

const PIECES =
  "* ? , - / 0 1 2 5 7 9 00 05 12 23 24 28 29 30 31 59 60 99 SUN mon Fri JAN feb DEC L W # H @every @daily @ . + x é"
    .split(" ");
const SIZES = [60, 24, 32, 13, 8];
const now = new Date("2026-03-02T10:00:00Z");

Deno.test("any text is refused with its place and a hint, or has a reading and a due time", () => {
  const random = seeded(11);
  const pick = <T>(values: readonly T[]) => values[Math.floor(random() * values.length)]!;
  let accepted = 0;
  let refused = 0;
  for (let i = 0; i < 20_000; i++) {
    const field = (_: unknown, index: number) => {
      const value = () => random() < 0.9 ? `${Math.floor(random() * (SIZES[index] ?? 60))}` : pick(PIECES);
      const form = Math.floor(random() * 5);
      if (form === 0) return "*";
      if (form === 1) return `${value()}-${value()}`;
      if (form === 2) return `${pick(["*", value(), `${value()}-${value()}`])}/${value()}`;
      if (form === 3) return `${value()},${value()}`;
      return value();
    };
    const text = Array.from({ length: random() < 0.9 ? 5 : Math.floor(random() * 8) }, field).join(" ");
    try {
      parseCron(text);
    } catch (error) {
      ok(error instanceof CronError, `${text}: ${error}`);
      ok(error.column >= 1 && error.column <= text.length + 1, `${text}: column ${error.column}`);
      match(error.hint!, /\S/);
      refused++;
      continue;
    }
    ok(!/undefined|null|NaN/.test(describeSchedule([text], "Europe/Berlin")), text);
    ok(nextDue([text], "Europe/Berlin", now, now) !== undefined, `${text} never fires`);
    accepted++;
  }
  ok(accepted > 1_000 && refused > 1_000, `${accepted} accepted, ${refused} refused`);
});
