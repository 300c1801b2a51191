import { deepStrictEqual } from "node:assert/strict";
import { httpResult, requestOf } from "../../src/collect/http_request.ts";
import { systemClock } from "../../src/core/clock.ts";
import { traffic } from "../../src/core/traffic.ts";
import { connectKube } from "../../src/kube/connect.ts";
import { webhook } from "../../src/notify/kinds/webhook.ts";
import { fetchSpec } from "../../src/spec/fetch_spec.ts";
import { s3 } from "../../src/upload/kinds/s3.ts";
import { context, makeFile } from "../contracts/uploader_contract.ts";

const { signal } = new AbortController();
const inKube = async (base: string, use: (kube: ReturnType<typeof connectKube>) => Promise<unknown>) => {
  const kube = connectKube({ server: base, kubeconfig: "/dev/null" }, {});
  try {
    await use(kube);
  } finally {
    kube.close();
  }
};

/** The answer of the server below. */
const ANSWER = JSON.stringify({ kind: "Thing", text: "grüße ".repeat(1_000) });

/** The part that is of no use to its sender is not read, and not counted. */
const behaviour: [name: string, send: (base: string, folder: string) => Promise<unknown>, readsAnswer: boolean][] = [
  ["objects of a cluster", (base) => inKube(base, (kube) => kube.get("/api/v1/thing")), true],
  [
    "parts of a client that count for themselves",
    (base) => inKube(base, (kube) => kube.counted().counted().get("/api/v1/thing")),
    true,
  ],
  [
    "objects that are made in a cluster",
    (base) => inKube(base, (kube) => kube.create("/api/v1/thing", { text: "größer" })),
    true,
  ],
  [
    "logs of a cluster",
    (base) => inKube(base, async (kube) => await new Response(await kube.stream("/api/v1/log")).text()),
    true,
  ],
  [
    "the collector http",
    (base) =>
      httpResult(requestOf({ post: { url: base, body: "größe", insecureSkipVerify: false } }), {
        clock: systemClock,
        env: {},
        signal,
      }),
    true,
  ],
  ["specs by address", (base) => fetchSpec(new URL(base), { deadlineMs: 10_000 }), true],
  ["deliveries to S3", async (base, folder) => {
    const destination = { url: new URL("s3://bucket/x.tar.gz"), options: { endpoint: base }, credentials: undefined };
    const env = { AWS_ACCESS_KEY_ID: "a", AWS_SECRET_ACCESS_KEY: "b" };
    await s3.upload(await makeFile(folder, "x.tar.gz", 100_000), destination, context(env));
  }, false],
  ["notifications", (base) =>
    webhook.notify(
      {
        schemaVersion: 1,
        events: [],
        sentAt: "2026-03-02T04:05:06Z",
        host: "h",
        status: "completed",
        summary: "größer",
        findings: { fail: 0, warn: 0, pass: 0 },
        newFindings: [],
        fixedFindings: [],
      },
      { kind: "webhook", url: base },
      { signal, env: {}, secret: () => Promise.resolve(""), clock: systemClock },
    ), false],
];

for (const [name, send, readsAnswer] of behaviour) {
  Deno.test(`traffic has the bodies of ${name}`, async () => {
    const seen = { sentBytes: 0, receivedBytes: 0 };
    const folder = await Deno.makeTempDir();
    await using server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, async (request) => {
      const body = await request.bytes();
      seen.sentBytes += body.length;
      const checksum = request.headers.get("x-amz-checksum-sha256");
      const headers: Record<string, string> = { "content-type": "application/json" };
      if (checksum !== null) headers["x-amz-checksum-sha256"] = checksum;
      if (request.method === "HEAD") return new Response(null, { headers: { "content-length": "100000" } });
      if (readsAnswer) seen.receivedBytes += new TextEncoder().encode(ANSWER).length;
      return new Response(readsAnswer ? ANSWER : null, { headers });
    });
    const before = { ...traffic };
    try {
      await send(`http://127.0.0.1:${server.addr.port}`, folder);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
    deepStrictEqual({
      sentBytes: traffic.sentBytes - before.sentBytes,
      receivedBytes: traffic.receivedBytes - before.receivedBytes,
    }, seen);
  });
}
