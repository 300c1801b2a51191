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

/** Asks the API server which of the needs this account has, several at a time; equal needs are asked once.
 * @returns one answer for each need, in the same order
 * @throws when a review could not be made at all (see {@linkcode KubeClient}) */
export async function checkAccess(
  kube: KubeClient,
  needs: readonly AccessNeed[],
  signal?: AbortSignal,
): Promise<AccessAnswer[]> {
  const limiter = new Limiter(CONCURRENT_REVIEWS);
  const reviews = new Map<string, Promise<boolean>>();
  const answers = needs.map(async (need) => {
    const { verb, resource, subresource, group, name, namespace } = need;
    const resourceAttributes = { verb, resource, subresource, group, name, namespace };
    const key = JSON.stringify(resourceAttributes);
    let review = reviews.get(key);
    if (review === undefined) {
      review = limiter.run(async () => {
        const answer = await kube.create<AccessReview>("/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", {
          apiVersion: "authorization.k8s.io/v1",
          kind: "SelfSubjectAccessReview",
          spec: { resourceAttributes },
        }, { signal });
        return answer.status?.allowed === true;
      }, signal);
      reviews.set(key, review);
    }
    return { need, allowed: await review };
  });
  await Promise.allSettled(answers); // none may still run, or reject unheard, once the first has failed
  return await Promise.all(answers);
}

interface AccessReview {
  status?: { allowed?: boolean };
}

/** Why a collector is skipped, for one denied need, in the words that readers of `skipped-collectors.json` match. */
export function deniedMessage(title: string, need: AccessNeed): string {
  const resource = need.subresource === undefined ? need.resource : `${need.resource}/${need.subresource}`;
  const scope = need.namespace === undefined ? "at the cluster scope" : `in the "${need.namespace}" namespace`;
  return `cannot collect ${title}: action "${need.verb}" is not allowed on resource "${resource}" ${scope}`;
}
