import { startDeadline } from "../core/deadline.ts";
import { type Clock, systemClock } from "../core/clock.ts";
import { describeError, SupportBundleError } from "../core/errors.ts";
import { KubeApiError, KubeForbiddenError, KubeNotFoundError, KubeUnreachableError } from "../kube/errors.ts";
import type { KubeClient, KubeObject } from "../kube/kube_client.ts";
import { SpecError } from "./spec_error.ts";
import { decodeSpec, looksLikeSpec, SPEC_KEYS } from "./spec_keys.ts";
import type { ObjectSource } from "./spec_source.ts";

/** A text with specs in it, and the name that messages give its places. */
export interface SpecText {
  name: string;
  text: string;
}

const DEADLINE_MS = 30_000;
const PLURAL = { secret: "secrets", configmap: "configmaps" };
const NOUN = { secret: "Secret", configmap: "ConfigMap" };

/** Reads the specs of `secret/NAMESPACE/NAME` or `configmap/NAMESPACE/NAME`: those of one key, or of every key that has one.
 * @throws {SpecError} when the object cannot be read or holds no spec; no message quotes a value */
export async function readObject(
  source: ObjectSource,
  kube: KubeClient,
  { clock = systemClock, signal = new AbortController().signal }: { clock?: Clock; signal?: AbortSignal } = {},
): Promise<SpecText[]> {
  const { resource, namespace, name, key } = source;
  const path = `/api/v1/namespaces/${encodeURIComponent(namespace)}/${PLURAL[resource]}/${encodeURIComponent(name)}`;
  const shown = `${resource}/${namespace}/${name}`;
  using deadline = startDeadline(clock, DEADLINE_MS, signal);
  let object: KubeObject;
  try {
    object = await kube.get(path, { signal: deadline.signal });
  } catch (cause) {
    signal.throwIfAborted();
    const why = deadline.expired
      ? `the API server did not answer within ${DEADLINE_MS / 1000} s`
      : reasonOf(cause, source);
    throw new ObjectUnreadableError("", `Cannot read the spec ${shown}: ${why}`, hintOf(cause, source), {
      transient: isPassing(cause, deadline),
    });
  }
  const keys = keysOf(object);
  const texts: SpecText[] = [];
  for (const found of key === undefined ? specFirst(keys) : [key]) {
    const text = specText(object, found);
    if (text === undefined) {
      if (key === undefined && !isSpecKey(found)) continue;
      const has = keys.includes(found);
      throw new SpecError(
        "",
        has ? `The key "${found}" of ${shown} is not UTF-8 text` : `${shown} has no key "${found}"`,
        keys.length === 0 ? `This ${NOUN[resource]} is empty` : `It has ${keys.slice(0, 20).join(", ")}`,
      );
    }
    if (key !== undefined || isSpecKey(found) || looksLikeSpec(text)) texts.push({ name: `${shown}/${found}`, text });
  }
  if (texts.length > 0) return texts;
  throw new SpecError(
    "",
    `${shown} holds no spec`,
    keys.length === 0
      ? `This ${NOUN[resource]} is empty`
      : `It has the keys ${keys.slice(0, 20).join(", ")}; specs are under ${SPEC_KEYS.join(", ")}, or name the key`,
  );
}

/** A Secret or ConfigMap that the cluster did not hand out, as opposed to one whose content cannot be used. */
export class ObjectUnreadableError extends SpecError {}

/** The value of a key as text; undefined when there is none, or when it is not text. */
export function specText(object: KubeObject, key: string): string | undefined {
  // A Secret's data are base64, a ConfigMap's only where they are `binaryData`; lists leave `kind` out.
  const { data, binaryData } = object as { data?: Record<string, string>; binaryData?: Record<string, string> };
  const encoded = binaryData?.[key];
  if (encoded !== undefined) return decodeSpec(encoded);
  const value = data !== undefined && Object.hasOwn(data, key) ? data[key] : undefined;
  return value === undefined || !isSecret(object) ? value : decodeSpec(value);
}

/** Objects of a list have no kind: whoever lists says what they are. */
export function asKind(object: KubeObject, resource: ObjectSource["resource"]): KubeObject {
  return { ...object, kind: NOUN[resource] };
}

function isSecret(object: KubeObject): boolean {
  return object.kind === "Secret";
}

function keysOf(object: KubeObject): string[] {
  return [...Object.keys(object.data ?? {}), ...Object.keys(object.binaryData ?? {})].sort();
}

function isSpecKey(key: string): boolean {
  return (SPEC_KEYS as readonly string[]).includes(key);
}

/** The keys that are made for specs in their own order, then the others. */
function specFirst(keys: string[]): string[] {
  return [...SPEC_KEYS.filter((key) => keys.includes(key)), ...keys.filter((key) => !isSpecKey(key))];
}

/** Whether a later try may succeed: nobody listened, nobody answered in time, or the server had trouble of its own. */
export function isPassing(error: unknown, deadline: { expired: boolean }): boolean {
  if (deadline.expired || error instanceof KubeUnreachableError) return true;
  return error instanceof KubeApiError && (error.status === 429 || error.status >= 500);
}

function reasonOf(error: unknown, { resource, namespace, name }: ObjectSource): string {
  if (error instanceof KubeNotFoundError) return `there is no ${NOUN[resource]} "${name}" in namespace "${namespace}"`;
  if (error instanceof KubeForbiddenError && error.status === 403) return `forbidden (${error.detail ?? "403"})`;
  return describeError(error);
}

function hintOf(error: unknown, { resource, namespace, name }: ObjectSource): string {
  if (error instanceof KubeNotFoundError) {
    return `Check namespace and name: kubectl get ${PLURAL[resource]} -n ${namespace}` +
      (/\.ya?ml$/.test(name) ? `; for a file write ./${resource}/${namespace}/${name}` : "");
  }
  if (error instanceof KubeForbiddenError && error.status === 403) {
    return `Grant the account \`get\` on this ${NOUN[resource]}, or save the spec to a file and name the file`;
  }
  const hint = error instanceof SupportBundleError ? error.hint : undefined;
  return hint ?? "Check that the cluster runs and that this machine can reach it";
}
