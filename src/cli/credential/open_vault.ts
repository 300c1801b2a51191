import { stateFolder } from "../../schedule/state_folder.ts";
import type { Vault } from "../../credentials/vault.ts";
import type { CliContext } from "../cli_context.ts";

/** The vault of this account's state folder, which it makes the account's alone. */
export async function openVault(cli: CliContext): Promise<Vault> {
  const { Vault } = await import("../../credentials/vault.ts");
  const { secureState } = await import("../../store/secure_state.ts");
  const state = stateFolder(cli.env);
  for (const note of await secureState(state)) await cli.stderr.write(`Warning: ${note}\n`);
  return new Vault(state.root, { env: cli.env, clock: cli.clock });
}
