import { join } from "node:path";
import { openJobStore } from "../../src/store/kv_job_store.ts";
import type { OpenedStore } from "../contracts/job_store_contract.ts";

/** An empty store in a file of its own. */
export async function openEmbeddedStore(): Promise<OpenedStore & { folder: string; path: string }> {
  const folder = await Deno.makeTempDir();
  const path = join(folder, "store.db");
  const store = await openJobStore({ path });
  return {
    store,
    folder,
    path,
    reopen: () => openJobStore({ path }),
    dispose: async () => {
      store.close();
      await Deno.remove(folder, { recursive: true });
    },
  };
}
