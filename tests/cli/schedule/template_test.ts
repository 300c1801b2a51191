import { deepStrictEqual, match, strictEqual } from "node:assert/strict";
import { EXIT } from "../../../src/core/exit_codes.ts";
import { type Job, jobSchema } from "../../../src/schedule/job.ts";
import { CliHarness, NOW } from "./cli_harness.ts";

/** A value that is not the default for all that a template keeps. */
const UNLIKE_DEFAULT: Omit<Partial<Job>, "id"> & { name: string } = {
  name: "nightly",
  description: "all of the shop",
  labels: { team: "ops" },
  cronSchedule: "0 2 * * *",
  schedules: ["0 2 * * *", "@every 6h"],
  timezone: "Europe/Berlin",
  namespace: "shop",
  specFiles: ["https://example.org/spec.yaml"],
  autoDiscovery: true,
  loadClusterSpecs: true,
  selector: ["a=b"],
  redactors: ["https://example.org/redactor.yaml"],
  tokenize: true,
  scrubSecrets: false,
  scrubValues: ["env:VALUES"],
  leakGate: false,
  hide: ["email"],
  encrypt: { recipients: ["age1x"], passphrase: "" },
  sign: "env:SIGN",
  analyze: false,
  kubernetes: { context: "prod", qps: 5, burst: 10 },
  upload: { enabled: true, endpoint: "s3://b/", credentials: "env:S3", options: { region: "eu-west-1" } },
  notify: [{ kind: "webhook", url: "https://hooks.example.org/x", on: ["failure"], secret: "env:HOOK" }],
  overlapPolicy: "queue-all",
  catchUp: { policy: "all", window: "2h" },
  priority: 7,
  jitter: "5m",
  jitterMode: "random",
  blackout: ["Sat,Sun"],
  startAt: "2026-03-01T00:00:00.000Z",
  endAt: "2027-03-01T00:00:00.000Z",
  maxRuns: 9,
  pauseAfterFailures: 3,
  retry: { maxAttempts: 6, delay: "5s", maxDelay: "1m" },
  limits: {
    timeout: "45m",
    maxFileSize: "1MB",
    maxCollectorSize: "2MB",
    maxBundleSize: "500MB",
    maxMemory: "700MB",
    maxCpu: "1.5",
  },
  retention: { maxAge: "90d", maxCount: 12, maxBytes: "5GB" },
};

Deno.test("schedule create --template loses nothing of the job that the template was saved from", async () => {
  await using harness = await CliHarness.create();
  const job = await harness.addJob({ ...UNLIKE_DEFAULT, runCount: 5, failuresInRow: 2, lastError: "x" });
  await harness.json(["template", "save", "shop", "--from", "nightly"]);
  // What would be loaded is not there: the template is taken as it is, other specs in its place.
  const made: Job = await harness.json(["create", "second", "--template", "shop", "-s", "", "--redactors", ""]);
  const own: (keyof Job)[] = [
    "id",
    "name",
    "createdAt",
    "createdBy",
    "nextRun",
    "runCount",
    "failuresInRow",
    "lastError",
    "template",
    "specFiles",
    "redactors",
  ];
  const common = (it: Job) => Object.fromEntries(Object.entries(it).filter(([key]) => !own.includes(key as keyof Job)));
  deepStrictEqual(common(made), common(job));
  deepStrictEqual([made.template, made.runCount, made.failuresInRow, made.lastError], ["shop", 0, 0, ""]);
  // The list above forgets no field: each is another one than the default.
  const blank = jobSchema.parse({ id: "", name: "", cronSchedule: "", schedules: [], createdAt: NOW });
  const same = Object.keys(blank).filter((key) =>
    JSON.stringify(job[key as keyof Job]) === JSON.stringify(blank[key as keyof Job])
  );
  deepStrictEqual(same.sort(), [
    "createdBy",
    "dependsOn", // needs another job: below
    "enabled",
    "lastRun",
    "paused",
    "redact", // tokens need it
    "scheduledRuns",
    "schemaVersion",
    "skipped",
    "status",
    "template",
  ]);
});

