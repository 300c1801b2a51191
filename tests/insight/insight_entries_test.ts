import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { toAnalysisJson } from "../../src/analyze/analysis_json.ts";
import type { Finding } from "../../src/analyze/analyzer.ts";
import { runAnalyzers } from "../../src/analyze/run_analyzers.ts";
import { groupByCause } from "../../src/insight/group_by_cause.ts";
import { insightEntries } from "../../src/insight/insight_entries.ts";
import { insights } from "../../src/insight/registry.ts";
import { MemoryBundle } from "../analyze/memory_bundle.ts";
import { ago, type Any, bundleOf, crashing, event, HOSTILE, made, node, NOW, pod, waiting } from "./cluster_fixture.ts";

async function findingsOf(
  files: Record<string, unknown> | MemoryBundle,
  now: Date | undefined = NOW,
): Promise<Finding[]> {
  const bundle = files instanceof MemoryBundle ? files : new MemoryBundle(files);
  const signal = new AbortController().signal;
  return groupByCause(await Array.fromAsync(runAnalyzers(insightEntries({ now }), bundle, { signal })));
}
const short = (findings: Finding[]) => findings.map(({ outcome, title }) => `${outcome.status}: ${title}`);

/** Everything that checks read, so that nothing is missing. */
function wholeBundle(lists: Record<string, Any[]> = {}, more: Record<string, unknown> = {}): Record<string, unknown> {
  const empty = [...new Set(insights.flatMap(({ reads }) => reads))].filter((list) => lists[list] === undefined);
  const files = Object.fromEntries(
    empty.map((list) => [`cluster-resources/${list}.json`, { kind: "List", items: [] }]),
  );
  return { ...files, ...bundleOf(lists), ...more };
}
const nodes = [node("node-a")];

Deno.test("insight says that nothing is wrong where nothing is", async () => {
  const [finding, ...rest] = await findingsOf(wholeBundle({ nodes, pods: [pod()] }));
  deepStrictEqual(rest, []);
  strictEqual(finding!.outcome.status, "pass");
  match(finding!.outcome.message, /^\d+ checks found nothing wrong with 1 pod on 1 node$/);
});

Deno.test("insight makes one finding of a cause and all that follows from it", async () => {
  const sick = (name: string) => pod({ name, ready: false, statuses: [crashing()] });
  const findings = await findingsOf(wholeBundle({
    nodes,
    pods: [sick("web-1"), sick("web-2")],
    deployments: [made("Deployment", "shop/web", { spec: { replicas: 2 }, status: { readyReplicas: 0 } })],
    services: [made("Service", "shop/web", { spec: { clusterIP: "10.0.0.1", selector: { app: "web" } } })],
    "pod-disruption-budgets": [made("PodDisruptionBudget", "shop/web", {
      spec: { selector: { matchLabels: { app: "web" } } },
      status: { disruptionsAllowed: 0, expectedPods: 2, currentHealthy: 0, desiredHealthy: 1 },
    })],
    "validating-webhook-configurations": [made("ValidatingWebhookConfiguration", "guard", {
      webhooks: [{ clientConfig: { service: { namespace: "shop", name: "web" } } }],
    })],
  }));
  deepStrictEqual(short(findings), ["fail: Restarts again and again: shop/web, container main"]);
  const [{ affected, affectedCount, explanation }] = findings as [Finding];
  deepStrictEqual(affected!.map(({ kind, name }) => `${kind} ${name}`), [
    "Pod web-1",
    "Pod web-2",
    "Deployment web",
    "Service web",
    "ValidatingWebhookConfiguration guard",
    "PodDisruptionBudget web",
  ]);
  strictEqual(affectedCount, 6);
  match(explanation!, /What follows: Deployment shop\/web has 0 of 2 pods ready\. Service shop\/web has no ready pod/);
});

