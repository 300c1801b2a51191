const SYSTEM_NAMES = new Set([
  "kube-system",
  "kube-public",
  "kube-node-lease",
  "kubernetes-dashboard",
  "cattle-system",
  "rancher-system",
  "longhorn-system",
  "monitoring",
  "logging",
  "istio-system",
  "linkerd",
]);
const SYSTEM_PREFIXES = ["kube-", "cattle-", "rancher-", "istio-", "linkerd-"];

/** True for namespaces that belong to the cluster itself, or to what usually runs beside applications. */
export function isSystemNamespace(name: string): boolean {
  return SYSTEM_NAMES.has(name) || SYSTEM_PREFIXES.some((prefix) => name.startsWith(prefix));
}

/** Compares a whole name with a pattern, in which `*` stands for any text, also for none, at any place. Casing counts, as
 * it does in names. Takes time in proportion to both lengths multiplied, whatever the pattern. */
export function matchesPattern(pattern: string, name: string): boolean {
  let p = 0;
  let n = 0;
  let star = -1;
  let mark = 0;
  while (n < name.length) {
    if (pattern[p] === "*") {
      star = p++;
      mark = n;
    } else if (pattern[p] === name[n]) {
      p++;
      n++;
    } else if (star >= 0) {
      p = star + 1; // the last star takes one character more
      n = ++mark;
    } else return false;
  }
  while (pattern[p] === "*") p++;
  return p === pattern.length;
}

/** True unless one of the patterns matches. */
export function isExcluded(name: string, patterns: readonly string[]): boolean {
  return patterns.some((pattern) => matchesPattern(pattern, name));
}
