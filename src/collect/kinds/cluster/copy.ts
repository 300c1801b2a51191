import { normalize } from "node:path/posix";
import { bundlePath } from "../../../bundle/bundle_path.ts";
import { type Entry, jsonEntry, missing } from "../../../bundle/entry.ts";
import { describeError, SupportBundleError } from "../../../core/errors.ts";
import { flagField } from "../../../core/flag_field.ts";
import type { ExecTarget, KubeClient } from "../../../kube/kube_client.ts";
import { defineCollector, titled } from "../../collector.ts";
import { textField } from "../../text_field.ts";
import { missingReason, rethrowFatal } from "./kube_failure.ts";
import { joinSelector, selectorField } from "./label_selector.ts";
import { mapAhead } from "./map_ahead.ts";
import { execNeeds, podsPath } from "./pod_command.ts";
import { closeTar, followTar, openTar, packedPath, packedTarget } from "./pod_tar.ts";
import { unpackTar } from "./tar_files.ts";

/** Pods whose tar runs while the files of one are taken over. */
const AHEAD = 3;

const titleOf = titled("copy");

/** Runs after all other collectors: what they leave in pods can be fetched. */
export const copy = defineCollector({
  kind: "copy",
  where: "cluster",
  summary: "Files and folders out of the containers of the pods that a selector finds; the container needs tar",
  title: titleOf,
  fields: () => ({
    name: textField().default("").describe("Folder in the bundle"),
    selector: selectorField().describe("Label selectors, ANDed, as kubectl -l takes them"),
    namespace: textField().default("").describe("Namespace of the pods; empty: all namespaces"),
    containerPath: textField().describe("File or folder in the container"),
    containerName: textField().default("").describe(
      "Container, and then a folder of that name; empty: the pod's first",
    ),
    extractArchive: flagField().describe("Of no effect: files are always unpacked"),
  }),
  needs: ({ namespace }) => execNeeds(namespace),
  async *collect(config, { kube, signal, progress }): AsyncGenerator<Entry> {
    const { name, collectorName = "", namespace, containerName } = config;
    const selector = joinSelector(config.selector);
    if (config.containerPath === "") {
      throw new SupportBundleError("Cannot copy out of pods: the copy collector has no containerPath", {
        code: "SPEC_VALUE",
        hint: "Name the file or folder in the container with containerPath",
      });
    }
    const wanted = packedPath(config.containerPath);
    bundlePath("pod", normalize(config.containerPath)); // refuses what leads out of the container's folder
    let pods: Omit<ExecTarget, "command">[];
    try {
      pods = await findPods(kube, namespace, selector, containerName, signal);
    } catch (error) {
      rethrowFatal(error, signal);
      const stem = name || collectorName;
      yield missing(titleOf(config), missingReason(error), describeError(error));
      return yield jsonEntry(bundlePath(stem ? `${stem}-errors.json` : "errors.json"), [describeError(error)]);
    }
    if (pods.length === 0) {
      return yield missing(titleOf(config), "empty", `No pod matches the selector "${selector}"`);
    }

    let done = 0;
    const open = (pod: Omit<ExecTarget, "command">) => openTar(kube, packedTarget(pod, wanted), signal);
    for await (const opened of mapAhead(pods, AHEAD, open, closeTar)) {
      const { namespace, pod, source } = opened.target;
      const folder = bundlePath(name, namespace, pod, containerName);
      const whole = bundlePath(folder, normalize(config.containerPath));
      const end = yield* followTar(opened, { whole, signal }, (tar) =>
        unpackTar(tar, {
          path: (inTar) => bundlePath(folder, wanted.folder, inTar),
          whole,
          source,
        }));
      if (end.error !== undefined) {
        yield jsonEntry(`${whole}-errors.json`, {
          [`${config.containerPath}/error`]: end.error,
          ...(end.stderr === "" ? {} : { [`${config.containerPath}/stderr`]: end.stderr }),
        }, { source });
      }
      progress(`${++done} of ${pods.length} pods`);
    }
  },
});

async function findPods(
  kube: KubeClient,
  namespace: string,
  labelSelector: string,
  containerName: string,
  signal: AbortSignal,
): Promise<Omit<ExecTarget, "command">[]> {
  const pods: Omit<ExecTarget, "command">[] = [];
  for await (const page of kube.list(podsPath(namespace), { labelSelector: labelSelector || undefined, signal })) {
    for (const { metadata, spec } of page.items) {
      pods.push({
        namespace: metadata.namespace!,
        pod: metadata.name,
        container: containerName || spec.containers[0].name,
      });
    }
  }
  return pods;
}
