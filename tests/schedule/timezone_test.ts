import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { SupportBundleError } from "../../src/core/errors.ts";
import { EXIT } from "../../src/core/exit_codes.ts";
import { parseTimezone } from "../../src/schedule/timezone.ts";

const known: [name: string, expect: string][] = [
  ["UTC", "UTC"],
  ["utc", "UTC"],
  ["Europe/Paris", "Europe/Paris"],
  [" europe/paris ", "Europe/Paris"],
  ["US/Eastern", "US/Eastern"],
  ["Asia/Kolkata", "Asia/Kolkata"],
  ["asia/kolkata", "Asia/Kolkata"],
  ["ASIA/HO_CHI_MINH", "Asia/Ho_Chi_Minh"],
  ["us/eastern", "US/Eastern"],
  ["etc/gmt-2", "Etc/GMT-2"],
  ["America/Argentina/Buenos_Aires", "America/Argentina/Buenos_Aires"],
  ["Etc/GMT-2", "Etc/GMT-2"],
  ["CET", "CET"],
  ["GMT", "GMT"],
];
for (const [name, expect] of known) {
  Deno.test(`parseTimezone() knows "${name}"`, () => {
    const zone = parseTimezone(name);
    strictEqual(zone, expect);
    ok(new Intl.DateTimeFormat("en-US", { timeZone: zone }));
  });
}

const unknown: [name: string, hint: RegExp][] = [
  ["Europe/Pris", /^Did you mean Europe\/Paris\?$/],
  ["Paris", /^Did you mean Europe\/Paris\?$/],
  ["New York", /^Did you mean America\/New_York\?$/],
  ["Amerca/Chicago", /^Did you mean America\/Chicago\?$/],
  ["+02:00", /Etc\/GMT-2/],
  ["GMT+3", /Etc\/GMT-3/],
  ["UTC-5", /Etc\/GMT\+5/],
  ["+05:30", /^Use a name/],
  ["IST", /^Use a name/],
  ["Local", /^Use a name/],
  ["", /^Use a name/],
  ["Mars/Olympus_Mons", /^Use a name/],
];
for (const [name, hint] of unknown) {
  Deno.test(`parseTimezone() refuses "${name}" with a hint`, () => {
    let caught: unknown;
    try {
      parseTimezone(name);
    } catch (error) {
      caught = error;
    }
    ok(caught instanceof SupportBundleError);
    deepStrictEqual([caught.code, caught.exitCode], ["TIMEZONE_UNKNOWN", EXIT.failure]);
    match(caught.hint!, hint);
  });
}
