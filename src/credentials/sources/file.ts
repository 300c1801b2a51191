import type { CredentialSource } from "../credential_source.ts";
import { readSecretFile } from "../secret_file.ts";

export const file: CredentialSource<"file"> = {
  scheme: "file",
  summary: "a file that only its owner may access",
  read: ({ path }) => readSecretFile(path, `the file "${path}"`),
};
