import * as z from "zod";
import { bundlePath } from "../../../bundle/bundle_path.ts";
import { type Entry, jsonEntry, missing } from "../../../bundle/entry.ts";
import { describeError, SupportBundleError } from "../../../core/errors.ts";
import type { KubeClient } from "../../../kube/kube_client.ts";
import { readBounded } from "../../bounded_body.ts";
import { defineCollector, titled } from "../../collector.ts";
import { textField } from "../../text_field.ts";
import { missingReason, rethrowFatal } from "./kube_failure.ts";

const GROUP = "custom.metrics.k8s.io";
const API = `/apis/${GROUP}/v1beta1`;
const MAX_ANSWER_BYTES = 20_000_000;

const titleOf = titled("custom-metrics");

export const customMetrics = defineCollector({
  kind: "customMetrics",
  where: "cluster",
  summary: "Current values of custom metrics, from the cluster's metrics adapter",
  title: titleOf,
  fields: () => ({
    metricRequests: z.array(z.object({
      resourceMetricName: textField().describe("What is measured, and the metric, such as pods/http_requests"),
      namespace: textField().default("").describe("Namespace of the objects; empty: they have none"),
      objectName: textField().default("").describe("One object; empty: all of them"),
    })).default([]).describe("Metrics to ask for"),
  }),
  permissions: ({ metricRequests }) =>
    metricRequests.flatMap(({ resourceMetricName, namespace }) => {
      const { resource, metric } = splitName(resourceMetricName) ?? {};
      if (resource === undefined) return [];
      return [{ verb: "get", group: GROUP, resource, subresource: metric, ...(namespace ? { namespace } : {}) }];
    }),
  async *collect(config, { kube, signal }): AsyncGenerator<Entry> {
    const errors: string[] = [];
    const files = new Map<string, MetricFile>();
    let fatal: unknown;
    for (const request of config.metricRequests) {
      try {
        const path = requestPath(request);
        const { items = [] } = await readList(kube, path, signal);
        for (const item of items) addValue(files, item, `GET ${path}`);
        if (items.length === 0) {
          yield missing(titleOf(config), "empty", `The metric ${request.resourceMetricName} has no values`);
        }
      } catch (error) {
        errors.push(`${request.resourceMetricName}: ${describeError(error)}`);
        try {
          rethrowFatal(error, signal);
        } catch (thrown) {
          fatal = thrown;
          break;
        }
        yield missing(titleOf(config), missingReason(error), errors.at(-1)!);
      }
    }
    for (const [path, { values, source }] of files) yield jsonEntry(path, [...values.values()], { source });
    if (errors.length > 0) yield jsonEntry("metrics/errors.json", errors);
    if (fatal !== undefined) throw fatal;
  },
});

interface MetricRequest {
  resourceMetricName: string;
  namespace: string;
  objectName: string;
}

/** Values by their own text: two requests may find the same. */
interface MetricFile {
  values: Map<string, unknown>;
  source: string;
}

/** An item of a MetricValueList. */
interface MetricValue {
  describedObject?: {
    kind?: string;
    namespace?: string;
    name?: string;
    uid?: string;
    apiVersion?: string;
    resourceVersion?: string;
    fieldPath?: string;
  };
  /** v1beta1 names the metric here, v1beta2 in `metric`. */
  metricName?: string;
  selector?: unknown;
  metric?: { name?: string; selector?: unknown };
  timestamp?: string;
  windowSeconds?: number;
  /** {@linkcode MetricValue.windowSeconds} as v1beta1 spells it. */
  window?: number;
  value?: string;
}

/** What is measured, as the API's paths name it, and the metric; undefined when the name has not these two parts. */
function splitName(resourceMetricName: string): { resource: string; metric: string } | undefined {
  const [resource, metric, ...more] = resourceMetricName.split("/");
  if (!resource || !metric || more.length > 0) return undefined;
  // The API would read `namespaces` as the namespace of what follows.
  return { resource: resource === "namespaces" ? "namespace" : resource, metric };
}

function requestPath({ resourceMetricName, namespace, objectName }: MetricRequest): string {
  const name = splitName(resourceMetricName);
  if (name === undefined) {
    throw new SupportBundleError(`"${resourceMetricName}" is not a resource and a metric`, {
      code: "SPEC_VALUE",
      hint: "Write resourceMetricName: pods/http_requests",
    });
  }
  const scope = namespace ? ["namespaces", namespace] : [];
  return [API, ...[...scope, name.resource, objectName || "*", name.metric].map(encodeURIComponent)].join("/");
}

async function readList(kube: KubeClient, path: string, signal: AbortSignal): Promise<{ items?: MetricValue[] }> {
  const body = await kube.stream(path, { signal });
  const { bytes, truncated } = await readBounded(body, MAX_ANSWER_BYTES);
  if (truncated) throw new SupportBundleError(`The answer has more than ${MAX_ANSWER_BYTES} bytes`);
  return JSON.parse(new TextDecoder().decode(bytes));
}

function addValue(files: Map<string, MetricFile>, item: MetricValue, source: string): void {
  const { kind = "", namespace = "", name = "" } = item.describedObject ?? {};
  const path = bundlePath("metrics", kind, nameOf(item), `${namespace || name}.json`);
  const value = describeValue(item);
  const file = files.get(path) ?? { values: new Map(), source };
  file.values.set(JSON.stringify(value), value);
  files.set(path, file);
}

function nameOf({ metricName, metric }: MetricValue): string {
  return metricName ?? metric?.name ?? "";
}

/** A value under the names that the API gives its fields, and under those that existing readers of bundles know. */
function describeValue(item: MetricValue): unknown {
  const object = item.describedObject ?? {};
  return {
    ...item,
    DescribedObject: {
      Kind: object.kind ?? "",
      Namespace: object.namespace ?? "",
      Name: object.name ?? "",
      UID: object.uid ?? "",
      APIVersion: object.apiVersion ?? "",
      ResourceVersion: object.resourceVersion ?? "",
      FieldPath: object.fieldPath ?? "",
    },
    Metric: { Name: nameOf(item), Selector: item.metric?.selector ?? item.selector ?? null },
    Timestamp: item.timestamp ?? null,
    WindowSeconds: item.windowSeconds ?? item.window ?? null,
    Value: item.value ?? "0",
  };
}
