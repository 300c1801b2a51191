import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { join } from "node:path";
import { runAnalyzers } from "../../src/analyze/run_analyzers.ts";
import { groupByCause } from "../../src/insight/group_by_cause.ts";
import { insightEntries } from "../../src/insight/insight_entries.ts";
import { MemoryBundle } from "../analyze/memory_bundle.ts";
import { BINARY, Sandbox, until } from "./program.ts";

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

/** What kubectl says is wrong in some namespaces, in its own words: `CrashLoopBackOff billing/ledger` for pods by their app. */
async function wrongByKubectl(namespaces: readonly string[]): Promise<string[]> {
  const rows = (await kubectl("get", "pods", "-A", "--no-headers")).trim().split("\n").map((row) => row.split(/\s+/));
  return [
    ...new Set(
      rows.filter(([namespace, , , status]) =>
        namespaces.includes(namespace!) && status !== "Running" && status !== "Completed"
      )
        .map(([namespace, name, , status]) => `${status} ${namespace}/${name!.replace(/-[a-z0-9]+-[a-z0-9]+$/, "")}`),
    ),
  ].sort();
}

/** Claims for which nobody has made a volume for five minutes: the cluster has no provisioner. */
async function waitingClaims(namespaces: readonly string[], at: number): Promise<string[]> {
  return (await items("pvc")).filter(({ metadata, status }) =>
    namespaces.includes(metadata.namespace) && status.phase === "Pending" &&
    at - Date.parse(metadata.creationTimestamp) >= PATIENCE_MS
  ).map(({ metadata }) => `Pending ${metadata.namespace}/${metadata.name}`);
}

