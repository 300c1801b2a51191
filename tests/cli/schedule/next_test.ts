import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { EXIT } from "../../../src/core/exit_codes.ts";
import { CliHarness, NOW } from "./cli_harness.ts";

/** It is 10:00 on 2 March 2026, UTC. */
const previews: [name: string, args: string[], expect: { timezone: string; nextRuns: string[]; warnings: RegExp[] }][] =
  [
    ["an expression", ["0 2 * * *", "--count", "2"], {
      timezone: "UTC",
      nextRuns: ["2026-03-03T02:00:00+00:00", "2026-03-04T02:00:00+00:00"],
      warnings: [],
    }],
    ["a macro", ["@monthly", "--count", "1"], {
      timezone: "UTC",
      nextRuns: ["2026-04-01T00:00:00+00:00"],
      warnings: [],
    }],
    ["a zone", ["0 9 * * MON-FRI", "-z", "asia/kolkata", "--count", "1"], {
      timezone: "Asia/Kolkata",
      nextRuns: ["2026-03-03T09:00:00+05:30"],
      warnings: [],
    }],
    ["several expressions, merged", [
      "0 12 * * *",
      "30 11 * * *",
      "-c",
      "15 11 * * *",
      "--every",
      "90m",
      "--count",
      "5",
    ], {
      timezone: "UTC",
      nextRuns: [
        "2026-03-02T11:15:00+00:00",
        "2026-03-02T11:30:00+00:00",
        "2026-03-02T12:00:00+00:00",
        "2026-03-02T13:00:00+00:00",
        "2026-03-02T14:30:00+00:00",
      ],
      warnings: [],
    }],
    ["macros side by side", ["@daily", "@hourly", "--count", "1"], {
      timezone: "UTC",
      nextRuns: ["2026-03-02T11:00:00+00:00"],
      warnings: [],
    }],
    ["--from, itself included", ["0 2 * * *", "-z", "Europe/Berlin", "--from", "2026-03-28T02:00", "--count", "3"], {
      timezone: "Europe/Berlin",
      nextRuns: ["2026-03-28T02:00:00+01:00", "2026-03-29T03:00:00+02:00", "2026-03-30T02:00:00+02:00"],
      warnings: [/^02:00 does not exist in Europe\/Berlin on 2026-03-29/, /^02:00 comes twice .* 2026-10-25/],
    }],
    ["a day that seldom is", ["0 0 29 2 *", "--count", "1"], {
      timezone: "UTC",
      nextRuns: ["2028-02-29T00:00:00+00:00"],
      warnings: [/leap years/],
    }],
    ["both fields for days", ["0 0 13 * FRI", "--count", "1"], {
      timezone: "UTC",
      nextRuns: ["2026-03-06T00:00:00+00:00"],
      warnings: [/match either/],
    }],
  ];
for (const [name, args, expect] of previews) {
  Deno.test(`schedule next -o json previews ${name}`, async () => {
    await using harness = await CliHarness.create();
    const result = await harness.run(["next", ...args, "-o", "json"]);
    strictEqual(result.code, 0, result.message);
    const preview = JSON.parse(result.stdout);
    strictEqual(preview.timezone, expect.timezone);
    deepStrictEqual(preview.nextRuns.map(({ local }: { local: string }) => local), expect.nextRuns);
    strictEqual(preview.warnings.length, expect.warnings.length, preview.warnings.join("\n"));
    for (const [i, warning] of expect.warnings.entries()) match(preview.warnings[i], warning);
    strictEqual(result.stderr, preview.warnings.map((text: string) => `Warning: ${text}\n`).join(""));
    strictEqual((await Array.fromAsync(Deno.readDir(harness.root))).length, 0, "nothing was written");
  });
}

const refused: [name: string, args: string[], code: number, message: RegExp, hint: RegExp][] = [
  ["nothing", [], EXIT.failure, /nothing to preview/, /schedule next "0 2 \* \* \*"/],
  ["a fault, with its place", ["0 25 * * *"], EXIT.failure, /hour \(column 3\): 25/, /from 0 to 23/],
  ["a fault behind a flag", ["-c", "0 0 * * MOON"], EXIT.failure, /day of week \(column 9\)/, /MON/],
  ["a fault without a star", ["60 2 1 1 1"], EXIT.failure, /minute \(column 1\)/, /did you mean/],
  ["too few fields", ["0 2 * *"], EXIT.failure, /4 fields/, /did you mean "0 2 \* \* \*"/],
  ["an unknown macro", ["@dialy"], EXIT.failure, /"@dialy"/, /@daily/],
  ["what never fires", ["0 0 31 4 *"], EXIT.failure, /day of month \(column 5\).*never fire/, /up to 30/],
  ["a period that is none", ["--every", "soon"], EXIT.failure, /"soon" is not a duration/, /90s/],
  ["an expression without quotes", ["0", "2", "1", "1", "1"], EXIT.failure, /one argument/, /next "0 2 1 1 1"$/],
  [
    "an expression whose stars became files",
    ["0", "2", "a.txt", "b.txt"],
    EXIT.failure,
    /one argument/,
    /"0 2 \* \* \*"$/,
  ],
  ["a period without quotes", ["@every", "90s"], EXIT.failure, /one argument/, /next "@every 90s"$/],
  ["the same schedule twice", ["@daily", "-c", "@daily"], EXIT.failure, /given twice/, /./],
  ["an empty expression", [""], EXIT.failure, /it is empty/, /five fields/],
  ["an unknown zone", ["@daily", "-z", "Europe/Berln"], EXIT.failure, /Berln/, /Europe\/Berlin/],
  [
    "a time that is none",
    ["@daily", "--from", "monday"],
    EXIT.failure,
    /--from: "monday"/,
    /2026-03-29T01:30 \(in UTC\)/,
  ],
  ["no due times", ["@daily", "--count", "0"], EXIT.failure, /--count/, /./],
  ["too many due times", ["@daily", "--count", "1001"], EXIT.failure, /from 1 to 1000/, /./],
  ["a job beside an expression", ["nightly", "@daily"], EXIT.failure, /one argument|cannot be shown together/, /./],
  ["a job beside a flag", ["nightly", "--every", "1h"], EXIT.failure, /cannot be shown together/, /Name the job alone/],
];
for (const [name, args, code, message, hint] of refused) {
  Deno.test(`schedule next refuses ${name}`, async () => {
    await using harness = await CliHarness.create();
    await harness.addJob({ name: "nightly" });
    const result = await harness.run(["next", ...args]);
    strictEqual(result.code, code, result.stdout);
    match(result.message, message);
    match(result.hint, hint);
    strictEqual(result.stdout, "");
  });
}

