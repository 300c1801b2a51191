import compare from "semver/functions/compare.js";
import parse from "semver/functions/parse.js";
import { compares, type Comparison } from "./when.ts";

/** A version as products write theirs: any number of components, and what may follow them. */
export interface LooseVersion {
  /** As many as were written. */
  components: number[];
  /** `0ubuntu0.22.04.2`, `rc.1`; empty when there is none. Build metadata is gone. */
  suffix: string;
}

const SHAPE = /^v*(\d{1,15}(?:\.\d{1,15}){0,9})\.?(?:[-~ ]([^+]*))?(?:\+.*)?$/s;
const BEFORE_RELEASE = /^(?:alpha|beta|rc|dev|preview|snapshot)/i;

/** Reads `16`, `v8.0.32-0ubuntu0.22.04.2`, `24.3.1.2672`. */
export function tryParseLooseVersion(text: string): LooseVersion | undefined {
  const match = text.length > 200 ? null : SHAPE.exec(text.trim());
  if (match === null) return undefined;
  return { components: match[1]!.split(".").map(Number), suffix: match[2]?.trim() ?? "" };
}

/** How a version relates to the one of a condition. Components that one of them lacks are 0. A suffix such as `rc.1` is
 * before the release; any other names a vendor's build of it, and counts only where the condition has a suffix too. */
export function relatesTo(actual: LooseVersion, by: Comparison, wanted: LooseVersion): boolean {
  return compares(orderOf(actual, wanted), by, 0);
}

/** The operator `~>`: at least the version, and equal to it in all written components but the last. */
export function isAboutLevel(actual: LooseVersion, wanted: LooseVersion): boolean {
  const fixed = wanted.components.slice(0, -1);
  return orderOf(actual, wanted) >= 0 && fixed.every((component, i) => component === (actual.components[i] ?? 0));
}

function orderOf(a: LooseVersion, b: LooseVersion): number {
  for (let i = 0; i < Math.max(a.components.length, b.components.length); i++) {
    const difference = (a.components[i] ?? 0) - (b.components[i] ?? 0);
    if (difference !== 0) return difference;
  }
  if (b.suffix === "") return BEFORE_RELEASE.test(a.suffix) ? -1 : 0;
  if (a.suffix === "") return 1;
  const [left, right] = [a, b].map(({ suffix }) => parse(`0.0.0-${suffix}`));
  if (left && right) return compare(left, right);
  return a.suffix === b.suffix ? 0 : a.suffix < b.suffix ? -1 : 1;
}
