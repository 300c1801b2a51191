import * as z from "zod";
import { bundlePath } from "../../../bundle/bundle_path.ts";
import { type Entry, jsonEntry, missing } from "../../../bundle/entry.ts";
import { anySignal } from "../../../core/any_signal.ts";
import { describeError, SupportBundleError } from "../../../core/errors.ts";
import { flagField } from "../../../core/flag_field.ts";
import type { KubeListPage, KubeObject } from "../../../kube/kube_client.ts";
import { KubeNotFoundError } from "../../../kube/errors.ts";
import type { AccessNeed, CollectContext, CommonFields } from "../../collector.ts";
import { textField } from "../../text_field.ts";
import { missingReason, rethrowFatal } from "./kube_failure.ts";
import { mapAhead } from "./map_ahead.ts";
import { joinSelector, selectorField, selectorFileName } from "./label_selector.ts";

/** Namespaces that are asked before it is their turn. */
const LISTS_AHEAD = 6;

/** What tells Secrets from ConfigMaps. */
export interface DataObjectKind {
  /** Plural name in the API, and the folder in the bundle. */
  resource: "secrets" | "configmaps";
  /** The object in the bundle's form.
   * @param object undefined: it does not exist */
  describe(
    config: DataObjectConfig,
    object: KubeObject | undefined,
    where: { namespace: string; name: string },
  ): unknown;
  /** True when the key is part of the file's name. */
  keyInPath(config: DataObjectConfig): boolean;
}

export function dataObjectFields() {
  return {
    name: textField().optional().describe("Name of the object"),
    selector: selectorField().describe("Label selectors, ANDed, as kubectl -l takes them; used without name"),
    namespace: textField().optional().describe(
      "Namespace; empty: that of the kubeconfig context for a name, all namespaces for a selector",
    ),
    namespaces: z.array(textField()).optional().describe("Several namespaces for a selector, instead of namespace"),
    key: textField().optional().describe("One key of the object"),
    includeValue: flagField().describe("Takes the value of the key along"),
    includeAllData: flagField().describe("Takes the values of all keys along"),
  };
}

export type DataObjectConfig = z.output<z.ZodObject<ReturnType<typeof dataObjectFields> & CommonFields>>;

/** The permissions that the entry needs, for the namespace that is really asked. */
export function dataObjectNeeds(
  { resource }: DataObjectKind,
  config: DataObjectConfig,
  context: { namespace?: string },
): AccessNeed[] {
  if (config.name) {
    return [{
      verb: "get",
      resource,
      name: config.name,
      namespace: config.namespace || context.namespace || "default",
    }];
  }
  return scopes(config).map((namespace) => ({ verb: "list", resource, ...(namespace ? { namespace } : {}) }));
}

/** Collects one object by name, or those that a selector finds. */
export async function* collectDataObjects(
  kind: DataObjectKind,
  config: DataObjectConfig,
  { kube, signal, namespace: cliNamespace }: CollectContext,
): AsyncGenerator<Entry> {
  const { resource } = kind;
  const { name, selector, namespace = "", key } = config;
  if (!name && !selector?.length) {
    throw new SupportBundleError(`Cannot collect from "${resource}": neither name nor selector is given`, {
      code: "SPEC_VALUE",
      hint: "Name one object with name, or several with selector",
    });
  }
  const stem = name || selectorFileName(selector!);
  const failed = (error: unknown, within = namespace) =>
    jsonEntry(bundlePath(`${resource}-errors`, within, `${key ? `${stem}/${key}` : stem}.json`), [
      describeError(error),
    ]);
  const fileOf = (folder: string, object: string) =>
    kind.keyInPath(config)
      ? bundlePath(resource, folder, object, `${key}.json`)
      : bundlePath(resource, folder, `${object}.json`);

  if (name) {
    const path = fileOf(namespace, name);
    const asked = namespace || cliNamespace || await kube.contextNamespace();
    const url = `/api/v1/namespaces/${encodeURIComponent(asked)}/${resource}/${encodeURIComponent(name)}`;
    const source = `GET ${url}`;
    try {
      const object = await kube.get(url, { signal });
      yield jsonEntry(path, kind.describe(config, object, { namespace, name }), { source });
    } catch (error) {
      rethrowFatal(error, signal);
      // That it does not exist is an answer, for analyzers too.
      if (error instanceof KubeNotFoundError) {
        yield jsonEntry(path, kind.describe(config, undefined, { namespace, name }), { source });
      } else yield missing(path, missingReason(error), describeError(error));
      yield failed(error);
    }
    return;
  }

  const labelSelector = joinSelector(selector) || undefined;
  const open = async (scope: string, unwanted: AbortSignal): Promise<OpenedList> => {
    const url = scope ? `/api/v1/namespaces/${encodeURIComponent(scope)}/${resource}` : `/api/v1/${resource}`;
    const either = anySignal(signal, unwanted);
    const pages = kube.list(url, { labelSelector, signal: either })[Symbol.asyncIterator]();
    const source = `GET ${url}${labelSelector ? `?labelSelector=${labelSelector}` : ""}`;
    return { scope, source, pages, first: await pages.next().catch((error) => ({ error })) };
  };
  for await (const list of mapAhead(scopes(config), LISTS_AHEAD, open, close)) {
    const { scope, source } = list;
    let count = 0;
    try {
      for await (const page of pagesOf(list)) {
        for (const object of page.items) {
          const found = object.metadata;
          // Over all namespaces, equal names must not overwrite each other.
          const where = { namespace: scope || (found.namespace ?? ""), name: found.name };
          count++;
          yield jsonEntry(fileOf(where.namespace, where.name), kind.describe(config, object, where), { source });
        }
      }
      if (count === 0) {
        const why = `No object matches the selector "${labelSelector ?? "*"}"`;
        yield missing(bundlePath(resource, scope), "empty", why);
      }
    } catch (error) {
      rethrowFatal(error, signal);
      yield missing(bundlePath(resource, scope), missingReason(error), describeError(error));
      yield failed(error, scope);
    }
  }
}

async function close({ pages }: OpenedList): Promise<void> {
  await pages.return?.().catch(() => {});
}

/** The namespaces that a selector is tried in; "" means all. */
function scopes({ namespaces = [], namespace = "" }: DataObjectConfig): string[] {
  return namespaces.length > 0 ? [...new Set(namespaces)] : [namespace];
}

/** A list whose first page is there. */
interface OpenedList {
  scope: string;
  source: string;
  pages: AsyncIterator<KubeListPage>;
  first: IteratorResult<KubeListPage> | { error: unknown };
}

async function* pagesOf({ first, pages }: OpenedList): AsyncGenerator<KubeListPage> {
  if ("error" in first) throw first.error;
  try {
    for (let next = first; !next.done; next = await pages.next()) yield next.value;
  } finally {
    await pages.return?.();
  }
}

/** The values of an object with sorted keys, as existing readers know them. */
export function sortedData(data: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.keys(data).sort().map((key) => [key, data[key]!]));
}
