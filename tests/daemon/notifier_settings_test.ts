import { deepStrictEqual, match, ok, rejects } from "node:assert/strict";
import { parseSettings } from "../../src/daemon/load_settings.ts";
import { type Settings, SettingsError } from "../../src/daemon/settings.ts";
import { type RefusedSettings, refusesSettings } from "./refused_settings.ts";

/** A notifier of the name `ops` with these lines. */
const ops = (...lines: string[]) => `notifiers:\n  ops:\n${lines.map((line) => `    ${line}\n`).join("")}`;

const HOOK = ["kind: webhook", "url: https://example.org/hook"];
const accepted: [name: string, text: string, env: Record<string, string>, expect: Partial<Settings>][] = [
  ["has no notifiers", "", {}, { notifiers: {} }],
  ["reads a notifier with its defaults", ops(...HOOK), {}, {
    notifiers: { ops: { kind: "webhook", url: "https://example.org/hook", global: false, quietHours: [] } },
  }],
  [
    "reads all of a notifier",
    ops(
      "kind: slack",
      "url: env:SLACK_URL",
      "on: [failure, recovery]",
      "severity: fail",
      "secret: file:/run/key",
      "options: { channel: ops, retries: 3 }",
      "global: true",
      "quietHours: ['22:00-07:00', Sat]",
      "timezone: europe/berlin",
      "groupWindow: 5m",
      "maxPerHour: 10",
    ),
    {},
    {
      notifiers: {
        ops: {
          kind: "slack",
          url: "env:SLACK_URL",
          on: ["failure", "recovery"],
          severity: "fail",
          secret: "file:/run/key",
          options: { channel: "ops", retries: "3" },
          global: true,
          quietHours: ["22:00-07:00", "Sat"],
          timezone: "Europe/Berlin",
          groupWindow: 300_000,
          maxPerHour: 10,
        },
      },
    },
  ],
];

for (const [name, text, env, expect] of accepted) {
  Deno.test(`parseSettings() ${name}`, async () => {
    const { settings } = await parseSettings(text, "s.yaml", env);
    deepStrictEqual({ notifiers: settings.notifiers }, expect);
  });
}

const refused: RefusedSettings[] = [
  [
    "knows the keys of a notifier",
    ops("knd: webhook"),
    {},
    /^s\.yaml:3: unknown .*`notifiers\.ops\.knd`/,
    /`notifiers\.ops\.kind`/,
  ],
  ["wants the URL of a notifier", ops("kind: webhook"), {}, /^s\.yaml:2: `notifiers\.ops\.url`: /, /./],
  [
    "refuses quiet hours that are none",
    ops(...HOOK, "quietHours: ['night']"),
    {},
    /^s\.yaml:5: .*"night" are no hours/,
    /./,
  ],
  ["refuses quiet hours without end", ops(...HOOK, "quietHours: 'Mon-Sun'"), {}, /^s\.yaml:5: .*no minute/, /./],
  ["refuses an event that is none", ops(...HOOK, "on: [failures]"), {}, /^s\.yaml:5: `notifiers\.ops\.on/, /./],
  ["refuses a zone that is none", ops(...HOOK, "timezone: Mars"), {}, /^s\.yaml:5: .*time zone/, /./],
  [
    "refuses a name that is a URL",
    "notifiers:\n  'https://x': { kind: webhook, url: x }\n",
    {},
    /^s\.yaml:2: .*name for a notifier/,
    /./,
  ],
  ["refuses a list of notifiers", "notifiers: [ops]\n", {}, /^s\.yaml:1: `notifiers`/, /./],
];

refusesSettings(refused);

Deno.test("parseSettings() refuses a secret in the place of its reference, and repeats neither it nor a URL", async () => {
  const text = ops("kind: webhook", "url: https://example.org/s3cr3t", "secret: s3cr3t");
  await rejects(parseSettings(text, "s.yaml"), (error) => {
    ok(error instanceof SettingsError);
    match(error.message, /^s\.yaml:5: `notifiers\.ops\.secret`: is not a reference/);
    ok(!error.message.includes("s3cr3t"));
    return true;
  });
});
