import { bundlePath } from "../../../bundle/bundle_path.ts";
import { type Entry, jsonEntry, missing } from "../../../bundle/entry.ts";
import { describeError } from "../../../core/errors.ts";
import { flagField } from "../../../core/flag_field.ts";
import { withTimeLimit } from "../../../core/time_limit.ts";
import type { KubeObject } from "../../../kube/kube_client.ts";
import { type AccessNeed, type CollectContext, defineCollector, titled } from "../../collector.ts";
import { type CreatedObjects, withCreatedObjects } from "../../created_objects.ts";
import { timeoutMs } from "../../deadline.ts";
import { lifetimeMs } from "../../lifetime.ts";
import { textField } from "../../text_field.ts";
import { missingReason, rethrowFatal } from "./kube_failure.ts";
import { logTargets } from "./log_targets.ts";
import { type ImagePullSecret, imagePullSecretField } from "./pods/image_pull_secret.ts";
import { latestPod } from "./pods/latest_pod.ts";
import { launchPod, podName } from "./pods/launch_pod.ts";
import { explainPod, podEvents } from "./pods/pod_events.ts";
import { podLogEntry } from "./pods/pod_log.ts";
import { annotationsField, containerNames, podNamespaceField, podSpecField } from "./pods/pod_spec_field.ts";
import { PodTimeoutError } from "./pods/pod_timeout.ts";
import { waitForPod } from "./pods/wait_for_pod.ts";

/** For one request about a pod whose time is over. */
const LAST_LOOK_MS = 10_000;

const titleOf = titled("run-pod");

export const runPod = defineCollector({
  kind: "runPod",
  where: "cluster",
  summary: "Logs of a pod that is run for the bundle, and its status and events",
  title: titleOf,
  fields: () => ({
    name: textField().default("").describe("Folder in the bundle; without collectorName, the pod's name too"),
    namespace: podNamespaceField(),
    podSpec: podSpecField(),
    annotations: annotationsField(),
    timeout: textField().optional().describe("Longest time until the pod has ended, such as 2m"),
    imagePullSecret: imagePullSecretField(),
    allowImagePullRetries: flagField().describe("Goes on waiting for an image that cannot be pulled"),
  }),
  needs: ({ namespace, imagePullSecret }, context) =>
    runPodNeeds(namespace || context.namespace || "default", imagePullSecret),
  async *collect(config, context): AsyncGenerator<Entry> {
    yield* runPodOnce({ ...config, title: titleOf(config) }, context);
  },
});

/** The permissions of {@linkcode runPodOnce}. */
export function runPodNeeds(namespace: string, secret: ImagePullSecret): AccessNeed[] {
  const pods = ["create", "get", "delete"].map((verb) => ({ verb, resource: "pods", namespace }));
  const secrets = ["create", "delete"].map((verb) => ({ verb, resource: "secrets", namespace }));
  return [
    ...pods,
    { verb: "get", resource: "pods", subresource: "log", namespace },
    ...(Object.keys(secret?.data ?? {}).length > 0 ? secrets : []),
  ];
}

export interface PodRun {
  title: string;
  name: string;
  collectorName?: string;
  namespace: string;
  podSpec: Record<string, unknown>;
  annotations: Record<string, string>;
  timeout?: string;
  imagePullSecret?: ImagePullSecret;
  allowImagePullRetries: boolean;
}

/** Runs a pod until its containers have ended, and removes it. What there is, is yielded in any case: the failure comes
 * after it. */
export async function* runPodOnce(run: PodRun, context: CollectContext): AsyncGenerator<Entry> {
  const { kube, clock, signal } = context;
  bundlePath(run.name, "pod.log"); // a name that cannot be one is found before anything is created
  const options = { clock, signal, title: run.title, lifetimeMs: lifetimeMs(timeoutMs(run.timeout), context) };
  yield* withCreatedObjects(kube, options, (objects) => podFiles(objects, run, context, options.lifetimeMs));
}

