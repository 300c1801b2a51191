const KUBE_VERSION = /^v([1-9]\d*)(?:(alpha|beta)([1-9]\d*))?$/;
const STAGES = { alpha: 0, beta: 1, ga: 2 } as const;

/** Orders API versions, the best first: GA before beta before alpha, then the higher number. Names that are no Kubernetes
 * versions come last, by alphabet.
 * @see https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definition-versioning/#version-priority */
export function compareVersions(a: string, b: string): number {
  const rankA = rank(a);
  const rankB = rank(b);
  if (rankA === undefined || rankB === undefined) {
    if (rankA !== undefined) return -1;
    if (rankB !== undefined) return 1;
    return a < b ? -1 : a > b ? 1 : 0;
  }
  for (let i = 0; i < rankA.length; i++) {
    const difference = rankB[i]! - rankA[i]!;
    if (difference !== 0) return difference;
  }
  return 0;
}

function rank(version: string): [stage: number, major: number, minor: number] | undefined {
  const match = KUBE_VERSION.exec(version);
  if (match === null) return undefined;
  const [, major, stage, minor] = match;
  return [STAGES[(stage as "alpha" | "beta" | undefined) ?? "ga"], Number(major), Number(minor ?? 0)];
}
