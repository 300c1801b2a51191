export const FAILURE_CLASSES = ["transient", "permanent", "resource", "permission"] as const;
export type FailureClass = (typeof FAILURE_CLASSES)[number];

/** Time, memory or room on a disk were not enough. */
const RESOURCE: readonly string[] = [
  "TIMEOUT",
  "DEADLINE",
  "MEMORY_LIMIT",
  "TOKEN_MEMORY",
  "DISK_FULL",
  "RECORD_TOO_LARGE",
];
/** Somebody has to grant something. */
const PERMISSION: readonly string[] = [
  "KUBE_FORBIDDEN",
  "KUBE_UNAUTHORIZED",
  "PERMISSIONS_MISSING",
  "REGISTRY_AUTH",
  "UPLOAD_CREDENTIALS",
  "UPLOAD_DENIED",
];

/** What sort of failure it is, for people: who has to do something about it. Whether it is tried again is decided by
 * `transient` alone. */
export function failureClass(errorCode: string, transient: boolean): FailureClass {
  if (RESOURCE.includes(errorCode)) return "resource";
  if (PERMISSION.includes(errorCode)) return "permission";
  return transient ? "transient" : "permanent";
}
