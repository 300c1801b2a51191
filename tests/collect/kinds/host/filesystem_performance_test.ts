import { deepStrictEqual, match, ok, rejects, strictEqual, throws } from "node:assert/strict";
import { join } from "node:path";
import { filesystemPerformance } from "../../../../src/collect/kinds/host/filesystem_performance.ts";
import { backgroundArgs, backgroundBytes, fioArgs, parseFio } from "../../../../src/collect/kinds/host/fio.ts";
import { latencyFigures } from "../../../../src/collect/kinds/host/sync_latency.ts";
import { ManualClock } from "../../../manual_clock.ts";
import { collectAll } from "../../collect_all.ts";

const windows = Deno.build.os === "windows";
const PATH = "host-collectors/filesystemPerformance/filesystemPerformance.json";

Deno.test("fioArgs() writes in sequence, and syncs every write", () => {
  const plan = { directory: "/data", fileSize: 10_485_760, blockSize: 2300, runSeconds: 55 };
  const args = ["--name=fsperf", "--directory=/data", "--rw=write", "--ioengine=sync", "--fdatasync=1"];
  const size = ["--size=10485760", "--bs=2300"];
  deepStrictEqual(fioArgs(plan), [...args, ...size, "--runtime=55", "--output-format=json"]);
});

const loads = [
  ["none", { readIops: 0, readJobs: 2, writeIops: 100, writeJobs: 0 }, []],
  ["a rate that the jobs share", { readIops: 100, readJobs: 2, writeIops: 50, writeJobs: 1 }, [
    ...["--name=background-read-0", "--filename=background-read-0", "--rw=randread", "--rate_iops=50"],
    ...["--name=background-read-1", "--filename=background-read-1", "--rw=randread", "--rate_iops=50"],
    ...["--name=background-write-0", "--filename=background-write-0", "--rw=randwrite", "--rate_iops=50"],
  ]],
] as const;
for (const [name, load, jobs] of loads) {
  Deno.test(`backgroundArgs() has ${name}`, () => {
    const args = backgroundArgs(load, { directory: "/data", seconds: 60 });
    deepStrictEqual(args?.slice(args.indexOf("--output-format=terse") + 1) ?? [], jobs);
    strictEqual(backgroundBytes(load), (jobs.length / 4) * 100 * 1024 * 1024);
  });
}

Deno.test("parseFio() finds the JSON behind notes, and refuses what has none", () => {
  deepStrictEqual(parseFio('note: both iodepth >= 1\n{"jobs": []}\n'), { jobs: [] });
  throws(() => parseFio("fio: failed\n"), { code: "HOST_OUTPUT" });
});

Deno.test("latencyFigures() sums latencies up as fio does", () => {
  const figures = latencyFigures(Array.from({ length: 100 }, (_, i) => (100 - i) * 1000));
  deepStrictEqual([figures.min, figures.max, figures.mean, figures.N], [1000, 100_000, 50_500, 100]);
  deepStrictEqual(
    ["1.000000", "50.000000", "99.000000", "99.990000"].map((percent) => figures.percentile[percent]),
    [1000, 50_000, 99_000, 100_000],
  );
  strictEqual(latencyFigures([5]).percentile["1.000000"], 5);
});