Deno.test("schedule template show has the promised fields, and the rest below policies", async () => {
  await using harness = await CliHarness.create();
  await harness.addJob(UNLIKE_DEFAULT);
  const env = { USER: "ann", SUDO_USER: "" };
  const saved = await harness.run(["template", "save", "shop", "--from", "nightly", "--tags", "prod, s3,prod"], {
    env,
  });
  match(saved.stdout, /^Saved template\nName: +shop\nDescription: +all of the shop\nTags: +prod, s3\n/);
  const { policies, createdBy, ...shown } = await harness.json(["template", "show", "shop"]);
  deepStrictEqual(shown, {
    name: "shop",
    description: "all of the shop",
    defaultSchedule: "0 2 * * *",
    namespace: "shop",
    specFiles: ["https://example.org/spec.yaml"],
    autoDiscovery: true,
    redact: true,
    analyze: false,
    upload: UNLIKE_DEFAULT.upload,
    resourceLimits: { maxMemoryMB: 700, maxDurationMin: 45, maxBundleSizeMB: 500 },
    notifications: UNLIKE_DEFAULT.notify,
    tags: ["prod", "s3"],
    createdAt: NOW,
  });
  match(createdBy, /^ann@/);
  deepStrictEqual([policies.schedules, policies.timezone, policies.retry.maxAttempts], [
    ["0 2 * * *", "@every 6h"],
    "Europe/Berlin",
    6,
  ]);
  const table = await harness.run(["template", "show", "shop"]);
  match(table.stdout, /Next runs: +2026-03-02 /);
  match(table.stdout, /Notifies: +webhook hooks.example.org on failure\n/);
});

Deno.test("schedule create --template lets flags outrank it, and needs a schedule from one of them", async () => {
  await using harness = await CliHarness.create();
  await harness.json(["template", "save", "base", "--auto", "--retries", "5", "--timezone", "Asia/Tokyo"]);
  const without = await harness.run(["create", "x", "--template", "base"]);
  match(without.message, /needs a schedule/);
  const made: Job = await harness.json(
    ["create", "x", "--template", "base", "--every", "1h", "--retries", "1", "--namespace", "shop"],
  );
  deepStrictEqual(
    [made.schedules, made.retry.maxAttempts, made.namespace, made.timezone, made.autoDiscovery, made.enabled],
    [["@every 1h"], 2, "shop", "Asia/Tokyo", true, true],
  );
  match((await harness.run(["describe", "x"])).stdout, /Template: +base\n/);
  // A changed template changes no job.
  await harness.json(["template", "save", "base", "--auto", "--retries", "9", "--cron", "@daily", "--replace"]);
  strictEqual((await harness.json(["describe", "x"])).retry.maxAttempts, 2);
  const replaced: Job = await harness.json(["create", "y", "--template", "base", "--cron", "@weekly"]);
  deepStrictEqual([replaced.schedules, replaced.retry.maxAttempts], [["@weekly"], 10]);
});

Deno.test("schedule create --template follows the jobs that are left of those the template follows", async () => {
  await using harness = await CliHarness.create();
  const [a, b] = [await harness.addJob({ name: "a" }), await harness.addJob({ name: "b" })];
  const both = ["--depends-on", "a", "--depends-on", "b:failed"];
  await harness.json(["template", "save", "after", "--auto", ...both]);
  const first: Job = await harness.json(["create", "first", "--template", "after"]);
  deepStrictEqual(first.dependsOn, [{ job: a.id, on: "succeeded" }, { job: b.id, on: "failed" }]);
  await harness.withStore((store) => store.deleteJob(a.id));
  const second = await harness.run(["create", "second", "--template", "after", "-o", "json"]);
  deepStrictEqual(JSON.parse(second.stdout).dependsOn, [{ job: b.id, on: "failed" }]);
  match(second.stderr, new RegExp(`follows the job ${a.id}, which was deleted`));
});