Deno.test({
  name:
    "support-bundle --auto finds what is wrong in a real cluster, by cause, with lines as evidence, and nothing about what is well",
  ignore: BINARY === undefined || KUBECONFIG === undefined || FACTS === undefined || ASSETS === undefined,
  fn: async () => {
    const facts = JSON.parse(await Deno.readTextFile(FACTS!));
    await using sandbox = await Sandbox.create();
    const before = await wrongByKubectl(facts.namespaces);
    const ran = await sandbox.run(["--auto", "-o", "x"], { env: { KUBECONFIG: KUBECONFIG! } });
    strictEqual(ran.code, 0, ran.stderr);
    deepStrictEqual(await wrongByKubectl(facts.namespaces), before, "the cluster stayed as it was");
    const result = JSON.parse(ran.stdout);
    const files = await sandbox.unpack(result.archivePath);
    const startedAt = Date.parse(JSON.parse(files.get("MANIFEST.json")!).startedAt);
    const analysis: Any[] = JSON.parse(files.get("analysis.json")!);
    deepStrictEqual(result.analyzerResults, analysis, "standard output has the same");

    const told = analysis.filter(({ severity, nextStep }) => severity !== "debug" && nextStep !== undefined);
    // Other tests of the run may have left something elsewhere.
    const found = told.filter(({ affected }) => facts.namespaces.includes(affected[0].namespace));
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
    deepStrictEqual(named.sort(), [...before, ...await waitingClaims(facts.namespaces, startedAt)].sort());
    ok(before.includes(`CrashLoopBackOff ${facts.crashing.namespace}/${facts.crashing.app}`));
    ok(before.includes(`ImagePullBackOff ${facts.unpullable.namespace}/${facts.unpullable.app}`));
    const rest = analysis.filter((entry) => !told.includes(entry) && entry.severity !== "debug");
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

/** One of each sort of trouble that a real API server, scheduler and controllers make of it, in their words. */
function troubles(namespace: string): Any[] {
  const deployment = (name: string, container: Any, more: Any = {}) => ({
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name, namespace },
    spec: {
      replicas: 1,
      selector: { matchLabels: { app: name } },
      template: {
        metadata: { labels: { app: name } },
        spec: { containers: [{ name: "main", image: "example.com/x:1", ...container }], ...more },
      },
    },
  });
  const named = (name: string) => ({ name, namespace });
  return [
    { apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } },
    deployment("single", {}),
    {
      apiVersion: "policy/v1",
      kind: "PodDisruptionBudget",
      metadata: named("single"),
      spec: { minAvailable: 1, selector: { matchLabels: { app: "single" } } },
    },
    deployment("huge", { resources: { requests: { cpu: "1000" } } }),
    deployment("elsewhere", {}, { nodeSelector: { disk: "fast" } }),
    deployment("nobody", {}, { serviceAccountName: "missing" }),
    {
      apiVersion: "v1",
      kind: "ResourceQuota",
      metadata: named("small"),
      spec: { hard: { "count/secrets": "1", configmaps: "1" } },
    },
    {
      apiVersion: "v1",
      kind: "Service",
      metadata: named("typo"),
      spec: { selector: { app: "sinlge" }, ports: [{ port: 80 }] },
    },
    {
      apiVersion: "v1",
      kind: "Service",
      metadata: named("outside"),
      spec: { type: "ExternalName", externalName: "x.example" },
    },
    {
      apiVersion: "batch/v1",
      kind: "Job",
      metadata: named("broken"),
      spec: {
        activeDeadlineSeconds: 1,
        template: {
          spec: {
            restartPolicy: "Never",
            nodeSelector: { disk: "none" },
            containers: [{ name: "main", image: "example.com/x:1" }],
          },
        },
      },
    },
    {
      apiVersion: "admissionregistration.k8s.io/v1",
      kind: "ValidatingWebhookConfiguration",
      metadata: { name: namespace },
      webhooks: [{
        name: "guard.example.com",
        admissionReviewVersions: ["v1"],
        sideEffects: "None",
        clientConfig: { service: { namespace, name: "gone" } },
        rules: [{
          apiGroups: ["nothing.example.com"],
          apiVersions: ["v1"],
          operations: ["CREATE"],
          resources: ["nothings"],
        }],
      }],
    },
  ];
}

Deno.test({
  name: "insight understands what real controllers write of quotas, scheduling, Jobs, budgets, Services and webhooks",
  ignore: BINARY === undefined || KUBECONFIG === undefined || ASSETS === undefined,
  fn: async () => {
    await using sandbox = await Sandbox.create();
    const namespace = `insight-${crypto.randomUUID().slice(0, 8)}`;
    try {
      const objects = { apiVersion: "v1", kind: "List", items: troubles(namespace) };
      await kubectl("create", "-f", await sandbox.write("troubles.json", JSON.stringify(objects)));
      const said = async (what: string, path: string) =>
        (await kubectl("get", what, "-n", namespace, "-o", `jsonpath={${path}}`)).trim() || undefined;
      await until(
        "the scheduler gave up",
        () => said("pods", '.items[*].status.conditions[?(@.reason=="Unschedulable")].message'),
      );
      await until("the Job failed", () => said("job/broken", '.status.conditions[?(@.type=="Failed")].reason'));
      await until(
        "the ReplicaSet was refused",
        () => said("deployment/nobody", '.status.conditions[?(@.type=="ReplicaFailure")].message'),
      );
      await until("the quota was counted", () => said("resourcequota/small", ".status.used.configmaps"));
      await until("the single pod is ready", () => said("deployment/single", ".status.readyReplicas"));
      await until("the budget was counted", () => said("pdb/single", ".status.currentHealthy"));

      const ran = await sandbox.run(["--auto", "--include-namespaces", namespace, "-o", "x"], {
        env: { KUBECONFIG: KUBECONFIG! },
      });
      strictEqual(ran.code, 0, ran.stderr);
      const files = await sandbox.unpack(JSON.parse(ran.stdout).archivePath);
      // Ten minutes later, nothing of it is young.
      const now = new Date(Date.parse(JSON.parse(files.get("MANIFEST.json")!).startedAt) + 600_000);
      const bundle = new MemoryBundle(Object.fromEntries(files));
      const { signal } = new AbortController();
      const findings = groupByCause(await Array.fromAsync(runAnalyzers(insightEntries({ now }), bundle, { signal })));
      const own = findings.filter(({ cause, affected }) =>
        cause !== undefined && affected?.some((each) => each.namespace === namespace || each.name === namespace)
      );
      deepStrictEqual(
        own.map(({ outcome, cause }) => `${outcome.status} ${cause!.replaceAll(namespace, "NS")}`).sort(),
        [
          "fail job/NS/broken",
          "fail pending/Insufficient cpu",
          "fail pending/node(s) didn't match Pod's node affinity/selector",
          "fail service-account/NS/missing",
          "fail webhook/NS/gone",
          "warn disruption-budget/NS/single",
          "warn quota/NS/small",
          "warn service/NS/typo",
        ],
      );
      for (const { evidence, title } of own) ok(evidence!.every(({ line }) => line !== undefined), title);
    } finally {
      await kubectl("delete", "validatingwebhookconfiguration", namespace, "--ignore-not-found");
      await kubectl("delete", "namespace", namespace, "--ignore-not-found", "--wait=true", "--timeout=60s");
    }
  },
});
