import { deepStrictEqual, match, strictEqual } from "node:assert/strict";
import { join } from "node:path";
import {
  attemptTimeoutMs,
  buildRequest,
  bundleLimit,
  executionPaths,
  removeLeftovers,
} from "../../src/daemon/build_request.ts";
import { stateFolder } from "../../src/schedule/state_folder.ts";
import { sampleExecution, sampleJob } from "./sample_job.ts";

const state = stateFolder({ TROUBLESHOOT_SCHEDULER_DIR: "/state" });

Deno.test("buildRequest() asks for what the job says", () => {
  const job = sampleJob({
    specFiles: ["/specs/a.yaml", "https://example.com/b.yaml"],
    autoDiscovery: true,
    redactors: ["/specs/redact.yaml"],
    scrubValues: ["file:/lists/values", "env:VALUES"],
    hide: ["ip"],
    namespace: "shop",
    kubernetes: { context: "prod", qps: 5 },
    limits: { maxCollectorSize: "0", maxBundleSize: "3GB" },
    labels: { team: "shop" },
    upload: {
      enabled: true,
      endpoint: "s3://bucket/{job}",
      credentials: "env:CREDS",
      options: { region: "eu-1" },
      fallback: { endpoint: "file:///srv/" },
      bandwidth: "5MB/s",
    },
    notify: [{ kind: "webhook", url: "https://example.com/hook", on: ["failure"] }],
  });
  const execution = sampleExecution({ retryCount: 1 }, job);
  deepStrictEqual(JSON.parse(JSON.stringify(buildRequest(job, execution, state, 600_000, undefined, 3))), {
    specs: ["/specs/a.yaml", "https://example.com/b.yaml"],
    auto: true,
    redactors: ["/specs/redact.yaml"],
    redact: true,
    scrub: { secrets: true, lists: ["file:/lists/values", "env:VALUES"] },
    leakGate: true,
    hide: ["ip"],
    analyze: true,
    followUri: true,
    requirePermissions: false,
    namespace: "shop",
    kube: { context: "prod", qps: 5 },
    archivePath: join("/state", "bundles", "nightly", `${execution.id}.tar.gz`),
    rootName: `support-bundle-${execution.id}`,
    workParent: join("/state", "work", execution.id),
    deadlineMs: 540_000,
    collectorDeadlineMs: 300_000,
    sizeLimits: { file: 250_000_000, collector: 0, bundle: 3_000_000_000 },
    upload: {
      url: "s3://bucket/{job}",
      options: { region: "eu-1" },
      credentials: "env:CREDS",
      fallback: { url: "file:///srv/", options: {} },
      bandwidthBytesPerSecond: 5_000_000,
      spool: true,
      behind: 3,
      labels: { team: "shop" },
    },
    notify: [], // the daemon tells of an execution's end
    job: { id: job.id, name: "nightly" },
    execution: { id: execution.id, scheduledAt: "2026-03-02T00:00:00.000Z", attempt: 2 },
  });
});

Deno.test("buildRequest() leaves out what the job does not say", () => {
  const request = buildRequest(sampleJob(), sampleExecution(), state, 100_000);
  deepStrictEqual(
    [request.namespace, request.upload, request.kube],
    [undefined, undefined, {}],
  );
  strictEqual(request.collectorDeadlineMs, 90_000, "no collector may outlast the run");
});

Deno.test("buildRequest() never forgets an upload that was asked for", () => {
  const request = buildRequest(sampleJob({ upload: { enabled: true } }), sampleExecution(), state, 1_000);
  strictEqual(request.upload?.url, "portal:", "the vendor portal");
});

Deno.test("buildRequest() encrypts and signs as the job says, and names the archive so", () => {
  const encrypt = { recipients: ["age1x", "/keys/team.txt"], passphrase: "" };
  const request = (fields: Parameters<typeof sampleJob>[0]) =>
    buildRequest(sampleJob(fields), sampleExecution(), state, 1_000);
  const sealed = request({ encrypt, sign: "env:KEY" });
  deepStrictEqual([sealed.encrypt?.recipients, sealed.encrypt?.passphrase, sealed.sign], [
    encrypt.recipients,
    undefined,
    "env:KEY",
  ]);
  match(sealed.archivePath, /\.tar\.gz\.age$/);
  const { encrypt: byPassphrase } = request({ encrypt: { recipients: [], passphrase: "env:P" } });
  deepStrictEqual(byPassphrase, { recipients: [], passphrase: "env:P" });
  const plain = request({});
  deepStrictEqual([plain.encrypt, plain.sign], [undefined, undefined]);
  match(plain.archivePath, /\.tar\.gz$/);
});

