import type { AccessAnswer, AccessNeed } from "../kube/access.ts";
import { needKey } from "../kube/access.ts";
import type { GeneratedCollector } from "./generate.ts";

/** A generated collector that the account may not run. */
export interface ForbiddenCollector {
  collector: GeneratedCollector;
  denied: AccessNeed[];
}

/** Kinds that give what they can, whatever is denied. */
const NEVER_LEFT_OUT = ["clusterInfo", "clusterResources"];

/** Parts the collectors by what the reviews of their needs said. A need without an answer counts as allowed. */
export function partByAccess(
  collectors: readonly GeneratedCollector[],
  answers: readonly AccessAnswer[],
): { permitted: GeneratedCollector[]; forbidden: ForbiddenCollector[] } {
  const denied = new Set(answers.filter(({ allowed }) => !allowed).map(({ need }) => needKey(need)));
  const permitted: GeneratedCollector[] = [];
  const forbidden: ForbiddenCollector[] = [];
  for (const collector of collectors) {
    const missing = NEVER_LEFT_OUT.includes(collector.entry.unit.kind)
      ? []
      : collector.needs.filter((need) => denied.has(needKey(need)));
    if (missing.length === 0) permitted.push(collector);
    else forbidden.push({ collector, denied: missing });
  }
  return { permitted, forbidden };
}
