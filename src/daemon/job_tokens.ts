import { join } from "node:path";
import type { PipelineRequest } from "../pipeline/request.ts";
import type { StateFolder } from "../schedule/state_folder.ts";

/** How the executions of a job write tokens: with a key that is kept, so that equal values have equal tokens in all bundles
 * of the job. The key is a file that its owner alone may read; what is handed on is its name. */
export function jobTokens(jobId: string, state: StateFolder): NonNullable<PipelineRequest["tokens"]> {
  const { key, types } = tokenFiles(jobId, state);
  return { key: `file:${key}`, typesFile: types };
}

/** Makes the key of a job, unless it is there.
 * @throws what the file system says */
export async function ensureTokenKey(jobId: string, state: StateFolder): Promise<void> {
  const { key } = tokenFiles(jobId, state);
  await Deno.mkdir(state.tokens, { recursive: true, mode: 0o700 });
  if (await Deno.lstat(key).then(() => true, () => false)) return;
  const draft = `${key}.${crypto.randomUUID()}`;
  try {
    const value = crypto.getRandomValues(new Uint8Array(32)).toHex();
    await Deno.writeTextFile(draft, value + "\n", { createNew: true, mode: 0o600 });
    // A key never appears half written, and the first of two that are made at once stays.
    await Deno.link(draft, key);
  } catch (error) {
    if (!(error instanceof Deno.errors.AlreadyExists)) throw error;
  } finally {
    await Deno.remove(draft).catch(() => {});
  }
}

/** Removes the key of a job and what it remembers. That there is none is fine. */
export async function removeTokenKey(jobId: string, state: StateFolder): Promise<void> {
  const { key, types } = tokenFiles(jobId, state);
  for (const path of [key, types]) await Deno.remove(path).catch(() => {});
}

function tokenFiles(jobId: string, state: StateFolder): { key: string; types: string } {
  return { key: join(state.tokens, `${jobId}.key`), types: join(state.tokens, `${jobId}.types.json`) };
}
