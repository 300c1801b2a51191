import { jsonEntry, missing, type MissingReason, textEntry } from "../../../../bundle/entry.ts";
import { describeError, errorCode } from "../../../../core/errors.ts";
import { KubeApiError } from "../../../../kube/errors.ts";
import type { KubeClient } from "../../../../kube/kube_client.ts";
import type { RawListPage, RawObject } from "../../../../kube/raw_list.ts";
import { missingReason } from "../kube_failure.ts";
import { mapAhead } from "../map_ahead.ts";
import { isUnknownResource } from "./discovery.ts";
import { byNamespace, type Emit } from "./list_splitter.ts";
import { listPath } from "./resource_kinds.ts";

export const ROOT = "cluster-resources";
const CONCURRENT_NAMESPACES = 4;

/** What the parts of one run share. */
export interface ResourceRun {
  kube: KubeClient;
  signal: AbortSignal;
  emit: Emit;
  /** The namespaces whose objects are wanted. Settles while the first lists are under way. */
  namespaces: Promise<ReadonlySet<string>>;
  /** True: one list serves all namespaces. False: they were named, and each is asked on its own. */
  clusterWide: boolean;
}

/** A namespaced resource to be listed. */
export interface NamespacedList {
  groupVersion: string;
  resource: string;
  fieldSelector?: string;
}

/** Takes in a list, page by page, with objects of all namespaces: which of them are wanted is known at the end. */
export interface PageSink {
  add(page: RawListPage, parts: Map<string, RawObject[]>): Promise<void>;
  /** The list has been read; `head` is its last page. */
  finish(head: RawListPage, namespaces: ReadonlySet<string>): Promise<void>;
  /** The list broke off. */
  fail(reason: string): void;
  /** True when nothing more is needed for this namespace. */
  has(namespace: string): boolean;
}

/** Reads a namespaced list once for the whole cluster, and where that fails once for each namespace.
 * @param makeSink makes the taker of one list; `source` is its request
 * @returns the error of each namespace that could not be read, or one under the key "" when no namespace could be because
 * the server does not know the resource */
export async function readNamespaced(
  run: ResourceRun,
  { groupVersion, resource, fieldSelector }: NamespacedList,
  makeSink: (source: string) => PageSink,
): Promise<Map<string, unknown>> {
  const { kube, signal } = run;
  const errors = new Map<string, unknown>();
  const read = async (path: string, sink: PageSink, namespaces: ReadonlySet<string> | Promise<ReadonlySet<string>>) => {
    let last: RawListPage | undefined;
    for await (const page of kube.listRaw(path, { fieldSelector, signal })) {
      await sink.add(page, byNamespace(page.items));
      last = { ...page, items: [] };
    }
    await sink.finish(last!, await namespaces);
  };

  let open: string[] | undefined;
  if (run.clusterWide) {
    const path = listPath(groupVersion, resource);
    const sink = makeSink(sourceOf(path, fieldSelector));
    try {
      await read(path, sink, run.namespaces);
      return errors;
    } catch (error) {
      sink.fail(describeError(error));
      signal.throwIfAborted();
      if (isUnknownResource(error)) return errors.set("", error);
      open = [...await run.namespaces].filter((namespace) => !sink.has(namespace));
      if (!(error instanceof KubeApiError)) {
        for (const namespace of open) errors.set(namespace, error);
        return errors;
      }
    }
  }
  const readOne = async (namespace: string) => {
    const path = listPath(groupVersion, resource, namespace);
    const sink = makeSink(sourceOf(path, fieldSelector));
    try {
      await read(path, sink, new Set([namespace]));
    } catch (error) {
      sink.fail(describeError(error));
      signal.throwIfAborted();
      errors.set(namespace, error);
    }
  };
  const namespaces = open ?? await run.namespaces;
  for await (const _ of mapAhead(namespaces, CONCURRENT_NAMESPACES, readOne, () => {})) signal.throwIfAborted();
  return errors;
}

/** The request of a list, as the manifest names it. */
export function sourceOf(path: string, fieldSelector?: string): string {
  return `GET ${path}?limit=500${fieldSelector === undefined ? "" : `&fieldSelector=${fieldSelector}`}`;
}

/** Reports what could not be listed: the errors file that existing readers know, and an entry of the manifest for each
 * file that is missing, or one for all where all are missing for one reason.
 * @param folder under {@linkcode ROOT} */
export async function reportNamespaceErrors(
  run: ResourceRun,
  folder: string,
  errors: ReadonlyMap<string, unknown>,
): Promise<void> {
  if (errors.size === 0) return;
  await run.emit(jsonEntry(`${ROOT}/${folder}-errors.json`, errorMap(errors)));
  const reasons = new Set([...errors.values()].map(reasonOf));
  const all = errors.size > 1 && errors.size === (await run.namespaces).size && reasons.size === 1;
  if (all || errors.has("")) {
    const first = describeError(errors.values().next().value);
    const message = all ? `None of ${errors.size} namespaces could be read. The first error: ${first}` : first;
    return await run.emit(missing(`${ROOT}/${folder}`, [...reasons][0]!, message));
  }
  for (const [namespace, error] of errors) {
    await run.emit(missing(`${ROOT}/${folder}/${namespace}.json`, reasonOf(error), describeError(error)));
  }
}

/** Reports a cluster-wide file that is missing; existing readers expect it to be there and empty. */
export async function reportClusterError(run: ResourceRun, name: string, error: unknown): Promise<void> {
  const path = `${ROOT}/${name}.json`;
  await run.emit(textEntry(path, ""));
  await run.emit(jsonEntry(`${ROOT}/${name}-errors.json`, [describeError(error)]));
  await run.emit(missing(path, reasonOf(error), describeError(error)));
}

/** As existing readers know it: sorted, from key to message. */
export function errorMap(errors: ReadonlyMap<string, unknown>): Record<string, string> {
  const sorted = [...errors].sort(([a], [b]) => a < b ? -1 : a > b ? 1 : 0);
  return Object.fromEntries(sorted.map(([key, error]) => [key, describeError(error)]));
}

export function reasonOf(error: unknown): MissingReason {
  const unknown = isUnknownResource(error) || errorCode(error) === "KUBE_NOT_SERVED";
  return unknown ? "not-installed" : missingReason(error);
}
