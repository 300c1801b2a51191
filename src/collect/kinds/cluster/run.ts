import * as z from "zod";
import type { Entry } from "../../../bundle/entry.ts";
import { SupportBundleError } from "../../../core/errors.ts";
import { KubeForbiddenError, KubeNotFoundError } from "../../../kube/errors.ts";
import type { KubeClient } from "../../../kube/kube_client.ts";
import { defineCollector, titled } from "../../collector.ts";
import { textField } from "../../text_field.ts";
import { imagePullSecretField } from "./pods/image_pull_secret.ts";
import { podNamespaceField } from "./pods/pod_spec_field.ts";
import { runPodNeeds, runPodOnce } from "./run_pod.ts";

const titleOf = titled("run");

export const run = defineCollector({
  kind: "run",
  where: "cluster",
  summary: "Output of a container that is run for the bundle (runPod can do more)",
  title: titleOf,
  fields: () => ({
    name: textField().default("").describe("Folder in the bundle; without collectorName, the pod's name too"),
    namespace: podNamespaceField(),
    image: textField().describe("Image of the container"),
    command: z.array(textField()).optional().describe("Command; without it the image's own"),
    args: z.array(textField()).optional().describe("Arguments of the command"),
    timeout: textField().optional().describe("Longest time until the container has ended, such as 30s"),
    imagePullPolicy: textField().default("IfNotPresent").describe("Always, IfNotPresent or Never"),
    imagePullSecret: imagePullSecretField(),
    serviceAccountName: textField().default("default").describe("Service account of the pod; it must exist"),
  }),
  needs: ({ namespace, imagePullSecret }, context) =>
    runPodNeeds(namespace || context.namespace || "default", imagePullSecret),
  permissions: ({ namespace, imagePullSecret, serviceAccountName }, context) => {
    const where = namespace || context.namespace || "default";
    const account = {
      verb: "get",
      resource: "serviceaccounts",
      name: serviceAccountName || "default",
      namespace: where,
    };
    return [...runPodNeeds(where, imagePullSecret), account];
  },
  async *collect(config, context): AsyncGenerator<Entry> {
    const { image, command, args, imagePullPolicy } = config;
    const serviceAccountName = config.serviceAccountName || "default";
    await checkServiceAccount(
      context.kube,
      config.namespace || context.namespace || "default",
      serviceAccountName,
      context.signal,
    );
    yield* runPodOnce({
      ...config,
      title: titleOf(config),
      annotations: {},
      allowImagePullRetries: false,
      podSpec: {
        restartPolicy: "Never",
        serviceAccountName,
        containers: [{
          name: "collector",
          image,
          imagePullPolicy: imagePullPolicy || "IfNotPresent",
          command,
          args,
        }],
      },
    }, context);
  },
});

/** The API server would answer that creating the pod is forbidden. */
async function checkServiceAccount(kube: KubeClient, namespace: string, name: string, signal: AbortSignal) {
  const path = `/api/v1/namespaces/${encodeURIComponent(namespace)}/serviceaccounts/${encodeURIComponent(name)}`;
  try {
    await kube.get(path, { signal });
  } catch (error) {
    if (error instanceof KubeForbiddenError && error.status === 403) return; // the pod itself will tell
    if (!(error instanceof KubeNotFoundError)) throw error;
    throw new SupportBundleError(
      `Cannot run the pod: there is no service account "${name}" in namespace "${namespace}"`,
      { code: "SPEC_VALUE", hint: "Name an existing one with serviceAccountName, or create it" },
    );
  }
}
