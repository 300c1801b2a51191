import { itemsOf, namespaceOf, type StoredObject } from "../analyze/stored_objects.ts";
import type { BundleReader } from "../bundle/bundle_reader.ts";
import { describeError } from "../core/errors.ts";
import { freeGarbage } from "../core/free_garbage.ts";
import { Bounded } from "./tally.ts";

/** An object of the cluster, and the file that it is in. */
export interface FoundObject {
  path: string;
  namespace: string;
  name: string;
  object: StoredObject;
}

/** Text of the cluster's files that is read for a report: the page must not take longer than what it tells of. */
const MAX_TEXT = 96 * 1024 * 1024;
const MAX_UNREAD = 10;
const FREE_EVERY = 2 * 1024 * 1024;

/** Reads the lists of the cluster, one file after the other, and keeps none. */
export class ClusterFiles {
  readonly #bundle: BundleReader;
  #room: number;
  #unfreed = 0;
  /** Files that could not be read, each with the reason. */
  readonly unread = new Bounded<{ path: string; why: string }>(MAX_UNREAD);

  constructor(bundle: BundleReader, room = MAX_TEXT) {
    this.#bundle = bundle;
    this.#room = room;
  }

  /** Objects of `cluster-resources/<name>.json` and `cluster-resources/<name>/<namespace>.json`.
   * @returns false when there is no such file */
  async each(name: string, visit: (found: FoundObject) => void): Promise<boolean> {
    const paths = [
      ...await this.#bundle.find(`cluster-resources/${name}.json`),
      ...await this.#bundle.find(`cluster-resources/${name}/*.json`),
    ];
    for (const path of paths) {
      for (const object of await this.#items(path)) {
        const { name, namespace } = object.metadata ?? {};
        visit({
          path,
          object,
          name: typeof name === "string" ? name : "",
          namespace: typeof namespace === "string" ? namespace : namespaceOf(path),
        });
      }
    }
    return paths.length > 0;
  }

  async #items(path: string): Promise<StoredObject[]> {
    try {
      if (this.#room <= 0) throw new Error("too much for this page, the files of other namespaces came first");
      const text = await this.#bundle.readText(path) ?? "";
      this.#room -= text.length;
      if ((this.#unfreed += text.length) > FREE_EVERY) {
        freeGarbage(); // what was made of the files before
        this.#unfreed = 0;
      }
      return text.trim() === "" ? [] : itemsOf(JSON.parse(text), path);
    } catch (error) {
      this.unread.add({ path, why: error instanceof SyntaxError ? "it is not JSON" : describeError(error) });
      return [];
    }
  }
}