async function* podFiles(
  objects: CreatedObjects,
  run: PodRun,
  context: CollectContext,
  limitMs: number,
): AsyncGenerator<Entry> {
  const { kube, clock, signal, progress } = context;
  const { imagePullSecret, allowImagePullRetries } = run;
  // The name that the documented paths have; the pod's own gets a suffix where this one is taken.
  const name = podName(run.collectorName ?? "") || podName(run.name) || "run-pod";
  const started = await launchPod(objects, {
    namespace: run.namespace || context.namespace || "default",
    name,
    labels: { "troubleshoot-role": "run-collector" },
    annotations: run.annotations,
    spec: run.podSpec,
    imagePullSecret,
  }, clock);
  progress(`pod ${started.metadata.name} started`);

  let failure: unknown;
  let pod = started;
  try {
    pod = await waitForPod(kube, started, {
      until: "ended",
      containers: containerNames(run.podSpec),
      allowImagePullRetries,
      clock,
      signal: objects.signal,
      onPoll: (polled) => pod = polled,
    });
  } catch (error) {
    signal.throwIfAborted();
    pod = await latestPod(kube, pod, signal);
    failure = objects.expired
      ? new PodTimeoutError(`the pod "${pod.metadata.name}" did not end`, limitMs, await explainPod(kube, pod, signal))
      : error;
  }
  yield* logsOf(pod, run.name, name, objects.expired, context);
  yield* detailsOf(pod, run.name || name, context);
  if (failure !== undefined) throw failure;
}

async function* logsOf(
  pod: KubeObject,
  folder: string,
  name: string,
  expired: boolean,
  { kube, signal }: CollectContext,
): AsyncGenerator<Entry> {
  const first: string | undefined = pod.spec?.containers?.[0]?.name;
  for (const { namespace, container, restarted, absent } of logTargets(pod, [])) {
    for (const previous of restarted ? [false, true] : [false]) {
      const ending = `${previous ? "-previous" : ""}.log`;
      const path = bundlePath("cluster-resources/pods/logs", namespace, name, `${container}${ending}`);
      if (absent) {
        yield missing(path, absent.reason, absent.message);
        continue;
      }
      try {
        const target = { namespace, pod: pod.metadata.name, container, previous };
        const log = await podLogEntry(kube, target, path, signal);
        if (expired) log.truncated ??= { limit: "deadline" };
        yield log;
        const link = container === first ? `${name}${ending}` : `${name}-${container}${ending}`;
        yield { type: "link", path: bundlePath(folder, link), target: path };
      } catch (error) {
        rethrowFatal(error, signal);
        // The previous run's log is often gone although the container restarted: that is nothing to report.
        if (!previous) yield missing(path, missingReason(error), describeError(error));
      }
    }
  }
}

/** The pod as it was found last, without its spec, which may hold secrets, and its events. */
async function* detailsOf(pod: KubeObject, stem: string, { kube, signal }: CollectContext): AsyncGenerator<Entry> {
  const path = bundlePath(stem, stem);
  const { name, namespace } = pod.metadata;
  const url = `/api/v1/namespaces/${namespace}/pods/${name}`;
  yield jsonEntry(`${path}.json`, { ...withoutManagedFields(pod), spec: { containers: null } }, {
    source: `GET ${url}`,
  });
  try {
    const { metadata, items } = await withTimeLimit(LAST_LOOK_MS, signal, (signal) => podEvents(kube, pod, signal));
    yield jsonEntry(`${path}-events.json`, { metadata, items: (items ?? []).map(withoutManagedFields) }, {
      source: `GET /api/v1/namespaces/${namespace}/events?fieldSelector=involvedObject.name=${name}`,
    });
  } catch (error) {
    rethrowFatal(error, signal);
    yield missing(`${path}-events.json`, missingReason(error), describeError(error));
  }
}

function withoutManagedFields(object: KubeObject): KubeObject {
  const { managedFields: _, ...metadata } = object.metadata;
  return { ...object, metadata };
}
