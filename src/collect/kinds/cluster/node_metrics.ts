import * as z from "zod";
import { bundlePath } from "../../../bundle/bundle_path.ts";
import { bytesEntry, type Entry, missing } from "../../../bundle/entry.ts";
import { anySignal } from "../../../core/any_signal.ts";
import { describeError } from "../../../core/errors.ts";
import { readBounded } from "../../bounded_body.ts";
import { type CollectContext, defineCollector } from "../../collector.ts";
import { startDeadline } from "../../deadline.ts";
import { textField } from "../../text_field.ts";
import { missingReason, rethrowFatal } from "./kube_failure.ts";
import { joinSelector, selectorField } from "./label_selector.ts";
import { mapAhead } from "./map_ahead.ts";

const TITLE = "node-metrics";
/** A kubelet answers within a second; an API server would wait half a minute for a dead one. */
const NODE_TIMEOUT_MS = 15_000;
const NODES_AT_ONCE = 8;
/** A node with 250 pods has less than 2 MB. Half of a JSON document would help nobody, so none is cut. */
const MAX_BYTES = 10_000_000;

export const nodeMetrics = defineCollector({
  kind: "nodeMetrics",
  where: "cluster",
  summary: "Usage of CPU, memory, disks and volumes, as the kubelet of each node sums it up",
  title: TITLE,
  fields: () => ({
    nodeNames: z.array(textField()).optional().describe("Nodes by name"),
    selector: selectorField().describe(
      "Label selectors, ANDed, as kubectl -l takes them; adds to nodeNames; with neither, every node is asked",
    ),
  }),
  needs: ({ nodeNames, selector }) => [
    ...(nodeNames?.length && !selector?.length ? [] : [{ verb: "list", resource: "nodes" }]),
    { verb: "get", resource: "nodes", subresource: "proxy" },
  ],
  async *collect({ nodeNames = [], selector }, context): AsyncGenerator<Entry> {
    const { kube, signal } = context;
    const names = new Set(nodeNames);
    if (names.size === 0 || selector?.length) {
      try {
        const labelSelector = joinSelector(selector) || undefined;
        for await (const page of kube.list("/api/v1/nodes", { labelSelector, signal })) {
          for (const { metadata } of page.items) names.add(metadata.name);
        }
      } catch (error) {
        rethrowFatal(error, signal);
        yield missing(TITLE, missingReason(error), describeError(error));
        if (names.size === 0) return;
      }
    }
    if (names.size === 0) {
      return yield missing(
        TITLE,
        "empty",
        selector?.length ? `No node matches the selector "${joinSelector(selector)}"` : "The cluster has no nodes",
      );
    }
    const read = (name: string, ended: AbortSignal) => readNode(name, context, ended);
    let count = 0;
    for await (const entry of mapAhead(names, NODES_AT_ONCE, read, () => {})) {
      context.progress(`${++count} of ${names.size} nodes`);
      yield entry;
    }
  },
});

/** The summary of one node, or why there is none. Throws only what ends the collector. */
async function readNode(name: string, { kube, clock, signal }: CollectContext, ended: AbortSignal): Promise<Entry> {
  const path = bundlePath(TITLE, `${name}.json`);
  const url = `/api/v1/nodes/${encodeURIComponent(name)}/proxy/stats/summary`;
  using parent = anySignal(signal, ended);
  using deadline = startDeadline(clock, NODE_TIMEOUT_MS, parent);
  let answered = false;
  try {
    const body = await kube.stream(url, { signal: deadline.signal });
    answered = true;
    const { bytes, truncated } = await readBounded(body, MAX_BYTES);
    if (truncated) return missing(path, "too-large", `The node's summary has more than ${MAX_BYTES} bytes`);
    return bytesEntry(path, bytes, `GET ${url}`);
  } catch (error) {
    if (deadline.expired) {
      return missing(path, "timed-out", `The node did not answer within ${NODE_TIMEOUT_MS / 1000} s`);
    }
    signal.throwIfAborted();
    // An answer that breaks off is the node's fault, not the API server's.
    if (!answered) rethrowFatal(error, signal);
    return missing(path, missingReason(error), describeError(error));
  }
}
