import { UsageError } from "../core/errors.ts";
import { nearest } from "../core/nearest.ts";

/** What the templates of a destination stand for. */
export interface DestinationFacts {
  /** Name of the job; default: `manual`. */
  job?: string;
  /** Id of the execution; default: `manual`. */
  execution?: string;
  /** Name of the cluster; default: `unknown`. */
  cluster?: string;
  /** The date is taken from it, in UTC. */
  at: Date;
}

const TEMPLATES: Readonly<Record<string, (facts: DestinationFacts) => string>> = {
  job: (facts) => facts.job || "manual",
  execution: (facts) => facts.execution || "manual",
  cluster: (facts) => facts.cluster || "unknown",
  yyyy: (facts) => facts.at.toISOString().slice(0, 4),
  mm: (facts) => facts.at.toISOString().slice(5, 7),
  dd: (facts) => facts.at.toISOString().slice(8, 10),
};

/** Fills in `{job} {execution} {cluster} {yyyy} {mm} {dd}`. A value becomes one harmless segment of a path, whatever is in
 * it: what is no letter, digit, dot, dash or underscore becomes a dash.
 * @throws {UsageError} for a template that does not exist */
export function fillDestination(text: string, facts: DestinationFacts): string {
  return text.replace(/\{([^{}]*)\}/g, (whole, name: string) => {
    const fill = Object.hasOwn(TEMPLATES, name) ? TEMPLATES[name] : undefined;
    if (fill !== undefined) return segment(fill(facts));
    const names = Object.keys(TEMPLATES);
    const meant = nearest(name, names);
    throw new UsageError(
      `The destination has the template ${whole}, which does not exist`,
      meant === undefined ? `Use ${names.map((known) => `{${known}}`).join(", ")}` : `Did you mean {${meant}}?`,
    );
  });
}

function segment(value: string): string {
  const safe = value.replace(/[^A-Za-z0-9._-]+/g, "-");
  return /^\.+$/.test(safe) ? safe.replaceAll(".", "-") : safe;
}
