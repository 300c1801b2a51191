import { basename, dirname, join } from "node:path";

/** Where it is kept how far the uploads of a bundle have come: beside the bundle. */
export function resumePath(bundlePath: string): string {
  return join(dirname(bundlePath), `.${basename(bundlePath)}.upload.json`);
}

/** Removes that file, and what a kill has left of writing it. Harmless when there is none. */
export async function removeResumeFile(bundlePath: string): Promise<void> {
  const path = resumePath(bundlePath);
  const drafts = `.${basename(path)}.`;
  try {
    for await (const { name } of Deno.readDir(dirname(path))) {
      if (name === basename(path) || name.startsWith(drafts)) {
        await Deno.remove(join(dirname(path), name)).catch(() => {});
      }
    }
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}
