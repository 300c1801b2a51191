import { ParsedFiles } from "../analyze/parsed_files.ts";
import type { BundleReader } from "../bundle/bundle_reader.ts";
import { SupportBundleError } from "../core/errors.ts";
import { collectionTime } from "./collection_time.ts";
import { EventIndex, type Trace } from "./event_index.ts";
import { LineFinder } from "./line_finder.ts";
import { below, isObject, type Loose, text, time } from "./loose.ts";
import { type NodeFacts, readNodes } from "./node_facts.ts";
import { PodIndex } from "./pod_index.ts";

const ROOT = "cluster-resources";
/** Of files whose lines may be asked for again. */
const MAX_LINE_BYTES = 32 * 1024 * 1024;
/** Younger than this, things may well be on their way. */
const YOUNG_MS = 60_000;

/** An object of the cluster, and where the bundle has it. */
export interface Stored {
  kind: string;
  namespace: string;
  name: string;
  value: Loose;
  path: string;
  /** Position in the list of its file. */
  index: number;
}

/** Where something shows, with the way to it inside the object. */
export type Place = Pick<Stored, "path" | "index"> & { keys?: readonly (string | number)[] };

/** What the checks of one run have found out together. */
interface Shared {
  now?: Promise<number | undefined>;
  pods?: Promise<PodIndex>;
  events?: Promise<EventIndex>;
  nodes?: Promise<Map<string, NodeFacts>>;
  leaving?: Promise<Set<string>>;
  paths: Map<string, string[]>;
  lines: Map<string, LineFinder>;
  lineBytes: number;
}

/** The state of a cluster as a bundle has it, for all checks of a run: nothing is certain to be there or to be well-formed.
 * Lists are walked through one file at a time; of pods, events and nodes only facts are kept. */
export class ClusterFiles {
  /** What could not be read, and why; by path. */
  readonly unreadable: Map<string, string>;
  readonly #files: ParsedFiles;
  readonly #shared: Shared;

  private constructor(files: ParsedFiles, shared: Shared, unreadable: Map<string, string>) {
    this.#files = files;
    this.#shared = shared;
    this.unreadable = unreadable;
  }

  /** @param now when the bundle was collected; found in the bundle where it is not given */
  static of(bundle: BundleReader, now?: Date): ClusterFiles {
    const shared: Shared = { paths: new Map(), lines: new Map(), lineBytes: 0 };
    if (now !== undefined) shared.now = Promise.resolve(now.getTime());
    return new ClusterFiles(ParsedFiles.of(bundle), shared, new Map());
  }

