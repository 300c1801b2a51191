import { type Entry, jsonEntry, missing, textEntry } from "../../../bundle/entry.ts";
import { describeError } from "../../../core/errors.ts";
import { defineCollector } from "../../collector.ts";
import { missingReason, rethrowFatal } from "./kube_failure.ts";

const PATH = "cluster-info/cluster_version.json";

export const clusterInfo = defineCollector({
  kind: "clusterInfo",
  where: "cluster",
  summary: "The version of the API server",
  title: "cluster-info",
  fields: () => ({}),
  async *collect(_config, { kube, signal }): AsyncGenerator<Entry> {
    try {
      const info = await kube.get<{ gitVersion?: string }>("/version", { signal });
      yield jsonEntry(PATH, { info, string: info.gitVersion ?? "" }, { source: "GET /version" });
    } catch (error) {
      signal.throwIfAborted();
      // Existing readers expect the empty file.
      yield textEntry(PATH, "", "GET /version");
      yield jsonEntry("cluster-info/errors.json", [describeError(error)]);
      rethrowFatal(error, signal);
      yield missing(PATH, missingReason(error), describeError(error));
    }
  },
});
