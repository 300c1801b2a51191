import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { accountName } from "../../../src/core/account_name.ts";
import { join } from "node:path";
import { EXIT } from "../../../src/core/exit_codes.ts";
import { CliHarness } from "./cli_harness.ts";

const SPEC = `apiVersion: troubleshoot.sh/v1beta2
kind: HostCollector
metadata:
  name: host
spec:
  collectors:
    - cpu: {}
`;
const TYPO = SPEC.replace("- cpu", "- cpuu");

const refused = [
  // name, args, exit code, message, hint
  ["without a schedule", ["x", "--auto"], EXIT.failure, /neither --cron nor --every/, /--cron "0 2 \* \* \*"/],
  ["without anything to collect", ["x", "--every", "1h"], EXIT.failure, /neither --spec nor --auto/, /--auto/],
  [
    "a cron expression with its fault's place",
    ["x", "--auto", "-c", "0 25 * * *"],
    EXIT.failure,
    /hour \(column 3\)/,
    /./,
  ],
  ["an unknown zone", ["x", "--auto", "-c", "@daily", "-z", "Europe/Berln"], EXIT.failure, /Berln/, /Europe\/Berlin/],
  ["a period that is none", ["x", "--auto", "--every", "soon"], EXIT.failure, /"soon" is not a duration/, /90s/],
  ["the same schedule twice", ["x", "--auto", "-c", "@daily", "-c", "@daily"], EXIT.failure, /given twice/, /./],
  ["a spec that is not there", ["x", "--every", "1h", "-s", "no.yaml"], EXIT.spec, /no\.yaml/, /Check the path/],
  ["a spec with a typo", ["x", "--every", "1h", "-s", "typo.yaml"], EXIT.spec, /typo\.yaml:7:\d+.*cpuu/, /cpu/],
  ["a spec from standard input", ["x", "--every", "1h", "-s", "-"], EXIT.failure, /standard input/, /Save the spec/],
  [
    "redactors that are not there",
    ["x", "--every", "1h", "--auto", "--redactors", "r.yaml"],
    EXIT.spec,
    /r\.yaml/,
    /./,
  ],
  [
    "a class of data that is none",
    ["x", "--every", "1h", "--auto", "--hide", "mails"],
    EXIT.failure,
    /"mails"/,
    /email/,
  ],
  ["an empty name", [" ", "--every", "1h", "--auto"], EXIT.failure, /empty name/, /1 to 100/],
  ["a name of 101 characters", ["x".repeat(101), "--every", "1h", "--auto"], EXIT.failure, /101 characters/, /./],
  [
    "a name with a slash",
    ["a/b", "--every", "1h", "--auto"],
    EXIT.failure,
    /"a\/b" cannot be used: it has \/ in it/,
    /./,
  ],
  ["a name with NUL", ["a\0b", "--every", "1h", "--auto"], EXIT.failure, /control character 0/, /./],
  ["a taken name", ["taken", "--every", "1h", "--auto"], EXIT.failure, /already a job "taken"/, /modify "taken"/],
  [
    "a fallback of no destination",
    ["x", "--every", "1h", "--auto", "--upload-fallback", "file:///srv/"],
    EXIT.failure,
    /without --upload/,
    /--upload URL/,
  ],
  [
    "credentials of no fallback",
    ["x", "--every", "1h", "--auto", "--upload", "s3://bucket/", "--upload-fallback-credentials", "env:KEYS"],
    EXIT.failure,
    /without --upload-fallback/,
    /--upload-fallback URL/,
  ],
  [
    "a fallback that cannot be",
    ["x", "--every", "1h", "--auto", "--upload", "s3://bucket/", "--upload-fallback", "s33://b/"],
    EXIT.failure,
    /s33:/,
    /s3:/,
  ],
  [
    "a bandwidth that is none",
    ["x", "--every", "1h", "--auto", "--upload", "s3://bucket/", "--upload-bandwidth", "fast"],
    EXIT.failure,
    /--upload-bandwidth: "fast" is not a rate/,
    /5MB\/s/,
  ],
  [
    "a destination of no known kind",
    ["x", "--every", "1h", "--auto", "--upload", "s33://b/"],
    EXIT.failure,
    /s33:/,
    /s3:/,
  ],
  [
    "options without a destination",
    ["x", "--every", "1h", "--auto", "--upload-options", "region=x"],
    EXIT.failure,
    /without --upload/,
    /./,
  ],
  [
    "an option that is no pair",
    ["x", "--every", "1h", "--auto", "--upload-options", "region"],
    EXIT.failure,
    /"region" is not key=value/,
    /./,
  ],
  [
    "events without a notification",
    ["x", "--every", "1h", "--auto", "--notify-on", "failure"],
    EXIT.failure,
    /without --notify/,
    /./,
  ],
  [
    "an unknown event",
    ["x", "--every", "1h", "--auto", "--notify-on", "failur"],
    EXIT.failure,
    /"failur" is not an event/,
    /failure/,
  ],
  [
    "a template that is not there",
    ["x", "--every", "1h", "--auto", "--template", "t"],
    EXIT.notFound,
    /no template "t"/,
    /no templates yet/,
  ],
  ["a timeout of nothing", ["x", "--every", "1h", "--auto", "--timeout", "0s"], EXIT.failure, /between 1s and 7d/, /./],
  ["retries that are no number", ["x", "--every", "1h", "--auto", "--retries", "two"], EXIT.failure, /--retries/, /./],
  [
    "a kubeconfig that is not there",
    ["x", "--every", "1h", "--auto", "--kubeconfig", "kc"],
    EXIT.failure,
    /no file ".*\/kc"/,
    /./,
  ],
  [
    "a namespace that cannot be one",
    ["x", "--every", "1h", "--auto", "-n", "Kube_System"],
    EXIT.failure,
    /"Kube_System"/,
    /./,
  ],
  ["an unknown flag", ["x", "--every", "1h", "--auto", "--uplod", "s3://bucket/"], EXIT.failure, /--uplod/, /--upload/],
  ["a second argument", ["x", "y", "--every", "1h", "--auto"], EXIT.failure, /[Tt]oo many arguments/, /create --help/],
  ["an unknown format", ["x", "--every", "1h", "--auto", "-o", "jsn"], EXIT.failure, /"jsn"/, /json/],
] as const;

