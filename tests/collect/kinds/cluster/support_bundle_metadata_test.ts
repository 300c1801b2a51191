import { deepStrictEqual, rejects } from "node:assert/strict";
import { Buffer } from "node:buffer";
import { supportBundleMetadata } from "../../../../src/collect/kinds/cluster/support_bundle_metadata.ts";
import { collectAll } from "../../collect_all.ts";
import { clusterTest, NOBODY, type TestObject } from "./with_objects.ts";

function metadata(namespace: string, data: Record<string, string>): TestObject {
  const encoded = Object.fromEntries(
    Object.entries(data).map(([key, text]) => [key, Buffer.from(text).toString("base64")]),
  );
  return {
    apiVersion: "v1",
    kind: "Secret",
    metadata: { name: "replicated-support-metadata", namespace },
    data: encoded,
  };
}

const written: [name: string, config: unknown, namespace: string | undefined, expect: unknown][] = [
  ["of its namespace", { namespace: "quiet" }, undefined, { a: "1", b: "zwei & Söhne\n" }],
  ["of the command line's namespace", {}, "quiet", { a: "1", b: "zwei & Söhne\n" }],
  ["of its own namespace rather than the command line's", { namespace: "ops" }, "quiet", {}],
];
for (const [name, config, namespace, expect] of written) {
  clusterTest(`supportBundleMetadata writes the values ${name}`, async ({ kube, create }) => {
    await create(metadata("quiet", { b: "zwei & Söhne\n", a: "1" }), metadata("ops", {}));
    const { files, missing } = await collectAll(supportBundleMetadata, config, { kube, namespace });
    deepStrictEqual(missing, []);
    deepStrictEqual(files, {
      "metadata/cluster.json": JSON.stringify(expect, null, 2).replace("&", "\\u0026"),
    });
  });
}

clusterTest("supportBundleMetadata fails without the Secret", async ({ kube }) => {
  await rejects(collectAll(supportBundleMetadata, { namespace: "quiet" }, { kube }), { code: "KUBE_NOT_FOUND" });
});

clusterTest("supportBundleMetadata fails where it may not read the Secret", async ({ kube }) => {
  await rejects(collectAll(supportBundleMetadata, { namespace: "quiet" }, { kube }), { code: "KUBE_FORBIDDEN" });
}, NOBODY);

const needs: [unknown, { namespace?: string }, string][] = [
  [{ namespace: "a" }, { namespace: "cli" }, "a"],
  [{}, { namespace: "cli" }, "cli"],
  [{}, {}, "default"],
];
for (const [config, context, namespace] of needs) {
  Deno.test(`supportBundleMetadata needs its Secret in ${namespace}`, () => {
    deepStrictEqual(supportBundleMetadata.needs!(supportBundleMetadata.schema.parse(config), context), [
      { verb: "get", resource: "secrets", name: "replicated-support-metadata", namespace },
    ]);
  });
}
