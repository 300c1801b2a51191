import { KubeApiError } from "../kube/errors.ts";
import type { KubeClient, KubeObject } from "../kube/kube_client.ts";
import { Limiter } from "../kube/limiter.ts";

/** A namespace in which KOTS, Replicated's admin console, manages an application. */
export interface KotsApp {
  /** Of the application, as far as the admin console's Deployment tells; else that of the namespace. */
  name: string;
  namespace: string;
  hasDeployment: boolean;
  secrets: string[];
  configMaps: string[];
  serviceCount: number;
}

const LABELS = ["app=kotsadm", "app.kubernetes.io/name=kotsadm", "kots.io/kotsadm=true"];
const WORKLOAD_NAMES = ["kotsadm", "kotsadm-api", "kotsadm-web"];
const REGISTRY_SECRETS = ["kotsadm-replicated-registry", "replicated-registry"];
const SECRET_NAMES = [
  ...REGISTRY_SECRETS,
  "kotsadm-password",
  "kotsadm-cluster-token",
  "kotsadm-session",
  "kotsadm-postgres",
  "kotsadm-rqlite",
];
const CONFIG_MAP_NAMES = ["kotsadm-config", "kotsadm-application-metadata", "kotsadm-postgres"];
const SECRET_TYPE = "kots.io/secret-type";
const CONCURRENCY = 6;
/** More have never been seen; each costs three lists. */
const MAX_APPS = 20;

/** What tells of KOTS in the first place: filtered by the server, so that nothing else is sent. */
const SIGNS: { resource: "deployments" | "secrets"; query: { labelSelector?: string; fieldSelector?: string } }[] = [
  ...LABELS.map((labelSelector) => ({ resource: "deployments", query: { labelSelector } }) as const),
  ...WORKLOAD_NAMES.map((name) => ({ resource: "deployments", query: byName(name) }) as const),
  ...LABELS.map((labelSelector) => ({ resource: "secrets", query: { labelSelector } }) as const),
  ...REGISTRY_SECRETS.map((name) => ({ resource: "secrets", query: byName(name) }) as const),
];

/** Looks for KOTS by the labels and names of its Deployments and Secrets, and reads the Services, Secrets and ConfigMaps of
 * the namespaces where it is. Asks eleven times where there is none.
 * @param within only these namespaces; undefined: the whole cluster
 * @returns by namespace. Nothing where the account may not look: who may not see KOTS cannot collect from it either
 * @throws when the cluster cannot be reached, or the signal's reason */
export async function findKotsApps(
  kube: KubeClient,
  within: readonly string[] | undefined,
  signal: AbortSignal,
): Promise<KotsApp[]> {
  const limiter = new Limiter(CONCURRENCY);
  const list = async (resource: string, namespace: string | undefined, query: object): Promise<KubeObject[]> => {
    const root = resource === "deployments" ? "/apis/apps/v1" : "/api/v1";
    const scope = namespace === undefined ? "" : `/namespaces/${encodeURIComponent(namespace)}`;
    const found: KubeObject[] = [];
    try {
      // Any version will do, so the server answers from its memory.
      const options = { ...query, query: { resourceVersion: "0" }, signal };
      for await (const page of kube.list(`${root}${scope}/${resource}`, options)) {
        // Of a Secret, only what it is called may stay.
        for (const { metadata } of page.items) found.push({ metadata });
      }
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof KubeApiError)) throw error;
    }
    return found;
  };
  const all = <T>(tasks: (() => Promise<T>)[]) => settled(tasks.map((task) => limiter.run(task, signal)));

  const signs = await all(
    (within ?? [undefined]).flatMap((namespace) =>
      SIGNS.map(({ resource, query }) => async () => ({ resource, objects: await list(resource, namespace, query) }))
    ),
  );
  const deployments = new Map<string, KubeObject>();
  const namespaces = new Set<string>();
  for (const { resource, objects } of signs) {
    for (const object of objects) {
      const namespace = object.metadata.namespace!;
      namespaces.add(namespace);
      const known = deployments.get(namespace);
      const first = known === undefined || object.metadata.name < known.metadata.name;
      if (resource === "deployments" && first) deployments.set(namespace, object);
    }
  }
  return await all(
    [...namespaces].sort().slice(0, MAX_APPS).map((namespace) => async () => {
      const [services = [], secrets = [], configMaps = []] = await settled(
        ["services", "secrets", "configmaps"].map((resource) => list(resource, namespace, {})),
      );
      return describeApp(namespace, { deployment: deployments.get(namespace), services, secrets, configMaps });
    }),
  );
}

/** Picks what belongs to KOTS from the objects of a namespace. */
export function describeApp(
  namespace: string,
  { deployment, services, secrets, configMaps }: {
    deployment?: KubeObject;
    services: readonly KubeObject[];
    secrets: readonly KubeObject[];
    configMaps: readonly KubeObject[];
  },
): KotsApp {
  const pick = (objects: readonly KubeObject[], names: readonly string[]) =>
    objects.filter((object) => names.includes(object.metadata.name) || hasKotsLabel(object) || hasSecretType(object))
      .map(({ metadata }) => metadata.name).sort();
  return {
    name: deployment === undefined ? namespace : appName(deployment, namespace),
    namespace,
    hasDeployment: deployment !== undefined,
    secrets: pick(secrets, SECRET_NAMES),
    configMaps: pick(configMaps, CONFIG_MAP_NAMES),
    serviceCount: pick(services, WORKLOAD_NAMES).length,
  };
}

function appName({ metadata }: KubeObject, namespace: string): string {
  const { labels = {}, annotations = {} } = metadata;
  const generic = labels["app.kubernetes.io/name"];
  return labels["kots.io/app"] ||
    (generic !== "kotsadm" ? generic : undefined) ||
    annotations["kots.io/app-title"] ||
    (namespace === "default" ? "kots-application" : namespace);
}

function hasKotsLabel({ metadata: { labels = {} } }: KubeObject): boolean {
  return LABELS.some((label) => {
    const [key, value] = label.split("=") as [string, string];
    return labels[key] === value;
  });
}

function hasSecretType({ metadata }: KubeObject): boolean {
  return Boolean(metadata.annotations?.[SECRET_TYPE]);
}

function byName(name: string): { fieldSelector: string } {
  return { fieldSelector: `metadata.name=${name}` };
}

/** As `Promise.all`, but waits for the end of all before it throws the first error: nothing is left running. */
async function settled<T>(promises: Promise<T>[]): Promise<T[]> {
  await Promise.allSettled(promises);
  return await Promise.all(promises);
}
