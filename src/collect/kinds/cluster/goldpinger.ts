import { traffic } from "../../../core/traffic.ts";
import * as z from "zod";
import { type Entry, missing, type MissingReason, textEntry } from "../../../bundle/entry.ts";
import { tryParseDuration } from "../../../core/duration.ts";
import { describeError, SupportBundleError } from "../../../core/errors.ts";
import { withTimeLimit } from "../../../core/time_limit.ts";
import type { KubeObject } from "../../../kube/kube_client.ts";
import { readBounded } from "../../bounded_body.ts";
import { type CollectContext, defineCollector } from "../../collector.ts";
import { type CreatedObjects, withCreatedObjects } from "../../created_objects.ts";
import { lifetimeMs } from "../../lifetime.ts";
import { textField } from "../../text_field.ts";
import { waitForDaemonPods } from "./daemon_pods.ts";
import {
  checkAllUrl,
  createPingers,
  createPingService,
  pingLabels,
  type PingService,
  pingServiceOf,
} from "./goldpinger_objects.ts";
import { missingReason, rethrowFatal } from "./kube_failure.ts";
import { MAX_OUTPUT_BYTES, outcomeReason, outputEntry } from "./pod_command.ts";
import { imagePullSecretField } from "./pods/image_pull_secret.ts";
import { launchPod } from "./pods/launch_pod.ts";
import { explainPod, podWarnings } from "./pods/pod_events.ts";
import { podLogEntry, podLogText } from "./pods/pod_log.ts";
import { PodTimeoutError } from "./pods/pod_timeout.ts";
import { PodFailedError } from "./pods/wait_for_pod.ts";
import { waitWithin } from "./pods/wait_within.ts";

const TITLE = "goldpinger";
const RESULT = "goldpinger/check_all.json";
const ERROR = "goldpinger/error.txt";
const START_MS = 60_000;
const ASK_MS = 60_000;
const NEW_DELAY_MS = 6_000;
const MAX_DELAY_MS = 600_000;
const CONTAINER = "collector";

export const goldpinger = defineCollector({
  kind: "goldpinger",
  where: "cluster",
  summary: "Which node reaches which, as Goldpinger sees it; where none runs, one is started for the bundle",
  title: TITLE,
  fields: () => ({
    namespace: textField().default("").describe("Namespace of Goldpinger; empty: default"),
    image: textField().default("bloomberg/goldpinger:3.10.1").describe("Image of the Goldpinger that is started"),
    serviceAccountName: textField().default("").describe(
      "Account that may list pods, for the Goldpinger that is started; empty: one is created, with a role",
    ),
    collectDelay: textField().optional().describe(
      "How long pods ping each other before they are asked (6s; 0s where Goldpinger runs already)",
    ),
    podLaunchOptions: z.object({
      namespace: textField().default("").describe("Namespace of the pod; empty: default"),
      image: textField().default("").describe("Image with wget; empty: alpine:3"),
      imagePullSecret: imagePullSecretField(),
      serviceAccountName: textField().default("").describe("Account of the pod; empty: that of the namespace"),
    }).prefault({}).describe("The pod that asks Goldpinger, where this program runs outside of the cluster"),
  }),
  permissions: (config) => {
    const namespace = config.namespace || "default";
    const asking = config.podLaunchOptions.namespace || "default";
    const group = "rbac.authorization.k8s.io";
    const both = (more: { resource: string; group?: string }) =>
      ["create", "delete"].map((verb) => ({ verb, ...more, namespace }));
    return [
      { verb: "list", resource: "services", namespace },
      { verb: "list", resource: "pods", namespace },
      ...["create", "get", "delete"].map((verb) => ({ verb, resource: "daemonsets", group: "apps", namespace })),
      ...both({ resource: "services" }),
      ...config.serviceAccountName ? [] : [
        ...both({ resource: "serviceaccounts" }),
        ...both({ resource: "roles", group }),
        ...both({ resource: "rolebindings", group }),
        // Nobody can grant what he does not have.
        { verb: "get", resource: "pods", namespace },
      ],
      ...["create", "get", "delete"].map((verb) => ({ verb, resource: "pods", namespace: asking })),
      { verb: "get", resource: "pods", subresource: "log", namespace: asking },
    ];
  },
  async *collect(config, context): AsyncGenerator<Entry> {
    const { kube, clock, signal } = context;
    const namespace = config.namespace || "default";
    const delayMs = delayOf(config.collectDelay);
    const options = {
      clock,
      signal,
      title: TITLE,
      lifetimeMs: lifetimeMs(START_MS + (delayMs ?? NEW_DELAY_MS) + 2 * ASK_MS + 30_000, context),
    };
    yield* withCreatedObjects(kube, options, async function* (objects) {
      const within = { ...context, signal: objects.signal };
      let service = await runningService(namespace, within);
      if (service === undefined) {
        const set = await createPingers(objects, { ...config, namespace });
        yield* awaitPingers(set, objects, within);
        service = await createPingService(objects, namespace);
        await pause(delayMs ?? NEW_DELAY_MS, within);
      } else await pause(delayMs ?? 0, within);
      yield* context.env.KUBERNETES_SERVICE_HOST && context.env.KUBERNETES_SERVICE_PORT
        ? askFromHere(checkAllUrl(service), within)
        : askFromPod(service, config.podLaunchOptions, objects, within);
    });
  },
});