Deno.test("schedule template list and delete: by tag, jobs stay, and the audit log knows", async () => {
  await using harness = await CliHarness.create();
  match((await harness.run(["template", "list"])).stderr, /no templates yet/);
  await harness.json(["template", "save", "b", "--auto", "--tags", "x", "--cron", "@daily", "--description", "daily"]);
  await harness.json(["template", "save", "a", "--auto"]);
  await harness.json(["create", "made", "--template", "b"]);
  const table = await harness.run(["template", "list"]);
  match(
    table.stdout,
    /^NAME +SCHEDULE +TAGS +DESCRIPTION +SAVED +BY *\na +- +- +- .*\nb +@daily +x +daily +2026-03-02T10:00:00Z /,
  );
  deepStrictEqual((await harness.json(["template", "list", "--tag", "x"])).map((it: { name: string }) => it.name), [
    "b",
  ]);
  match((await harness.run(["template", "list", "--tag", "y"])).stderr, /None of the 2 templates/);
  const kept = await harness.run(["template", "delete", "b"], { answer: "n" });
  deepStrictEqual([kept.code, (await harness.json(["template", "list"])).length], [EXIT.failure, 2]);
  match((await harness.run(["template", "delete", "b", "--yes"])).stdout, /Deleted template "b"/);
  strictEqual((await harness.json(["describe", "made"])).template, "b");
  const audit: { action: string; detail?: string }[] = await harness.json(["audit"]);
  deepStrictEqual(audit.map(({ action, detail }) => [action, detail]), [
    ["delete-template", "b"],
    ["create", undefined],
    ["save-template", "a"],
    ["save-template", "b"],
  ]);
});

const refused: [args: string[], code: number, message: RegExp, hint: RegExp][] = [
  [["save", "base", "--auto"], EXIT.failure, /already a template "base"/, /--replace/],
  [["save", "a/b", "--auto"], EXIT.failure, /"a\/b" cannot be used/, /./],
  [["save", " ", "--auto"], EXIT.failure, /A template cannot have an empty name/, /./],
  [["save", "x"], EXIT.failure, /needs something to collect/, /--auto/],
  [["save", "x", "--from", "lost"], EXIT.notFound, /no job "lost"/, /./],
  [["save", "x", "--auto", "--cron", "0 25 * * *"], EXIT.failure, /25/, /./],
  [["save", "x", "--auto", "--enabled=false"], EXIT.failure, /neither runs nor rests/, /./],
  [["show", "bose"], EXIT.notFound, /no template "bose"/, /Did you mean "base"\?/],
  [["delete", "lost", "--yes"], EXIT.notFound, /no template "lost"/, /template list/],
  [["delete", "base"], EXIT.failure, /Nobody can be asked/, /--yes/],
];
for (const [args, code, message, hint] of refused) {
  Deno.test(`schedule template ${args.join(" ")} ends with ${code}, and changes nothing`, async () => {
    await using harness = await CliHarness.create();
    const before = await harness.json(["template", "save", "base", "--auto"]);
    const result = await harness.run(["template", ...args]);
    match(result.message, message);
    match(result.hint, hint);
    strictEqual(result.code, code);
    deepStrictEqual(await harness.json(["template", "list"]), [before]);
  });
}

Deno.test("schedule create --dry-run checks and shows what would be made, and writes nothing", async () => {
  await using harness = await CliHarness.create();
  await harness.addJob({ name: "nightly" });
  const before = await harness.snapshot();
  const shown = await harness.run(["create", "x", "--cron", "0 2 * * *", "--auto", "--namespace", "shop", "--dry-run"]);
  strictEqual(shown.code, EXIT.ok, shown.message);
  match(shown.stdout, /^Would create job: +"x"\nSchedule: +0 2 \* \* \*\n/);
  match(shown.stdout, /\nCollects: +what auto-discovery finds\nCluster: +namespace shop only\n/);
  strictEqual(shown.stdout.match(/2026-03-\d\dT02:00:00Z/g)!.length, 10);
  match((await harness.run(["create", "nightly", "--every", "1h", "--auto", "--dry-run"])).message, /already a job/);
  deepStrictEqual(await harness.snapshot(), before);
});
