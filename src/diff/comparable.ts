import type { Inventory } from "./inventory.ts";

const NAMESPACES = "cluster-resources/namespaces.json";

/** Says of the objects of a file whether a bundle that does not have them really saw none. A list that was forbidden, cut or
 * not asked for says nothing: its objects are not gone. */
export class Comparable {
  readonly #namespaces: ReadonlySet<string> | undefined;
  readonly #hasDefinitions: boolean;

  constructor(readonly inventory: Inventory) {
    const namespaces = inventory.files.get(NAMESPACES)?.list;
    // With a selection of namespaces, the file has only these.
    const complete = namespaces?.kind === "NamespaceList" && namespaces.partial === "";
    this.#namespaces = complete ? new Set([...namespaces.objects.values()].map(({ name }) => name)) : undefined;
    this.#hasDefinitions =
      (inventory.files.get("cluster-resources/custom-resource-definitions.json")?.list?.objects.size ?? 0) > 0;
  }

  /** @returns why an object that is not in this file of the bundle may be there all the same; undefined: it is not there */
  whyUnknown(path: string): string | undefined {
    const { files, manifest } = this.inventory;
    const file = files.get(path);
    if (file?.list !== undefined) {
      if (path === NAMESPACES && this.#namespaces === undefined) return "it has only namespaces that were asked for";
      return file.list.partial || manifest.shortfalls.get(path);
    }
    if (file !== undefined) return file.size === 0 ? "its list is empty, as after an error" : "its JSON cannot be read";
    const reason = manifest.shortfalls.get(path);
    if (reason !== undefined) return reason;
    const [, dir = "", namespace] = path.replace(/\.json$/, "").split("/");
    if (dir === "custom-resources") {
      // Definitions without objects have no file.
      const failed = files.has("cluster-resources/custom-resources/custom-resources-errors.json");
      return this.#hasDefinitions && !failed ? undefined : "it is not in the bundle";
    }
    if (namespace !== undefined && this.#namespaces !== undefined && !this.#namespaces.has(namespace)) return undefined;
    return "it is not in the bundle";
  }
}
