import type { CredentialScheme } from "../core/credential_reference.ts";
import type { CredentialSource } from "./credential_source.ts";
import { env } from "./sources/env.ts";
import { exec } from "./sources/exec.ts";
import { file } from "./sources/file.ts";
import { k8sSecret } from "./sources/k8s_secret.ts";
import { systemd } from "./sources/systemd.ts";
import { vault } from "./sources/vault.ts";

/** Every source of credentials there is. */
export const credentialSources: { readonly [S in CredentialScheme]: CredentialSource<S> } = {
  env,
  file,
  vault,
  exec,
  systemd,
  "k8s-secret": k8sSecret,
};
