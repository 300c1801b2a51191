import { jsonEntry, missing } from "../../../../bundle/entry.ts";
import { describeError } from "../../../../core/errors.ts";
import type { RawListPage } from "../../../../kube/raw_list.ts";
import { lateError, MAX_HELD_BYTES } from "./builtin_lists.ts";
import type { CustomResource } from "./custom_resource.ts";
import { byNamespace, type Emit, ListSplitter } from "./list_splitter.ts";
import { listPath } from "./resource_kinds.ts";
import { errorMap, readNamespaced, reasonOf, type ResourceRun, ROOT, sourceOf } from "./resource_run.ts";

const FOLDER = `${ROOT}/custom-resources`;

/** Writes the objects of one custom resource: a file for each namespace that has some, or one for a cluster-scoped kind,
 * and next to each a link that ends in `.yaml`, as older readers expect.
 * @returns errors by `<crd>` and `<crd>/<namespace>` */
export async function collectCustomObjects(run: ResourceRun, resource: CustomResource): Promise<Map<string, unknown>> {
  const { name, groupVersion, plural, namespaced } = resource;
  const emit: Emit = async (entry, bytes, passed) => {
    await run.emit(entry, bytes, passed);
    await run.emit({ type: "link", path: entry.path.replace(/json$/, "yaml"), target: entry.path });
  };
  const splitter = (source: string) =>
    new ListSplitter({
      format: "array",
      source,
      maxBytes: MAX_HELD_BYTES,
      pathOf: (namespace) => namespace === "" ? `${FOLDER}/${name}.json` : `${FOLDER}/${name}/${namespace}.json`,
      ...(namespaced ? { wanted: run.namespaces } : {}),
      emit,
    });
  const errors = new Map<string, unknown>();
  if (namespaced) {
    const splitters: ListSplitter[] = [];
    const failed = await readNamespaced(run, { groupVersion, resource: plural }, (source) => {
      const files = splitter(source);
      splitters.push(files);
      return {
        add: (page, parts) => files.add(page, parts),
        finish: (head) => files.finish(head, []),
        fail: (reason) => files.fail(reason),
        has: (namespace) => files.has(namespace),
      };
    });
    for (const { late } of splitters) for (const [namespace, count] of late) failed.set(namespace, lateError(count));
    for (const [namespace, error] of failed) errors.set(namespace === "" ? name : `${name}/${namespace}`, error);
    return errors;
  }
  const path = listPath(groupVersion, plural);
  const files = splitter(sourceOf(path));
  try {
    let last: RawListPage | undefined;
    for await (const page of run.kube.listRaw(path, { signal: run.signal })) {
      await files.add(page, byNamespace(page.items));
      last = { ...page, items: [] };
    }
    await files.finish(last!, []);
  } catch (error) {
    files.fail(describeError(error));
    run.signal.throwIfAborted();
    errors.set(name, error);
  }
  return errors;
}

/** The one errors file of all custom resources lies inside their folder. */
export async function reportCustomErrors(run: ResourceRun, errors: ReadonlyMap<string, unknown>): Promise<void> {
  if (errors.size === 0) return;
  await run.emit(jsonEntry(`${FOLDER}/custom-resources-errors.json`, errorMap(errors)));
  for (const [key, error] of errors) {
    const path = key === "crdList" ? FOLDER : `${FOLDER}/${key}.json`;
    await run.emit(missing(path, reasonOf(error), describeError(error)));
  }
}
