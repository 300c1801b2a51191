import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { type ServedExec, startExecServer } from "../kube/exec_server.ts";
import { loadSpecs } from "../../src/spec/load_spec.ts";
import { withRun } from "./with_run.ts";

const SPEC = `
apiVersion: troubleshoot.sh/v1beta2
kind: SupportBundle
metadata: {name: test}
spec:
  runHostCollectorsInPod: true
  hostCollectors:
    - memory: {}
    - cpu: {exclude: true}
    - run: {collectorName: env, command: env}
  hostAnalyzers:
    - memory:
        outcomes: [{pass: {when: ">= 1Gi", message: enough}}, {fail: {message: too little}}]
`;
const SETS = "/apis/apps/v1/namespaces/default/daemonsets";
const MEMORY: Record<string, number> = { n1: 2 ** 31, n2: 1 };

async function play(exec: ServedExec): Promise<void> {
  const node = exec.pod.replace("pod-on-", "");
  const [collector] = JSON.parse(await exec.stdin()).spec.collectors;
  await exec.stdout(JSON.stringify(
    "memory" in collector
      ? { "host-collectors/system/memory.json": JSON.stringify({ total: MEMORY[node] }) }
      : { "host-collectors/run-host/env.txt": "DB=postgres://user:hunter2@db.example.com/x\n" },
  ));
  exec.exit(0);
}

function podsOf(nodes: string[]) {
  return nodes.map((nodeName) => ({
    metadata: { name: `pod-on-${nodeName}`, namespace: "default", uid: `uid-of-${nodeName}` },
    spec: { nodeName, containers: [{ name: "remote-collector" }] },
    status: { phase: "Running", conditions: [{ type: "Ready", status: "True" }] },
  }));
}

Deno.test("runPipeline() runs host collectors on every node, hides secrets of theirs, and judges each node", async () => {
  const deleted: string[] = [];
  await using server = startExecServer(play, async (request, path) => {
    if (request.method === "POST" && path === SETS) {
      const set = await request.json();
      return Response.json({ ...set, metadata: { ...set.metadata, uid: "uid-of-set", generation: 1 } });
    }
    if (request.method === "DELETE") deleted.push(path);
    if (path.startsWith(`${SETS}/`)) {
      return Response.json({
        metadata: { name: "set", generation: 1 },
        status: { observedGeneration: 1, desiredNumberScheduled: 2 },
      });
    }
    return Response.json({ metadata: {}, items: path.endsWith("/pods") ? podsOf(["n1", "n2"]) : [] });
  });
  const spec = await loadSpecs({ sources: ["-"], cwd: "/", stdin: () => Promise.resolve(SPEC) });
  await withRun(spec, ({ files, manifest }) => {
    const env = files.get("host-collectors/n1/run-host/env.txt");
    match(env!, /^DB=postgres:/);
    ok(!env!.includes("hunter2"));
    strictEqual(JSON.parse(files.get("host-collectors/n2/system/memory.json")!).total, 1);
    deepStrictEqual(JSON.parse(files.get("host-collectors/system/node_list.json")!), { nodes: ["n1", "n2"] });
    const analysis = files.get("analysis.json")!;
    match(analysis, /Node n1/);
    match(analysis, /enough/);
    match(analysis, /too little/);
    deepStrictEqual(
      manifest.collectors.map(({ title, where, status }) => [title, where, status]),
      [["CPU Info", "host", "skipped"], ["host-collectors-on-nodes", "cluster", "ok"]],
    );
    strictEqual(deleted.length, 1);
    match(deleted[0]!, /\/daemonsets\/remote-host-collector-\w+$/);
  }, { kube: { server: server.server } });
});
