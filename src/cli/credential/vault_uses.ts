import { referencesIn } from "../../core/credential_reference.ts";
import { hasSharedStore } from "../../daemon/settings.ts";
import { stateFolder } from "../../schedule/state_folder.ts";
import type { CliContext } from "../cli_context.ts";
import { schedulerSettings, withStore } from "../schedule/with_store.ts";

/** Who uses the credentials of the vault.
 * @returns by credential: jobs by their names, `template NAME`, `the settings`
 * @throws {StoreError} */
export async function vaultUses(cli: CliContext): Promise<Map<string, string[]>> {
  const uses = new Map<string, string[]>();
  const add = (user: string, record: unknown) => {
    for (const name of referencesIn(record, "vault")) uses.set(name, [...uses.get(name) ?? [], user]);
  };
  const settings = await schedulerSettings(cli);
  const hasStore = hasSharedStore(settings) ||
    await Deno.stat(stateFolder(cli.env).store).then(() => true, () => false);
  if (hasStore) {
    await withStore(cli, async (store) => {
      for (const job of await store.listJobs()) add(job.name, job);
      for (const template of await store.listTemplates()) add(`template ${template.name}`, template);
    });
  }
  add("the settings", settings);
  return uses;
}
