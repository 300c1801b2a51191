import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { join } from "node:path";
import { BINARY, Sandbox } from "./program.ts";

const KUBECONFIG = Deno.env.get("TEST_KUBECONFIG");
const FACTS = Deno.env.get("TEST_CLUSTER_FACTS");
const ASSETS = Deno.env.get("KUBEBUILDER_ASSETS");
const PATIENCE_MS = 5 * 60_000;

// deno-lint-ignore no-explicit-any -- objects of the cluster, and entries of analysis.json
type Any = any;

async function kubectl(...args: string[]): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(join(ASSETS!, "kubectl"), {
    args,
    env: { KUBECONFIG: KUBECONFIG! },
  }).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
  return new TextDecoder().decode(stdout);
}

const items = async (what: string): Promise<Any[]> => JSON.parse(await kubectl("get", what, "-A", "-o", "json")).items;

/** What kubectl says is wrong, in its own words: `CrashLoopBackOff billing/ledger` for pods by their app. */
async function wrongByKubectl(): Promise<string[]> {
  const rows = (await kubectl("get", "pods", "-A", "--no-headers")).trim().split("\n").map((row) => row.split(/\s+/));
  return [
    ...new Set(
      rows.filter(([, , , status]) => status !== "Running" && status !== "Completed")
        .map(([namespace, name, , status]) => `${status} ${namespace}/${name!.replace(/-[a-z0-9]+-[a-z0-9]+$/, "")}`),
    ),
  ].sort();
}

/** Claims for which nobody has made a volume for five minutes: the cluster has no provisioner. */
async function waitingClaims(at: number): Promise<string[]> {
  return (await items("pvc")).filter(({ metadata, status }) =>
    status.phase === "Pending" && at - Date.parse(metadata.creationTimestamp) >= PATIENCE_MS
  ).map(({ metadata }) => `Pending ${metadata.namespace}/${metadata.name}`);
}

Deno.test({
  name:
    "support-bundle --auto finds what is wrong in a real cluster, by cause, with lines as evidence, and nothing about what is well",
  ignore: BINARY === undefined || KUBECONFIG === undefined || FACTS === undefined || ASSETS === undefined,
  fn: async () => {
    const facts = JSON.parse(await Deno.readTextFile(FACTS!));
    await using sandbox = await Sandbox.create();
    const before = await wrongByKubectl();
    const ran = await sandbox.run(["--auto", "-o", "x"], { env: { KUBECONFIG: KUBECONFIG! } });
    strictEqual(ran.code, 0, ran.stderr);
    deepStrictEqual(await wrongByKubectl(), before, "the cluster stayed as it was");
    const result = JSON.parse(ran.stdout);
    const files = await sandbox.unpack(result.archivePath);
    const startedAt = Date.parse(JSON.parse(files.get("MANIFEST.json")!).startedAt);
    const analysis: Any[] = JSON.parse(files.get("analysis.json")!);
    deepStrictEqual(result.analyzerResults, analysis, "standard output has the same");

    const found = analysis.filter(({ severity, nextStep }) => severity !== "debug" && nextStep !== undefined);
    const named = found.map(({ insight, affected }) => {
      const [first] = affected;
      const name = first.name.replace(/-[a-z0-9]+-[a-z0-9]+$/, "");
      const word = insight.primary.startsWith("Image cannot be pulled")
        ? "ImagePullBackOff"
        : insight.primary.startsWith("Restarts again and again")
        ? "CrashLoopBackOff"
        : insight.primary.startsWith("Volume claim")
        ? "Pending"
        : insight.primary;
      return `${word} ${first.namespace}/${name}`;
    });
    deepStrictEqual(named.sort(), [...before, ...await waitingClaims(startedAt)].sort());
    ok(before.includes(`CrashLoopBackOff ${facts.crashing.namespace}/${facts.crashing.app}`));
    ok(before.includes(`ImagePullBackOff ${facts.unpullable.namespace}/${facts.unpullable.app}`));
    const rest = analysis.filter((entry) => !found.includes(entry) && entry.severity !== "debug");
    deepStrictEqual(rest, [], "nothing was left out");

    const lineAt = ({ path, line }: { path: string; line: number }, more = 0) =>
      files.get(path)!.split("\n").slice(line - 1, line + more).join("\n");
    const crash = found.find(({ insight }) => insight.primary.startsWith("Restarts"))!;
    strictEqual(
      crash.insight.primary,
      `Restarts again and again: ${facts.crashing.namespace}/${facts.crashing.app}, container main`,
    );
    match(
      crash.insight.detail,
      /restarted 7 times; it ended with exit code 1[^]*\nLast lines of .*main\.log:\n(?: {2}.*\n?){5}$/,
    );
    match(
      crash.nextStep,
      new RegExp(`^kubectl logs -n ${facts.crashing.namespace} ${facts.crashing.app}-\\S+ -c main --previous$`),
    );
    const [pod, log] = crash.evidence;
    strictEqual(pod.path, `cluster-resources/pods/${facts.crashing.namespace}.json`);
    match(lineAt(pod, 30), /^ *\{[^]*"reason": "CrashLoopBackOff"/);
    const tail = crash.insight.detail.split("\n").slice(2).map((line: string) => line.trim());
    strictEqual(lineAt(log, 4), tail.join("\n"));
    strictEqual(
      crash.affected.some(({ kind, name }: Any) => kind === "Deployment" && name === facts.crashing.app),
      true,
    );

    const pull = found.find(({ insight }) => insight.primary.startsWith("Image"))!;
    strictEqual(
      pull.insight.primary,
      `Image cannot be pulled: registry.example.com/${facts.unpullable.namespace}/${facts.unpullable.app}:1.0`,
    );
    strictEqual(pull.evidence[0].path, `cluster-resources/pods/${facts.unpullable.namespace}.json`);
    match(lineAt(pull.evidence[0], 30), /^ *\{[^]*"reason": "ImagePullBackOff"/);
    for (const entry of found) {
      ok(entry.explanation.length > 20 && entry.nextStep.length > 10, entry.insight.primary);
      for (const planted of facts.planted) ok(!JSON.stringify(entry).includes(planted), "a planted value");
    }
  },
});
