import { CredentialError } from "../../core/credential_reference.ts";
import { describeError, SupportBundleError } from "../../core/errors.ts";
import type { KubeObject } from "../../kube/kube_client.ts";
import type { CredentialSource } from "../credential_source.ts";
import { MAX_SECRET_BYTES } from "../secret_file.ts";

const TIMEOUT_MS = 20_000;

export const k8sSecret: CredentialSource<"k8s-secret"> = {
  scheme: "k8s-secret",
  summary: "a key of a Secret in the cluster",
  async read({ namespace, name, key }, { env, clock, kube: options = {} }) {
    const fail = (why: string, hint: string, cause?: unknown) =>
      new CredentialError(`The credentials are said to be in the Secret ${namespace}/${name}, ${why}`, hint, { cause });
    const { connectKube } = await import("../../kube/connect.ts");
    const present = Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined);
    const kube = connectKube(options, Object.fromEntries(present), { clock });
    let secret: KubeObject;
    try {
      secret = await kube.get(`/api/v1/namespaces/${namespace}/secrets/${name}`, {
        signal: AbortSignal.timeout(TIMEOUT_MS),
      });
    } catch (error) {
      if (!(error instanceof SupportBundleError)) {
        throw fail(`which the cluster did not hand out within ${TIMEOUT_MS / 1000} s`, "Check the cluster", error);
      }
      const hint = error.hint ?? `Grant the account \`get\` on the Secret: kubectl -n ${namespace} get secret ${name}`;
      throw fail(`which cannot be read: ${describeError(error)}`, hint, error);
    } finally {
      kube.close();
    }
    const data = secret.data?.[key];
    if (typeof data !== "string" || data === "") {
      throw fail(`which has no key ${key}`, `kubectl -n ${namespace} describe secret ${name} shows its keys`);
    }
    return decode(data, () => fail(`whose key ${key} is no text of up to ${MAX_SECRET_BYTES} bytes`, "Name another"));
  },
};

function decode(data: string, refused: () => CredentialError): string {
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(Uint8Array.fromBase64(data));
    if (text.length <= MAX_SECRET_BYTES) return text;
  } catch {
    // The error may repeat the bytes.
  }
  throw refused();
}
