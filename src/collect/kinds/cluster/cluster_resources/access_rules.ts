import type { KubeClient } from "../../../../kube/kube_client.ts";

// Kubernetes' own text; readers of bundles compare with it too.
const CANNOT_TELL = "webhook authorizer does not support user rule resolution";

/** What the account may do in a namespace, as a `SelfSubjectRulesReview` answers. */
export interface AccessRules {
  resourceRules?: ResourceRule[] | null;
  nonResourceRules?: NonResourceRule[] | null;
  incomplete?: boolean;
  evaluationError?: string;
}

interface ResourceRule {
  verbs?: string[] | null;
  apiGroups?: string[] | null;
  resources?: string[] | null;
  resourceNames?: string[] | null;
}

interface NonResourceRule {
  verbs?: string[] | null;
  nonResourceURLs?: string[] | null;
}

export async function reviewAccessRules(
  kube: KubeClient,
  namespace: string,
  signal: AbortSignal,
): Promise<AccessRules> {
  const review = await kube.create<{ status?: AccessRules }>(
    "/apis/authorization.k8s.io/v1/selfsubjectrulesreviews",
    { apiVersion: "authorization.k8s.io/v1", kind: "SelfSubjectRulesReview", spec: { namespace } },
    { signal },
  );
  return review.status ?? {};
}

/** The content of `auth-cani-list/<namespace>.json`: resource rules, then non-resource rules, without empty lists. Each
 * sorted by its text: the API server names them in another order each time. */
export function rulesList(rules: AccessRules): Record<string, string[]>[] {
  const resourceRules = (rules.resourceRules ?? []).map(({ verbs, apiGroups, resources, resourceNames }) => ({
    verbs: verbs ?? [],
    ...filled({ apiGroups, resources, resourceNames }),
  }));
  const others = (rules.nonResourceRules ?? []).map(({ verbs, nonResourceURLs }) => ({
    verbs: verbs ?? [],
    ...filled({ nonResourceURLs }),
  }));
  return [...sorted(resourceRules), ...sorted(others)];
}

/** True when the account can read pods, or when the authorizer cannot tell. */
export function canReadPods({ resourceRules, incomplete, evaluationError }: AccessRules): boolean {
  const has = (list: string[] | null | undefined, word: string) =>
    list?.some((one) => one === word || one === "*") === true;
  if ((resourceRules ?? []).some((r) => has(r.verbs, "get") && has(r.apiGroups, "") && has(r.resources, "pods"))) {
    return true;
  }
  return incomplete === true && evaluationError?.includes(CANNOT_TELL) === true;
}

function sorted(rules: Record<string, string[]>[]): Record<string, string[]>[] {
  const texts = rules.map((rule) => JSON.stringify(rule)).sort();
  return texts.map((text) => JSON.parse(text));
}

function filled(lists: Record<string, string[] | null | undefined>): Record<string, string[]> {
  return Object.fromEntries(Object.entries(lists).filter((pair): pair is [string, string[]] => !!pair[1]?.length));
}
