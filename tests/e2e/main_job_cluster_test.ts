import { match, ok, strictEqual } from "node:assert/strict";
import { createHash } from "node:crypto";
import { join } from "node:path";
import { startS3Server, TEST_SERVICES } from "../fixtures/s3_server.ts";
import { BINARY, Sandbox, until } from "./program.ts";

const KUBECONFIG = Deno.env.get("TEST_KUBECONFIG");
const FACTS = Deno.env.get("TEST_CLUSTER_FACTS");

Deno.test({
  name:
    "the main job: a scheduled run against a real cluster is delivered to a real S3 server and told to a real webhook",
  ignore: BINARY === undefined || KUBECONFIG === undefined || FACTS === undefined || TEST_SERVICES === undefined,
  fn: async () => {
    const facts = JSON.parse(await Deno.readTextFile(FACTS!));
    await using sandbox = await Sandbox.create();
    const s3 = await startS3Server(TEST_SERVICES!);
    const received: string[] = [];
    const hooks = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, async (request) => {
      received.push(await request.text());
      return new Response(null, { status: 204 });
    });
    try {
      const spec = await sandbox.write(
        "spec.yaml",
        `apiVersion: troubleshoot.sh/v1beta2
kind: SupportBundle
metadata: {name: main-job}
spec:
  collectors:
    - clusterInfo: {}
    - clusterResources: {}
    - logs: {name: app-logs, selector: [app=web], namespace: shop}
  analyzers:
    - clusterPodStatuses:
        outcomes: [{fail: {when: "!= Healthy"}}]
`,
      );
      const env = {
        KUBECONFIG: KUBECONFIG!,
        AWS_ACCESS_KEY_ID: s3.accessKeyId,
        AWS_SECRET_ACCESS_KEY: s3.secretAccessKey,
      };
      const created = await sandbox.run([
        "schedule",
        "create",
        "main",
        "--every",
        "2s",
        "--spec",
        spec,
        "--upload",
        `s3://${s3.bucket}/{job}/`,
        "--upload-options",
        `endpoint=${s3.endpoint},region=us-east-1,forcePathStyle=true`,
        "--notify",
        `http://127.0.0.1:${hooks.addr.port}/hook`,
      ], { env });
      strictEqual(created.code, 0, created.stderr);
      strictEqual((await sandbox.run(["schedule", "daemon", "start"], { env })).code, 0);
      const execution = await until(
        "an execution that ended",
        async () =>
          (await sandbox.json(["schedule", "history", "main"])).find((e: { endTime: string | null; status: string }) =>
            e.endTime !== null && e.status !== "skipped" // by a run that was still active
          ),
      );
      strictEqual(execution.status, "completed", JSON.stringify(execution));

      const files = await sandbox.unpack(execution.bundlePath);
      const nodes = JSON.parse(files.get("cluster-resources/nodes.json")!);
      strictEqual(nodes.items.length, facts.nodes.length);
      for (const namespace of facts.namespaces) ok(files.has(`cluster-resources/pods/${namespace}.json`), namespace);
      ok(
        [...files.keys()].some((path) => /^cluster-resources\/pods\/logs\/shop\/web-.*\.log$/.test(path)),
        "logs of the selected pods",
      );
      const titles = execution.findings.top.map(({ title, message }: { title: string; message: string }) =>
        `${title} ${message}`
      ).join("\n");
      match(titles, new RegExp(`${facts.crashing.namespace}/${facts.crashing.app}.*CrashLoopBackOff`));
      match(titles, new RegExp(`${facts.unpullable.namespace}/${facts.unpullable.app}.*ImagePullBackOff`));
      for (const [path, text] of files) {
        for (const planted of facts.planted) ok(!text.includes(planted), `${path} has a planted value`);
      }

      match(execution.uploadUrl, /^s3:\/\/bundles\/main\//);
      const key = new URL(execution.uploadUrl).pathname;
      const stored = await Deno.readFile(join(s3.folder, s3.bucket, key));
      const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");
      strictEqual(sha256(stored), sha256(await Deno.readFile(execution.bundlePath)));
      strictEqual(sha256(stored), execution.bundleSha256);

      const told = JSON.parse(await until("the webhook was called", () => Promise.resolve(received[0])));
      strictEqual(told.job.name, "main");
      ok(told.events.includes("new-findings"));
      strictEqual(told.bundle.sha256, execution.bundleSha256);
      for (const text of received) {
        for (const planted of facts.planted) ok(!text.includes(planted));
      }
    } finally {
      await sandbox.run(["schedule", "daemon", "stop"]);
      await hooks.shutdown();
      await s3.stop();
    }
  },
});
