import { ok, rejects } from "node:assert/strict";
import { clusterResources } from "../../src/collect/kinds/cluster/cluster_resources/cluster_resources.ts";
import { connectKube } from "../../src/kube/connect.ts";
import { refusal, startGateway } from "../kube/api_gateway.ts";
import { collectContext } from "./collect_all.ts";

const kubeconfig = Deno.env.get("TEST_KUBECONFIG") ?? "";
const ROOT = "cluster-resources";

function clusterTest(name: string, fn: () => Promise<void>): void {
  Deno.test({ name, ignore: kubeconfig === "", fn });
}

/** A server that never answers the list of pods. */
function startHangingGateway() {
  return startGateway(kubeconfig, async (request) => {
    if (new URL(request.url).pathname !== "/api/v1/pods") return undefined;
    await new Promise<void>((resolve) => request.signal.addEventListener("abort", () => resolve(), { once: true }));
    return refusal(500);
  });
}

clusterTest("clusterResources.collect() ends at its deadline and keeps what it had", async () => {
  const stop = new AbortController();
  await using gateway = await startHangingGateway();
  const kube = connectKube({ kubeconfig, server: gateway.server }, {});
  const had: string[] = [];
  const run = async () => {
    const context = collectContext({ kube, signal: stop.signal });
    for await (const entry of clusterResources.collect(clusterResources.schema.parse({}), context)) {
      had.push(entry.path);
      if (entry.type === "file") await entry.body.cancel();
      if (entry.path === `${ROOT}/nodes.json`) stop.abort(new Error("deadline"));
    }
  };
  await rejects(run, /deadline/);
  kube.close();
  ok(had.includes(`${ROOT}/nodes.json`));
  ok(!had.some((path) => path.startsWith(`${ROOT}/pods/`)));
});

clusterTest("clusterResources.collect() stops when its reader does", async () => {
  await using gateway = await startHangingGateway();
  const kube = connectKube({ kubeconfig, server: gateway.server }, {});
  for await (const entry of clusterResources.collect(clusterResources.schema.parse({}), collectContext({ kube }))) {
    if (entry.type === "file") await entry.body.cancel();
    if (entry.path !== `${ROOT}/namespaces.json`) break;
  }
  kube.close();
});
