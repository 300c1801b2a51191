import { Buffer } from "node:buffer";
import { jsonEntry } from "../../../bundle/entry.ts";
import { type AccessNeed, defineCollector, titled } from "../../collector.ts";
import { textField } from "../../text_field.ts";
import { sortedData } from "./data_object.ts";

/** The Secret in which vendors' applications leave what a bundle should say about them. */
const SECRET = "replicated-support-metadata";

export const supportBundleMetadata = defineCollector({
  kind: "supportBundleMetadata",
  where: "cluster",
  summary: `What the application says about itself in the Secret ${SECRET}`,
  title: titled("support-bundle-metadata"),
  fields: () => ({
    namespace: textField().default("").describe(
      "Namespace of the Secret; empty: that of the command line, else of the kubeconfig context",
    ),
  }),
  needs: ({ namespace }, context) => [secretIn(namespace || context.namespace || "default")],
  permissions: ({ namespace }, context) => [secretIn(namespace || context.namespace || context.contextNamespace)],
  async *collect({ namespace }, context) {
    const { kube, signal } = context;
    const asked = namespace || context.namespace || await kube.contextNamespace();
    const path = `/api/v1/namespaces/${encodeURIComponent(asked)}/secrets/${SECRET}`;
    const { data = {} } = await kube.get<{ data?: Record<string, string> }>(path, { signal });
    const values = Object.entries(data).map(([key, value]) => [key, Buffer.from(value, "base64").toString("utf8")]);
    yield jsonEntry("metadata/cluster.json", sortedData(Object.fromEntries(values)), { source: `GET ${path}` });
  },
});

function secretIn(namespace: string): AccessNeed {
  return { verb: "get", resource: "secrets", name: SECRET, namespace };
}
