import type { KubeClient } from "./kube_client.ts";
import { Limiter } from "./limiter.ts";

/** One permission, as a SelfSubjectAccessReview asks for it. No namespace: cluster scope. */
export interface AccessNeed {
  verb: string;
  resource: string;
  subresource?: string;
  group?: string;
  name?: string;
  namespace?: string;
}

export interface AccessAnswer {
  need: AccessNeed;
  allowed: boolean;
}

const CONCURRENT_REVIEWS = 8;
/** From so many namespaces on, one question about the whole cluster comes first. */
const MANY_NAMESPACES = 3;

/** Asks the API server which of the needs this account has, several at a time; equal needs are asked once. What is wanted
 * in many namespaces is asked for the whole cluster first: a yes there is a yes in each.
 * @returns one answer for each need, in the same order
 * @throws when a review could not be made at all (see {@linkcode KubeClient}) */
export async function checkAccess(
  kube: KubeClient,
  needs: readonly AccessNeed[],
  signal?: AbortSignal,
): Promise<AccessAnswer[]> {
  const limiter = new Limiter(CONCURRENT_REVIEWS);
  const reviews = new Map<string, Promise<boolean>>();
  const ask = (need: AccessNeed): Promise<boolean> => {
    const key = needKey(need);
    let review = reviews.get(key);
    if (review === undefined) {
      review = limiter.run(() => reviewNeed(kube, need, signal), signal);
      reviews.set(key, review);
    }
    return review;
  };
  const namespacesOf = new Map<string, Set<string>>();
  for (const need of needs) {
    if (need.namespace === undefined) continue;
    const key = needKey({ ...need, namespace: undefined });
    const known = namespacesOf.get(key);
    if (known === undefined) namespacesOf.set(key, new Set([need.namespace]));
    else known.add(need.namespace);
  }
  const answers = needs.map(async (need) => {
    const everywhere = { ...need, namespace: undefined };
    const many = (namespacesOf.get(needKey(everywhere))?.size ?? 0) >= MANY_NAMESPACES;
    return { need, allowed: need.namespace !== undefined && many && await ask(everywhere) || await ask(need) };
  });
  await Promise.allSettled(answers); // none may still run, or reject unheard, once the first has failed
  return await Promise.all(answers);
}

async function reviewNeed(kube: KubeClient, need: AccessNeed, signal?: AbortSignal): Promise<boolean> {
  const { verb, resource, subresource, group, name, namespace } = need;
  const answer = await kube.create<AccessReview>("/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", {
    apiVersion: "authorization.k8s.io/v1",
    kind: "SelfSubjectAccessReview",
    spec: { resourceAttributes: { verb, resource, subresource, group, name, namespace } },
  }, { signal });
  return answer.status?.allowed === true;
}

/** The same for equal needs. */
export function needKey({ verb, resource, subresource, group, name, namespace }: AccessNeed): string {
  return JSON.stringify([verb, resource, subresource ?? "", group ?? "", name ?? "", namespace ?? ""]);
}

interface AccessReview {
  status?: { allowed?: boolean };
}

/** Needs in words, a line for those that differ in nothing but the resource, or in nothing but the namespace:
 * `list pods, services in namespaces a, b`, `list nodes in the whole cluster`. */
export function describeNeeds(needs: readonly AccessNeed[]): string[] {
  const scopes = new Map<string, { verb: string; namespace?: string; resources: Set<string> }>();
  for (const { verb, resource, subresource, group, name, namespace } of needs) {
    const kind = `${resource}${subresource ? `/${subresource}` : ""}${group ? `.${group}` : ""}`;
    // That a namespace is meant is said already.
    const what = name && !(resource === "namespaces" && name === namespace) ? `${kind} "${name}"` : kind;
    const key = JSON.stringify([verb, namespace ?? ""]);
    const known = scopes.get(key);
    if (known === undefined) scopes.set(key, { verb, namespace, resources: new Set([what]) });
    else known.resources.add(what);
  }
  const lines = new Map<string, string[]>();
  for (const { verb, namespace, resources } of scopes.values()) {
    const what = `${verb} ${[...resources].join(", ")}`;
    if (!namespace) lines.set(`${what} in the whole cluster`, []);
    else if (lines.has(what)) lines.get(what)!.push(namespace);
    else lines.set(what, [namespace]);
  }
  return [...lines].map(([what, namespaces]) =>
    namespaces.length === 0 ? what : `${what} in namespace${namespaces.length > 1 ? "s" : ""} ${namespaces.join(", ")}`
  );
}

/** Why a collector is skipped, for one denied need, in the words that readers of `skipped-collectors.json` match. */
export function deniedMessage(title: string, need: AccessNeed): string {
  const resource = need.subresource === undefined ? need.resource : `${need.resource}/${need.subresource}`;
  const scope = need.namespace === undefined ? "at the cluster scope" : `in the "${need.namespace}" namespace`;
  return `cannot collect ${title}: action "${need.verb}" is not allowed on resource "${resource}" ${scope}`;
}
