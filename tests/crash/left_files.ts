import { join } from "node:path";
import type { StateFolder } from "../../src/schedule/state_folder.ts";

/** What no daemon at rest has in its state folder: work folders, unfinished bundles, drafts, damaged stores. */
export async function leftFiles(state: StateFolder): Promise<string[]> {
  const found: string[] = [];
  for await (const { name } of Deno.readDir(state.work)) found.push(join(state.work, name));
  for await (const { name } of Deno.readDir(state.root)) {
    if (name.includes(".corrupt-") || name.endsWith(".new")) found.push(join(state.root, name));
  }
  for await (const { name: job } of Deno.readDir(state.bundles)) {
    for await (const { name } of Deno.readDir(join(state.bundles, job))) {
      if (name.endsWith(".part")) found.push(join(state.bundles, job, name));
    }
  }
  return found;
}
