import { deepStrictEqual, match, ok, rejects, strictEqual } from "node:assert/strict";
import { join } from "node:path";
import { loadSettings, parseSettings } from "../../src/daemon/load_settings.ts";
import { concurrency, retentionAgeMs, type Settings, SettingsError } from "../../src/daemon/settings.ts";
import { completeJob } from "../../src/daemon/effective_settings.ts";
import { sampleJob } from "./sample_job.ts";
import { temporaryState } from "./temporary_state.ts";
import { type RefusedSettings, refusesSettings } from "./refused_settings.ts";

const accepted: [name: string, text: string, env: Record<string, string>, expect: Partial<Settings>][] = [
  ["has defaults", "", {}, {
    defaultTimezone: "UTC",
    defaultTimeout: 30 * 60_000,
    defaultMaxConcurrent: 3,
    metricsEnabled: true,
    logLevel: "info",
    logRotateSize: 10_000_000,
    checkInterval: 60_000,
    storageBackend: "file",
  }],
  ["takes a file of comments for an empty one", "# nothing\n", {}, { logLevel: "info" }],
  ["takes a key without a value for an absent one", "logLevel:\n", {}, { logLevel: "info" }],
  ["reads durations and sizes", "executionTimeout: 1h30m\nlogRotateSize: 2MiB\n", {}, {
    executionTimeout: 5_400_000,
    logRotateSize: 2_097_152,
  }],
  ["reads what bounds the disk", "maxDiskSpaceMB: 500\nmaxBundleSize: 1GB\nminFreeSpace: 1MB\nlogRotateAge: 7d\n", {}, {
    maxDiskSpaceMB: 500,
    maxBundleSize: 1e9,
    minFreeSpace: 1e6,
    logRotateAge: 7 * 86_400_000,
  }],
  ["keeps 256 MB free, and bundles for 30 days", "", {}, { minFreeSpace: 256e6, defaultRetentionDays: 30 }],
  ["reads a plain number of checkInterval as seconds", "checkInterval: 15\n", {}, { checkInterval: 15_000 }],
  ["reads a port as one of this machine alone", "metricsPort: 9100\n", {}, {
    metricsPort: { hostname: "127.0.0.1", port: 9100 },
  }],
  ["reads an address with its port", 'healthCheckPort: "0.0.0.0:9101"\n', {}, {
    healthCheckPort: { hostname: "0.0.0.0", port: 9101 },
  }],
  ["reads an IPv6 address with its port", 'healthCheckPort: "[::1]:9101"\n', {}, {
    healthCheckPort: { hostname: "::1", port: 9101 },
  }],
  ["lets the environment override", "logLevel: warn\nmetricsEnabled: true\n", {
    TROUBLESHOOT_LOG_LEVEL: "debug",
    TROUBLESHOOT_METRICS_ENABLED: "false",
    TROUBLESHOOT_MAX_CONCURRENT_JOBS: "7",
    TROUBLESHOOT_METRICS_PORT: "0",
    TROUBLESHOOT_SCHEDULER_DIR: "/elsewhere",
  }, {
    logLevel: "debug",
    metricsEnabled: false,
    maxConcurrentJobs: 7,
    metricsPort: { hostname: "127.0.0.1", port: 0 },
  }],
  ["takes the server of kv-connect from the environment", "storageBackend: kv-connect\n", {
    TROUBLESHOOT_STORAGE_CONFIG_URL: "http://127.0.0.1:4512",
  }, { storageBackend: "kv-connect", storageConfig: { url: "http://127.0.0.1:4512" } }],
  ["backs the store up every hour, unless told otherwise", "", {}, { backupInterval: 3_600_000, storageConfig: {} }],
  ["reads how often the store is backed up", "backupInterval: 2h\nstorageConfig:\n  backupInterval: 30m\n", {
    TROUBLESHOOT_STORAGE_CONFIG_BACKUP_ENABLED: "false",
  }, { backupInterval: 7_200_000, storageConfig: { backupInterval: 1_800_000, backupEnabled: false } }],
];

