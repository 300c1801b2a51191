import * as z from "zod";
import type { Entry } from "../bundle/entry.ts";
import { flagField } from "../core/flag_field.ts";
import type { Clock } from "../core/clock.ts";
import type { AccessNeed } from "../kube/access.ts";
import type { KubeClient } from "../kube/kube_client.ts";

/** A kind of collector: yields entries, judges nothing.
 *
 * A file in `kinds/cluster/` or `kinds/host/` defines one; a line in `registry.ts` makes it known. */
export interface Collector<Schema extends z.ZodType = z.ZodType> {
  /** The key in the spec. */
  kind: string;
  where: "cluster" | "host";
  /** What it gathers, in one sentence, for help and docs. */
  summary: string;
  /** The fields of the kind; the common ones are added by {@linkcode defineCollector}. Made when it is first asked for: a
   * spec uses few kinds. */
  readonly schema: Schema;
  /** What progress lines, error files and the manifest call an entry of this kind. */
  title(config: z.output<Schema>): string;
  /** The permissions this entry needs. Checked before the run; a denied one is tried anyway, since webhook
   * authorizers answer reviews they cannot decide with no. */
  needs?(config: z.output<Schema>, context: { namespace?: string }): AccessNeed[];
  /** Every permission that this entry uses: what roles are made from (`support-bundle rbac`) and what `--dry-run` lists.
   * Absent: `needs` names them all. What every account of a cluster may do (versions, discovery, reviews of its own
   * access) is not listed. */
  permissions?(config: z.output<Schema>, context: PermissionContext): AccessNeed[];
  /** Yields what it finds, in order. Problems of a single file are `missing` entries; what is thrown fails the whole
   * collector, and what was yielded before stays. Obeys `context.signal` promptly. */
  collect(config: z.output<Schema>, context: CollectContext): AsyncIterable<Entry>;
  /** Turns all entries of the kind into fewer before the run, where the kind has a rule for that. */
  merge?(configs: z.output<Schema>[]): z.output<Schema>[];
}

export type { AccessNeed };

/** What the permissions of an entry depend on, beside its fields. */
export interface PermissionContext {
  /** `--namespace` of the command line. */
  namespace?: string;
  /** Namespace of the kubeconfig's context, for entries that name none. */
  contextNamespace: string;
  /** Custom resources of the cluster, for kinds that read all of them. */
  customResources: readonly { group: string; resource: string; namespaced: boolean }[];
}

export interface CollectContext {
  /** Connects at the first use. Host collectors must not touch it. */
  kube: KubeClient;
  clock: Clock;
  /** Aborted at the collector's deadline, at the global one, and at Ctrl-C. */
  signal: AbortSignal;
  /** When the collector's own deadline passes: who works towards an end of its own ends before that. */
  deadlineAt?: Date;
  /** `--namespace` of the command line. */
  namespace?: string;
  /** `--since` or `--since-time`: overrides the limits of every logs collector. */
  since?: Date;
  /** The environment of the tool itself, for host commands. */
  env: Readonly<Record<string, string>>;
  /** Progress below the level of a collector: `120 of 2100 pods`. Optional to call. */
  progress(message: string): void;
}

/** Fields that every collector has. */
export function commonFields() {
  return {
    collectorName: z.string().optional().describe("Display name; for several kinds also a file name"),
    exclude: flagField().describe("true leaves this entry out"),
  };
}

export type CommonFields = ReturnType<typeof commonFields>;

/** Gives a kind its common fields and its type. */
export function defineCollector<Shape extends z.ZodRawShape>(
  definition:
    & Omit<Collector<z.ZodObject<Shape & CommonFields>>, "schema" | "title">
    & {
      fields(): Shape;
      title: string | ((config: z.output<z.ZodObject<Shape & CommonFields>>) => string);
    },
): Collector<z.ZodObject<Shape & CommonFields>> {
  const { fields, title, ...rest } = definition;
  let schema: z.ZodObject<Shape & CommonFields> | undefined;
  return {
    ...rest,
    get schema() {
      return schema ??= z.object({ ...commonFields(), ...fields() }) as unknown as z.ZodObject<Shape & CommonFields>;
    },
    title: typeof title === "function" ? title : () => title,
  };
}

/** The title that most cluster kinds have: `base/<collectorName>`, else `base/<selector,…>`, else `base`. */
export function titled(base: string): (config: { collectorName?: string; selector?: string[] }) => string {
  return ({ collectorName, selector }) => {
    if (collectorName) return `${base}/${collectorName}`;
    return selector && selector.length > 0 ? `${base}/${selector.join(",")}` : base;
  };
}
