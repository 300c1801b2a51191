import { missing } from "../../../bundle/entry.ts";
import { defineCollector } from "../../collector.ts";

/** Specs may name it, and nothing has ever been gathered for it. */
export const kubernetes = defineCollector({
  kind: "kubernetes",
  where: "host",
  summary: "Nothing: accepted for the sake of existing specs",
  title: ({ collectorName }) => collectorName || "Kubernetes",
  fields: () => ({}),
  async *collect() {
    yield missing(
      "kubernetes",
      "empty",
      "The host collector kubernetes gathers nothing: use collectors for the cluster",
    );
  },
});