for (const [name, text, env, expect] of accepted) {
  Deno.test(`parseSettings() ${name}`, async () => {
    const { settings } = await parseSettings(text, "s.yaml", env);
    const actual = settings as unknown as Record<string, unknown>;
    deepStrictEqual(Object.fromEntries(Object.keys(expect).map((key) => [key, actual[key]])), expect);
  });
}

const refused: RefusedSettings[] = [
  ["names the key that was meant", "# c\nlogLevl: info\n", {}, /^s\.yaml:2: unknown setting `logLevl`$/, /`logLevel`/],
  ["lists the keys when none is near", "colour: red\n", {}, /^s\.yaml:1: unknown setting/, /defaultTimezone/],
  [
    "knows the keys of storageConfig",
    "storageConfig:\n  bakupEnabled: x\n",
    {},
    /^s\.yaml:2: .*`storageConfig.bakupEnabled`/,
    /`storageConfig.backupEnabled`/,
  ],
  [
    "names the line of a bad value",
    "logLevel: info\ncheckInterval: soon\n",
    {},
    /^s\.yaml:2: `checkInterval` "soon": is not a duration/,
    /./,
  ],
  ["refuses a concurrency of none", "maxConcurrentJobs: 0\n", {}, /^s\.yaml:1: `maxConcurrentJobs` "0"/, /./],
  ["refuses a port that is none", "metricsPort: 70000\n", {}, /^s\.yaml:1: `metricsPort` "70000": is not a port/, /./],
  [
    "names the variable of a bad value",
    "",
    { TROUBLESHOOT_LOG_LEVEL: "loud" },
    /^TROUBLESHOOT_LOG_LEVEL: `logLevel` "loud"/,
    /./,
  ],
  ["names the line of broken YAML", "a: 1\nb: [1\n", {}, /^s\.yaml:\d+: /, /YAML/],
  ["refuses a key that is there twice", "logLevel: info\nlogLevel: warn\n", {}, /^s\.yaml:\d: /, /YAML/],
  ["refuses a list", "- logLevel\n", {}, /not a map/, /./],
  [
    "wants a server for kv-connect",
    "storageBackend: kv-connect\n",
    {},
    /^s\.yaml:1: .*has no server/,
    /storageConfig\.url/,
  ],
];

refusesSettings(refused);

Deno.test("parseSettings() warns of what has no effect yet", async () => {
  const { warnings } = await parseSettings(
    "logLevel: info\nstorageConfig:\n  baseDir: /x\n",
    "s.yaml",
  );
  deepStrictEqual(warnings, [
    "s.yaml:3: `storageConfig.baseDir` is accepted, and has no effect yet",
  ]);
});

Deno.test("concurrency() prefers maxConcurrentJobs", async () => {
  strictEqual(concurrency((await parseSettings("defaultMaxConcurrent: 5\n", "s.yaml")).settings), 5);
  strictEqual(
    concurrency((await parseSettings("defaultMaxConcurrent: 5\nmaxConcurrentJobs: 2\n", "s.yaml")).settings),
    2,
  );
});

const ages: [text: string, days: number | undefined][] = [
  ["", 30],
  ["defaultRetentionDays: 7\n", 7],
  ["defaultRetentionDays: 7\nretentionDays: 14\n", 14],
  ["retentionDays: 0\n", undefined],
  ["defaultRetentionDays: 0\n", undefined],
];

for (const [text, days] of ages) {
  Deno.test(`retentionAgeMs() of ${JSON.stringify(text)} is ${days} days`, async () =>
    strictEqual(retentionAgeMs((await parseSettings(text, "s.yaml")).settings), days && days * 86_400_000));
}

