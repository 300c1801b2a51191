/** The main job on this machine's own data: makes a job that runs every few seconds, starts the daemon, follows the first
 * execution, shows what was found and hidden, and leaves nothing running. Ends with 1 when anything of that fails.
 *
 *   scripts/deno task demo */
import { join } from "node:path";
import { connectKube } from "../src/kube/connect.ts";
import { buildBinary, RuntimeUnavailableError } from "./build.ts";

/** All of it must be done by then. */
const DEADLINE_MS = 115_000;
const JOB = "demo";

interface Execution {
  id: string;
  status: string;
  scheduledAt: string;
  startTime: string | null;
  duration: number;
  error: string;
  bundlePath: string;
  findings: { fail: number; warn: number; pass: number; top: { title: string; severity: string; message: string }[] };
  redactions: Record<string, number>;
  logs?: { timestamp: string; level: string; component: string; message: string }[];
}

const say = (text = "") => console.log(text);
const step = (text: string) => say(`\n\x1b[1m${text}\x1b[0m`);

const scratch = await Deno.makeTempDir({ prefix: "support-bundle-demo-" });
const program = await chooseProgram();
const env = { TROUBLESHOOT_SCHEDULER_DIR: join(scratch, "state") };
const stop = AbortSignal.timeout(DEADLINE_MS);
let failed = false;
try {
  await demo();
} catch (error) {
  failed = true;
  console.error(`\nThe demo failed: ${error instanceof Error ? error.message : error}`);
} finally {
  await run(["schedule", "daemon", "stop"], { quiet: true, mayFail: true });
}
Deno.exit(failed ? 1 : 0);

async function demo(): Promise<void> {
  // Made now, so that there is no secret in this repository.
  const planted = "Planted-" + crypto.randomUUID().slice(0, 13);
  const settings = join(scratch, "app.properties");
  await Deno.writeTextFile(
    settings,
    `app.name=shop\ndb.password=${planted}\ndb.url=postgres://shop:${planted}@db.internal:5432/shop\n`,
  );
  const cluster = await clusterAnswers();
  const spec = join(scratch, "demo.yaml");
  await Deno.writeTextFile(spec, demoSpec(settings, cluster));
  say(`Everything of this demo lies in ${scratch}`);
  say(
    cluster ? "A cluster answers: its state is collected too." : "No cluster answers: this machine alone is collected.",
  );

  step("1. A job that runs every 5 seconds");
  await run(["schedule", "create", JOB, "--every", "5s", "--spec", spec, "--description", "The demo's job"]);
  step("2. The daemon");
  await run(["schedule", "daemon", "start"]);
  step("3. The first execution, live");
  const first = await followFirst();
  if (first.status !== "completed" && first.status !== "partial") {
    throw new Error(`the execution ended as ${first.status}: ${first.error}`);
  }

  step("4. History");
  await run(["schedule", "history", JOB]);
  step("5. What was found");
  for (const { title, severity, message } of first.findings.top) say(`  ${severity}  ${title}: ${message}`);
  say(`  ${first.findings.fail} failures, ${first.findings.warn} warnings, ${first.findings.pass} passed`);
  step("6. What was hidden");
  for (const [rule, count] of Object.entries(first.redactions)) say(`  ${String(count).padStart(3)} × ${rule}`);
  await proveHidden(first.bundlePath, planted);
  step("7. The end of the daemon");
  await run(["schedule", "daemon", "stop"]);
  step("The bundle");
  say(`  ${first.bundlePath}`);
  say(`  list it:  tar tzf ${first.bundlePath}`);
  say(`  open it:  mkdir bundle && tar xzf ${first.bundlePath} -C bundle`);
  say("  MANIFEST.json in it explains each file, and each file that is missing.");
}

