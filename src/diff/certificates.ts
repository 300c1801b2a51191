import { isObject, type JsonObject, objectAt, objectsAt, stringAt } from "./json_value.ts";

/** What the collector `certificates` found. */
export const CERTIFICATES_PATH = "certificates/certificates.json";

/** An element of a list as the object that is compared: itself, but for the certificates of a Secret or a ConfigMap, which
 * become an object `Certificates` with an element for each of them.
 * @param path of its file in the bundle */
export function comparedObject(item: unknown, path: string): unknown {
  if (path !== CERTIFICATES_PATH || !isObject(item)) return item;
  const source = objectAt(item, "source");
  const secret = stringAt(source, "secret"), configMap = stringAt(source, "configMap");
  const chain = objectsAt(item, "certificateChain");
  const object: JsonObject = {
    kind: "Certificates",
    metadata: {
      name: secret === "" ? `configmap/${configMap}` : `secret/${secret}`,
      namespace: stringAt(source, "namespace"),
    },
    // Of a chain in one key, each has a subject of its own.
    spec: {
      certificates: chain.map(({ certificate = "", subject = "", issuer = "", notAfter = "", isValid = false }) => ({
        name: `${certificate} ${subject}`,
        issuer,
        notAfter,
        isValid,
      })),
      errors: Array.isArray(item.errors) ? item.errors : [],
    },
  };
  return object;
}
