import { join } from "node:path";
import { CredentialError } from "../../core/credential_reference.ts";
import type { CredentialSource } from "../credential_source.ts";
import { readSecretFile } from "../secret_file.ts";

/** @see https://systemd.io/CREDENTIALS/ */
export const systemd: CredentialSource<"systemd"> = {
  scheme: "systemd",
  summary: "a credential that systemd hands to the service",
  async read({ name }, { env }) {
    const folder = env.CREDENTIALS_DIRECTORY;
    if (!folder) {
      throw new CredentialError(
        `The credentials are said to be the systemd credential ${name}, and this program was given none`,
        `Add LoadCredential=${name}:/path or LoadCredentialEncrypted=${name} to the unit: only its processes get it`,
      );
    }
    // The folder is the unit's alone; with access lists, the bits of its files say something else.
    return await readSecretFile(join(folder, name), `the systemd credential ${name}`, "any");
  },
};