Deno.test("insight shows the last lines of a crashing container, where they are, and what to do", async () => {
  const log = [...Array(40).keys()].map((n) => `line ${n + 1}`).join("\n") +
    "\n\npanic: dial tcp: connection refused\n";
  const path = "cluster-resources/pods/logs/shop/web-1/main-previous.log";
  const files = wholeBundle({ nodes, pods: [pod({ name: "web-0" }), pod({ ready: false, statuses: [crashing()] })] }, {
    [path]: log,
    "cluster-resources/pods/logs/shop/web-1/main.log": "of the run that has just begun\n",
  });
  const [finding] = await findingsOf(files);
  strictEqual(
    finding!.outcome.message,
    "1 pod of Deployment shop/web: container main restarted 7 times; it ended with exit code 1: the program gave up with an " +
      `error of its own.\nLast lines of ${path}:\n  line 37\n  line 38\n  line 39\n  line 40\n  panic: dial tcp: connection refused`,
  );
  match(finding!.explanation!, /does not accept connections/);
  strictEqual(finding!.nextStep, "kubectl logs -n shop web-1 -c main --previous");
  const pods = (files["cluster-resources/pods/shop.json"] as string).split("\n");
  const [state, lines] = finding!.evidence!;
  strictEqual(state!.path, "cluster-resources/pods/shop.json");
  match(pods.slice(state!.line! - 1, state!.line! + 5).join("\n"), /^ *\{\n *"name": "main",\n *"ready": false,/);
  deepStrictEqual(lines, { path, line: 37 });
});

Deno.test("insight repeats no mark of a log that steers a terminal", async () => {
  const path = "cluster-resources/pods/logs/shop/web-1/main.log";
  const files = wholeBundle({ nodes, pods: [pod({ statuses: [crashing()] })] }, {
    [path]: "\x1b[31mred\x1b[0m\tx\x07\r\n",
  });
  const [finding] = await findingsOf(files);
  match(finding!.outcome.message, /\n {2}red x$/);
});

Deno.test("insight quotes names in the commands that it advises", async () => {
  const files = wholeBundle({ nodes, pods: [pod({ name: "x;reboot", statuses: [crashing({ name: "$(id)" })] })] });
  const [finding] = await findingsOf(files);
  strictEqual(finding!.nextStep, "kubectl logs -n shop 'x;reboot' -c '$(id)' --previous");
});

Deno.test("insight bounds what it repeats of a log", async () => {
  const path = "cluster-resources/pods/logs/shop/web-1/main.log";
  const files = wholeBundle({ nodes, pods: [pod({ statuses: [crashing()] })] }, { [path]: "x".repeat(300_000) });
  const [finding] = await findingsOf(files);
  ok(finding!.outcome.message.length < 1000);
});

const answers: [answer: string, explanation: RegExp][] = [
  ["pull access denied, repository does not exist or may require authorization: denied", /refuses the credentials/],
  ["manifest for x:1 not found: manifest unknown", /does not have this image/],
  ["dial tcp: lookup registry.example.com: no such host", /does not reach the registry/],
  ["x509: certificate signed by unknown authority", /does not trust/],
  ["toomanyrequests: You have reached your pull rate limit", /limits how much/],
  ["", /has tried to pull the image/],
];
for (const [answer, explanation] of answers) {
  Deno.test(`insight explains what a registry answers: ${answer || "nothing"}`, async () => {
    const events = answer === "" ? [] : [event("Pod/shop/web-1", "Failed", `Failed to pull image "x:1": ${answer}`)];
    const pods = [pod({ phase: "Pending", statuses: [waiting("ImagePullBackOff", "Back-off pulling image")] })];
    const [finding] = await findingsOf(wholeBundle({ nodes, pods, events }));
    match(finding!.explanation!, explanation);
    if (answer !== "") ok(finding!.outcome.message.includes(answer));
    strictEqual(finding!.evidence!.length, answer === "" ? 1 : 2);
  });
}

Deno.test("insight writes evidence, explanation, next step and objects into analysis.json", async () => {
  const [entry] = toAnalysisJson(
    await findingsOf(wholeBundle({ nodes, pods: [pod({ statuses: [crashing()] })] })),
  ) as Any[];
  deepStrictEqual(Object.keys(entry).slice(-5), ["explanation", "nextStep", "affected", "affectedCount", "evidence"]);
  deepStrictEqual(entry.affected, [{ kind: "Pod", namespace: "shop", name: "web-1" }]);
});

const blind: [name: string, files: Record<string, unknown>, expected: (string | RegExp)[]][] = [
  ["that there is nothing of a cluster", { "host-collectors/system/memory.json": {} }, [/nothing of a cluster/]],
  ["which lists are missing, and what was not looked for", bundleOf({ pods: [pod()], nodes }), [
    /^Not in the bundle: pvcs, storage-classes, .* Not, or only in part, looked for: volumes that are full/,
  ]],
  ["that a list could not be collected", wholeBundle({ pods: [pod()] }, { "cluster-resources/nodes.json": "" }), [
    /^Not in the bundle: nodes\. .*: nodes that are not ready or under pressure$/,
  ]],
  ["which files are no JSON", wholeBundle({ nodes }, { "cluster-resources/pods/x.json": "{" }), [
    "Not all of cluster-resources/pods/x.json was looked at: it is not JSON",
  ]],
  ["which files are no lists", wholeBundle({ nodes }, { "cluster-resources/pods/x.json": { items: 7 } }), [
    "Not all of cluster-resources/pods/x.json was looked at: it is not a list of objects",
  ]],
  ["where objects are none", wholeBundle({ nodes }, { "cluster-resources/pods/x.json": [null] }), [
    /^Not all of cluster-resources\/pods\/x.json was looked at: it has items that are no objects/,
  ]],
  [
    "where numbers are redacted away",
    wholeBundle({
      nodes,
      "resource-quota": [made("ResourceQuota", "shop/q", { status: { hard: { pods: "***HIDDEN***" } } })],
    }),
    [/resource-quota\/shop.json was looked at: pods of a quota is no quantity/],
  ],
];
for (const [name, files, expected] of blind) {
  Deno.test(`insight says ${name}`, async () => {
    const told = (await findingsOf(files)).filter(({ outcome }) =>
      outcome.status === "skipped" || outcome.status === "error"
    );
    strictEqual(told.length, expected.length, JSON.stringify(told));
    expected.forEach((words, i) => {
      if (typeof words === "string") strictEqual(told[i]!.outcome.message, words);
      else match(told[i]!.outcome.message, words);
    });
  });
}

Deno.test("insight does not break on anything that lists may hold", async () => {
  const lists = [
    ...new Set(insights.flatMap(({ reads }) => reads)),
    "namespaces",
    "endpoints",
    "endpointslices",
    "leases",
  ];
  for (const hostile of [...HOSTILE, HOSTILE]) {
    const content = { items: Array.isArray(hostile) && hostile.length > 0 ? hostile : [hostile] };
    const files = Object.fromEntries(
      lists.flatMap((
        list,
      ) => [[`cluster-resources/${list}.json`, content], [`cluster-resources/${list}/x.json`, content]]),
    );
    const findings = await findingsOf({
      ...files,
      "certificates/certificates.json": [hostile, { certificateChain: [hostile], source: hostile }],
      "node-metrics/a.json": { pods: [hostile, { volume: [hostile] }] },
      "cluster-info/cluster_version.json": hostile,
      "MANIFEST.json": hostile,
    });
    const broken = findings.filter(({ outcome }) =>
      outcome.status === "error" && !outcome.message.startsWith("Not all of ")
    );
    deepStrictEqual(broken.map(({ kind, outcome }) => `${kind}: ${outcome.message}`), [], JSON.stringify(hostile));
  }
});

const clocks: [name: string, files: Record<string, unknown>, expected: string[]][] = [
  ["takes the time of the manifest", { "MANIFEST.json": { startedAt: ago(0) } }, []],
  ["takes that before the lease of a node", {
    "MANIFEST.json": { startedAt: ago(0) },
    "cluster-resources/leases/x.json": { items: [made("Lease", "x/a", { spec: { renewTime: ago(-600) } })] },
  }, []],
  ["takes the last sign of life without a manifest", {
    "cluster-resources/leases/x.json": { items: [made("Lease", "x/a", { spec: { renewTime: ago(0) } })] },
  }, []],
  ["calls a pod old where nothing tells", {}, ["fail"]],
];
for (const [name, files, expected] of clocks) {
  Deno.test(`insight ${name}`, async () => {
    const young = pod({ created: ago(0.5), ready: false, statuses: [waiting("")] });
    young.status.conditions[0].lastTransitionTime = undefined;
    const bundle = new MemoryBundle(wholeBundle({ pods: [young], nodes }, files));
    const findings: Finding[] = [];
    const signal = new AbortController().signal;
    for await (const finding of runAnalyzers(insightEntries(), bundle, { signal })) findings.push(finding);
    deepStrictEqual(findings.map(({ outcome }) => outcome.status).filter((status) => status === "fail"), expected);
  });
}

Deno.test("insight cuts off a hundred findings of one sort, and says so", async () => {
  const pods = Array.from({ length: 150 }, (_, i) => pod({ name: `p${i}`, owner: "Pod", statuses: [crashing()] }));
  const findings = await findingsOf(wholeBundle({ nodes, pods }));
  strictEqual(findings.length, 101);
  match(findings[100]!.outcome.message, /there are 50 more/);
});

Deno.test("insight looks through 5,000 pods within a second, and parses each file once", async () => {
  const pods = Array.from({ length: 50 }, (_, ns) =>
    Array.from({ length: 100 }, (_, i) =>
      pod({
        name: `web-${i}`,
        namespace: `team-${ns}`,
        statuses: [i % 20 === 0 ? crashing() : undefined].filter(Boolean),
        metadata: { annotations: { filler: "x".repeat(5_000) } },
      }))).flat();
  const bundle = new MemoryBundle(wholeBundle({ nodes, pods }));
  const began = performance.now();
  const findings = await findingsOf(bundle);
  const took = performance.now() - began;
  strictEqual(findings.filter(({ outcome }) => outcome.status === "fail").length, 50);
  ok(took < 2_000, `${took} ms`); // on a machine that others use, too
  // Once to parse it, and where there is something to point at, once for the lines.
  for (const [path, reads] of bundle.reads) {
    if (path.startsWith("cluster-resources/pods/")) ok(reads <= 2, `${path} ${reads}`);
  }
});
