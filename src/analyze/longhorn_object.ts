import { SupportBundleError } from "../core/errors.ts";
import { hiddenValue, isHidden } from "./hidden.ts";
import { isRecord, recordsOf, textIn } from "./stored_objects.ts";

/** What is judged of a node, volume, replica or engine of Longhorn. Texts are empty where the file has none. */
export interface LonghornObject {
  path: string;
  name: string;
  /** Status of the condition Schedulable. */
  schedulable: string;
  failedAt: string;
  /** State that the instance shall have, and that it has. */
  wanted: string;
  current: string;
  /** How many replicas the volume shall have. */
  replicas?: number;
}

/** Reads an object as Kubernetes writes it (`metadata.name`, `spec.numberOfReplicas`), or with Go's names in lower case
 * (`objectmeta.name`, `spec.numberofreplicas`), or with both.
 * @throws {SupportBundleError} when it is neither, or redaction has hidden what is judged */
export function readLonghornObject(value: unknown, path: string): LonghornObject {
  if (!isRecord(value)) throw new SupportBundleError(`${path} of the bundle is no object`, { code: "ANALYZER_INPUT" });
  const spec = isRecord(value.spec) ? value.spec : {};
  const first = (...paths: string[][]) => paths.map((fields) => textIn(value, ...fields)).find(Boolean);
  const either = (...paths: string[][]) => visible(first(...paths), path);
  const replicas = spec.numberOfReplicas ?? spec.numberofreplicas;
  return {
    path,
    name: first(["metadata", "name"], ["objectmeta", "name"]) ?? fileName(path),
    schedulable: visible(schedulable(value), path),
    failedAt: either(["spec", "failedAt"], ["spec", "failedat"]),
    wanted: either(["spec", "desireState"], ["spec", "instancespec", "desirestate"]),
    current: either(["status", "currentState"], ["status", "instancestatus", "currentstate"]),
    ...(/^\d+$/.test(visible(String(replicas), path)) ? { replicas: Number(replicas) } : {}),
  };
}

/** Conditions are a map by type, or a list. */
function schedulable(value: Record<string, unknown>): string | undefined {
  const conditions = isRecord(value.status) ? value.status.conditions : undefined;
  const condition = isRecord(conditions)
    ? conditions.Schedulable
    : recordsOf(conditions).find((condition) => textIn(condition, "type") === "Schedulable");
  return textIn(condition, "status");
}

function visible(text: string | undefined, path: string): string {
  if (text !== undefined && isHidden(text)) throw new SupportBundleError(hiddenValue(path), { code: "ANALYZER_INPUT" });
  return text ?? "";
}

function fileName(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1).replace(/\.[^.]*$/, "");
}