async function withFolder(test: (folder: string) => Promise<void>) {
  const folder = await Deno.makeTempDir({ prefix: "fsperf-" });
  try {
    await test(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

const noFio = { PATH: "/nowhere" };
const small = { fileSize: "16Ki", operationSize: 1024 };

Deno.test("filesystemPerformance measures by itself where there is no fio, and leaves nothing", () =>
  withFolder(async (folder) => {
    const directory = join(folder, "new");
    const { files } = await collectAll(filesystemPerformance, { directory, ...small }, { env: noFio });
    deepStrictEqual(Object.keys(files), [PATH]);
    const result = JSON.parse(files[PATH]!);
    match(result["measured by"], /fio is not installed/);
    const { sync } = result.jobs[0];
    strictEqual(sync.total_ios, 16);
    ok(sync.lat_ns.min > 0 && sync.lat_ns.min <= sync.lat_ns.percentile["50.000000"]);
    ok(sync.lat_ns.percentile["99.000000"] <= sync.lat_ns.max);
    deepStrictEqual([...Deno.readDirSync(folder)], []);
  }));

Deno.test("filesystemPerformance keeps a folder that was there, with what is in it", () =>
  withFolder(async (folder) => {
    await Deno.writeTextFile(join(folder, "fsperf.0.0"), "mine");
    await collectAll(filesystemPerformance, { directory: folder, ...small }, { env: noFio });
    deepStrictEqual([...Deno.readDirSync(folder)].map(({ name }) => name), ["fsperf.0.0"]);
    strictEqual(await Deno.readTextFile(join(folder, "fsperf.0.0")), "mine");
  }));

const refusals = [
  ["a run time with a unit", { runTime: "120s" }, "SPEC_VALUE"],
  ["a size that is none", { fileSize: "much" }, "SPEC_VALUE"],
  ["a timeout that is none", { timeout: "long" }, "SPEC_VALUE"],
  ["more than the disk has", { fileSize: "100000Ti" }, "DISK_FULL"],
  ["load without fio", { enableBackgroundIOPS: true }, "COMMAND_NOT_FOUND"],
] as const;
for (const [name, config, code] of refusals) {
  Deno.test(`filesystemPerformance refuses ${name}, and leaves nothing`, () =>
    withFolder(async (folder) => {
      await rejects(collectAll(filesystemPerformance, { directory: folder, ...config }, { env: noFio }), { code });
      deepStrictEqual([...Deno.readDirSync(folder)], []);
    }));
}

/** A fio that is a script, first in the PATH. */
const withFio = (script: string, test: (folder: string, env: Record<string, string>) => Promise<void>) =>
  withFolder(async (folder) => {
    await Deno.mkdir(join(folder, "bin"));
    await Deno.mkdir(join(folder, "data"));
    await Deno.writeTextFile(join(folder, "bin/fio"), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
    await test(join(folder, "data"), { PATH: `${join(folder, "bin")}:${Deno.env.get("PATH")}` });
  });

const runTimes = [
  ["a minute's time without its end", {}, "55"],
  ["the run time of the spec", { runTime: "10" }, "10"],
  ["the time that a long timeout leaves", { timeout: "10m" }, "120"],
  ["half of a short one", { timeout: "4s" }, "2"],
  ["no run time, and still an end", { runTime: "0", timeout: "3m" }, "175"],
] as const;
for (const [name, config, seconds] of runTimes) {
  Deno.test({
    name: `filesystemPerformance gives fio ${name}`,
    ignore: windows,
    fn: () =>
      withFio(`echo "{\\"args\\": \\"$*\\"}"; echo warning >&2`, async (directory, env) => {
        const { files } = await collectAll(filesystemPerformance, { directory, ...config }, { env });
        strictEqual(/--runtime=(\d+)/.exec(JSON.parse(files[PATH]!).args)?.[1], seconds);
        strictEqual(files[PATH.replace(".json", "-stderr.txt")], "warning\n");
      }),
  });
}

Deno.test({
  name: "filesystemPerformance says why fio failed",
  ignore: windows,
  fn: () =>
    withFio(
      "echo 'fio: engine sync not loadable' >&2; exit 1",
      (directory, env) =>
        rejects(collectAll(filesystemPerformance, { directory }, { env }), {
          code: "HOST_COMMAND",
          message: /fio: engine sync not loadable$/,
        }),
    ),
});

Deno.test({
  name: "filesystemPerformance kills a fio that does not end, and the load beside it",
  ignore: Deno.build.os !== "linux",
  fn: () =>
    withFio('echo $$ >> "${0%/*}/pids"; sleep 60', async (directory, env) => {
      const clock = new ManualClock();
      const config = { directory, enableBackgroundIOPS: true, backgroundWriteIOPS: 1, backgroundWriteIOPSJobs: 1 };
      const running = rejects(collectAll(filesystemPerformance, config, { env, clock }), { code: "TIMEOUT" });
      const pidsFile = join(directory, "../bin/pids");
      const pids = async () => (await Deno.readTextFile(pidsFile).catch(() => "")).trim().split("\n");
      while ((await pids()).length < 2) await new Promise((resolve) => setTimeout(resolve, 10));
      await clock.advance(60_000);
      await running;
      for (const pid of await pids()) await rejects(Deno.stat(`/proc/${pid}`), Deno.errors.NotFound);
      deepStrictEqual([...Deno.readDirSync(directory)], []);
    }),
});

const hasFio = await new Deno.Command("fio", { args: ["--version"], stdout: "null", stderr: "null" }).output()
  .then(({ success }) => success, () => false);
Deno.test({
  name: "filesystemPerformance has what a real fio measures",
  ignore: !hasFio,
  fn: () =>
    withFolder(async (folder) => {
      const { files } = await collectAll(filesystemPerformance, { directory: folder, ...small });
      const result = JSON.parse(files[PATH]!);
      match(result["fio version"], /^fio-/);
      const { lat_ns } = result.jobs[0].sync;
      ok(lat_ns.min > 0 && lat_ns.max >= lat_ns.min && lat_ns.percentile["99.000000"] > 0);
      deepStrictEqual([...Deno.readDirSync(folder)], []);
    }),
});
