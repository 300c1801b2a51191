import { deepStrictEqual, match, strictEqual } from "node:assert/strict";
import { EXIT } from "../../../src/core/exit_codes.ts";
import { CliHarness } from "./cli_harness.ts";

const refused: [flags: string[], message: RegExp, hint?: RegExp][] = [
  [
    ["--overlap", "replace"],
    /--overlap: "replace" is not one of/,
    /Write skip, queue-one, queue-all, cancel-running or allow/,
  ],
  [["--overlap", "queue-on"], /--overlap: "queue-on"/, /Did you mean queue-one\?/],
  [["--catch-up", "lates"], /--catch-up: "lates"/, /latest/],
  [["--catch-up-window", "soon"], /--catch-up-window: "soon" is not a duration/],
  [["--catch-up-window", "0s"], /--catch-up-window: 0s is not between 1s and 366d/],
  [["--start", "soon"], /--start: "soon" is not a point in time/],
  [["--start", "2026-05-01", "--end", "2026-04-01"], /--end: .* comes before the start/, /later end/],
  [["--end", "2026-03-01"], /--end: the job would have no due time any more/],
  [["--priority", "101"], /--priority: "101" is not a whole number from -100 to 100/],
  [["--priority", "high"], /--priority: "high"/],
  [["--jitter", "2d"], /--jitter: 2d is not between 1s and 24h/],
  [["--jitter-mode", "stabel"], /--jitter-mode: "stabel"/, /Did you mean stable/],
  [["--blackout", "work"], /--blackout: "work" are no blackout hours/, /Mon-Fri 08:00-18:00/],
  [["--blackout", "Mon-Fri", "--blackout", "Sat,Sun"], /--blackout: these hours are the whole week/],
  [["--max-runs", "0"], /--max-runs: "0" is not a whole number from 1/],
  [["--max-runs", "many"], /--max-runs: "many" is not a whole number/],
  [["--retain-for", "soon"], /--retain-for: "soon" is not a duration/],
  [["--retain-count", "0"], /--retain-count: "0" is not a whole number from 1/],
  [["--retain-size", "much"], /--retain-size: "much" is not a size/],
  [["--retain-size", "0"], /--retain-size: 0 would keep nothing/, /5GB/],
  [["--pause-after-failures", "0"], /--pause-after-failures: "0" is not a whole number/],
];
for (const [flags, message, hint] of refused) {
  for (const command of [["create", "x", "--every", "1h", "--auto"], ["modify", "nightly", "-d", "new"]]) {
    Deno.test(`schedule ${command[0]} refuses ${flags.join(" ")}, and changes nothing`, async () => {
      await using harness = await CliHarness.create();
      await harness.addJob({ name: "nightly" });
      const before = await harness.snapshot();
      const result = await harness.run([...command, ...flags]);
      match(result.message, message);
      match(result.hint, hint ?? /./);
      strictEqual(result.code, EXIT.failure);
      deepStrictEqual(await harness.snapshot(), before);
    });
  }
}

const none: [flags: string[], field: string, expect: unknown][] = [
  [["--start", ""], "startAt", null],
  [["--end", ""], "endAt", null],
  [["--max-runs", ""], "maxRuns", null],
  [["--blackout", ""], "blackout", []],
  [["--jitter", ""], "jitter", ""],
  [["--jitter", "0"], "jitter", ""],
  [["--pause-after-failures", ""], "pauseAfterFailures", null],
];
for (const [flags, field, expect] of none) {
  Deno.test(`schedule modify takes away what ${flags[0]} with an empty value names`, async () => {
    await using harness = await CliHarness.create();
    const set = {
      startAt: "2026-03-01T00:00:00.000Z",
      endAt: "2026-12-01T00:00:00.000Z",
      maxRuns: 3,
      pauseAfterFailures: 2,
      blackout: ["Sun"],
      jitter: "5m",
    };
    await harness.addJob({ name: "nightly", ...set });
    const changed = await harness.json(["modify", "nightly", ...flags]);
    deepStrictEqual(changed[field], expect);
    for (const [other, value] of Object.entries(set)) if (other !== field) deepStrictEqual(changed[other], value);
  });
}

Deno.test("schedule create warns of a job whose blackout hours leave no due time", async () => {
  await using harness = await CliHarness.create();
  const args = ["create", "x", "--cron", "0 9 * * *", "--auto"];
  const result = await harness.run([...args, "--blackout", "08:00-18:00"]);
  strictEqual(result.code, EXIT.ok);
  match(result.stderr, /Warning: The job will not run: all of its due times lie in its blackout hours/);
});

Deno.test("schedule modify refuses fewer runs than there were", async () => {
  await using harness = await CliHarness.create();
  await harness.addJob({ name: "nightly", scheduledRuns: 5 });
  match(
    (await harness.run(["modify", "nightly", "--max-runs", "5"])).message,
    /--max-runs: the schedule has made 5 runs already/,
  );
});

Deno.test("schedule describe tells each policy that is set", async () => {
  await using harness = await CliHarness.create();
  await harness.addJob({
    name: "nightly",
    overlapPolicy: "queue-one",
    catchUp: { policy: "all", window: "6h" },
    startAt: "2026-03-01T00:00:00.000Z",
    endAt: "2026-12-01T00:00:00.000Z",
    blackout: ["Mon-Fri 08:00-18:00", "Sat"],
    jitter: "10m",
    priority: -3,
    maxRuns: 10,
    scheduledRuns: 4,
    runCount: 6,
    pauseAfterFailures: 3,
    failuresInRow: 1,
    skipped: { "queue-full": 2, "too-late": 7 },
  });
  const { stdout } = await harness.run(["describe", "nightly"]);
  for (
    const expect of [
      /^Overlap: +one run may wait for the one before to finish$/m,
      /^Catch-up: +every missed run, up to 6h late, the oldest first$/m,
      /^Jitter: +starts up to 10m later than due, always as much on a host$/m,
      /^Priority: +-3$/m,
      /^Blackout: +Mon-Fri 08:00-18:00\n +Sat$/m,
      /^Not before: +2026-03-01T00:00:00Z$/m,
      /^Not after: +2026-12-01T00:00:00Z$/m,
      /^Pauses: +after 3 failures in a row, of which there were 1$/m,
      /^Runs: +6, 4 of at most 10 by its schedule$/m,
      /^Not run: +2 queue-full, 7 too-late$/m,
    ]
  ) match(stdout, expect);
});

Deno.test("schedule create and modify say what is kept of a job's bundles, and take bounds away", async () => {
  await using harness = await CliHarness.create();
  const keep = ["--retain-for", "30d", "--retain-count", "10", "--retain-size", "5GB"];
  strictEqual((await harness.run(["create", "x", "--every", "1h", "--auto", ...keep])).code, EXIT.ok);
  const retention = async () => (await harness.json(["describe", "x"])).retention;
  deepStrictEqual(await retention(), { maxAge: "30d", maxCount: 10, maxBytes: "5GB" });
  match((await harness.run(["describe", "x"])).stdout, /Retention: +bundles for 30d, the newest 10, 5GB together\n/);
  await harness.run(["modify", "x", "--retain-for", "0", "--retain-count", "", "--retain-size", ""]);
  deepStrictEqual(await retention(), { maxAge: "0", maxCount: null, maxBytes: "" });
  match((await harness.run(["describe", "x"])).stdout, /Retention: +bundles stay until they are deleted\n/);
  await harness.run(["modify", "x", "--retain-for", ""]);
  match((await harness.run(["describe", "x"])).stdout, /Retention: +bundles for as long as the settings say\n/);
});
