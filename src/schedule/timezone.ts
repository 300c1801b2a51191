import { SupportBundleError } from "../core/errors.ts";
import { EXIT } from "../core/exit_codes.ts";
import { nearest } from "../core/nearest.ts";

/** Names of the IANA database that have no region. */
const SINGLE_WORDS = new Set(
  ("CET CST6CDT Cuba EET EST EST5EDT Egypt Eire GB GB-Eire GMT GMT0 Greenwich HST Hongkong Iceland Iran Israel Jamaica " +
    "Japan Kwajalein Libya MET MST MST7MDT NZ NZ-CHAT Navajo PRC PST8PDT Poland Portugal ROC ROK Singapore Turkey UCT " +
    "Universal W-SU WET Zulu").split(" "),
);

/** Checks the name of a time zone.
 * @param name of the IANA database, in any casing: `Europe/Paris`, `UTC`
 * @returns the name in its usual casing
 * @throws {SupportBundleError} `TIMEZONE_UNKNOWN`, with the nearest name as a hint */
export function parseTimezone(name: string): string {
  const text = name.trim();
  const lower = text.toLowerCase();
  const known = lower === "utc" ? "UTC" : zoneNames().find((zone) => zone.toLowerCase() === lower);
  if (known !== undefined) return known;
  // The platform knows more names than it lists. Former ones of the IANA database (US/Eastern, Asia/Kolkata, CET) are good;
  // offsets and the platform's own abbreviations are not: +02:00 has no summer time, and IST names three zones.
  const former = /^[A-Za-z]+(\/[A-Za-z0-9_+-]+)+$/.test(text) || SINGLE_WORDS.has(text);
  if (former && understood(text)) return usualCasing(text);
  throw new SupportBundleError(`The time zone "${name}" is not known`, {
    code: "TIMEZONE_UNKNOWN",
    exitCode: EXIT.failure,
    hint: hintFor(text),
  });
}

function hintFor(text: string): string {
  const examples = "Use a name of the IANA database, such as UTC, Europe/Paris or America/New_York";
  const offset = /^(?:UTC|GMT)?([+-])(\d{1,2})(?::?(\d{2}))?$/i.exec(text);
  if (offset !== null && (offset[3] ?? "00") === "00" && Number(offset[2]) <= 12) {
    // POSIX signs: west is positive.
    const posix = `Etc/GMT${offset[1] === "+" ? "-" : "+"}${Number(offset[2])}`;
    return `${examples}; the fixed offset ${text} is called ${posix}`;
  }
  if (text === "" || text.toLowerCase() === "local") return examples;
  const names = ["UTC", ...zoneNames()];
  const city = (name: string) => name.slice(name.lastIndexOf("/") + 1);
  const wanted = text.replaceAll(" ", "_");
  const meant = nearest(wanted, names) ??
    names.find((name) => city(name).toLowerCase() === city(wanted).toLowerCase()) ??
    (wanted.length < 4 ? undefined : byCity(nearest(city(wanted), names.map(city)), names));
  return meant === undefined ? examples : `Did you mean ${meant}?`;

  function byCity(found: string | undefined, all: string[]): string | undefined {
    return found === undefined ? undefined : all.find((name) => city(name) === found);
  }
}

/** For names that the platform does not list; mixed casing was meant. */
function usualCasing(name: string): string {
  if (!name.includes("/") || (name !== name.toLowerCase() && name !== name.toUpperCase())) return name;
  return name.toLowerCase()
    .replace(/(^|[/_-])[a-z]/g, (start) => start.toUpperCase())
    .replace(/^Us\/|\b(Gmt|Utc|Uct)\b/g, (part) => part.toUpperCase());
}

function understood(zone: string): boolean {
  try {
    new Intl.DateTimeFormat("en-US", { timeZone: zone });
    return true;
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  }
}

let names: string[] | undefined;

function zoneNames(): string[] {
  return names ??= Intl.supportedValuesOf("timeZone");
}