const folders: [name: string, folder: RegExp][] = [
  ["nightly-1.a_b", /^nightly-1\.a_b$/],
  ["two words", /^two_words-job-0000000001$/],
  ["../../etc", /^_etc-job-0000000001$/],
  ["..", /^_-job-0000000001$/],
  [".hidden", /^_hidden-job-0000000001$/],
  ["größe/x", /^gr_e_x-job-0000000001$|^gr_\w*-job-0000000001$/],
  ["n".repeat(300), /^n{60}-job-0000000001$/],
];

for (const [name, folder] of folders) {
  Deno.test(`executionPaths() of a job named ${JSON.stringify(name.slice(0, 20))} stay in the bundles' folder`, () => {
    const { archive } = executionPaths(sampleJob({ name }), "e-1", state);
    const [, , , own, file, ...rest] = archive.split("/");
    deepStrictEqual([file, rest], ["e-1.tar.gz", []]);
    match(own!, folder);
  });
}

Deno.test("removeLeftovers() removes what was cut off, and archives that were never let through", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const own = stateFolder({ TROUBLESHOOT_SCHEDULER_DIR: folder });
    const job = sampleJob();
    const { bundles, work, archive, encrypted } = executionPaths(job, "e-1", own);
    await Deno.mkdir(work, { recursive: true });
    await Deno.mkdir(bundles, { recursive: true });
    const kept = [archive, encrypted].flatMap((it) => [it, `${it}.quarantined`, `${it}.leaks.json`]);
    const left = [archive, encrypted].flatMap((it) => [`${it}.part`, `${it}.unchecked`, `${it}.unchecked.part`]);
    for (const file of [...kept, ...left]) await Deno.writeTextFile(file, "x");
    await removeLeftovers(job, "e-1", own);
    deepStrictEqual([...Deno.readDirSync(bundles)].map(({ name }) => join(bundles, name)).sort(), kept.sort());
    deepStrictEqual([...Deno.readDirSync(own.work)], []);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

const timeouts: [limit: string, cap: number | undefined, expect: number][] = [
  ["10m", undefined, 600_000],
  ["10m", 60_000, 60_000],
  ["10s", 60_000, 10_000],
  ["nonsense", undefined, 1_800_000],
  ["0", undefined, 1_800_000],
];

for (const [limit, cap, expect] of timeouts) {
  Deno.test(`attemptTimeoutMs() of ${limit}, capped at ${cap}, is ${expect}`, () => {
    strictEqual(attemptTimeoutMs(sampleJob({ limits: { timeout: limit } }), cap), expect);
  });
}

const bundleLimits: [name: string, own: string, cap: number | undefined, expect: number | undefined][] = [
  ["is the job's own", "10MB", undefined, 10e6],
  ["is that of the command line where nobody says", "", undefined, undefined],
  ["is none where the job wants none", "0", undefined, 0],
  ["is the cap where the job wants more", "10MB", 5e6, 5e6],
  ["is the job's own below the cap", "10MB", 50e6, 10e6],
  ["is the cap where the job wants none", "0", 5e6, 5e6],
  ["is the cap where it is less than the command line's", "", 5e6, 5e6],
  ["is the command line's where the cap is more", "", 9e12, 2e9],
];

for (const [name, own, cap, expect] of bundleLimits) {
  Deno.test(`bundleLimit() ${name}`, () => {
    const job = sampleJob({ limits: { maxBundleSize: own } });
    strictEqual(bundleLimit(job, cap), expect);
    strictEqual(buildRequest(job, sampleExecution(), state, 1_000, cap).sizeLimits.bundle, expect ?? 2e9);
  });
}
