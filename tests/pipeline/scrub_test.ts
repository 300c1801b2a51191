import { equal, ok } from "node:assert/strict";
import { Buffer } from "node:buffer";
import { textEntry } from "../../src/bundle/entry.ts";
import { createLimitedAccount } from "../fixtures/service_account.ts";
import { startGateway } from "../kube/api_gateway.ts";
import { collector, specOf, withRun } from "./with_run.ts";

const ADMIN = Deno.env.get("TEST_KUBECONFIG") ?? "";
const random = () => `Rv-${crypto.randomUUID().replaceAll("-", "X9")}`;

Deno.test("runPipeline() hides the values that the user names, in the manifest too", async () => {
  const value = random();
  const leaky = collector("leaky", async function* () {
    yield textEntry("a.log", `x ${value} ${Buffer.from(`ab${value}`).toString("base64")} y\n`);
    throw new Error(`cannot use ${value}`);
  });
  await withRun(await specOf("", leaky), ({ report, files }) => {
    equal(files.get("a.log"), "x ***HIDDEN*** ***HIDDEN*** y\n");
    for (const [path, text] of files) ok(!text.includes(value), path);
    equal(report.redactions["user-value"]! >= 3, true);
  }, { userValues: [value] });
});

Deno.test("runPipeline() does not speak to a cluster for a spec of host collectors", async () => {
  let requests = 0;
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, () => {
    requests++;
    return new Response("{}");
  });
  try {
    await withRun(await specOf(""), ({ report }) => {
      equal(report.stages.find(({ stage }) => stage === "redact")!.message, undefined);
      equal(requests, 0);
    }, { kube: { server: `http://127.0.0.1:${server.addr.port}` } });
  } finally {
    await server.shutdown();
  }
});

Deno.test({
  name: "runPipeline() writes nothing before the values of Secrets are there",
  ignore: ADMIN === "",
  fn: async () => {
    await using account = await createLimitedAccount(ADMIN);
    const value = random();
    await account.apply([{
      apiVersion: "v1",
      kind: "Secret",
      metadata: { name: "s", namespace: account.namespace },
      stringData: { password: value },
    }]);
    const collecting = Promise.withResolvers<void>();
    await using gateway = await startGateway(ADMIN, async ({ url }) => {
      if (new URL(url).pathname.endsWith("/secrets")) await collecting.promise;
      return undefined;
    });
    const early = collector("early", async function* () {
      yield textEntry("a.log", `x ${value} y\n`);
    });
    const spec = await specOf(
      '  collectors: [{clusterResources: {exclude: true}}, {data: {name: b, data: ""}}]\n',
      early,
    );
    await withRun(spec, ({ files, manifest }) => {
      equal(files.get("a.log"), "x ***HIDDEN*** y\n");
      equal(manifest.stages.find(({ stage }) => stage === "redact")!.message, undefined);
    }, {
      kube: { server: gateway.server },
      namespace: account.namespace,
      onEvent(event) {
        // The host's collectors have begun by then.
        if (event.type === "progress" && event.subject === "cluster-info") collecting.resolve();
      },
    });
  },
});