Deno.test("schedule next previews a job by its own zone and from its own creation", async () => {
  await using harness = await CliHarness.create();
  const job = await harness.addJob({
    name: "nightly run",
    schedules: ["0 2 * * *", "@every 7h"],
    timezone: "Europe/Berlin",
    createdAt: "2026-03-01T00:00:00.000Z",
  });
  const before = await harness.snapshot();
  const preview = await harness.json(["next", "nightly run", "--count", "3"]);
  deepStrictEqual(preview.job, { id: job.id, name: "nightly run", enabled: true });
  deepStrictEqual(preview.nextRuns, [
    {
      scheduledAt: "2026-03-02T11:00:00.000Z",
      local: "2026-03-02T12:00:00+01:00",
      inSeconds: 3_600,
      schedules: ["@every 7h"],
    },
    {
      scheduledAt: "2026-03-02T18:00:00.000Z",
      local: "2026-03-02T19:00:00+01:00",
      inSeconds: 28_800,
      schedules: ["@every 7h"],
    },
    {
      scheduledAt: "2026-03-03T01:00:00.000Z",
      local: "2026-03-03T02:00:00+01:00",
      inSeconds: 54_000,
      schedules: ["0 2 * * *", "@every 7h"],
    },
  ]);
  const described = (await harness.json(["describe", "nightly run"])).nextRuns.slice(0, 3);
  deepStrictEqual(preview.nextRuns.map(({ scheduledAt }: { scheduledAt: string }) => scheduledAt), described);
  deepStrictEqual(await harness.snapshot(), before);
});

Deno.test("schedule next shows a job in another zone, and says that it is disabled", async () => {
  await using harness = await CliHarness.create();
  await harness.addJob({ name: "off", enabled: false });
  const result = await harness.run(["next", "off", "-z", "America/New_York", "--count", "1"]);
  strictEqual(result.code, 0);
  match(result.stdout, /^Tue 2026-03-03 02:00 -05:00 {2}2026-03-03T07:00:00Z {2}in 21 h$/m);
  match(result.stderr, /Warning: The job is disabled: .*schedule enable "off"/);
});

Deno.test("schedule next takes the zone of the settings, as create does", async () => {
  await using harness = await CliHarness.create();
  await Deno.mkdir(harness.state.root, { recursive: true });
  await Deno.writeTextFile(harness.state.configFile, "defaultTimezone: Asia/Tokyo\n");
  strictEqual((await harness.json(["next", "@daily"])).timezone, "Asia/Tokyo");
  strictEqual((await harness.json(["next", "@daily", "-z", "UTC"])).timezone, "UTC");
});

Deno.test("schedule next prints a table: words, local time with offset, UTC, from now, which schedule, what is odd", async () => {
  await using harness = await CliHarness.create();
  const args = ["30 2 * * *", "@every 1d", "-z", "Europe/Berlin", "--from", "2026-03-28T12:00", "--count", "3"];
  const { stdout } = await harness.run(["next", ...args]);
  strictEqual(
    stdout,
    `Schedule:   30 2 * * *
            @every 1d
Time zone:  Europe/Berlin
Meaning:    At 02:30; and every 1d (Europe/Berlin)

LOCAL TIME                   UTC                   FROM NOW  SCHEDULE    NOTE
Sun 2026-03-29 03:00 +02:00  2026-03-29T01:00:00Z  in 27 d   30 2 * * *  02:30 does not exist that day: clocks go forward
Sun 2026-03-29 13:00 +02:00  2026-03-29T11:00:00Z  in 27 d   @every 1d
Mon 2026-03-30 02:30 +02:00  2026-03-30T00:30:00Z  in 28 d   30 2 * * *
`,
  );
  const narrow = await harness.run(["next", ...args], { columns: 80 });
  ok(narrow.stdout.split("\n").every((line) => line.length <= 80), narrow.stdout);
});

Deno.test("schedule next -o yaml is the same data", async () => {
  await using harness = await CliHarness.create();
  const { stdout } = await harness.run(["next", "@daily", "--count", "1", "-o", "yaml"]);
  match(stdout, new RegExp(`^from: ${NOW}$`, "m"));
  match(stdout, /^ {2}- scheduledAt: 2026-03-03T00:00:00.000Z$/m);
});

Deno.test("schedule next says why a job that only follows others is never due", async () => {
  await using harness = await CliHarness.create();
  await harness.addJob({ name: "after", schedules: [], cronSchedule: "" });
  const { stdout, code } = await harness.run(["next", "after"]);
  match(stdout, /\nNone: it has no schedule, it follows other jobs\n$/);
  strictEqual(code, EXIT.ok);
});
