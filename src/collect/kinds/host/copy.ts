import { basename } from "node:path";
import { bundlePath } from "../../../bundle/bundle_path.ts";
import { type Entry, jsonEntry, missing } from "../../../bundle/entry.ts";
import { describeError } from "../../../core/errors.ts";
import { formatSize } from "../../../core/size.ts";
import { defineCollector } from "../../collector.ts";
import { textField } from "../../text_field.ts";
import { hostFileEntry, walkFiles } from "./host_files.ts";
import { expandGlob } from "./host_glob.ts";

const MAX_FILE_BYTES = 100_000_000;
const MAX_TOTAL_BYTES = 2_000_000_000;
const MAX_FILES = 10_000;

export const copy = defineCollector({
  kind: "copy",
  where: "host",
  summary: "Files and folders of this machine",
  title: ({ collectorName }) => collectorName || "copy",
  fields: () => ({
    path: textField().describe("A file, a folder or a glob (*, ?, [a-z] within one level) on this machine"),
  }),
  async *collect({ path, collectorName }, { signal }): AsyncGenerator<Entry> {
    const root = bundlePath("host-collectors", collectorName || "copy");
    const errors: string[] = [];
    const taken = new Set<string>();
    let files = 0;
    let bytes = 0;
    let skipped = 0;
    for (const match of await expandGlob(path, signal)) {
      // Two matches of one base name, such as /var/log/*/current: the later keeps its whole path.
      const name = taken.has(basename(match)) ? match : basename(match);
      taken.add(basename(match));
      for await (const found of walkFiles(match, name, signal)) {
        try {
          if ("error" in found) throw found.error;
          if (files >= MAX_FILES || bytes + Math.min(found.size, MAX_FILE_BYTES) > MAX_TOTAL_BYTES) {
            skipped++;
            continue;
          }
          const entry = await hostFileEntry(bundlePath(root, found.relative), found.path, MAX_FILE_BYTES, signal);
          files++;
          bytes += Math.min(found.size, MAX_FILE_BYTES);
          yield entry;
        } catch (error) {
          signal.throwIfAborted();
          const message = `${found.path}: ${describeError(error)}`;
          errors.push(message);
          yield missing(`${root}/${found.relative}`, isDenied(error) ? "forbidden" : "failed", message);
        }
      }
    }
    if (skipped > 0) {
      const limit = `${MAX_FILES} files or ${formatSize(MAX_TOTAL_BYTES)}`;
      const message = `${skipped} files below "${path}" were left out: a copy takes at most ${limit}`;
      errors.push(message);
      yield missing(root, "too-large", message);
    }
    if (files === 0 && errors.length === 0) yield missing(root, "empty", `Nothing matches "${path}"`);
    if (errors.length > 0) yield jsonEntry(bundlePath(root, "errors.json"), errors);
  },
});

function isDenied(error: unknown): boolean {
  return error instanceof Deno.errors.PermissionDenied ||
    ["EACCES", "EPERM"].includes((error as { code?: string } | null)?.code ?? "");
}
