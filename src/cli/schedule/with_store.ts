import { stateFolder } from "../../schedule/state_folder.ts";
import type { JobStore } from "../../store/job_store.ts";
import type { Settings } from "../../daemon/settings.ts";
import type { CliContext } from "../cli_context.ts";

/** Opens the store that the daemon uses, for one action, and closes it whatever happens.
 * @throws {StoreError} when it cannot be used */
export async function withStore<T>(cli: CliContext, action: (store: JobStore) => Promise<T>): Promise<T> {
  const { openJobStore } = await import("../../store/kv_job_store.ts");
  const { storeLocation } = await import("../../daemon/settings.ts");
  const location = storeLocation(stateFolder(cli.env), await schedulerSettings(cli));
  const store = await openJobStore(location, { clock: cli.clock });
  if (store.setAside !== undefined) {
    await cli.stderr.write(
      `Warning: the store was damaged (${store.setAside.reason}); it was moved to ${store.setAside.path}, and an empty ` +
        "one took its place: all jobs have to be made again\n",
    );
  }
  try {
    const result = await action(store);
    for (const { key, reason } of store.unreadable()) {
      await cli.stderr.write(`Warning: the record ${key} cannot be read and was set aside: ${reason}\n`);
    }
    return result;
  } finally {
    store.close();
  }
}

/** The daemon's settings, for what they say about new jobs. */
export async function schedulerSettings(cli: CliContext): Promise<Settings> {
  const { loadSettings } = await import("../../daemon/load_settings.ts");
  return (await loadSettings(stateFolder(cli.env), cli.env)).settings;
}

/** Tells the daemon that the store has changed.
 * @returns false when none is running */
export async function nudge(cli: CliContext): Promise<boolean> {
  const { nudgeDaemon } = await import("../../daemon/control_client.ts");
  return await nudgeDaemon(stateFolder(cli.env));
}