/** Waits for the first scheduled execution and prints its log while it grows. */
async function followFirst(): Promise<Execution> {
  let shown = 0;
  let id: string | undefined;
  while (true) {
    stop.throwIfAborted();
    const args = id === undefined
      ? ["schedule", "history", JOB]
      : ["schedule", "history", "--execution-id", id, "--logs"];
    const answer = JSON.parse(await run([...args, "-o", "json"], { quiet: true }));
    const executions: Execution[] = Array.isArray(answer) ? answer : [answer];
    const execution = executions.at(-1);
    if (execution !== undefined && id === undefined) {
      id = execution.id;
      say(`  ${execution.id}, due ${execution.scheduledAt}`);
    } else if (execution !== undefined) {
      for (const { component, message } of (execution.logs ?? []).slice(shown)) say(`  ${component}: ${message}`);
      shown = execution.logs?.length ?? 0;
      if (!["pending", "running", "retrying"].includes(execution.status)) {
        say(`  ${execution.status} after ${execution.duration.toFixed(1)} s`);
        return execution;
      }
    }
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

/** Unpacks the bundle and looks for the planted password in every file. */
async function proveHidden(bundle: string, planted: string): Promise<void> {
  const folder = await Deno.makeTempDir({ dir: scratch, prefix: "unpacked-" });
  const { success } = await new Deno.Command("tar", { args: ["xzf", bundle, "-C", folder] }).output();
  if (!success) throw new Error(`tar cannot open ${bundle}`);
  const found: string[] = [];
  let files = 0;
  let copied = "";
  for await (const path of walk(folder)) {
    files++;
    const text = await Deno.readTextFile(path);
    if (text.includes(planted)) found.push(path);
    if (path.endsWith("app.properties")) copied = text;
  }
  if (files === 0 || copied === "") throw new Error("the copied file is not in the bundle");
  if (found.length > 0) throw new Error(`the planted password is in ${found.join(", ")}`);
  say(`  The password planted in app.properties is in none of the ${files} files. The copied file reads:`);
  for (const line of copied.trim().split("\n")) say(`    ${line}`);
}

async function* walk(folder: string): AsyncGenerator<string> {
  for await (const { name, isDirectory, isFile } of Deno.readDir(folder)) {
    const path = join(folder, name);
    if (isDirectory) yield* walk(path);
    else if (isFile) yield path;
  }
}

async function run(args: string[], options: { quiet?: boolean; mayFail?: boolean } = {}): Promise<string> {
  if (!options.quiet) say(`$ support-bundle ${args.join(" ")}`);
  const output = await new Deno.Command(program[0]!, { args: [...program.slice(1), ...args], env }).output();
  const text = new TextDecoder().decode(output.stdout);
  const errors = new TextDecoder().decode(output.stderr);
  if (!options.quiet) {
    for (const line of (text + errors).trimEnd().split("\n")) say(`  ${line}`);
  }
  if (!output.success && !options.mayFail) {
    throw new Error(`support-bundle ${args.join(" ")} ended with ${output.code}: ${errors}`);
  }
  return text;
}

async function chooseProgram(): Promise<string[]> {
  try {
    return [await buildBinary()];
  } catch (error) {
    if (!(error instanceof RuntimeUnavailableError)) throw error;
    say(`Running from source, no binary can be built here: ${error.message}`);
    return [Deno.execPath(), "run", "--quiet", "-A", join(import.meta.dirname!, "..", "main.ts")];
  }
}

async function clusterAnswers(): Promise<boolean> {
  const kube = connectKube({}, Deno.env.toObject());
  try {
    await kube.get("/version", { signal: AbortSignal.timeout(3_000) });
    return true;
  } catch {
    return false;
  } finally {
    kube.close();
  }
}

function demoSpec(settings: string, cluster: boolean): string {
  const path = JSON.stringify(settings);
  return `apiVersion: troubleshoot.sh/v1beta2
kind: SupportBundle
metadata: {name: demo}
spec:${
    cluster
      ? "\n  collectors: [{clusterInfo: {}}, {clusterResources: {}}]\n  analyzers: [{clusterPodStatuses: {outcomes: [{fail: {when: '!= Healthy'}}]}}]"
      : ""
  }
  hostCollectors:
    - cpu: {}
    - memory: {}
    - hostOS: {}
    - ipv4Interfaces: {}
    - diskUsage: {collectorName: root, path: /}
    - run: {collectorName: uptime, command: uptime}
    - copy: {collectorName: settings, path: ${path}}
  hostAnalyzers:
    - cpu:
        outcomes:
          - warn: {when: "count < 2", message: "This machine has one CPU"}
          - pass: {message: "This machine has at least two CPUs"}
    - memory:
        outcomes:
          - fail: {when: "< 1Gi", message: "This machine has less than 1 GiB of memory"}
          - warn: {when: "< 64Gi", message: "This machine has less than 64 GiB of memory (the demo likes to warn)"}
          - pass: {message: "This machine has plenty of memory"}
    - diskUsage:
        collectorName: root
        outcomes:
          - fail: {when: "used/total > 95%", message: "The root disk is nearly full"}
          - pass: {message: "The root disk has room"}
    - hostOS:
        outcomes:
          - pass: {when: "kernelVersion >= 3.10", message: "The kernel is recent enough"}
`;
}
