import { CredentialError } from "../../core/credential_reference.ts";
import type { CredentialSource } from "../credential_source.ts";

export const env: CredentialSource<"env"> = {
  scheme: "env",
  summary: "an environment variable",
  read({ name }, { env }) {
    const value = env[name];
    if (value !== undefined && value !== "") return Promise.resolve(value);
    return Promise.reject(
      new CredentialError(
        `The credentials are said to be in the environment variable ${name}, which is not set`,
        `Set ${name} where this program runs: for scheduled jobs, in the daemon's environment`,
      ),
    );
  },
};