Deno.test("loadSettings() takes the first file there is", async () => {
  await using state = await temporaryState();
  const system = join(state.root, "system.yaml");
  const explicit = join(state.root, "explicit.yaml");
  deepStrictEqual((await loadSettings(state, {}, undefined, system)).source, undefined);
  await Deno.writeTextFile(system, "checkInterval: 1s\n");
  strictEqual((await loadSettings(state, {}, undefined, system)).settings.checkInterval, 1_000);
  await Deno.writeTextFile(state.configFile, "checkInterval: 2s\n");
  const own = await loadSettings(state, {}, undefined, system);
  deepStrictEqual([own.source, own.settings.checkInterval], [state.configFile, 2_000]);
  await Deno.writeTextFile(explicit, "checkInterval: 3s\n");
  strictEqual((await loadSettings(state, {}, explicit, system)).settings.checkInterval, 3_000);
});

Deno.test("loadSettings() refuses a --config that is not there", async () => {
  await using state = await temporaryState();
  await rejects(loadSettings(state, {}, join(state.root, "none.yaml")), /Cannot read the settings file .*none\.yaml/);
});

const MACHINE = "allowedUsers: [ann]\n";
const ranks: [
  name: string,
  machine: string,
  own: string,
  env: Record<string, string>,
  given: string | undefined,
  expect: Partial<Settings>,
][] = [
  ["the machine's file before the state folder's", MACHINE, "allowedUsers: [bob]\n", {}, undefined, {
    allowedUsers: ["ann"],
  }],
  ["the machine's file before --config", MACHINE, "", {}, "allowedUsers: [bob]\n", { allowedUsers: ["ann"] }],
  ["the machine's file before the environment", MACHINE, "", { TROUBLESHOOT_ALLOWED_USERS: "bob" }, undefined, {
    allowedUsers: ["ann"],
  }],
  [
    "the machine's file for all that belongs together",
    MACHINE,
    "allowedGroups: [users]\nrequireAuth: true\n",
    {},
    undefined,
    {
      allowedUsers: ["ann"],
      allowedGroups: [],
      requireAuth: false,
    },
  ],
  [
    "others for what the machine's file does not speak of",
    MACHINE,
    "maxJobsPerUser: 3\nlogLevel: warn\n",
    {},
    undefined,
    {
      maxJobsPerUser: 3,
      logLevel: "warn",
    },
  ],
  ["the state folder's file before --config", "", "requireAuth: true\n", {}, "requireAuth: false\n", {
    requireAuth: true,
  }],
  [
    "the state folder's file before the environment",
    "",
    "maxJobsPerUser: 3\n",
    { TROUBLESHOOT_MAX_JOBS_PER_USER: "9" },
    undefined,
    {
      maxJobsPerUser: 3,
    },
  ],
  ["the environment where no file speaks of it", "", "", { TROUBLESHOOT_ALLOWED_USERS: "ann, bob,4711" }, undefined, {
    allowedUsers: ["ann", "bob", "4711"],
  }],
  [
    "the machine's file when a variable cannot be used",
    "requireAuth: true\n",
    "",
    { TROUBLESHOOT_REQUIRE_AUTH: "maybe" },
    undefined,
    {
      requireAuth: true,
    },
  ],
  ["numbers as names", "allowedUsers: [1001]\n", "", {}, undefined, { allowedUsers: ["1001"] }],
  ["the audit log that the machine wants", "auditLogEnabled: true\n", "auditLogEnabled: false\n", {}, undefined, {
    auditLogEnabled: true,
  }],
  [
    "the machine's insistence on safe listeners",
    "insecureListen: false\n",
    "",
    { TROUBLESHOOT_INSECURE_LISTEN: "1" },
    undefined,
    {
      insecureListen: false,
    },
  ],
];
for (const [name, machine, own, env, given, expect] of ranks) {
  Deno.test(`loadSettings() takes ${name}`, async () => {
    await using state = await temporaryState();
    const system = join(state.root, "system.yaml");
    const explicit = join(state.root, "explicit.yaml");
    if (machine !== "") await Deno.writeTextFile(system, machine);
    if (own !== "") await Deno.writeTextFile(state.configFile, own);
    if (given !== undefined) await Deno.writeTextFile(explicit, given);
    const { settings, warnings } = await loadSettings(state, env, given === undefined ? undefined : explicit, system);
    const actual = settings as unknown as Record<string, unknown>;
    deepStrictEqual(Object.fromEntries(Object.keys(expect).map((key) => [key, actual[key]])), expect);
    const ignored = Object.keys(env).length > 0 && (machine + own) !== "";
    strictEqual(warnings.filter((warning) => warning.includes("counts for nothing")).length, ignored ? 1 : 0);
  });
}

