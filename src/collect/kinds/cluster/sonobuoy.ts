import { bundlePath } from "../../../bundle/bundle_path.ts";
import type { Entry } from "../../../bundle/entry.ts";
import { SupportBundleError } from "../../../core/errors.ts";
import { defineCollector } from "../../collector.ts";
import { textField } from "../../text_field.ts";
import { describeTarget } from "./pod_command.ts";
import { followTar, openTar } from "./pod_tar.ts";
import { unpackTar } from "./tar_files.ts";

const FOLDER = "sonobuoy";

export const sonobuoy = defineCollector({
  kind: "sonobuoy",
  where: "cluster",
  summary: "Results of a Sonobuoy run, out of its aggregator pod",
  title: "sonobuoy",
  fields: () => ({
    namespace: textField().default("").describe("Namespace of Sonobuoy; empty: sonobuoy"),
  }),
  permissions: (config) => {
    const namespace = config.namespace || "sonobuoy";
    return [
      { verb: "get", resource: "pods", name: "sonobuoy", namespace },
      { verb: "create", resource: "pods", subresource: "exec", namespace },
    ];
  },
  async *collect(config, { kube, signal }): AsyncGenerator<Entry> {
    const namespace = config.namespace || "sonobuoy";
    await kube.get(`/api/v1/namespaces/${encodeURIComponent(namespace)}/pods/sonobuoy`, { signal });
    const place = { namespace, pod: "sonobuoy", container: "kube-sonobuoy" };
    const command = ["/sonobuoy", "splat", "/tmp/sonobuoy"];
    const source = `exec ${describeTarget(place)} ${command.join(" ")}`;
    const opened = await openTar(kube, { ...place, command, source }, signal);
    const end = yield* followTar(
      opened,
      { whole: FOLDER, signal },
      (packed) =>
        unpackTar(packed.pipeThrough(new DecompressionStream("gzip") as TransformStream<Uint8Array, Uint8Array>), {
          path: (name) => bundlePath(FOLDER, name),
          whole: FOLDER,
          source,
        }),
    );
    if (end.error !== undefined) {
      throw new SupportBundleError(
        ["Cannot read the results of Sonobuoy", end.error, end.stderr.trim()].filter(Boolean).join(": "),
        { code: "SONOBUOY", hint: "Check that the run has ended: sonobuoy status" },
      );
    }
  },
});