for (const [name, args, code, message, hint] of refused) {
  Deno.test(`schedule create refuses ${name}, and changes nothing`, async () => {
    await using harness = await CliHarness.create();
    await harness.addJob({ name: "taken" });
    await harness.file("typo.yaml", TYPO);
    const before = await harness.snapshot();
    const result = await harness.run(["create", ...args]);
    match(result.message, message);
    match(result.hint, hint);
    strictEqual(result.code, code);
    strictEqual(result.stdout, "");
    deepStrictEqual(await harness.snapshot(), before);
  });
}

Deno.test("schedule create does not repeat what may be a secret", async () => {
  await using harness = await CliHarness.create();
  const value = crypto.randomUUID();
  const args = ["create", "x", "--every", "1h", "--auto", "--upload", "s3://bucket/p/"];
  for (const flag of ["--upload-credentials", "--notify-secret", "--encrypt-passphrase", "--sign"]) {
    const result = await harness.run([...args, "--notify", "https://hooks.test/x", flag, value]);
    strictEqual(result.code, EXIT.failure);
    ok(!(result.message + result.hint + result.stderr).includes(value), result.message);
  }
});

const unsafe: [flag: string, warning: RegExp][] = [
  ["--redact=false", /Warning: Redaction is off/],
  ["--leak-gate=false", /Warning: The leak gate is off/],
];
for (const [flag, warning] of unsafe) {
  Deno.test(`schedule create ${flag} warns, and describe shows it`, async () => {
    await using harness = await CliHarness.create();
    match((await harness.run(["create", "a", "--every", "1h", "--auto", flag])).stderr, warning);
    match((await harness.run(["describe", "a"])).stdout, /^(?:Redaction|Leak gate): +off$/m);
  });
}

