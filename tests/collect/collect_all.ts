import type { Entry, LinkEntry, MissingEntry, Truncation } from "../../src/bundle/entry.ts";
import type { CollectContext, Collector } from "../../src/collect/collector.ts";
import { systemClock } from "../../src/core/clock.ts";
import type { KubeClient } from "../../src/kube/kube_client.ts";

/** A file with its body read. */
export interface CollectedFile {
  type: "file";
  path: string;
  text: string;
  bytes: number;
  source?: string;
  truncated?: Truncation;
}

export type Collected = CollectedFile | LinkEntry | MissingEntry;

/** What a collector yielded, in order; `files` maps paths to texts. */
export interface Collection {
  entries: Collected[];
  files: Record<string, string>;
  links: Record<string, string>;
  missing: MissingEntry[];
}

/** A cluster that must not be touched. */
export const noKube = new Proxy({}, {
  get(_target, property) {
    throw new Error(`The collector used the cluster (${String(property)})`);
  },
}) as KubeClient;

export function collectContext(more: Partial<CollectContext> = {}): CollectContext {
  return {
    kube: noKube,
    clock: systemClock,
    signal: new AbortController().signal,
    env: Deno.env.toObject(),
    progress: () => {},
    ...more,
  };
}

/** Runs one collector over a config as a spec writes it, and reads each body before it asks for the next entry. */
export async function collectAll<S extends Collector["schema"]>(
  collector: Collector<S>,
  config: unknown = {},
  context: Partial<CollectContext> = {},
): Promise<Collection> {
  const entries: Collected[] = [];
  for await (const entry of collector.collect(collector.schema.parse(config), collectContext(context))) {
    entries.push(await read(entry));
  }
  return {
    entries,
    files: Object.fromEntries(entries.flatMap((entry) => entry.type === "file" ? [[entry.path, entry.text]] : [])),
    links: Object.fromEntries(entries.flatMap((entry) => entry.type === "link" ? [[entry.path, entry.target]] : [])),
    missing: entries.filter((entry) => entry.type === "missing"),
  };
}

async function read(entry: Entry): Promise<Collected> {
  if (entry.type !== "file") return entry;
  const bytes = await new Response(entry.body as ReadableStream<Uint8Array<ArrayBuffer>>).bytes();
  const { type, path, source, truncated } = entry;
  return { type, path, text: new TextDecoder().decode(bytes), bytes: bytes.length, source, truncated };
}
