/** The labels of Secrets and ConfigMaps that hold specs. */
export const DEFAULT_SELECTOR = "troubleshoot.sh/kind=support-bundle";
const OLD_DEFAULT = "troubleshoot.io/kind=support-bundle";
const KIND_LABEL = /^!?\s*troubleshoot\.(?:sh|io)\/kind\b/;

/** The label selectors to ask the API server for, one after the other.
 *
 * Requirements are ANDed, but a spec carries the one or the other of the two labels that say what it is: each of these
 * requirements makes a query of its own, together with all others.
 * @param selector values of `--selector`; undefined: those of Troubleshoot, its old label included */
export function labelQueries(selector: readonly string[] | undefined): string[] {
  const requirements = requirementsOf((selector ?? [DEFAULT_SELECTOR, OLD_DEFAULT]).join(","));
  const kinds = requirements.filter((requirement) => KIND_LABEL.test(requirement));
  if (kinds.length < 2) return [requirements.join(",")];
  const others = requirements.filter((requirement) => !KIND_LABEL.test(requirement));
  return kinds.map((kind) => [kind, ...others].join(","));
}

/** Splits at the commas that are not in parentheses: `a in (b,c),d=e` has two requirements. */
function requirementsOf(text: string): string[] {
  return (text.match(/(?:\([^)]*\)?|[^,(])+/g) ?? []).map((part) => part.trim()).filter((part) => part !== "");
}
