import { startDeadline } from "../core/deadline.ts";
import { type Clock, systemClock } from "../core/clock.ts";
import { describeError, SupportBundleError } from "../core/errors.ts";
import { KubeForbiddenError, KubeUnreachableError } from "../kube/errors.ts";
import type { KubeClient } from "../kube/kube_client.ts";
import { Limiter } from "../kube/limiter.ts";
import { DEFAULT_SELECTOR, labelQueries } from "./label_queries.ts";
import { asKind, isPassing, type SpecText, specText } from "./read_object.ts";
import { SpecError } from "./spec_error.ts";
import { SEARCHED_KEYS } from "./spec_keys.ts";

export interface ClusterSearch {
  /** Values of `--selector`; undefined: the labels that specs usually have. */
  selector?: readonly string[];
  /** This namespace alone. */
  namespace?: string;
}

export interface Found {
  /** By query, namespace and key; Secrets before ConfigMaps. */
  texts: SpecText[];
  /** What was not searched, and why. */
  warnings: string[];
}

const RESOURCES = ["secret", "configmap"] as const;
type Resource = typeof RESOURCES[number];
const NOUNS = { secret: "Secrets", configmap: "ConfigMaps" };
/** Of the whole search. */
const DEADLINE_MS = 60_000;
/** Of one request: a server that hangs costs no more. */
const ANSWER_MS = 20_000;
const CONCURRENCY = 8;
/** Of all specs together; a Secret holds 1 MiB at most. */
const MAX_CHARACTERS = 64 * 1024 * 1024;

interface Hit extends SpecText {
  order: string;
}

/** Finds specs by label in Secrets and ConfigMaps: in the whole cluster where that is allowed, else in each namespace that
 * allows it.
 * @throws {SpecError} when the API server cannot be asked at all; what it forbids is in the warnings */
export async function searchCluster(
  kube: KubeClient,
  search: ClusterSearch,
  { clock = systemClock, signal = new AbortController().signal }: { clock?: Clock; signal?: AbortSignal } = {},
): Promise<Found> {
  const run = new SearchRun(kube, search, clock);
  using deadline = startDeadline(clock, DEADLINE_MS, signal);
  try {
    for (const resource of RESOURCES) await run.read(resource, deadline.signal);
    run.warnOfDenied();
  } catch (cause) {
    signal.throwIfAborted();
    const why = deadline.expired ? `it was not done after ${DEADLINE_MS / 1000} s` : describeError(cause);
    if (run.texts().length === 0) {
      const hint = cause instanceof SupportBundleError ? cause.hint : undefined;
      throw new SpecError("", `The cluster cannot be searched for specs: ${why}`, hint, {
        cause,
        transient: isPassing(cause, deadline),
      });
    }
    run.warnings.push(`The cluster was not searched for specs to the end: ${why}`);
  }
  return { texts: run.texts(), warnings: run.warnings };
}

class SearchRun {
  readonly warnings: string[] = [];
  readonly #hits = new Map<string, Hit>();
  readonly #queries: string[];
  readonly #denied: { resource: Resource; namespaces: string[]; of: number }[] = [];
  #characters = 0;
  #namespaces?: Promise<string[]>;

  constructor(readonly kube: KubeClient, readonly search: ClusterSearch, readonly clock: Clock) {
    this.#queries = labelQueries(search.selector);
    if (this.#queries.includes("")) {
      throw new SpecError(
        "",
        "The selector names no label, and so would mean every Secret",
        `Write ${DEFAULT_SELECTOR}`,
      );
    }
  }

