import { deepStrictEqual, match, strictEqual } from "node:assert/strict";
import { operatorName } from "../../../src/cli/operator_name.ts";
import { EXIT } from "../../../src/core/exit_codes.ts";
import type { Job } from "../../../src/schedule/job.ts";
import { CliHarness, NOW } from "./cli_harness.ts";

const RECIPIENT = "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p";

const refused = [
  // name, args, code, message
  ["nothing to change", [], EXIT.failure, /Nothing was named/],
  ["a bad cron expression", ["-c", "61 * * * *"], EXIT.failure, /minute \(column 1\)/],
  ["an unknown zone", ["-z", "Mars/Olympus"], EXIT.failure, /Mars\/Olympus/],
  ["an empty list of schedules", ["--cron", ""], EXIT.failure, /needs a schedule/],
  ["to be left with nothing to collect", ["--auto=false"], EXIT.failure, /neither --spec nor --auto/],
  ["a spec that is not there", ["-s", "no.yaml"], EXIT.spec, /no\.yaml/],
  ["a taken name", ["--name", "other"], EXIT.failure, /already a job "other"/],
  ["a bad name", ["--name", "a:b"], EXIT.failure, /"a:b" cannot be used/],
  ["options of an upload there is not", ["--upload-options", "region=x"], EXIT.failure, /without --upload/],
  ["a size that is none", ["--max-file-size", "large"], EXIT.failure, /--max-file-size: "large" is not a size/],
  ["a rate that is none", ["--qps", "fast"], EXIT.failure, /--qps: "fast" is not a number/],
  ["an end that has passed", ["--end", "2026-03-01"], EXIT.failure, /--end: the job would have no due time/],
  ["a burst without a rate", ["--burst", "5"], EXIT.failure, /--burst means nothing without --qps/],
  ["a recipient that is none", ["--encrypt-to", "age1nobody"], EXIT.failure, /"age1nobody" is not a recipient/],
  [
    "a passphrase beside recipients",
    [
      "--encrypt-to",
      RECIPIENT,
      "--encrypt-passphrase",
      "env:P",
    ],
    EXIT.failure,
    /exclude each other/,
  ],
  ["one good and one bad flag", ["-d", "fine", "--timeout", "soon"], EXIT.failure, /"soon" is not a duration/],
] as const;

for (const [name, args, code, message] of refused) {
  Deno.test(`schedule modify refuses ${name}, and changes nothing`, async () => {
    await using harness = await CliHarness.create();
    await harness.addJob({ name: "nightly" });
    await harness.addJob({ name: "other" });
    const before = await harness.snapshot();
    const result = await harness.run(["modify", "nightly", ...args]);
    match(result.message, message);
    strictEqual(result.code, code);
    deepStrictEqual(await harness.snapshot(), before);
  });
}

