import { stat, statfs } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { bundlePath } from "../../../bundle/bundle_path.ts";
import { jsonEntry } from "../../../bundle/entry.ts";
import { SupportBundleError } from "../../../core/errors.ts";
import { defineCollector } from "../../collector.ts";
import { textField } from "../../text_field.ts";

const MAX_LEVELS = 50;

export const diskUsage = defineCollector({
  kind: "diskUsage",
  where: "host",
  summary: "Size and use of the file system that holds a path",
  title: ({ collectorName }) => collectorName ? `Disk Usage ${collectorName}` : "Disk Usage",
  fields: () => ({
    path: textField().describe(
      "A path of the file system; where it does not exist, its nearest existing parent counts",
    ),
  }),
  async *collect({ path, collectorName }) {
    const existing = await nearestExisting(resolve(path));
    const { bsize, blocks, bfree } = await statfs(existing);
    yield jsonEntry(
      bundlePath("host-collectors/diskUsage", `${collectorName || "diskUsage"}.json`),
      { total_bytes: blocks * bsize, used_bytes: (blocks - bfree) * bsize },
      { indent: 0, source: existing },
    );
  },
});

/** The path itself, or the nearest parent that exists. */
async function nearestExisting(path: string): Promise<string> {
  let candidate = path;
  for (let level = 0; level < MAX_LEVELS; level++) {
    try {
      await stat(candidate);
      return candidate;
    } catch (cause) {
      const parent = dirname(candidate);
      const { code } = cause as { code?: string };
      if ((code !== "ENOENT" && code !== "ENOTDIR") || parent === candidate) {
        throw new SupportBundleError(`Cannot read the disk usage of "${path}"`, { code: "HOST_FILE", cause });
      }
      candidate = parent;
    }
  }
  throw new SupportBundleError(`Cannot read the disk usage of "${path}": none of its parents exists`, {
    code: "HOST_FILE",
  });
}
