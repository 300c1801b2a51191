import { bundlePath } from "../../bundle/bundle_path.ts";
import { type Entry, jsonEntry, missing, type MissingReason } from "../../bundle/entry.ts";

/** What could not be had of a node: each in the manifest, and in a file of its own below `errors/` of the node's folder. */
export class NodeErrors {
  readonly #taken = new Set<string>();

  constructor(readonly node: string, readonly now: () => Date) {}

  /** What stands in the manifest for all files of a collector. */
  path(title: string): string {
    return bundlePath("host-collectors", this.node, nameOf(title));
  }

  /** @param said what the command printed to stderr: for the file alone, which is redacted */
  *of(title: string, reason: MissingReason, why: string, said = ""): Generator<Entry> {
    yield missing(this.path(title), reason, `${title} on node ${this.node}: ${why}`);
    const error = said === "" ? why : `${why}: ${said}`;
    yield jsonEntry(this.#file(title), { collector: title, error, timestamp: this.now().toISOString() }, { indent: 0 });
  }

  #file(title: string): string {
    for (let n = 1;; n++) {
      const file = `${nameOf(title)}-error${n === 1 ? "" : `-${n}`}.json`;
      const path = bundlePath("host-collectors", this.node, "errors", file);
      if (this.#taken.has(path)) continue;
      this.#taken.add(path);
      return path;
    }
  }
}

/** A title as a part of paths: specs may write anything. */
function nameOf(title: string): string {
  return title.replaceAll("..", "_").replaceAll("\0", "_");
}
