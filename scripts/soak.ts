/** Runs the daemon with a job that is due each second, and looks whether its memory stays flat, whether it keeps file
 * descriptors, threads or zombie processes, and whether each slot was run.
 *
 *   deno task soak                  10 minutes
 *   deno task soak --minutes 60
 *
 * Needs Linux. Exit code 1 when something was found. */
import { join } from "node:path";
import { parseArgs } from "node:util";
import { openJobStore } from "../src/store/kv_job_store.ts";
import { buildBinary } from "./build.ts";
import { childrenOf, sampleProcess } from "./process_sample.ts";
import { growthIn10Min, soakFaults, type SoakSample, type SoakSlot, warmSamples } from "./soak_verdict.ts";

const SAMPLE_EVERY_MS = 2_000;
/** Between the last slot that counts and the end: on a busy machine, runs wait for those before them. */
const SETTLE_MS = 15_000;
const SPEC = "apiVersion: troubleshoot.sh/v1beta2\nkind: HostCollector\nspec: {collectors: [{memory: {}}]}\n";

const { values } = parseArgs({ options: { minutes: { type: "string", default: "10" } } });
const lastsMs = Number(values.minutes) * 60_000;
if (!(lastsMs > 0)) throw new Error(`--minutes: "${values.minutes}" is no number of minutes`);

const state = await Deno.makeTempDir({ prefix: "soak-" });
const binary = join(state, "support-bundle"); // a copy: the other may be built anew meanwhile
await Deno.copyFile(await buildBinary(), binary);
const interrupted = new AbortController();
Deno.addSignalListener("SIGINT", () => interrupted.abort());
try {
  Deno.exitCode = await soak();
} finally {
  await Deno.remove(state, { recursive: true });
}

async function soak(): Promise<number> {
  const spec = join(state, "memory.yaml");
  await Deno.writeTextFile(spec, SPEC);
  await schedule("create", "each-second", "--every", "1s", "--spec", spec, "--overlap", "allow", "--catch-up", "all");
  const daemon = new Deno.Command(binary, {
    args: ["schedule", "daemon", "start", "--foreground", "--metrics-port", "0", "--health-port", "0"],
    env: { TROUBLESHOOT_SCHEDULER_DIR: state },
    stdin: "null",
    stdout: "null",
    stderr: "inherit",
  }).spawn();
  const samples: SoakSample[] = [];
  const begun = Date.now();
  try {
    while (Date.now() - begun < lastsMs && !interrupted.signal.aborted) {
      await sleep(SAMPLE_EVERY_MS);
      const zombies = childrenOf(daemon.pid).filter((child) => child.state === "Z").map(({ pid }) => pid);
      samples.push({ atMs: Date.now() - begun, ...sampleProcess(daemon.pid), zombies });
      if (samples.length % 15 === 0) say(samples.at(-1)!);
    }
    await sleep(SETTLE_MS);
  } finally {
    daemon.kill("SIGTERM");
    await daemon.status;
  }
  const slots = await readSlots();
  const first = Math.min(...slots.map(({ scheduledAt }) => Date.parse(scheduledAt)));
  const faults = soakFaults(samples, slots, first, samples.at(-1)!.atMs + begun);
  const warm = warmSamples(samples);
  const range = (pick: (sample: SoakSample) => number) =>
    `${Math.min(...warm.map(pick)).toFixed(0)} to ${Math.max(...warm.map(pick)).toFixed(0)}`;
  console.log(`slots ${slots.length}, of them completed ${slots.filter((it) => it.status === "completed").length}`);
  console.log(`memory ${range((it) => it.residentMB)} MB, of it anonymous ${range((it) => it.anonymousMB)} MB`);
  console.log(`  which rises by ${growthIn10Min(warm).toFixed(1)} MB in 10 minutes`);
  console.log(`file descriptors ${range((it) => it.fileDescriptors)}, threads ${range((it) => it.threads)}`);
  console.log(faults.length === 0 ? "no faults" : faults.join("\n"));
  return faults.length === 0 ? 0 : 1;
}

function say({ atMs, residentMB, anonymousMB, fileDescriptors, threads }: SoakSample): void {
  const storeMB = ["", "-wal"].reduce((sum, end) => sum + Deno.statSync(join(state, `store.db${end}`)).size, 0) / 1e6;
  const figures = `${residentMB.toFixed(1)} MB (${
    anonymousMB.toFixed(1)
  } anonymous), ${fileDescriptors} file descriptors, ${threads} threads`;
  console.log(`${Math.round(atMs / 1000)} s: ${figures}, store ${storeMB.toFixed(1)} MB`);
}

async function readSlots(): Promise<SoakSlot[]> {
  const store = await openJobStore({ path: join(state, "store.db") });
  try {
    return (await store.listExecutions()).map(({ scheduledAt, status }) => ({ scheduledAt, status }));
  } finally {
    store.close();
  }
}

async function schedule(...args: string[]): Promise<void> {
  const command = new Deno.Command(binary, {
    args: ["schedule", ...args],
    env: { TROUBLESHOOT_SCHEDULER_DIR: state },
    stdout: "null",
    stderr: "piped",
  });
  const { code, stderr } = await command.output();
  if (code !== 0) throw new Error(`schedule ${args[0]} ended with ${code}: ${new TextDecoder().decode(stderr)}`);
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
