import { join } from "node:path";
import { type StateFolder, stateFolder } from "../../src/schedule/state_folder.ts";

/** A state folder of its own for one test, removed at the test's end. */
export async function temporaryState(): Promise<StateFolder & AsyncDisposable> {
  const root = await Deno.makeTempDir({ prefix: "sb-daemon-" });
  const state = stateFolder({ TROUBLESHOOT_SCHEDULER_DIR: join(root, "state") });
  for (const path of [state.root, state.bundles, state.work, state.logs]) await Deno.mkdir(path, { recursive: true });
  return { ...state, [Symbol.asyncDispose]: () => Deno.remove(root, { recursive: true }) };
}