  /** The same with the reader of another check, which has its own deadline. */
  for(bundle: BundleReader): ClusterFiles {
    return new ClusterFiles(ParsedFiles.of(bundle), this.#shared, this.unreadable);
  }

  /** When the bundle was collected, in ms; undefined when nothing tells. */
  now(): Promise<number | undefined> {
    return this.#once("now", () => collectionTime(this));
  }

  pods(): Promise<PodIndex> {
    return this.#once("pods", () => PodIndex.read(this));
  }

  /** Warnings. */
  events(): Promise<EventIndex> {
    return this.#once("events", () => EventIndex.read(this));
  }

  nodes(): Promise<Map<string, NodeFacts>> {
    return this.#once("nodes", () => readNodes(this));
  }

  /** Names of the namespaces there are; undefined when the bundle does not have all of them. */
  async namespaces(): Promise<Set<string> | undefined> {
    const path = `${ROOT}/namespaces.json`;
    if (text(below(await this.json(path), "kind")) !== "NamespaceList") return undefined;
    const names = new Set<string>();
    for await (const { name } of this.#objectsOf(path)) names.add(name);
    return names;
  }

  /** Files of a list: `pods` has one per namespace, `nodes` one alone. */
  async paths(list: string): Promise<string[]> {
    const known = this.#shared.paths.get(list);
    if (known !== undefined) return known;
    const found = [
      ...await this.#files.find(`${ROOT}/${list}.json`),
      ...await this.#files.find(`${ROOT}/${list}/*.json`),
    ];
    this.#shared.paths.set(list, found);
    return found;
  }

  /** The objects of a list, files in path order. What is being deleted, or lies in a namespace that is, is left out: nobody
   * wants it to be well. */
  async *objects(list: string, fallbackKind = ""): AsyncGenerator<Stored> {
    const leaving = await this.#once("leaving", () => this.#namespacesThatLeave());
    for (const path of await this.paths(list)) {
      for await (const stored of this.#objectsOf(path, fallbackKind)) {
        if (leaving.has(stored.namespace) || below(stored.value, "metadata", "deletionTimestamp")) continue;
        yield stored;
      }
    }
  }

  /** The objects of one namespace. */
  async *objectsIn(list: string, namespace: string): AsyncGenerator<Stored> {
    if (!/^[\w.-]+$/.test(namespace)) return;
    yield* this.#objectsOf(`${ROOT}/${list}/${namespace}.json`);
  }

  /** Parsed JSON, undefined when it is missing or cannot be read; the latter is noted. */
  async json(path: string): Promise<unknown> {
    try {
      return await this.#files.json(path);
    } catch (error) {
      if (!(error instanceof SupportBundleError) || error.code !== "ANALYZER_INPUT") throw error;
      this.note(path, "it is not JSON");
      return undefined;
    }
  }

  /** Notes that something in a file could not be judged. */
  note(path: string, why: string): void {
    this.unreadable.set(path, why);
  }

  read(path: string): Promise<Uint8Array | undefined> {
    return this.#files.read(path);
  }

  find(glob: string): Promise<string[]> {
    return this.#files.find(glob);
  }

  /** True for what was made less than a minute before the bundle was. What has no date is old. */
  async isYoung(value: unknown, limitMs = YOUNG_MS): Promise<boolean> {
    const age = await this.age(time(below(value, "metadata", "creationTimestamp")));
    return age !== undefined && age < limitMs;
  }

  /** How long ago, in ms, when the bundle was collected. */
  async age(at: number | undefined): Promise<number | undefined> {
    const now = await this.now();
    return now === undefined || at === undefined ? undefined : now - at;
  }

  /** Evidence for places, each with its line. */
  async evidence(...places: readonly Place[]): Promise<{ path: string; line?: number }[]> {
    const found: { path: string; line?: number }[] = [];
    for (const { path, index, keys } of places) {
      const line = (await this.#lines(path))?.line(index, keys);
      found.push(line === undefined ? { path } : { path, line });
    }
    return found;
  }

  /** Evidence for events, the latest first. */
  ofEvents(traces: readonly Trace[]): Promise<{ path: string; line?: number }[]> {
    return this.evidence(...traces.slice(0, 2));
  }

  async *#objectsOf(path: string, fallbackKind = ""): AsyncGenerator<Stored> {
    const content = await this.json(path);
    if (content === undefined || content === null) return;
    const items = isObject(content)
      ? Object.hasOwn(content, "items") || !isObject(content.metadata) || /List$/.test(text(content.kind))
        ? content.items ?? []
        : [content]
      : content;
    if (!Array.isArray(items)) return this.note(path, "it is not a list of objects");
    const folder = path.split("/").length > 2 ? path.slice(path.lastIndexOf("/") + 1, -".json".length) : "";
    for (const [index, value] of items.entries()) {
      const name = below(value, "metadata", "name");
      if (!isObject(value) || typeof name !== "string") {
        this.note(path, "it has items that are no objects, or have no name");
        continue;
      }
      const namespace = text(below(value, "metadata", "namespace")) || folder;
      yield { kind: text(value.kind) || fallbackKind, namespace, name, value, path, index };
    }
  }

  async #namespacesThatLeave(): Promise<Set<string>> {
    const names = new Set<string>();
    for await (const { name, value } of this.#objectsOf(`${ROOT}/namespaces.json`)) {
      if (below(value, "metadata", "deletionTimestamp") || below(value, "status", "phase") === "Terminating") {
        names.add(name);
      }
    }
    return names;
  }

  async #lines(path: string): Promise<LineFinder | undefined> {
    const { lines } = this.#shared;
    const known = lines.get(path);
    if (known !== undefined) return known;
    const bytes = await this.#files.read(path);
    if (bytes === undefined) return undefined;
    const finder = new LineFinder(bytes);
    lines.set(path, finder);
    this.#shared.lineBytes += finder.bytes;
    for (const [oldest, { bytes }] of lines) {
      if (this.#shared.lineBytes <= MAX_LINE_BYTES || oldest === path) break;
      lines.delete(oldest);
      this.#shared.lineBytes -= bytes;
    }
    return finder;
  }

  /** A check that is stopped takes its part of the work with it: the next one does it anew. */
  #once<Key extends "now" | "pods" | "events" | "nodes" | "leaving">(
    key: Key,
    make: () => NonNullable<Shared[Key]>,
  ): NonNullable<Shared[Key]> {
    const known = this.#shared[key];
    if (known !== undefined) return known;
    const made = make();
    this.#shared[key] = made;
    made.catch(() => {
      if (this.#shared[key] === made) this.#shared[key] = undefined;
    });
    return made;
  }
}