Deno.test("loadSettings() names the machine's file where its access settings cannot be used", async () => {
  await using state = await temporaryState();
  const system = join(state.root, "system.yaml");
  await Deno.writeTextFile(system, "# c\nmaxJobsPerUser: none\n");
  await Deno.writeTextFile(state.configFile, "maxJobsPerUser: 3\n");
  await rejects(loadSettings(state, {}, undefined, system), /system\.yaml:2: `maxJobsPerUser` "none"/);
});

Deno.test("parseSettings() refuses a token in the place of its reference, and does not repeat it", async () => {
  await rejects(parseSettings("listenToken: s3cr3t-s3cr3t-s3cr3t\n", "s.yaml"), (error) => {
    ok(error instanceof SettingsError);
    match(error.message, /^s\.yaml:1: `listenToken`: is not a reference/);
    ok(!error.message.includes("s3cr3t"));
    return true;
  });
});

const uploads = [ // name, settings, upload of the job, upload that is in effect
  ["none where nobody says one", "", {}, undefined],
  ["none while it is not wanted for all", "defaultUploadConfig: s3://b/", {}, undefined],
  ["that of the settings", "autoUploadEnabled: true\ndefaultUploadConfig: s3://b/{job}/", {}, {
    enabled: true,
    endpoint: "s3://b/{job}/",
    options: {},
    credentials: "",
  }],
  [
    "that of the settings, with all that is said of it",
    "autoUploadEnabled: true\ndefaultUploadConfig:\n  endpoint: s3://b/\n  credentials: env:KEYS\n" +
    "  options: {forcePathStyle: true}\n  bandwidth: 5MB/s\n  fallback: {endpoint: 'file:///srv/'}\n",
    {},
    {
      enabled: true,
      endpoint: "s3://b/",
      options: { forcePathStyle: "true" },
      credentials: "env:KEYS",
      bandwidth: "5MB/s",
      fallback: { endpoint: "file:///srv/", options: {}, credentials: "" },
    },
  ],
  ["the vendor portal where the settings name none", "autoUploadEnabled: true", {}, {
    enabled: true,
    endpoint: "portal:",
    options: {},
    credentials: "",
  }],
  ["the job's own", "autoUploadEnabled: true\ndefaultUploadConfig: s3://b/", { enabled: true, endpoint: "s3://own/" }, {
    enabled: true,
    endpoint: "s3://own/",
    options: {},
    credentials: "",
  }],
] as const;
for (const [name, text, upload, expect] of uploads) {
  Deno.test(`completeJob() gives a job ${name}`, async () => {
    const { settings } = await parseSettings(text, "s.yaml");
    const completed = completeJob(sampleJob({ upload }), settings);
    deepStrictEqual(JSON.parse(JSON.stringify(completed.upload.enabled ? completed.upload : null)), expect ?? null);
  });
}

const wrongUploads = [ // settings, message
  ["defaultUploadConfig:\n  endpont: s3://b/", /defaultUploadConfig/],
  ["defaultUploadConfig:\n  endpoint: s3://b/\n  bandwidth: fast", /`defaultUploadConfig.bandwidth`.*is not a rate/],
  [
    "defaultUploadConfig:\n  endpoint: s3://b/\n  credentials: hunter2",
    /`defaultUploadConfig.credentials`: is not a ref/,
  ],
] as const;
for (const [text, message] of wrongUploads) {
  Deno.test(`parseSettings() refuses ${JSON.stringify(text)}, and repeats no secret`, async () => {
    await rejects(parseSettings(text, "s.yaml"), (error: Error) => {
      match(error.message, message);
      strictEqual(error.message.includes("hunter2"), false);
      return true;
    });
  });
}
