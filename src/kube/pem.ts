import { describeError } from "../core/errors.ts";
import { KubeconfigError } from "./errors.ts";

/** The text of a PEM file, or of its base64 form in the kubeconfig; the data wins, as in kubectl.
 * @param what it is, for the message
 * @throws {KubeconfigError} when it cannot be read, or is not PEM */
export async function pem(
  file: string | undefined,
  data: string | undefined,
  what: string,
): Promise<string | undefined> {
  if (data === undefined) {
    return file === undefined ? undefined : checked(await readKubeFile(file, what), `the ${what} ${file}`);
  }
  let text: string;
  try {
    text = new TextDecoder().decode(Uint8Array.fromBase64(data.replace(/\s+/g, "")));
  } catch {
    throw new KubeconfigError(`Cannot use the ${what} of the kubeconfig: it is not base64`, { hint: PEM_HINT });
  }
  return checked(text, `the ${what} of the kubeconfig`);
}

const PEM_HINT = "Give it as PEM: text that begins with -----BEGIN";

function checked(text: string, what: string): string {
  if (!text.includes("-----BEGIN ")) throw new KubeconfigError(`Cannot use ${what}: it is not PEM`, { hint: PEM_HINT });
  if (/-----BEGIN ENCRYPTED PRIVATE KEY|^Proc-Type: 4,ENCRYPTED/m.test(text)) {
    throw new KubeconfigError(`Cannot use ${what}: it is encrypted`, {
      hint: "Decrypt it (openssl pkey), or use an exec plug-in",
    });
  }
  return text;
}

/** Why a file cannot be read, in words. */
export function fileState(cause: unknown): string {
  if (cause instanceof Deno.errors.NotFound) return "it does not exist";
  if (cause instanceof Deno.errors.IsADirectory) return "it is a folder";
  if (cause instanceof Deno.errors.PermissionDenied) return "this account may not read it";
  return describeError(cause);
}

/** @throws {KubeconfigError} naming the file and what is wrong with it */
export async function readKubeFile(file: string, what: string): Promise<string> {
  try {
    return await Deno.readTextFile(file);
  } catch (cause) {
    throw new KubeconfigError(`Cannot read the ${what} ${file}: ${fileState(cause)}`, {
      hint: "Check the path and who may read it, in the kubeconfig or on the command line",
    });
  }
}
