import { textEntry } from "../../../../bundle/entry.ts";
import { describeError, SupportBundleError } from "../../../../core/errors.ts";
import type { KubeObject } from "../../../../kube/kube_client.ts";
import type { RawListPage } from "../../../../kube/raw_list.ts";
import { type ApiInventory, isUnknownResource, servedVersion } from "./discovery.ts";
import { byNamespace, ListSplitter } from "./list_splitter.ts";
import { listPath, type ResourceKind } from "./resource_kinds.ts";
import {
  type PageSink,
  readNamespaced,
  reportClusterError,
  reportNamespaceErrors,
  type ResourceRun,
  ROOT,
  sourceOf,
} from "./resource_run.ts";

/** What a list may hold before its files are handed on. */
export const MAX_HELD_BYTES = 8 * 1024 * 1024;

/** Writes the files of one built-in kind.
 * @param onObject called with the metadata, spec and status of each object of the list, also for those of namespaces that are not wanted
 * @returns the error of a cluster-wide list that failed */
export async function collectKind(
  run: ResourceRun,
  kind: ResourceKind,
  inventory: Promise<ApiInventory>,
  onObject?: (object: KubeObject) => void,
): Promise<unknown> {
  const groupVersion = kind.from.length === 1 && !kind.optional
    ? kind.from[0]
    : servedVersion(await inventory, kind.resource, kind.from);
  if (groupVersion === undefined) return await reportUnserved(run, kind);
  if (kind.namespaced) {
    await collectNamespacedKind(run, kind, groupVersion, onObject);
    return undefined;
  }
  return await collectClusterKind(run, kind, groupVersion, onObject);
}

async function reportUnserved(run: ResourceRun, kind: ResourceKind): Promise<unknown> {
  if (kind.optional) return await run.emit(textEntry(`${ROOT}/${kind.dir}.json`, ""));
  const error = new UnservedError(kind);
  if (!kind.namespaced) await reportClusterError(run, kind.dir, error);
  else await reportNamespaceErrors(run, kind.dir, new Map([["", error]]));
  return error;
}

async function collectNamespacedKind(
  run: ResourceRun,
  kind: ResourceKind,
  groupVersion: string,
  onObject?: (object: KubeObject) => void,
): Promise<void> {
  const splitters: ListSplitter[] = [];
  const makeSink = (source: string): PageSink => {
    const splitter = new ListSplitter({
      format: "list",
      source,
      maxBytes: MAX_HELD_BYTES,
      pathOf: (namespace) => `${ROOT}/${kind.dir}/${namespace}.json`,
      wanted: run.namespaces,
      emit: run.emit,
    });
    splitters.push(splitter);
    return {
      async add(page, parts) {
        if (onObject) { for (const item of page.items) onObject(item.view); }
        await splitter.add(page, parts);
      },
      finish: (head, namespaces) => splitter.finish(head, namespaces),
      fail: (reason) => splitter.fail(reason),
      has: (namespace) => splitter.has(namespace),
    };
  };
  const errors = await readNamespaced(run, { groupVersion, resource: kind.resource }, makeSink);
  for (const { late } of splitters) {
    for (const [namespace, count] of late) errors.set(namespace, lateError(count));
  }
  await reportNamespaceErrors(run, kind.dir, errors);
}

async function collectClusterKind(
  run: ResourceRun,
  kind: ResourceKind,
  groupVersion: string,
  onObject?: (object: KubeObject) => void,
): Promise<unknown> {
  const path = listPath(groupVersion, kind.resource);
  const splitter = new ListSplitter({
    format: "list",
    source: sourceOf(path),
    maxBytes: MAX_HELD_BYTES,
    pathOf: () => `${ROOT}/${kind.dir}.json`,
    emit: run.emit,
  });
  try {
    let last: RawListPage | undefined;
    for await (const page of run.kube.listRaw(path, { signal: run.signal })) {
      if (onObject) { for (const item of page.items) onObject(item.view); }
      await splitter.add(page, byNamespace(page.items));
      last = { ...page, items: [] };
    }
    await splitter.finish(last!, [""]);
    return undefined;
  } catch (error) {
    splitter.fail(describeError(error));
    run.signal.throwIfAborted();
    if (kind.optional && isUnknownResource(error)) await run.emit(textEntry(`${ROOT}/${kind.dir}.json`, ""));
    else await reportClusterError(run, kind.dir, error);
    return error;
  }
}

/** Objects that the server sent after those of other namespaces, when their file was complete. */
export function lateError(count: number): SupportBundleError {
  return new SupportBundleError(
    `${count} objects are missing from the file: the server sent them after it had been completed`,
    { code: "LIST_UNSORTED" },
  );
}

/** The server has none of the versions that are known here. */
export class UnservedError extends SupportBundleError {
  constructor({ resource, from }: ResourceKind) {
    super(`The API server has no "${resource}" in ${from.join(" or ")}`, { code: "KUBE_NOT_SERVED" });
  }
}
