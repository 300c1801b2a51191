import { anySignal } from "../../../../core/any_signal.ts";
import * as z from "zod";
import { type Entry, jsonEntry, missing } from "../../../../bundle/entry.ts";
import { flagField } from "../../../../core/flag_field.ts";
import type { KubeObject } from "../../../../kube/kube_client.ts";
import { Limiter } from "../../../../kube/limiter.ts";
import { type CollectContext, defineCollector } from "../../../collector.ts";
import { collectKind } from "./builtin_lists.ts";
import { collectCustomObjects, reportCustomErrors } from "./custom_objects.ts";
import { type CustomResource, customResourceOf } from "./custom_resource.ts";
import { type ApiInventory, discoverApi } from "./discovery.ts";
import { EntryQueue } from "./entry_queue.ts";
import { chooseNamespaces, type NamespaceChoice, reviewNamespaces } from "./namespaces.ts";
import { resourcePermissions } from "./permissions.ts";
import { RESOURCE_KINDS, type ResourceKind } from "./resource_kinds.ts";
import { type ResourceRun, ROOT } from "./resource_run.ts";
import { collectLicense, collectPullSecrets } from "./secrets_summary.ts";
import { unhealthyLogs, UnhealthyPods } from "./unhealthy_logs.ts";

const CONCURRENT_KINDS = 6;
const MAX_QUEUED_BYTES = 16 * 1024 * 1024;
const CRDS = "custom-resource-definitions";

export const clusterResources = defineCollector({
  kind: "clusterResources",
  where: "cluster",
  summary: "The objects of the cluster, and the logs of pods that are not well",
  title: "cluster-resources",
  fields: () => ({
    namespaces: z.array(z.string()).nullish().describe(
      "Only these namespaces; absent, empty or with an empty name: all",
    ),
    ignoreRBAC: flagField().describe("Also reads namespaces in which the account may not read pods"),
  }),
  needs: () => [
    { verb: "list", resource: "namespaces" },
    { verb: "list", resource: "nodes" },
    { verb: "list", resource: "customresourcedefinitions", group: "apiextensions.k8s.io" },
    { verb: "list", resource: "storageclasses", group: "storage.k8s.io" },
  ],
  permissions: ({ namespaces }, context) => resourcePermissions(namespacesOf(namespaces), context),
  merge: (configs) => {
    const [first] = configs;
    if (first === undefined) return [];
    const lists = configs.map(({ namespaces }) => namespacesOf(namespaces));
    const all = lists.some((names) => names.length === 0);
    return [{ ...first, namespaces: all ? undefined : [...new Set(lists.flat())].sort() }];
  },
  async *collect(config, context): AsyncGenerator<Entry> {
    const stop = new AbortController();
    const signal = anySignal(context.signal, stop.signal);
    const wanted = { named: namespacesOf(config.namespaces), flag: context.namespace };
    const choice = await chooseNamespaces(context.kube, wanted, signal);
    yield* choice.entries;

    const queue = new EntryQueue(MAX_QUEUED_BYTES);
    const gathering = gather(context, choice, config.ignoreRBAC, queue, signal).finally(() => queue.end());
    const failed = gathering.then(() => {}, (error) => {
      queue.abort(error);
    });
    try {
      yield* queue.read();
      await gathering;
    } finally {
      stop.abort();
      queue.abort();
      await failed;
    }
  },
});

/** Reads everything into the queue. A log is asked for as soon as its pod is known: the nodes are slow to answer. */
async function gather(
  { kube, clock, progress }: CollectContext,
  choice: NamespaceChoice,
  ignoreRBAC: boolean,
  queue: EntryQueue,
  signal: AbortSignal,
): Promise<void> {
  const review = reviewNamespaces(kube, choice, { ignoreRBAC, signal });
  const run: ResourceRun = {
    kube,
    signal,
    emit: (entry, bytes, passed) => queue.push(entry, bytes, passed),
    namespaces: review.then(({ selected }) => selected),
    clusterWide: choice.how === "listed",
  };
  run.namespaces.catch(() => {}); // told by `review`
  const inventory = discoverApi(kube, signal);
  const unhealthy = new UnhealthyPods();
  const customResources = new Map<string, CustomResource>();
  const observers: Record<string, (object: KubeObject) => void> = {
    pods: (pod) => unhealthy.add(pod),
    [CRDS](definition) {
      const resource = customResourceOf(definition);
      if (resource !== undefined) customResources.set(resource.name, resource);
    },
  };

  const limiter = new Limiter(CONCURRENT_KINDS);
  const steps = RESOURCE_KINDS.length + 2;
  let done = 0;
  const step = <T>(task: () => Promise<T>): Promise<T> =>
    limiter.run(async () => {
      const result = await task();
      progress(`${++done} of ${steps} kinds`);
      return result;
    }, signal);
  const collect = (kind: ResourceKind) => step(() => collectKind(run, kind, inventory, observers[kind.dir]));
  const logs = async () => {
    const targets = unhealthy.containers(await run.namespaces);
    for await (const entry of unhealthyLogs({ kube, clock, signal }, targets)) {
      const bytes = entry.type === "file" ? entry.bytes?.length : 0;
      if (bytes !== undefined) await queue.push(entry, bytes);
      // A long log waits in its connection: the next one is welcome when this one was read.
      else await new Promise<void>((read) => void queue.push(entry, 0, read));
    }
  };
  const customObjects = async (crdError: unknown) => {
    const errors = new Map<string, unknown>();
    if (crdError !== undefined) errors.set("crdList", crdError);
    const read = (resource: CustomResource) => limiter.run(() => collectCustomObjects(run, resource), signal);
    for (const failed of await settled([...customResources.values()].map(read))) {
      for (const [key, error] of failed) errors.set(key, error);
    }
    await reportCustomErrors(run, errors);
  };

  await settled([
    review.then(async ({ entries }) => {
      for (const entry of entries) await run.emit(entry);
    }),
    inventory.then((found) => emitInventory(run, found)),
    ...RESOURCE_KINDS.map((kind) => {
      const read = collect(kind);
      return kind.dir === CRDS
        ? read.then(customObjects)
        : kind.dir === "pods"
        ? read.finally(() => unhealthy.end())
        : read;
    }),
    logs(),
    step(() => collectPullSecrets(run)),
    step(() => collectLicense(run)),
  ]);
}

async function emitInventory(run: ResourceRun, { groups, resources, errors }: ApiInventory): Promise<void> {
  const source = "GET /api, /apis";
  await run.emit(jsonEntry(`${ROOT}/groups.json`, groups ?? null, { source }));
  await run.emit(jsonEntry(`${ROOT}/resources.json`, groups === undefined ? null : resources, { source }));
  if (errors.length === 0) return;
  await run.emit(jsonEntry(`${ROOT}/groups-resources-errors.json`, errors));
  await run.emit(missing(`${ROOT}/resources.json`, "failed", errors[0]!));
}

/** As `Promise.all`, but waits for the end of all before it throws the first error: nothing is left running. */
async function settled<T>(promises: Promise<T>[]): Promise<T[]> {
  await Promise.allSettled(promises);
  return await Promise.all(promises);
}

/** The namespaces that a spec names; none means all. */
function namespacesOf(namespaces: string[] | null | undefined): string[] {
  return namespaces == null || namespaces.includes("") ? [] : namespaces;
}
