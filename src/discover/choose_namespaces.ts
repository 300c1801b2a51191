import type { DiscoveryOptions } from "./discovery_options.ts";
import { isExcluded, isSystemNamespace, matchesPattern } from "./namespace_pattern.ts";

/** What the cluster says about its namespaces. */
export type NamespaceList =
  | { listed: readonly string[] }
  /** The account may not list them, or the list failed. `own` is the namespace of the kubeconfig's context. */
  | { listed?: undefined; own: string; why: string };

export interface ChosenNamespaces {
  /** Sorted. */
  names: string[];
  /** Why: `flag` is `--namespace`, `filter` are patterns, `all` is every namespace but those of the system, `own` is that
   * of the context, since no other is known. */
  how: "flag" | "filter" | "all" | "own";
  /** How many there are, where that is known. */
  total?: number;
  warnings: string[];
}

type Filter = Pick<DiscoveryOptions, "includeNamespaces" | "excludeNamespaces" | "includeSystemNamespaces">;

/** Decides whose logs and objects are read. `--namespace` is taken as it is. Otherwise each namespace passes if it is none
 * of the system (unless they are wanted, or a pattern names it without `*`), if no exclude pattern matches it, and, where
 * there are include patterns, if one of them does. None left is no reason to take all.
 * @param flag `--namespace` */
export function chooseNamespaces(list: NamespaceList, filter: Filter, flag: string | undefined): ChosenNamespaces {
  if (flag) return { names: [flag], how: "flag", warnings: [] };
  const { includeNamespaces: include, excludeNamespaces: exclude } = filter;
  const filtered = include.length > 0 || exclude.length > 0;
  if (list.listed === undefined) return withoutList(list, filter);

  const warnings: string[] = [];
  const wanted = list.listed.filter((name) =>
    !isExcluded(name, exclude) &&
    (include.length === 0 || include.some((pattern) => matchesPattern(pattern, name)))
  );
  const names = wanted.filter((name) =>
    filter.includeSystemNamespaces || include.includes(name) || !isSystemNamespace(name)
  );
  for (const pattern of include) {
    const matched = list.listed.filter((name) => matchesPattern(pattern, name));
    if (matched.length === 0) warnings.push(`--include-namespaces: no namespace matches "${pattern}"`);
    else if (matched.every((name) => isSystemNamespace(name) && !names.includes(name) && wanted.includes(name))) {
      warnings.push(
        `--include-namespaces: "${pattern}" matches system namespaces alone; --include-system-namespaces takes them`,
      );
    }
  }
  if (names.length === 0) warnings.push("No namespace is left, so nothing is collected from any of them");
  return { names: [...names].sort(), how: filtered ? "filter" : "all", total: list.listed.length, warnings };
}

/** What can be had where namespaces cannot be listed: those that patterns name in full, else the context's own. */
function withoutList(
  { own, why }: { own: string; why: string },
  { includeNamespaces: include, excludeNamespaces: exclude }: Filter,
): ChosenNamespaces {
  if (include.length > 0) {
    const names = include.filter((pattern) => !pattern.includes("*") && !isExcluded(pattern, exclude)).sort();
    const unknown = include.filter((pattern) => pattern.includes("*"));
    return {
      names,
      how: "filter",
      warnings: [
        ...unknown.length > 0
          ? [`The namespaces cannot be listed (${why}), so it is not known which match ${unknown.join(", ")}`]
          : [],
        ...names.length === 0 ? ["No namespace is left, so nothing is collected from any of them"] : [],
      ],
    };
  }
  const names = isExcluded(own, exclude) ? [] : [own];
  return {
    names,
    how: "own",
    warnings: [
      `The namespaces cannot be listed (${why}); ${
        names.length === 0 ? "none is looked at" : `only "${own}", that of the context, is looked at`
      }`,
    ],
  };
}
