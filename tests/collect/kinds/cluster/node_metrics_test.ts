import { deepStrictEqual, match, ok, rejects, strictEqual } from "node:assert/strict";
import { nodeMetrics } from "../../../../src/collect/kinds/cluster/node_metrics.ts";
import { connectKube } from "../../../../src/kube/connect.ts";
import type { KubeClient } from "../../../../src/kube/kube_client.ts";
import { refusal, startGateway } from "../../../kube/api_gateway.ts";
import { ManualClock } from "../../../manual_clock.ts";
import { collectAll, type Collection } from "../../collect_all.ts";
import { clusterTest, NOBODY } from "./with_objects.ts";

const kubeconfig = Deno.env.get("TEST_KUBECONFIG");
const reasons = ({ missing }: Collection) => missing.map(({ path, reason }) => [path, reason]);

clusterTest("nodeMetrics says for each node why a real API server gave nothing", async ({ kube }) => {
  // It does not speak to the simulated kubelets: their address is this machine's own.
  const collection = await collectAll(nodeMetrics, {}, { kube });
  deepStrictEqual(collection.files, {});
  deepStrictEqual(reasons(collection), ["node-a", "node-b", "node-c"].map((n) => [`node-metrics/${n}.json`, "failed"]));
  for (const { message } of collection.missing) {
    match(message, /Cannot get "nodes\/proxy\/stats\/summary" "node-.".*address not allowed/);
  }
});

clusterTest("nodeMetrics that may not list nodes asks those that are named", async ({ kube }) => {
  const collection = await collectAll(nodeMetrics, { nodeNames: ["node-a"], selector: ["a=b"] }, { kube });
  deepStrictEqual(reasons(collection), [["node-metrics", "forbidden"], ["node-metrics/node-a.json", "forbidden"]]);
}, NOBODY);

clusterTest("nodeMetrics that may not list nodes says so", async ({ kube }) => {
  deepStrictEqual(reasons(await collectAll(nodeMetrics, {}, { kube })), [["node-metrics", "forbidden"]]);
}, NOBODY);

clusterTest("nodeMetrics fails when the cluster cannot be reached", async ({ kube }) => {
  await rejects(collectAll(nodeMetrics, { nodeNames: ["a", "b"] }, { kube }), { code: "KUBE_UNREACHABLE" });
}, { server: "https://127.0.0.1:1" });

/** A test whose nodes answer as the test says; everything else, the real API server answers. */
function nodesTest(
  name: string,
  answer: (node: string, request: Request) => Response | Promise<Response>,
  test: (kube: KubeClient, asked: () => string[]) => Promise<void>,
): void {
  Deno.test({
    name,
    ignore: !kubeconfig,
    async fn() {
      const asked: string[] = [];
      await using gateway = await startGateway(kubeconfig!, (request) => {
        const { pathname } = new URL(request.url);
        const node = /^\/api\/v1\/nodes\/([^/]+)\/proxy\/stats\/summary$/.exec(pathname)?.[1];
        if (node === undefined) return undefined;
        asked.push(node);
        return answer(node, request);
      });
      const kube = connectKube({ kubeconfig, server: gateway.server }, Deno.env.toObject());
      try {
        await test(kube, () => asked.toSorted());
      } finally {
        kube.close();
        await new Promise((resolve) => setTimeout(resolve, 0)); // closing waits for the opened transport
      }
    },
  });
}

const summary = (node: string) => `{"node":{"nodeName":"${node}"},\n"pods":[]}\n`;
const summarize = (node: string) => new Response(summary(node), { headers: { "content-type": "application/json" } });

const selections: [what: string, config: unknown, asked: string[]][] = [
  ["every node where neither names nor a selector is given", {}, ["node-a", "node-b", "node-c"]],
  ["the nodes that are named, each once", { nodeNames: ["node-b", "node-b"] }, ["node-b"]],
  ["the nodes that a selector finds", { selector: ["kubernetes.io/hostname=node-c"] }, ["node-c"]],
  [
    "both those that are named and those that a selector finds",
    { nodeNames: ["node-a", "node-c"], selector: ["kubernetes.io/hostname in (node-b,node-c)"] },
    ["node-a", "node-b", "node-c"],
  ],
];
for (const [what, config, expect] of selections) {
  nodesTest(`nodeMetrics asks ${what}, and keeps the bytes of the answer`, summarize, async (kube, asked) => {
    const { files, missing, entries } = await collectAll(nodeMetrics, config, { kube });
    deepStrictEqual(asked(), expect);
    deepStrictEqual(files, Object.fromEntries(expect.map((node) => [`node-metrics/${node}.json`, summary(node)])));
    deepStrictEqual(missing, []);
    ok(entries[0]?.type === "file");
    match(entries[0].source!, /^GET \/api\/v1\/nodes\/node-.\/proxy\/stats\/summary$/);
  });
}