const RECIPIENT = "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p";

Deno.test("schedule create stores what its flags say", async () => {
  await using harness = await CliHarness.create();
  const spec = await harness.file("spec.yaml", SPEC);
  const kubeconfig = await harness.file("kc", "{}");
  const team = await harness.file("team.txt", `# the team\n${RECIPIENT}\n`);
  const redactor = "apiVersion: troubleshoot.sh/v1beta2\nkind: Redactor\nspec: {redactors: []}\n";
  const rules = await harness.file("rules.yaml", redactor), more = await harness.file("more.yaml", redactor);
  const created = await harness.json([
    "create",
    " nightly ",
    "-c",
    "0  2 * * *",
    "--every",
    "6h",
    "-z",
    "europe/berlin",
    "-s",
    "spec.yaml",
    "-n",
    "prod",
    "--redactors",
    "rules.yaml,more.yaml",
    "--scrub-secrets=false",
    "--scrub-values",
    "spec.yaml",
    "--scrub-values",
    "env:VALUES",
    "--encrypt-to",
    RECIPIENT,
    "--encrypt-to",
    "team.txt",
    "--sign",
    "file:/keys/sign",
    "--upload",
    "s3://bucket/{job}/",
    "--upload-options",
    "region=eu-west-1,forcePathStyle=true",
    "--upload-credentials",
    "env:KEYS",
    "--notify",
    "https://hooks.test/a",
    "--notify-on",
    "failure,recovery",
    "-d",
    "text",
    "--labels",
    "team=ops,env=prod",
    "--tokenize",
    "--timeout",
    "45m",
    "--retries",
    "0",
    "--overlap",
    "allow",
    "--catch-up",
    "all",
    "--catch-up-window",
    "6h",
    "--priority",
    "-7",
    "--jitter",
    "10m",
    "--jitter-mode",
    "random",
    "--blackout",
    "Mon-Fri  08:00-18:00",
    "--blackout",
    "Sun",
    "--start",
    "2026-03-01",
    "--end",
    "2026-12-31",
    "--max-runs",
    "100",
    "--pause-after-failures",
    "5",
    "--kubeconfig",
    "kc",
    "--context",
    "c1",
  ]);
  const { id, notify, upload, createdBy, ...rest } = created;
  match(id, /^job-[0-9a-f]{10}$/);
  strictEqual(createdBy, accountName());
  strictEqual(notify.length, 1);
  deepStrictEqual([notify[0].url, notify[0].on], ["https://hooks.test/a", ["failure", "recovery"]]);
  deepStrictEqual(upload, {
    enabled: true,
    endpoint: "s3://bucket/{job}/",
    credentials: "env:KEYS",
    options: { region: "eu-west-1", forcePathStyle: "true" },
  });
  deepStrictEqual(rest, {
    schemaVersion: 1,
    name: "nightly",
    description: "text",
    labels: { team: "ops", env: "prod" },
    cronSchedule: "0 2 * * *",
    schedules: ["0 2 * * *", "@every 6h"],
    timezone: "Europe/Berlin",
    enabled: true,
    namespace: "prod",
    specFiles: [spec],
    autoDiscovery: false,
    loadClusterSpecs: false,
    selector: [],
    redactors: [rules, more],
    redact: true,
    tokenize: true,
    scrubSecrets: false,
    scrubValues: [`file:${spec}`, "env:VALUES"],
    leakGate: true,
    hide: [],
    encrypt: { recipients: [RECIPIENT, team], passphrase: "" },
    sign: "file:/keys/sign",
    template: "",
    analyze: true,
    kubernetes: { kubeconfig, context: "c1" },
    overlapPolicy: "allow",
    catchUp: { policy: "all", window: "6h" },
    dependsOn: [],
    priority: -7,
    jitter: "10m",
    jitterMode: "random",
    blackout: ["Mon-Fri 08:00-18:00", "Sun"],
    startAt: "2026-02-28T23:00:00.000Z", // in the job's zone
    endAt: "2026-12-31T22:59:59.999Z",
    maxRuns: 100,
    paused: null,
    pauseAfterFailures: 5,
    retention: { maxAge: "", maxCount: null, maxBytes: "" },
    retry: { maxAttempts: 1, delay: "30s", maxDelay: "15m" },
    limits: { timeout: "45m", maxFileSize: "", maxCollectorSize: "", maxBundleSize: "", maxMemory: "", maxCpu: "" },
    createdAt: "2026-03-02T10:00:00.000Z",
    lastRun: null,
    nextRun: "2026-03-02T16:00:00.000Z", // six hours on, before 01:00 UTC
    runCount: 0,
    scheduledRuns: 0,
    failuresInRow: 0,
    skipped: {},
    status: "pending",
    lastError: "",
  });
  deepStrictEqual((await harness.snapshot() as { jobs: unknown[] }).jobs, [created]);
});

