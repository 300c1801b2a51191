import { Buffer } from "node:buffer";
import { describeError, SupportBundleError } from "../../core/errors.ts";
import type { AccessNeed, CollectContext } from "../collector.ts";
import type { DatabaseFields, ReferencedText } from "./database_fields.ts";

type Cluster = Pick<CollectContext, "kube" | "signal" | "namespace">;

/** A text that the spec refers to and the cluster did not give. `cause` says why; the text never contains a value. */
export class UnresolvedReferenceError extends SupportBundleError {
  constructor(message: string, cause?: unknown) {
    super(cause === undefined ? message : `${message}: ${describeError(cause)}`, {
      code: "UNRESOLVED_REFERENCE",
      cause,
    });
  }
}

/** The text of a field: itself, else that of the Secret, else that of the ConfigMap, else empty.
 * @param field names it in errors
 * @throws {UnresolvedReferenceError} unless the reference is optional */
export async function readText(text: ReferencedText | undefined, field: string, cluster: Cluster): Promise<string> {
  if (text === undefined || typeof text === "string") return text ?? "";
  if (text.value) return text.value;
  const { secretKeyRef, configMapKeyRef } = text.valueFrom ?? {};
  const reference = secretKeyRef ?? configMapKeyRef;
  if (reference === undefined) return "";
  const kind = secretKeyRef ? "secrets" : "configmaps";
  try {
    const data = await readData(kind, reference, field, cluster);
    const found = data[reference.key];
    if (found !== undefined) return found;
    throw new UnresolvedReferenceError(
      `Cannot read ${field}: ${describeObject(kind, reference, cluster)} has no key "${reference.key}"`,
    );
  } catch (error) {
    cluster.signal.throwIfAborted();
    if (reference.optional) return "";
    throw error;
  }
}

/** All texts of a Secret or a ConfigMap.
 * @throws {UnresolvedReferenceError} */
export async function readData(
  kind: "secrets" | "configmaps",
  object: { name: string; namespace?: string },
  field: string,
  cluster: Cluster,
): Promise<Record<string, string>> {
  if (!object.name) throw new UnresolvedReferenceError(`Cannot read ${field}: the reference has no name`);
  const namespace = namespaceOf(object, cluster);
  const path = `/api/v1/namespaces/${encodeURIComponent(namespace)}/${kind}/${encodeURIComponent(object.name)}`;
  try {
    const { data = {} } = await cluster.kube.get(path, { signal: cluster.signal });
    if (kind === "configmaps") return { ...data };
    return Object.fromEntries(
      Object.entries<string>(data).map(([key, value]) => [key, Buffer.from(value, "base64").toString("utf8")]),
    );
  } catch (error) {
    cluster.signal.throwIfAborted();
    throw new UnresolvedReferenceError(`Cannot read ${field} from ${describeObject(kind, object, cluster)}`, error);
  }
}

/** The permissions that reading the fields' references takes. */
export function referenceNeeds({ uri, tls }: DatabaseFields, context: { namespace?: string }): AccessNeed[] {
  const need = (resource: string, object: { name: string; namespace?: string }) => ({
    verb: "get",
    resource,
    name: object.name,
    namespace: namespaceOf(object, context),
  });
  const needs: AccessNeed[] = [];
  const inline = tls?.secret?.name ? [] : [tls?.cacert, tls?.clientCert, tls?.clientKey];
  for (const text of [uri, ...inline]) {
    if (text === undefined || typeof text === "string" || text.value) continue;
    const { secretKeyRef, configMapKeyRef } = text.valueFrom ?? {};
    if (secretKeyRef) needs.push(need("secrets", secretKeyRef));
    else if (configMapKeyRef) needs.push(need("configmaps", configMapKeyRef));
  }
  if (tls?.secret?.name) needs.push(need("secrets", tls.secret));
  return needs;
}

function namespaceOf(object: { namespace?: string }, context: { namespace?: string }): string {
  return object.namespace || context.namespace || "default";
}

function describeObject(kind: string, object: { name: string; namespace?: string }, cluster: Cluster): string {
  return `${kind === "secrets" ? "Secret" : "ConfigMap"} "${namespaceOf(object, cluster)}/${object.name}"`;
}
