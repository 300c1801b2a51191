import { badWhen } from "../../condition_error.ts";
import { defineHostAnalyzer } from "../../host_analyzer.ts";
import { flagOf, type HostData, objectIn, textOf } from "../../host_data.ts";
import { compares, comparison, type Condition, EQUALITIES, words } from "../../when.ts";

const NTP_STATES = ["synchronized", "unsynchronized"].flatMap((first) => [`${first}+active`, `${first}+inactive`]);
const HINT = `Write it as timezone == UTC or ntp == synchronized+active; other states are ${NTP_STATES.join(", ")}`;

export const time = defineHostAnalyzer<HostData>({
  kind: "time",
  summary: "Compares the time zone, and tells whether NTP keeps the clock",
  title: "Time",
  path: () => "system/time.json",
  when: "timezone == UTC, ntp == synchronized+active",
  condition: timeCondition,
  read: objectIn,
  show: ({ value: { timezone, ntp_synchronized, ntp_active } }) =>
    `the clock ${JSON.stringify({ timezone, ntp_synchronized, ntp_active })}`,
});

function timeCondition(when: string): Condition<HostData> {
  const parts = words(when);
  if (parts.length !== 3) throw badWhen(when, "it is not a name, an operator and a value", HINT);
  const [subject, operator, wanted] = parts as [string, string, string];
  if (subject === "timezone") {
    const by = comparison(operator, when, EQUALITIES);
    return (data) => compares(timeZoneOf(data), by, wanted);
  }
  if (subject !== "ntp") throw badWhen(when, `"${subject}" of the clock cannot be compared`, HINT);
  comparison(operator, when, ["="]);
  if (!NTP_STATES.includes(wanted)) throw badWhen(when, `"${wanted}" is not a state of NTP`, HINT);
  return (data) => ntpState(data) === wanted;
}

function timeZoneOf(data: HostData): string {
  const zone = textOf(data, "timezone");
  if (zone === "") throw new Error(`${data.path} of the bundle has no "timezone"`);
  return zone;
}

function ntpState(data: HostData): string {
  const synchronized = flagOf(data, "ntp_synchronized") ? "synchronized" : "unsynchronized";
  return `${synchronized}+${flagOf(data, "ntp_active") ? "active" : "inactive"}`;
}