Deno.test("schedule create tells schedule, meaning, zone and next runs, and how to start a daemon", async () => {
  await using harness = await CliHarness.create();
  const result = await harness.run(["create", "nightly", "-c", "30 2 * * *", "-z", "Europe/Berlin", "--auto"]);
  strictEqual(result.code, EXIT.ok, result.message);
  match(result.stdout, /^Id: +job-[0-9a-f]{10}$/m);
  match(result.stdout, /^Schedule: +30 2 \* \* \*$/m);
  match(result.stdout, /^Time zone: +Europe\/Berlin$/m);
  match(result.stdout, /^Meaning: +At 02:30/m);
  match(result.stdout, /^Next runs: +2026-03-03 02:30 \S+ = 2026-03-03T01:30:00Z \(in 16 h\)$/m);
  strictEqual(result.stdout.match(/2026-03-0\dT01:30:00Z/g)?.length, 3);
  match(result.stderr, /Warning: .*2026-03-29/); // 02:30 does not exist on that day
  match(result.stderr, /No daemon is running[^]*schedule daemon start/);
});

Deno.test("schedule create makes a disabled job that nothing is planned for", async () => {
  await using harness = await CliHarness.create();
  const job = await harness.json(["create", "x", "--every", "1h", "--auto", "--enabled=false"]);
  deepStrictEqual([job.status, job.nextRun], ["disabled", null]);
});

Deno.test("schedule create takes zone and timeout of new jobs from the settings", async () => {
  await using harness = await CliHarness.create();
  await Deno.mkdir(harness.state.root, { recursive: true });
  await Deno.writeTextFile(harness.state.configFile, "defaultTimezone: Asia/Tokyo\ndefaultTimeout: 10m\n");
  const job = await harness.json(["create", "x", "-c", "0 9 * * *", "--auto"]);
  deepStrictEqual([job.timezone, job.limits.timeout, job.nextRun], ["Asia/Tokyo", "10m", "2026-03-03T00:00:00.000Z"]);
});

Deno.test("schedule create makes paths of destinations absolute, templates and folder slash kept", async () => {
  await using harness = await CliHarness.create();
  const job = await harness.json(["create", "x", "--every", "1h", "--auto", "--upload", "./out/{job}/"]);
  strictEqual(job.upload.endpoint, join(harness.root, "out/{job}") + "/");
});

Deno.test("schedule create -o yaml prints the job and nothing else", async () => {
  await using harness = await CliHarness.create();
  const { parse } = await import("yaml");
  const result = await harness.run(["create", "x", "--every", "1h", "--auto", "-o", "yaml"]);
  strictEqual(parse(result.stdout).name, "x");
});
