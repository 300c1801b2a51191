/** Runs the tests that this machine can, and says which it cannot and why.
 *
 *   deno task test                          all of them
 *   deno task test tests/upload …           those in the files and folders named
 *
 * What the environment offers decides what runs:
 *   DENORT_BIN           a denort of Deno's version, where Deno cannot download one: the binary is built and tested
 *   KUBEBUILDER_ASSETS   folder of etcd, kube-apiserver, kubectl, kwok …: one small cluster is started for the cluster tests
 *   TEST_KUBECONFIG      a cluster that is there already, used instead (TEST_CLUSTER_FACTS says what is in ours)
 *   TEST_SERVICES        folder of versitygw, denokv …: servers that tests start
 *   TEST_AZURITE         the program azurite-blob, where it is not on the PATH
 *   REDACTION_CORPUS     folder of make and check: planted secrets, and what of them is left after redaction
 *   TEST_BINARY          a binary that is there already, tested instead */
import { dirname, join, relative, resolve, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { buildBinary, RuntimeUnavailableError } from "./build.ts";
import { ClusterUnavailableError, startTestCluster } from "./test_cluster.ts";
import { closingLine, describeSkipped, parseJunit, type TestReport } from "./test_report.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const VARIABLES = [
  "TEST_BINARY",
  "TEST_KUBECONFIG",
  "TEST_SERVICES",
  "TEST_AZURITE",
  "KUBEBUILDER_ASSETS",
  "REDACTION_CORPUS",
];
const NOTHING: TestReport = { passed: [], failed: [], skipped: [] };

const interrupted = new AbortController();
Deno.addSignalListener("SIGINT", () => interrupted.abort());
if (Deno.build.os !== "windows") Deno.addSignalListener("SIGTERM", () => interrupted.abort());
Deno.exit(await main(Deno.args, interrupted.signal));

async function main(args: string[], signal: AbortSignal): Promise<number> {
  const selected = args.length === 0 ? [join(ROOT, "tests")] : args.map((path) => resolve(path));
  const files = (await Promise.all(selected.map(testFiles))).flat();
  const needs = await variablesByFile(files);
  const needed = new Set([...needs.values()].flatMap((names) => [...names]));

  const env: Record<string, string> = {};
  const notes = new Map<string, string>();
  const failed: string[] = [];
  const isSet = (name: string) => Boolean(env[name] ?? Deno.env.get(name));
  const attempt = async (what: string, name: string, action: () => Promise<void>) => {
    if (!needed.has(name) || isSet(name)) return;
    await action().catch((error: Error) => {
      notes.set(name, error.message.split("\n")[0]!);
      const expected = error instanceof RuntimeUnavailableError || error instanceof ClusterUnavailableError;
      if (!expected) failed.push(what);
      console.error(`${what}: ${error.message}`);
    });
  };

  await attempt("build the binary", "TEST_BINARY", async () => {
    env.TEST_BINARY = await buildBinary({ log: (line) => console.error(line) });
  });
  let stopCluster = async () => {};
  let report = NOTHING;
  let success = false;
  try {
    await attempt("start a cluster", "TEST_KUBECONFIG", async () => {
      const assets = Deno.env.get("KUBEBUILDER_ASSETS");
      if (!assets) throw new ClusterUnavailableError("KUBEBUILDER_ASSETS is not set");
      console.error("Starting a cluster …");
      const cluster = await startTestCluster(assets, { signal });
      stopCluster = cluster.stop;
      env.TEST_KUBECONFIG = cluster.kubeconfig;
      env.TEST_CLUSTER_FACTS = cluster.factsFile;
    });
    if (!signal.aborted) [success, report] = await runTests(files, env, signal);
  } finally {
    await stopCluster();
  }
  if (signal.aborted) {
    console.error("interrupted");
    return 130;
  }

  report.failed.push(...failed);
  // An error outside of any test, a type error for one, is in no report.
  if (!success && report.failed.length === 0) report.failed.push("deno test itself");
  if (report.passed.length === 0 && report.failed.length === 0) report.failed.push("no test ran");
  const skipped = describeSkipped(report.skipped, (file) => {
    const missing = [...needs.get(file) ?? []].filter((name) => !isSet(name));
    if (missing.length === 0) return `not for this machine (${Deno.build.os})`;
    return `not set: ${missing.map((name) => notes.has(name) ? `${name} (${notes.get(name)})` : name).join(", ")}`;
  });
  console.log("");
  for (const line of skipped) console.log(line);
  for (const name of report.failed) console.log(`FAILED: ${name}`);
  console.log(closingLine(report));
  return report.failed.length === 0 ? 0 : 1;
}

async function runTests(
  files: string[],
  env: Record<string, string>,
  signal: AbortSignal,
): Promise<[success: boolean, report: TestReport]> {
  if (files.length === 0) return [true, parseJunit("")];
  const junit = await Deno.makeTempFile({ suffix: ".xml" });
  try {
    const child = new Deno.Command(Deno.execPath(), {
      // Not --parallel: its workers share one environment, and some tests set variables.
      args: ["test", "--allow-all", `--junit-path=${junit}`, ...files],
      cwd: ROOT,
      env,
      stdin: "null",
    }).spawn();
    const end = () => child.kill("SIGTERM");
    signal.addEventListener("abort", end, { once: true });
    const { success } = await child.status;
    signal.removeEventListener("abort", end);
    return [success, parseJunit(await Deno.readTextFile(junit))];
  } finally {
    await Deno.remove(junit);
  }
}

/** The file itself, or the test files of a folder, sorted. */
async function testFiles(path: string): Promise<string[]> {
  if ((await Deno.stat(path)).isFile) return [path];
  const found: string[] = [];
  for await (const entry of Deno.readDir(path)) {
    const child = join(path, entry.name);
    if (entry.isDirectory) found.push(...await testFiles(child));
    else if (entry.name.endsWith("_test.ts")) found.push(child);
  }
  return found.sort();
}

/** The variables that test files read, themselves or through what they import from `tests/`. What they import has those of
 * its importers too: the tests of a contract suite are reported as being there, where `Deno.test` is called. */
async function variablesByFile(files: string[]): Promise<Map<string, Set<string>>> {
  const byFile = new Map<string, Set<string>>();
  for (const file of files) {
    const texts = new Map<string, string>();
    await readWithImports(file, texts);
    const names = VARIABLES.filter((name) => [...texts.values()].some((text) => text.includes(name)));
    for (const path of texts.keys()) byFile.set(path, new Set([...byFile.get(path) ?? [], ...names]));
  }
  return byFile;
}

async function readWithImports(file: string, texts: Map<string, string>): Promise<void> {
  const path = projectPath(file);
  if (!path.startsWith("tests/") || texts.has(path)) return;
  const text = await Deno.readTextFile(file).catch(() => "");
  texts.set(path, text);
  for (const [, specifier] of text.matchAll(/\bfrom\s+"(\.[^"]+\.ts)"/g)) {
    await readWithImports(join(dirname(file), specifier!), texts);
  }
}

function projectPath(path: string): string {
  return relative(ROOT, path).replaceAll(sep, "/");
}