nodesTest("nodeMetrics says when no node matches", summarize, async (kube, asked) => {
  const collection = await collectAll(nodeMetrics, { selector: ["a=b"] }, { kube });
  deepStrictEqual([reasons(collection), asked()], [[["node-metrics", "empty"]], []]);
});

const failures: [
  what: string,
  bad: (request: Request) => Response | Promise<Response>,
  reason: string,
  message: RegExp,
][] = [
  ["is not reached by the API server", () => refusal(503), "failed", /answered 503/],
  ["does not exist", () => refusal(404), "failed", /answered 404/],
  ["may not be asked", () => refusal(403), "forbidden", /answered 403/],
  ["breaks off in the middle", () => new Response(brokenBody()), "failed", /broke off/],
  ["has too much to say", () => new Response(new Uint8Array(10_000_001)), "too-large", /more than 10000000 bytes/],
];
for (const [what, bad, reason, message] of failures) {
  nodesTest(
    `nodeMetrics goes on after a node that ${what}`,
    (node, request) => node === "node-a" ? bad(request) : summarize(node),
    async (kube) => {
      const collection = await collectAll(nodeMetrics, {}, { kube });
      deepStrictEqual(Object.keys(collection.files), ["node-metrics/node-b.json", "node-metrics/node-c.json"]);
      deepStrictEqual(reasons(collection), [["node-metrics/node-a.json", reason]]);
      match(collection.missing[0]!.message, message);
    },
  );
}

function brokenBody(): ReadableStream<Uint8Array> {
  let pulled = 0;
  return new ReadableStream({
    async pull(controller) {
      if (pulled++ === 0) return controller.enqueue(new TextEncoder().encode('{"node":'));
      await new Promise((resolve) => setTimeout(resolve, 50)); // or the beginning would not be sent, either
      controller.error(new Error("gone"));
    },
  });
}

nodesTest(
  "nodeMetrics gives a silent node 15 s of its own, and the others answer meanwhile",
  (node, request) => node === "node-a" ? untilGone(request) : summarize(node),
  async (kube, asked) => {
    const clock = new ManualClock();
    const collecting = collectAll(nodeMetrics, {}, { kube, clock });
    while (asked().length < 3) await new Promise((resolve) => setTimeout(resolve, 1));
    await clock.advance(14_999);
    strictEqual(clock.sleeping, 1);
    await clock.advance(1);
    const collection = await collecting;
    deepStrictEqual(Object.keys(collection.files), ["node-metrics/node-b.json", "node-metrics/node-c.json"]);
    deepStrictEqual(reasons(collection), [["node-metrics/node-a.json", "timed-out"]]);
  },
);

nodesTest("nodeMetrics obeys an abort", (_node, request) => untilGone(request), async (kube, asked) => {
  const controller = new AbortController();
  const collecting = collectAll(nodeMetrics, {}, { kube, signal: controller.signal });
  const rejected = rejects(collecting, { name: "AbortError" });
  while (asked().length < 3) await new Promise((resolve) => setTimeout(resolve, 1));
  controller.abort();
  await rejected;
});

Deno.test({
  name: "nodeMetrics asks eight nodes at a time",
  ignore: !kubeconfig,
  async fn() {
    let now = 0;
    let most = 0;
    await using gateway = await startGateway(kubeconfig!, async () => {
      most = Math.max(most, ++now);
      await new Promise((resolve) => setTimeout(resolve, 20));
      now--;
      return new Response("{}");
    });
    const kube = connectKube({ kubeconfig, server: gateway.server }, Deno.env.toObject());
    const nodeNames = Array.from({ length: 30 }, (_, i) => `n${i}`);
    const { files } = await collectAll(nodeMetrics, { nodeNames }, { kube });
    deepStrictEqual([Object.keys(files).length, most], [30, 8]);
    kube.close();
    await new Promise((resolve) => setTimeout(resolve, 0)); // closing waits for the opened transport
  },
});

/** Answers when nobody waits any more. */
function untilGone(request: Request): Promise<Response> {
  return new Promise((resolve) => request.signal.addEventListener("abort", () => resolve(new Response())));
}
