import { referencesIn } from "../../core/credential_reference.ts";
import { UsageError } from "../../core/errors.ts";
import { hasSharedStore } from "../../daemon/settings.ts";
import type { Job } from "../../schedule/job.ts";
import { stateFolder } from "../../schedule/state_folder.ts";
import type { CliContext } from "../cli_context.ts";
import { schedulerSettings } from "./with_store.ts";

/** Looks whether the credentials are in the vault that a job names from now on.
 * @param before the job as it was; undefined for a new one
 * @returns warnings: daemons that share a store have vaults of their own
 * @throws {UsageError} when one is not there, and this state folder's vault is the only one */
export async function checkVaultReferences(cli: CliContext, draft: Job, before: Job | undefined): Promise<string[]> {
  const named = referencesIn(draft, "vault").difference(referencesIn(before, "vault"));
  if (named.size === 0) return [];
  const { Vault } = await import("../../credentials/vault.ts");
  const entries = await new Vault(stateFolder(cli.env).root, { env: cli.env, clock: cli.clock }).list();
  const missing = [...named.difference(new Set(entries.map(({ name }) => name)))];
  if (missing.length === 0) return [];
  const message = `There is no credential ${missing.join(", ")} in the vault`;
  const hint = `Add it first: support-bundle credential set ${missing[0]}`;
  if (!hasSharedStore(await schedulerSettings(cli))) throw new UsageError(message, hint);
  return [`${message} of this machine. Each machine whose daemon runs the job needs it: support-bundle credential set`];
}
