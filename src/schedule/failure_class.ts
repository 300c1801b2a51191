import { EXIT } from "../core/exit_codes.ts";

/** What kind of failure it is, which is what says who can do something about it: time (`transient`), whoever wrote the job
 * or its specs (`permanent`), whoever gives the machine room or the job limits (`resource`), whoever gives rights
 * (`permission`). */
export const FAILURE_CLASSES = ["transient", "permanent", "resource", "permission"] as const;
export type FailureClass = (typeof FAILURE_CLASSES)[number];

const PERMISSION: readonly string[] = [
  "ACCESS_REFUSED",
  "KUBE_FORBIDDEN",
  "KUBE_UNAUTHORIZED",
  "PERMISSIONS_MISSING",
  "REGISTRY_AUTH",
  "REGISTRY_CREDENTIALS",
  "UPLOAD_CREDENTIALS",
  "UPLOAD_DENIED",
];
const RESOURCE: readonly string[] = [
  "DISK_FULL",
  "MEMORY_LIMIT",
  "TOKEN_MEMORY",
  "RECORD_TOO_LARGE",
  "TIMEOUT",
  "DEADLINE",
];

/** Classifies a failed attempt. A missing right or a full disk stays one, also where trying again may help.
 * @param transient whether the failure itself says that it may pass */
export function classifyFailure(
  { errorCode, exitCode, transient }: { errorCode: string; exitCode: number | null; transient: boolean },
): FailureClass {
  if (PERMISSION.includes(errorCode)) return "permission";
  if (RESOURCE.includes(errorCode) || exitCode === EXIT.disk || exitCode === EXIT.timeout) return "resource";
  return transient ? "transient" : "permanent";
}