  texts(): SpecText[] {
    return [...this.#hits.values()].sort((a, b) => a.order < b.order ? -1 : 1)
      .map(({ name, text }) => ({ name, text }));
  }

  async read(resource: Resource, signal: AbortSignal): Promise<void> {
    const { namespace } = this.search;
    if (await this.#readScope(resource, namespace, signal)) return;
    if (namespace !== undefined) return void this.#denied.push({ resource, namespaces: [namespace], of: 1 });
    const names = await (this.#namespaces ??= this.#listNamespaces(signal));
    const limiter = new Limiter(CONCURRENCY);
    const outcomes = await Promise.allSettled(
      names.map((name) => limiter.run(() => this.#readScope(resource, name, signal), signal)),
    );
    const failed = outcomes.find((outcome) => outcome.status === "rejected");
    if (failed !== undefined) throw failed.reason;
    const denied = names.filter((_, i) => (outcomes[i] as PromiseFulfilledResult<boolean>).value === false);
    if (denied.length > 0) this.#denied.push({ resource, namespaces: denied, of: names.length });
  }

  /** @returns false when it is forbidden there */
  async #readScope(resource: Resource, namespace: string | undefined, signal: AbortSignal): Promise<boolean> {
    const scope = namespace === undefined ? "" : `/namespaces/${encodeURIComponent(namespace)}`;
    for (const [rank, labelSelector] of this.#queries.entries()) {
      try {
        await this.#list(`/api/v1${scope}/${resource}s`, labelSelector, signal, (object) => {
          this.#take(resource, rank, object);
        });
      } catch (error) {
        if (error instanceof KubeForbiddenError && error.status === 403) return false;
        throw error;
      }
    }
    return true;
  }

  #take(resource: Resource, rank: number, object: Parameters<typeof asKind>[0]): void {
    const { namespace = "", name } = object.metadata;
    for (const [index, key] of SEARCHED_KEYS.entries()) {
      if (object.data?.[key] === undefined && object.binaryData?.[key] === undefined) continue;
      const label = `${resource}/${namespace}/${name}/${key}`;
      if (this.#hits.has(label)) continue;
      const text = specText(asKind(object, resource), key);
      if (text === undefined) {
        this.warnings.push(`${label}: ignored, it is not UTF-8 text`);
        continue;
      }
      this.#characters += text.length;
      if (this.#characters > MAX_CHARACTERS) {
        throw new SpecError("", "The labels match too many specs", "Narrow the search with --selector or --namespace");
      }
      const order = [rank, namespace, index, RESOURCES.indexOf(resource), name].join("\0");
      this.#hits.set(label, { name: label, text, order });
    }
  }

  async #listNamespaces(signal: AbortSignal): Promise<string[]> {
    const names: string[] = [];
    try {
      await this.#list("/api/v1/namespaces", undefined, signal, ({ metadata }) => void names.push(metadata.name));
      return names.sort();
    } catch (error) {
      if (!(error instanceof KubeForbiddenError) || error.status !== 403) throw error;
      const namespace = await this.kube.contextNamespace();
      this.warnings.push(
        `The namespaces may not be listed, so specs were searched for in namespace "${namespace}" only; ` +
          "name another one with --namespace",
      );
      return [namespace];
    }
  }

  async #list(
    path: string,
    labelSelector: string | undefined,
    signal: AbortSignal,
    take: (object: Parameters<typeof asKind>[0]) => void,
  ): Promise<void> {
    using deadline = startDeadline(this.clock, ANSWER_MS, signal);
    try {
      for await (const page of this.kube.list(path, { labelSelector, signal: deadline.signal })) {
        for (const object of page.items) take(object);
      }
    } catch (error) {
      if (!deadline.expired) throw error;
      throw new KubeUnreachableError(`The API server did not answer within ${ANSWER_MS / 1000} s`);
    }
  }

  /** One warning where Secrets and ConfigMaps are forbidden in the same namespaces. */
  warnOfDenied(): void {
    const groups = Map.groupBy(this.#denied, ({ namespaces }) => namespaces.join(","));
    for (const group of groups.values()) {
      const { namespaces, of } = group[0]!;
      const shown = namespaces.slice(0, 5).join(", ") + (namespaces.length > 5 ? ", …" : "");
      const where = of === 1 ? `namespace "${shown}"` : `${namespaces.length} of ${of} namespaces (${shown})`;
      const what = group.map(({ resource }) => NOUNS[resource]).join(" and ");
      this.warnings.push(`${what} may not be listed in ${where}: specs there were not found`);
    }
  }
}
