import type { KubeObject } from "../../../kube/kube_client.ts";

/** An object of Longhorn as a file: its manifest, so that kubectl and people can read it, with what existing longhorn
 * analyzers look for repeated under the names they know (Go's, in lower case).
 *
 * Where both readers share a key, the value has the form that the analyzers can decode: `status.conditions` is a map by
 * type, as in longhorn.io/v1beta1, and `spec.size` a number. */
export function longhornManifest(object: KubeObject, kind: string, apiVersion: string): Record<string, unknown> {
  const { managedFields: _, ...metadata } = object.metadata;
  const spec: Fields = { ...object.spec };
  const status: Fields = { ...object.status };
  const conditions = conditionMap(status.conditions);
  const size = wholeNumber(spec.size);
  return {
    apiVersion: object.apiVersion ?? apiVersion,
    kind: object.kind ?? kind,
    metadata,
    objectmeta: { name: metadata.name, namespace: metadata.namespace },
    spec: {
      ...spec,
      ...(size === undefined ? {} : { size }),
      ...lowerCased(spec, ["failedAt", "numberOfReplicas"]),
      ...nested("instancespec", spec, ["desireState", "nodeID", "volumeName"]),
    },
    status: {
      ...status,
      ...(conditions === undefined ? {} : { conditions }),
      ...nested("instancestatus", status, ["currentState"]),
    },
  };
}

type Fields = Record<string, unknown>;

function conditionMap(conditions: unknown): Fields | undefined {
  if (!Array.isArray(conditions)) return undefined;
  return Object.fromEntries(conditions.map((condition) => [String(condition?.type), condition]));
}

function wholeNumber(value: unknown): number | undefined {
  const number = typeof value === "string" && /^\d+$/.test(value) ? Number(value) : undefined;
  return Number.isSafeInteger(number) ? number : undefined;
}

function lowerCased(fields: Fields, names: string[]): Fields {
  return Object.fromEntries(names.flatMap((name) => name in fields ? [[name.toLowerCase(), fields[name]]] : []));
}

function nested(key: string, fields: Fields, names: string[]): Fields {
  const part = lowerCased(fields, names);
  return names[0]! in fields ? { [key]: part } : {};
}
