import * as z from "zod";
import { SupportBundleError } from "../../../../core/errors.ts";
import type { CreatedObjects } from "../../../created_objects.ts";
import { textField, textMapField } from "../../../text_field.ts";

const TYPE = "kubernetes.io/dockerconfigjson";
const KEY = ".dockerconfigjson";

/** The `imagePullSecret` field of the kinds that start pods. */
export function imagePullSecretField() {
  return z.object({
    name: textField().optional().describe("An existing secret, or how the name of the created one begins"),
    data: textMapField().optional().describe(`Content of a secret to create: ${KEY}, base64 of a registry's login`),
    type: textField().optional().describe(`Type of the secret to create: ${TYPE}`),
  }).optional().describe("How to log in to the image's registry");
}

export type ImagePullSecret = z.output<ReturnType<typeof imagePullSecretField>>;

/** What `spec.imagePullSecrets` of a pod shall be: an existing secret by its name, or a new one, which is removed with the
 * other objects.
 * @throws {SupportBundleError} `SPEC_VALUE` when the given content is no login */
export async function pullSecrets(
  objects: CreatedObjects,
  namespace: string,
  secret: ImagePullSecret,
): Promise<{ name: string }[]> {
  if (secret === undefined) return [];
  const { name, data = {}, type } = secret;
  if (Object.keys(data).length === 0) return name ? [{ name }] : [];
  const created = await objects.create(`/api/v1/namespaces/${encodeURIComponent(namespace)}/secrets`, {
    apiVersion: "v1",
    kind: "Secret",
    metadata: { namespace, generateName: name ? `${name}-` : "troubleshoot-" },
    type: TYPE,
    data: { [KEY]: checkedLogin(data, type) },
  });
  return [{ name: created.metadata.name }];
}

/** The content, in base64. The value itself is in no error: it is a password. */
function checkedLogin(data: Record<string, string>, type: string | undefined): string {
  const refuse = (why: string) =>
    new SupportBundleError(`Cannot create the image pull secret: ${why}`, {
      code: "SPEC_VALUE",
      hint: `Give imagePullSecret the type ${TYPE} and data with the one key ${KEY}`,
    });
  if (type !== TYPE) throw refuse(`its type is ${type === undefined ? "missing" : `"${type}"`}`);
  const [key, ...others] = Object.keys(data);
  if (key !== KEY || others.length > 0) throw refuse(`its data has the keys ${Object.keys(data).join(", ")}`);
  let text: string;
  try {
    text = new TextDecoder(undefined, { fatal: true }).decode(Uint8Array.fromBase64(data[KEY]!.replace(/\s/g, "")));
  } catch {
    throw refuse(`${KEY} is not base64`);
  }
  try {
    JSON.parse(text);
  } catch {
    throw refuse(`${KEY} is not JSON in base64`);
  }
  return new TextEncoder().encode(text).toBase64();
}
