import type { ReadSecret } from "../core/credential_reference.ts";
import { secretReader } from "../credentials/secret_reader.ts";
import type { KubeOptions } from "../kube/kube_client.ts";
import { stateFolder } from "../schedule/state_folder.ts";
import type { CliContext } from "./cli_context.ts";

/** Reads secrets as this command sees them: its environment, its account's vault.
 * @param kube the cluster that `k8s-secret:` means */
export function readSecret(cli: Pick<CliContext, "env" | "clock">, kube?: KubeOptions): ReadSecret {
  return secretReader({ env: cli.env, clock: cli.clock, kube, vaultFolder: stateFolder(cli.env).root });
}