function delayOf(text: string | undefined): number | undefined {
  if (text === undefined || text.trim() === "") return undefined;
  const ms = tryParseDuration(text.trim());
  if (ms !== undefined && ms >= 0 && ms <= MAX_DELAY_MS) return ms;
  throw new SupportBundleError(`Cannot wait for "${text}" before Goldpinger is asked: it is no duration up to 10m`, {
    code: "SPEC_VALUE",
    hint: "Write collectDelay as a number and a unit, such as 10s",
  });
}

async function pause(ms: number, { clock, signal }: CollectContext): Promise<void> {
  await clock.sleep(ms, signal);
  signal.throwIfAborted();
}

async function runningService(
  namespace: string,
  { kube, signal }: CollectContext,
): Promise<PingService | undefined> {
  const path = `/api/v1/namespaces/${encodeURIComponent(namespace)}/services`;
  for await (const { items } of kube.list(path, { labelSelector: "app.kubernetes.io/name=goldpinger", signal })) {
    if (items[0] !== undefined) return pingServiceOf(items[0]);
  }
  return undefined;
}

/** Waits for the pods. Those that do not come are told, and the others ping without them.
 * @throws when there are none */
async function* awaitPingers(set: KubeObject, objects: CreatedObjects, context: CollectContext): AsyncGenerator<Entry> {
  const { kube, clock, signal, progress } = context;
  const pods = await waitForDaemonPods(kube, set, pingLabels(objects.runId), {
    clock,
    signal,
    limitMs: START_MS,
    progress,
  });
  signal.throwIfAborted();
  const [stuck, waiting] = [pods.failed[0], pods.pending[0]];
  const why = stuck?.why ?? (waiting && await explainPod(kube, waiting, signal)) ??
    (await podWarnings(kube, set, signal) || "no node is one for them");
  if (pods.ready.length === 0) {
    throw stuck === undefined
      ? new PodTimeoutError("no pod of Goldpinger was ready", START_MS, why)
      : new PodFailedError(`No pod of Goldpinger will start: ${why}`);
  }
  const absent = Math.max(pods.wanted ?? 0, pods.ready.length + pods.failed.length + pods.pending.length) -
    pods.ready.length;
  if (absent > 0) {
    yield missing(TITLE, "timed-out", `${absent} nodes take no part: their pod of Goldpinger was not ready (${why})`);
  }
}

/** Asks from the pod that this program runs in. */
async function* askFromHere(url: string, { signal }: CollectContext): AsyncGenerator<Entry> {
  try {
    const answer = await withTimeLimit(ASK_MS, signal, async (signal) => {
      const response = await fetch(url, { signal });
      const { bytes, truncated } = await readBounded(response.body ?? new Blob([]).stream(), MAX_OUTPUT_BYTES);
      traffic.receivedBytes += bytes.length;
      return { response, bytes, truncated };
    });
    if (answer.response.ok) return yield outputEntry(RESULT, answer.bytes, answer.truncated, `GET ${url}`);
    const text = new TextDecoder().decode(answer.bytes).trim().slice(0, 1000);
    yield* failed("failed", `GET ${url}: ${answer.response.status} ${text}`);
  } catch (error) {
    rethrowFatal(error, signal);
    yield* failed(missingReason(error), `GET ${url}: ${describeError(error)}`);
  }
}

interface LaunchOptions {
  namespace: string;
  image: string;
  imagePullSecret?: Parameters<typeof launchPod>[1]["imagePullSecret"];
  serviceAccountName: string;
}

/** Asks from a pod: names of the cluster mean nothing where this program runs. */
async function* askFromPod(
  service: PingService,
  { namespace, image, imagePullSecret, serviceAccountName }: LaunchOptions,
  objects: CreatedObjects,
  context: CollectContext,
): AsyncGenerator<Entry> {
  const { kube, clock, signal } = context;
  const pod = await launchPod(objects, {
    namespace: namespace || "default",
    name: "ts-goldpinger-collector",
    labels: { "troubleshoot-role": "run-collector" },
    imagePullSecret,
    spec: {
      ...(serviceAccountName ? { serviceAccountName } : {}),
      automountServiceAccountToken: false,
      terminationGracePeriodSeconds: 0,
      containers: [{
        name: CONTAINER,
        image: image || "alpine:3",
        imagePullPolicy: "IfNotPresent",
        command: ["wget"],
        args: ["-q", "-O-", checkAllUrl(service)],
      }],
    },
  }, clock);
  const target = { namespace: pod.metadata.namespace!, pod: pod.metadata.name, container: CONTAINER };
  try {
    const ended = await waitWithin(ASK_MS, "ended", pod, context);
    const limits = { limitBytes: MAX_OUTPUT_BYTES };
    if (ended.status?.phase === "Succeeded") {
      return yield await podLogEntry(kube, { ...target, limits }, RESULT, signal);
    }
    const said = await podLogText(kube, { ...target, limits: { limitBytes: 10_000 } }, signal).catch(() => "");
    yield* failed(
      "failed",
      `${checkAllUrl(service)} cannot be read: ${said.trim() || await explainPod(kube, ended, signal)}`,
    );
  } catch (error) {
    rethrowFatal(error, signal);
    yield* failed(outcomeReason(error), describeError(error));
  }
}

function* failed(reason: MissingReason, message: string): Generator<Entry> {
  yield missing(RESULT, reason, message);
  yield textEntry(ERROR, `${message}\n`);
}
