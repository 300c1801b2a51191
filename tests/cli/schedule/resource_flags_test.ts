import { deepStrictEqual, match, strictEqual } from "node:assert/strict";
import { resourceText } from "../../../src/cli/schedule/resource_flags.ts";
import { EXIT } from "../../../src/core/exit_codes.ts";
import { sampleJob } from "../../daemon/sample_job.ts";
import { CliHarness } from "./cli_harness.ts";

const kept: [flags: string[], limits: { maxMemory: string; maxCpu: string }][] = [
  [["--max-memory", " 500MB ", "--max-cpu", "0.50"], { maxMemory: "500MB", maxCpu: "0.5" }],
  [["--max-memory", "0", "--max-cpu", "0"], { maxMemory: "0", maxCpu: "0" }],
  [["--max-memory", "", "--max-cpu", ""], { maxMemory: "0", maxCpu: "0" }],
  [["--max-cpu", "2"], { maxMemory: "", maxCpu: "2" }],
  [[], { maxMemory: "", maxCpu: "" }],
];
for (const [flags, expect] of kept) {
  Deno.test(`schedule create keeps ${flags.join(" ") || "no limits of memory and processors by itself"}`, async () => {
    await using harness = await CliHarness.create();
    const { limits } = await harness.json(["create", "nightly", "--every", "1h", "--auto", ...flags]);
    deepStrictEqual({ maxMemory: limits.maxMemory, maxCpu: limits.maxCpu }, expect);
  });
}

const refused: [flags: string[], message: RegExp, hint: RegExp][] = [
  [["--max-memory", "much"], /--max-memory: "much" is not a size/, /500MB/],
  [["--max-memory", "20MB"], /--max-memory: 20MB is less than an attempt needs/, /100MB/],
  [["--max-cpu", "all"], /--max-cpu: "all" is not a number of processors/, /0\.5/],
  [["--max-cpu", "0.001"], /--max-cpu: "0\.001"/, /0\.05/],
  [["--max-cpu", "500m"], /--max-cpu: "500m"/, /0\.5/],
];
for (const [flags, message, hint] of refused) {
  Deno.test(`schedule modify refuses ${flags.join(" ")}, and changes nothing`, async () => {
    await using harness = await CliHarness.create();
    await harness.addJob({ name: "nightly" });
    const before = await harness.snapshot();
    const result = await harness.run(["modify", "nightly", ...flags]);
    strictEqual(result.code, EXIT.failure);
    match(result.message, message);
    match(result.hint, hint);
    deepStrictEqual(await harness.snapshot(), before);
  });
}

const said: [name: string, enforced: Parameters<typeof resourceText>[1], expect: string[]][] = [
  ["of a daemon with cgroups", { memory: true, cpu: true }, [
    "500MB memory an attempt, kept by the kernel",
    "0.5 CPU an attempt, kept by the kernel",
  ]],
  ["of a daemon without", { memory: false, cpu: false }, [
    "500MB memory an attempt, looked at once a second",
    "0.5 CPU an attempt: not enforced, since the daemon has no cgroup of its own (run it as a service of systemd)",
  ]],
  ["where no daemon runs", undefined, ["500MB memory an attempt", "0.5 CPU an attempt"]],
];
for (const [name, enforced, expect] of said) {
  Deno.test(`resourceText() says how the limits are kept ${name}`, () => {
    const { limits } = sampleJob();
    deepStrictEqual(
      resourceText(sampleJob({ limits: { ...limits, maxMemory: "500MB", maxCpu: "0.5" } }), enforced),
      expect,
    );
  });
}

Deno.test("schedule describe and history show what an execution has used", async () => {
  await using harness = await CliHarness.create();
  const job = await harness.addJob({ name: "nightly" });
  const resourceUsage = {
    peakMemoryMB: 95.5,
    cpuTimeMs: 1_200,
    diskUsageMB: 12.3,
    networkBytesTx: 1_250_000,
    networkBytesRx: 34_000_000,
  };
  const execution = await harness.addExecution(job, "2026-03-02T02:00:00.000Z", {
    status: "completed",
    startTime: "2026-03-02T02:00:00.000Z",
    metrics: { resourceUsage },
  });
  match((await harness.run(["describe", "nightly"])).stdout, /DURATION +MEMORY .*\n2026-03-02T02:00:00Z .* 95\.5 MB /);
  match(
    (await harness.run(["history", "--execution-id", execution.id])).stdout,
    /^Used: +95\.5 MB memory, 1\.2 s CPU, 12\.3 MB disk, 1\.3 MB sent, 34\.0 MB received$/m,
  );
  deepStrictEqual(
    (await harness.json(["history", "--execution-id", execution.id])).metrics.resourceUsage,
    resourceUsage,
  );
});
