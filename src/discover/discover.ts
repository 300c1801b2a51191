import type { Clock } from "../core/clock.ts";
import { type Deadline, startDeadline } from "../core/deadline.ts";
import { describeError } from "../core/errors.ts";
import { type AccessAnswer, checkAccess } from "../kube/access.ts";
import { KubeApiError, KubeForbiddenError } from "../kube/errors.ts";
import type { KubeClient } from "../kube/kube_client.ts";
import type { CollectorEntry } from "../spec/loaded_spec.ts";
import { chooseNamespaces, type ChosenNamespaces, type NamespaceList } from "./choose_namespaces.ts";
import type { DiscoveryOptions } from "./discovery_options.ts";
import { generateCollectors, joinCollectors } from "./generate.ts";
import { findKotsApps, type KotsApp } from "./kots_apps.ts";
import { isExcluded } from "./namespace_pattern.ts";
import { type ForbiddenCollector, partByAccess } from "./permitted.ts";
import { planCollectors } from "./plan_collectors.ts";
import { PROFILES } from "./profiles.ts";

/** What `--auto` found to collect in a cluster. */
export interface Discovery {
  options: DiscoveryOptions;
  namespaces: ChosenNamespaces;
  kots: KotsApp[];
  /** In a fixed order. */
  collectors: CollectorEntry[];
  /** What the account may not read. */
  forbidden: ForbiddenCollector[];
  warnings: string[];
  /** The cluster could not be asked: the state of the cluster is all that is planned, so that the run says why. */
  unreachable?: unknown;
}

export interface DiscoverContext {
  kube: KubeClient;
  clock: Clock;
  signal: AbortSignal;
  /** `--namespace` of the command line. */
  namespace?: string;
  /** Of the whole run: looking around takes no longer either. */
  deadlineMs?: number;
}

/** Looks around in the cluster and decides what to collect. Only reads: nothing is ever created.
 *
 * It stands beside `spec`: what it makes are entries of a spec, which it knows how to plan and `spec` how to read.
 * Whatever it cannot find out within the profile's time costs what depends on it, and a warning.
 * @throws the signal's reason */
export async function discover(options: DiscoveryOptions, context: DiscoverContext): Promise<Discovery> {
  const { signal, namespace, deadlineMs = Infinity } = context;
  using deadline = startDeadline(context.clock, Math.min(PROFILES[options.profile].limitMs, deadlineMs), signal);
  const within = { ...context, deadline };
  let list: NamespaceList;
  let own = "default";
  try {
    own = await context.kube.contextNamespace();
    list = namespace ? { listed: [namespace] } : await listNamespaces(within, own);
  } catch (unreachable) {
    signal.throwIfAborted();
    const namespaces = { names: [], how: "own" as const, warnings: [] };
    const planned = planCollectors({ namespaces, kots: [] }, { ...options, profile: "minimal", includeImages: false });
    return {
      options,
      namespaces,
      kots: [],
      collectors: joinCollectors(generateCollectors(planned, namespace)),
      forbidden: [],
      warnings: [],
      unreachable,
    };
  }
  const namespaces = chooseNamespaces(list, options, namespace);
  const warnings = [...namespaces.warnings];
  const facts = { namespaces, known: list.listed, kots: await findKots(options, namespaces, within, warnings) };
  const generated = generateCollectors(planCollectors(facts, options), namespace);
  const answers = options.rbacCheck ? await review(generated.flatMap(({ needs }) => needs), within, warnings) : [];
  const { permitted, forbidden } = partByAccess(generated, answers);
  return { options, namespaces, kots: facts.kots, collectors: joinCollectors(permitted), forbidden, warnings };
}

type Within = DiscoverContext & { deadline: Deadline };

/** @throws what no further request survives: no cluster, credentials that are not accepted */
async function listNamespaces({ kube, deadline, signal }: Within, own: string): Promise<NamespaceList> {
  try {
    const listed: string[] = [];
    for await (const page of kube.list("/api/v1/namespaces", { signal: deadline.signal })) {
      listed.push(...page.items.map(({ metadata }) => metadata.name));
    }
    return { listed };
  } catch (error) {
    signal.throwIfAborted();
    const unknown = error instanceof KubeForbiddenError && error.status === 401;
    if (unknown || !(error instanceof KubeApiError || deadline.expired)) throw error;
    const why = deadline.expired
      ? "no answer in time"
      : error instanceof KubeForbiddenError
      ? "forbidden"
      : describeError(error);
    return { own, why };
  }
}

async function findKots(
  options: DiscoveryOptions,
  { names, how }: ChosenNamespaces,
  { kube, deadline, signal }: Within,
  warnings: string[],
): Promise<KotsApp[]> {
  if (!PROFILES[options.profile].kots) return [];
  try {
    const found = await findKotsApps(kube, how === "flag" || how === "own" ? names : undefined, deadline.signal);
    return found.filter(({ namespace }) => !isExcluded(namespace, options.excludeNamespaces));
  } catch (error) {
    signal.throwIfAborted();
    warnings.push(`KOTS was not looked for: ${deadline.expired ? "no time was left" : describeError(error)}`);
    return [];
  }
}

async function review(
  needs: Parameters<typeof checkAccess>[1],
  { kube, deadline, signal }: Within,
  warnings: string[],
): Promise<AccessAnswer[]> {
  try {
    return await checkAccess(kube, needs, deadline.signal);
  } catch (error) {
    signal.throwIfAborted();
    const why = deadline.expired ? "no time was left" : describeError(error);
    warnings.push(`The account's permissions could not be checked (${why}): everything is tried`);
    return [];
  }
}
