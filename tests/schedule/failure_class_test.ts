import { strictEqual } from "node:assert/strict";
import { type FailureClass, failureClass } from "../../src/schedule/failure_class.ts";

const behaviour: [errorCode: string, transient: boolean, expect: FailureClass][] = [
  ["MEMORY_LIMIT", false, "resource"],
  ["TIMEOUT", true, "resource"],
  ["DISK_FULL", false, "resource"],
  ["KUBE_FORBIDDEN", false, "permission"],
  ["UPLOAD_DENIED", false, "permission"],
  ["KUBE_UNREACHABLE", true, "transient"],
  ["INTERRUPTED", true, "transient"],
  ["SPEC", false, "permanent"],
];
for (const [code, transient, expect] of behaviour) {
  Deno.test(`failureClass() calls ${code} ${expect}`, () => strictEqual(failureClass(code, transient), expect));
}
