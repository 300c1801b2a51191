import type { Finding } from "../analyze/analyzer.ts";
import { withoutName } from "./fields.ts";

/** Two of a kind are told one by one. */
const MIN_ALIKE = 3;
/** Of a message; what goes on after that counts as different. */
const MAX_COMPARED = 4_000;

/** Puts findings together that say the same of different objects: a hundred pods that fail in the same way are one thing to
 * read. Each group stands where its first finding stood; whatever says more than that about itself is alone. */
export function groupAlike(findings: readonly Finding[]): Finding[][] {
  const sayings = findings.map(sayingOf);
  const alike = Map.groupBy(findings.keys(), (i) => sayings[i]);
  return findings.flatMap((finding, i) => {
    const group = sayings[i] === undefined ? [] : alike.get(sayings[i])!;
    if (group.length < MIN_ALIKE) return [[finding]];
    return group[0] === i ? [group.map((i) => findings[i]!)] : [];
  });
}

/** Equal for findings that say the same. */
function sayingOf({ involvedObject, outcome, kind, strict, affected, cause, uri }: Finding): string | undefined {
  if (involvedObject === undefined || affected !== undefined || cause !== undefined) return undefined;
  const { namespace, name, kind: objectKind } = involvedObject;
  if (name === "" || outcome.message.length > MAX_COMPARED) return undefined;
  const message = withoutName(withoutName(outcome.message, `${namespace}/${name}`), name);
  return JSON.stringify([outcome.status, kind, strict, objectKind, uri, message]);
}
