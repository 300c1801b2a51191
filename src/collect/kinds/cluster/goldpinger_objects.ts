import { KubeApiError } from "../../../kube/errors.ts";
import type { KubeObject } from "../../../kube/kube_client.ts";
import type { CreatedObjects } from "../../created_objects.ts";

/** Goldpinger's own port, and that of the Service. */
const POD_PORT = 8080;
const SERVICE_PORT = 80;
const REFRESH_SECONDS = 3;
const CHECK_ALL_TIMEOUT = "3s";
const RUN_LABEL = "troubleshoot.sh/goldpinger-id";

/** A Goldpinger that answers for all its pods. */
export interface PingService {
  name: string;
  namespace: string;
  port: number;
}

export function checkAllUrl({ name, namespace, port }: PingService): string {
  return `http://${name}.${namespace}.svc.cluster.local:${port}/check_all`;
}

/** The Service of a Goldpinger that somebody else runs. */
export function pingServiceOf({ metadata, spec }: KubeObject): PingService {
  return {
    name: metadata.name,
    namespace: metadata.namespace!,
    port: spec?.ports?.find(({ name }: { name?: string }) => name === "http")?.port ?? spec?.ports?.[0]?.port ??
      SERVICE_PORT,
  };
}

/** The labels of the pods of one run. Peers are found by all of them: pods of another run are none. */
export function pingLabels(runId: string): Record<string, string> {
  return { "app.kubernetes.io/name": "ts-goldpinger", [RUN_LABEL]: runId };
}

/** Creates the account that lists peers, unless there is one, and the DaemonSet. Whatever of it came into being before a
 * failure is known to `objects`. */
export async function createPingers(
  objects: CreatedObjects,
  { namespace, image, serviceAccountName }: { namespace: string; image: string; serviceAccountName: string },
): Promise<KubeObject> {
  const account = serviceAccountName || await createAccount(objects, namespace);
  return await createNamed(objects, `/apis/apps/v1/namespaces/${encodeURIComponent(namespace)}/daemonsets`, {
    apiVersion: "apps/v1",
    kind: "DaemonSet",
    metadata: { name: "ts-goldpinger", namespace, labels: pingLabels(objects.runId) },
    spec: {
      selector: { matchLabels: pingLabels(objects.runId) },
      template: {
        metadata: { labels: { "app.kubernetes.io/managed-by": "troubleshoot.sh", ...pingLabels(objects.runId) } },
        spec: podSpec(image, account, pingLabels(objects.runId)),
      },
    },
  });
}

/** Creates the Service in front of the pods. */
export async function createPingService(objects: CreatedObjects, namespace: string): Promise<PingService> {
  const labels = pingLabels(objects.runId);
  const service = await createNamed(objects, `/api/v1/namespaces/${encodeURIComponent(namespace)}/services`, {
    apiVersion: "v1",
    kind: "Service",
    metadata: { name: "ts-goldpinger", namespace, labels },
    spec: { selector: labels, ports: [{ name: "http", port: SERVICE_PORT, targetPort: POD_PORT }] },
  });
  return { name: service.metadata.name, namespace, port: SERVICE_PORT };
}

async function createAccount(objects: CreatedObjects, namespace: string): Promise<string> {
  const inNamespace = encodeURIComponent(namespace);
  const rbac = `/apis/rbac.authorization.k8s.io/v1/namespaces/${inNamespace}`;
  const apiVersion = "rbac.authorization.k8s.io/v1";
  const account = await createNamed(objects, `/api/v1/namespaces/${inNamespace}/serviceaccounts`, {
    apiVersion: "v1",
    kind: "ServiceAccount",
    metadata: { name: "ts-goldpinger-serviceaccount", namespace },
  });
  const role = await createNamed(objects, `${rbac}/roles`, {
    apiVersion,
    kind: "Role",
    metadata: { name: "ts-goldpinger-role", namespace },
    rules: [{ apiGroups: [""], resources: ["pods"], verbs: ["get", "list"] }],
  });
  await createNamed(objects, `${rbac}/rolebindings`, {
    apiVersion,
    kind: "RoleBinding",
    metadata: { name: "ts-goldpinger-rolebinding", namespace },
    subjects: [{ kind: "ServiceAccount", name: account.metadata.name, namespace }],
    roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: role.metadata.name },
  });
  return account.metadata.name;
}

function podSpec(image: string, account: string, peers: Record<string, string>) {
  const fromField = (name: string, fieldPath: string) => ({ name, valueFrom: { fieldRef: { fieldPath } } });
  const probe = { httpGet: { path: "/healthz", port: "http" }, periodSeconds: 5 };
  return {
    serviceAccountName: account,
    priorityClassName: "system-node-critical",
    terminationGracePeriodSeconds: 1,
    securityContext: { runAsNonRoot: true, runAsUser: 1000 },
    tolerations: ["master", "control-plane"].map((role) => ({
      key: `node-role.kubernetes.io/${role}`,
      operator: "Exists",
      effect: "NoSchedule",
    })),
    containers: [{
      name: "goldpinger",
      image,
      imagePullPolicy: "IfNotPresent",
      env: [
        { name: "HOST", value: "0.0.0.0" },
        { name: "PORT", value: String(POD_PORT) },
        { name: "REFRESH_INTERVAL", value: String(REFRESH_SECONDS) },
        { name: "CHECK_ALL_TIMEOUT", value: CHECK_ALL_TIMEOUT },
        { name: "LABEL_SELECTOR", value: Object.entries(peers).map((pair) => pair.join("=")).join(",") },
        fromField("NAMESPACE", "metadata.namespace"),
        fromField("HOSTNAME", "spec.nodeName"),
        fromField("POD_NAME", "metadata.name"),
        fromField("POD_IP", "status.podIP"),
      ],
      ports: [{ name: "http", containerPort: POD_PORT }],
      readinessProbe: probe,
      livenessProbe: probe,
      securityContext: {
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
        capabilities: { drop: ["ALL"] },
      },
      resources: { requests: { cpu: "1m", memory: "40Mi" } },
    }],
  };
}

/** Under its name, or where somebody else has that, under one that begins so. */
async function createNamed(objects: CreatedObjects, collection: string, manifest: KubeObject): Promise<KubeObject> {
  try {
    return await objects.create(collection, manifest);
  } catch (error) {
    if (!(error instanceof KubeApiError && error.status === 409)) throw error;
    const { name, ...metadata } = manifest.metadata;
    return await objects.create(collection, {
      ...manifest,
      metadata: { ...metadata, name: undefined, generateName: `${name}-` },
    });
  }
}