const changes: [name: string, args: string[], expect: Partial<Job>][] = [
  ["the schedule, and counts the next run anew", ["-c", "0 12 * * *"], {
    cronSchedule: "0 12 * * *",
    schedules: ["0 12 * * *"],
    nextRun: "2026-03-02T12:00:00.000Z",
  }],
  ["the zone, and counts the next run anew", ["-z", "America/New_York"], {
    timezone: "America/New_York",
    nextRun: "2026-03-03T07:00:00.000Z",
  }],
  ["whether it is enabled", ["-e", "false"], {
    enabled: false,
    status: "disabled",
    nextRun: null,
    paused: { by: operatorName({}), note: "", since: NOW },
  }],
  ["to whom its bundles are encrypted", ["--encrypt-to", RECIPIENT], {
    encrypt: { recipients: [RECIPIENT], passphrase: "" },
  }],
  ["the passphrase that opens them", ["--encrypt-passphrase", "env:P"], {
    encrypt: { recipients: [], passphrase: "env:P" },
  }],
  ["what signs them", ["--sign", "env:SIGN"], { sign: "env:SIGN" }],
  ["which personal data is hidden", ["--hide", "ip,email"], { hide: ["email", "ip"] }],
  ["what is kept of its bundles", ["--retain-for", "7d", "--retain-count", "3"], {
    retention: { maxAge: "7d", maxCount: 3, maxBytes: "" },
  }],
  ["after how many failures it pauses", ["--pause-after-failures", "5"], { pauseAfterFailures: 5 }],
  ["from when and how often it runs, and counts the next run anew", ["--start", "2026-04-01", "--max-runs", "3"], {
    startAt: "2026-04-01T00:00:00.000Z",
    maxRuns: 3,
    nextRun: "2026-04-01T02:00:00.000Z",
  }],
  ["overlap and catch-up", ["--overlap", "queue-all", "--catch-up", "all", "--catch-up-window", "3d"], {
    overlapPolicy: "queue-all",
    catchUp: { policy: "all", window: "3d" },
  }],
  ["its name", ["--name", "renamed"], { name: "renamed" }],
  ["its destination, and forgets another kind's options", ["--upload", "file:///srv/bundles/"], {
    upload: { enabled: true, endpoint: "file:///srv/bundles/", credentials: "", options: {} },
  }],
  ["its destination, and keeps options and credentials of the same kind", ["--upload", "s3://other/"], {
    upload: { enabled: true, endpoint: "s3://other/", credentials: "env:KEYS", options: { region: "eu-west-1" } },
  }],
  ["the fallback of its destination and its bandwidth", [
    "--upload-fallback",
    "file:///srv/bundles/",
    "--upload-bandwidth",
    "5MB/s",
  ], {
    upload: {
      enabled: true,
      endpoint: "s3://bucket/",
      credentials: "env:KEYS",
      options: { region: "eu-west-1" },
      fallback: { endpoint: "file:///srv/bundles/", credentials: "", options: {} },
      bandwidth: "5MB/s",
    },
  }],
  ["its upload to none", ["--upload", ""], { upload: { enabled: false, endpoint: "", credentials: "", options: {} } }],
  ["whether the leak gate looks at its bundles", ["--leak-gate=false"], { leakGate: false }],
  ["its labels to none", ["--labels", ""], { labels: {} }],
  ["its notifications to none", ["--notify", ""], { notify: [] }],
  ["retries and timeout", ["--retries", "4", "--timeout", "1h"], {
    retry: { maxAttempts: 5, delay: "30s", maxDelay: "15m" },
    limits: { timeout: "1h", maxFileSize: "", maxCollectorSize: "", maxBundleSize: "", maxMemory: "", maxCpu: "" },
  }],
  ["sizes and the rate of requests", ["--max-file-size", " 10MiB ", "--max-bundle-size", "0", "--qps", "2.5"], {
    limits: {
      timeout: "30m",
      maxFileSize: "10MiB",
      maxCollectorSize: "",
      maxBundleSize: "0",
      maxMemory: "",
      maxCpu: "",
    },
    kubernetes: { qps: 2.5 },
  }],
];

for (const [name, args, expect] of changes) {
  Deno.test(`schedule modify changes ${name}, and nothing else`, async () => {
    await using harness = await CliHarness.create();
    const before = await harness.addJob({
      name: "nightly",
      labels: { team: "ops" },
      runCount: 7,
      lastError: "kept",
      upload: { enabled: true, endpoint: "s3://bucket/", credentials: "env:KEYS", options: { region: "eu-west-1" } },
      notify: [{ kind: "webhook", url: "https://hooks.test/x" }],
    });
    deepStrictEqual(await harness.json(["modify", "nightly", ...args]), { ...before, ...expect });
  });
}

Deno.test("schedule modify tells what changed, old and new", async () => {
  await using harness = await CliHarness.create();
  await harness.addJob({ name: "nightly", notify: [{ kind: "webhook", url: "https://hooks.test/secret-path" }] });
  const { stdout } = await harness.run([
    "modify",
    "nightly",
    "-c",
    "0 4 * * *",
    "--timeout",
    "10m",
    "--notify",
    "",
    "--labels",
    "a=b",
  ]);
  match(stdout, /^Changed job "nightly" \(job-0000000001\)$/m);
  match(stdout, /^ {2}schedules: +0 2 \* \* \* → 0 4 \* \* \*$/m);
  match(stdout, /^ {2}limits.timeout: +30m → 10m$/m);
  match(stdout, /^ {2}labels.a: +\(none\) → b$/m);
  match(stdout, /^ {2}notify: +webhook hooks\.test → \(none\)$/m); // a webhook's path is a secret in itself
  match(stdout, /^ {2}Next run: +2026-03-03T04:00:00Z \(in 18 h\)$/m);
});

Deno.test("schedule modify says so when nothing is different", async () => {
  await using harness = await CliHarness.create();
  await harness.addJob({ name: "nightly" });
  const before = await harness.snapshot();
  match((await harness.run(["modify", "nightly", "-c", "0 2 * * *"])).stdout, /is so already; nothing was changed/);
  deepStrictEqual(await harness.snapshot(), before);
});

Deno.test("schedule modify frees the old name of a renamed job", async () => {
  await using harness = await CliHarness.create();
  await harness.addJob({ name: "old" });
  await harness.json(["modify", "old", "--name", "new"]);
  strictEqual((await harness.run(["describe", "old"])).code, EXIT.notFound);
  strictEqual((await harness.json(["describe", "new"])).name, "new");
  strictEqual((await harness.run(["create", "old", "--every", "1h", "--auto"])).code, EXIT.ok);
});
