import { type NotifiedFinding } from "../notify/notifier.ts";
import { compareFindings } from "../notify/notify_events.ts";
import { type JsonObject, objectAt, stringAt } from "./json_value.ts";

export interface FindingDifference {
  /** False when one of the bundles has no `analysis.json` that can be read: then nothing can be said. */
  compared: boolean;
  /** Those that the old bundle did not have, or had as a mere warning. */
  new: NotifiedFinding[];
  fixed: NotifiedFinding[];
  /** How many failures and warnings there were before and are still. */
  unchanged: number;
}

/** Compares findings as notifications do: by title, whatever numbers are in their messages.
 * @param old content of `analysis.json` */
export function differingFindings(
  old: readonly JsonObject[] | undefined,
  current: readonly JsonObject[] | undefined,
): FindingDifference {
  if (old === undefined || current === undefined) return { compared: false, new: [], fixed: [], unchanged: 0 };
  const before = old.flatMap(toFinding), now = current.flatMap(toFinding);
  const { appeared, disappeared } = compareFindings(
    { status: "completed", findings: before },
    { status: "completed", findings: now, analyzed: true, complete: true },
  );
  return { compared: true, new: appeared, fixed: disappeared, unchanged: now.length - appeared.length };
}

function toFinding(entry: JsonObject): NotifiedFinding[] {
  const severity = stringAt(entry, "severity");
  if (severity !== "error" && severity !== "warn") return [];
  const insight = objectAt(entry, "insight");
  return [{
    title: stringAt(insight, "primary") || stringAt(entry, "name"),
    severity: severity === "error" ? "fail" : "warn",
    message: stringAt(insight, "detail"),
  }];
}
