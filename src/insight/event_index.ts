import type { ClusterFiles } from "./cluster_files.ts";
import { below, text, time } from "./loose.ts";

/** What is kept of an event. */
export interface Trace {
  reason: string;
  message: string;
  /** ms; 0 when it does not say. */
  at: number;
  path: string;
  index: number;
}

/** Of each object; a crash loop has many that say the same. */
const MAX_PER_OBJECT = 8;
const MAX_MESSAGE = 2_000;

/** The warnings of a cluster, by the object they are about. */
export class EventIndex {
  readonly #byObject: Map<string, Trace[]>;

  private constructor(byObject: Map<string, Trace[]>) {
    this.#byObject = byObject;
  }

  static async read(cluster: ClusterFiles): Promise<EventIndex> {
    const byObject = new Map<string, Trace[]>();
    for await (const { value, namespace, path, index } of cluster.objects("events")) {
      if (value.type !== "Warning") continue;
      // events.k8s.io says `regarding` and `note`.
      const about = value.involvedObject ?? value.regarding;
      const trace: Trace = {
        reason: text(value.reason),
        message: (text(value.message) || text(value.note)).slice(0, MAX_MESSAGE),
        at: time(below(value, "series", "lastObservedTime")) ?? time(value.lastTimestamp) ?? time(value.eventTime) ??
          time(below(value, "metadata", "creationTimestamp")) ?? 0,
        path,
        index,
      };
      const key = keyOf(
        text(below(about, "kind")),
        text(below(about, "namespace")) || namespace,
        text(below(about, "name")),
      );
      const known = byObject.get(key);
      if (known === undefined) byObject.set(key, [trace]);
      else {
        known.push(trace);
        if (known.length > MAX_PER_OBJECT) known.splice(known.indexOf(oldest(known)), 1);
      }
    }
    for (const traces of byObject.values()) traces.sort((a, b) => b.at - a.at);
    return new EventIndex(byObject);
  }

  /** The latest first. */
  of(kind: string, namespace: string, name: string): readonly Trace[] {
    return this.#byObject.get(keyOf(kind, namespace, name)) ?? [];
  }

  *all(): Iterable<Trace & { kind: string; namespace: string; name: string }> {
    for (const [key, traces] of this.#byObject) {
      const [kind = "", namespace = "", name = ""] = key.split("\n");
      for (const trace of traces) yield { ...trace, kind, namespace, name };
    }
  }
}

function keyOf(kind: string, namespace: string, name: string): string {
  return `${kind}\n${namespace}\n${name}`;
}

function oldest(traces: readonly Trace[]): Trace {
  return traces.reduce((a, b) => b.at < a.at ? b : a);
}
