import { deepStrictEqual, ok, rejects, strictEqual } from "node:assert/strict";
import { ManualClock } from "../manual_clock.ts";
import { refusal, startGateway } from "./api_gateway.ts";
import { clusterTest, kubeconfig, withKube } from "./with_kube.ts";

clusterTest("KubeClient.get() waits as Retry-After says, and longer each time, five times at most", async () => {
  let refusals = 0;
  await using gateway = await startGateway(
    kubeconfig,
    () => refusals-- > 0 ? refusal(refusals === 0 ? 503 : 429, { "retry-after": "3" }) : undefined,
  );
  const clock = new ManualClock();
  await withKube({ server: gateway.server }, async (kube) => {
    await kube.get("/version"); // connects
    refusals = 2;
    const version = kube.get<{ major: string }>("/version");
    await clock.untilSleeping();
    await clock.advance(2_999);
    strictEqual(gateway.requests.length, 2);
    await clock.advance(1);
    await clock.untilSleeping();
    await clock.advance(3_000);
    strictEqual((await version).major, "1");
    strictEqual(gateway.requests.length, 4);

    refusals = Infinity;
    const refused = rejects(() => kube.get("/version"), /answered 429/);
    const waits: number[] = [];
    for (let i = 0; i < 5; i++) {
      await clock.untilSleeping();
      waits.push(clock.nextWake!.getTime() - clock.now().getTime());
      await clock.advance(waits.at(-1)!);
    }
    await refused;
    deepStrictEqual(waits, [3_000, 3_000, 4_000, 8_000, 10_000]);
    strictEqual(gateway.requests.length, 10);
  }, clock);
});

clusterTest("KubeClient leaves a server alone that asked one of its requests for patience", async () => {
  let patience = true;
  await using gateway = await startGateway(kubeconfig, (request) => {
    const { pathname } = new URL(request.url);
    if (!patience || !/^\/(?:api\/v1\/nodes|apis\/things\.example\.com)/.test(pathname)) return undefined;
    return refusal(429, { "retry-after": "5" });
  });
  const clock = new ManualClock();
  await withKube({ server: gateway.server }, async (kube) => {
    await kube.get("/version"); // connects
    // A server of its own behind a part of the API holds nobody up but those who ask for that part.
    const things = rejects(() => kube.get("/apis/things.example.com/v1"), /answered 404/);
    await clock.untilSleeping();
    await kube.get("/version");

    const nodes = kube.get("/api/v1/nodes");
    await clock.untilSleeping(2);
    const others = [kube.get("/version"), kube.counted().get("/api/v1/namespaces"), kube.get("/apis/apps/v1")];
    await clock.untilSleeping(5);
    const before = gateway.requests.length;
    await clock.advance(4_999);
    strictEqual(gateway.requests.length, before, "nothing is sent while the server is left alone");
    patience = false;
    await clock.advance(1);
    await Promise.all([nodes, things, ...others]);
    strictEqual(gateway.requests.length, before + 5);
  }, clock);
});

clusterTest(
  "KubeClient sends no more requests a second than --qps allows, those of all its parts together",
  async () => {
    await using gateway = await startGateway(kubeconfig, () => undefined);
    const clock = new ManualClock();
    await withKube({ server: gateway.server, qps: 2, burst: 3 }, async (kube) => {
      await kube.get("/version"); // connects
      await clock.advance(60_000);
      const parts = [kube, kube.counted(), kube.counted()];
      const all = Array.from({ length: 9 }, (_, i) => parts[i % 3]!.get("/version"));
      await Promise.all(all.slice(0, 3));
      await clock.untilSleeping(6);
      strictEqual(gateway.requests.length, 4);
      for (let i = 3; i < 9; i++) {
        await clock.advance(499);
        strictEqual(gateway.requests.length, i + 1);
        await clock.advance(1);
        await all[i];
        strictEqual(gateway.requests.length, i + 2);
      }
      strictEqual(kube.usage.requests, 10);
      deepStrictEqual(parts.slice(1).map(({ usage }) => usage.requests), [3, 3]);
      strictEqual(parts[1]!.usage.bytes, parts[2]!.usage.bytes);
      strictEqual(kube.usage.bytes * 3, 10 * parts[1]!.usage.bytes);
    }, clock);
  },
);

clusterTest("KubeClient.get() does not repeat a 503 without Retry-After, and names itself", async () => {
  await using gateway = await startGateway(kubeconfig, () => refusal(503));
  await withKube({ server: gateway.server }, async (kube) => {
    await rejects(() => kube.get("/version"), /Cannot get "\/version": the API server answered 503/);
    strictEqual(gateway.requests.length, 1);
    ok(/^support-bundle\/\d/.test(gateway.requests[0]!.headers.get("user-agent") ?? ""));
  });
});

clusterTest("KubeClient waits less for a server that gives no answer to anybody, until it does", async () => {
  let silent = true;
  const held = Promise.withResolvers<void>();
  await using gateway = await startGateway(
    kubeconfig,
    (request) => silent || request.url.endsWith("/nodes") ? held.promise.then(() => refusal(500)) : undefined,
  );
  try {
    await withKube({ server: gateway.server, requestTimeoutMs: 240 }, async (kube) => {
      const late = (path: string, within: string) =>
        rejects(() => kube.get(path), new RegExp(`No answer within ${within}s`));
      await late("/version", "0.24");
      await late("/version", "0.04");
      silent = false;
      await kube.get("/version");
      await late("/api/v1/nodes", "0.24");
      await late("/api/v1/nodes", "0.04");
      // One answer that does not come is no reason while others do.
      await kube.get("/version");
      const nodes = late("/api/v1/nodes", "0.24");
      await kube.get("/version");
      await nodes;
      await late("/api/v1/nodes", "0.24");
    });
  } finally {
    held.resolve();
  }
});

clusterTest("KubeClient.stream() is not bound by the deadline of an answer once it has begun", async () => {
  const last = Promise.withResolvers<void>();
  await using gateway = await startGateway(kubeconfig, () => {
    const encoder = new TextEncoder();
    const body = new ReadableStream<Uint8Array>({
      start: (controller) => controller.enqueue(encoder.encode("first ")),
      async pull(controller) {
        await last.promise;
        controller.enqueue(encoder.encode("last"));
        controller.close();
      },
    });
    return new Response(body);
  });
  await withKube({ server: gateway.server, requestTimeoutMs: 500 }, async (kube) => {
    const body = await kube.stream("/anything");
    setTimeout(last.resolve, 600);
    strictEqual(await new Response(body as ReadableStream<Uint8Array<ArrayBuffer>>).text(), "first last");
  });
});
