import { createHash } from "node:crypto";
import { type Decrypt, openBundle } from "../bundle/read_bundle.ts";
import { ArchiveError } from "../bundle/archive_error.ts";
import { concatBytes } from "../core/concat_bytes.ts";
import { describeError } from "../core/errors.ts";
import { comparedPath } from "./bundle_files.ts";
import { CERTIFICATES_PATH, comparedObject } from "./certificates.ts";
import { Warnings } from "./events.ts";
import { JsonItems } from "./json_items.ts";
import { isObject, type JsonObject, objectAt, stringAt } from "./json_value.ts";
import { factsOf, identityOf, type ObjectFacts, objectKey } from "./object_facts.ts";

/** A bundle, read once from its first byte to its last: what is kept does not grow with the size of its files. */
export interface Inventory {
  /** As it was named. */
  path: string;
  /** Of the archive; of a folder, all files together. */
  size: number;
  createdAt: string;
  /** Regular files, by the path by which they are compared. */
  files: Map<string, FileFacts>;
  warnings?: Warnings;
  /** Content of `analysis.json`; undefined when there is none, or it cannot be read. */
  analysis?: JsonObject[];
  manifest: ManifestFacts;
  /** Members that must not be read, such as links that lead out of the bundle. */
  refused: number;
}

export interface FileFacts {
  size: number;
  sha256: string;
  /** False when its first bytes are none of text. */
  text: boolean;
  list?: ObjectList;
}

/** Objects of a file below `cluster-resources/`. */
export interface ObjectList {
  objects: Map<string, ObjectFacts>;
  /** `PodList`, "" where the file does not say. */
  kind: string;
  /** Why there may be more objects than these; "" when they are all. */
  partial: string;
  /** True for a list of events: these are compared by what they say. */
  events: boolean;
}

export interface ManifestFacts {
  startedAt?: string;
  job?: string;
  execution?: string;
  /** Files that were cut, or are missing, with the reason. */
  shortfalls: Map<string, string>;
}

const SNIFFED_BYTES = 512;
const MAX_SMALL_BYTES = 16 * 1024 * 1024;

/** @throws {ArchiveError} with the path, when the archive is damaged, none at all, or beyond the limits
 * @throws {SupportBundleError} BUNDLE_NOT_FOUND */
export async function readInventory(path: string, signal?: AbortSignal, decrypt?: Decrypt): Promise<Inventory> {
  const info = await Deno.stat(path).catch(() => undefined);
  const inventory: Inventory = {
    path,
    size: info?.isFile ? info.size : 0,
    createdAt: (info?.mtime ?? new Date(0)).toISOString(),
    files: new Map(),
    manifest: { shortfalls: new Map() },
    refused: 0,
  };
  try {
    const bundle = await openBundle(path, signal, decrypt);
    for await (const member of bundle.members()) {
      if (member.type === "refused") inventory.refused++;
      if (member.type !== "file") continue;
      const name = comparedPath(member.path);
      const facts = await readFile(name, member.body, inventory);
      inventory.files.set(name, facts);
      if (!info?.isFile) inventory.size += facts.size;
    }
  } catch (error) {
    throw error instanceof ArchiveError ? error.of(path) : error;
  }
  return inventory;
}

async function readFile(
  path: string,
  body: ReadableStream<Uint8Array>,
  inventory: Inventory,
): Promise<FileFacts> {
  const hash = createHash("sha256");
  const head: Uint8Array[] = [];
  let size = 0;
  const reading = readerOf(path, inventory);
  for await (const chunk of body) {
    hash.update(chunk);
    if (size < SNIFFED_BYTES) head.push(chunk.slice(0, SNIFFED_BYTES - size));
    size += chunk.length;
    reading?.push(chunk);
  }
  return { size, sha256: hash.digest("hex"), text: isText(concatBytes(head)), list: reading?.end() };
}

export function isText(head: Uint8Array): boolean {
  return head.subarray(0, SNIFFED_BYTES).every((byte) => byte >= 9);
}

interface Reading {
  push(chunk: Uint8Array): void;
  end(): ObjectList | undefined;
}

function readerOf(path: string, inventory: Inventory): Reading | undefined {
  if (path === "MANIFEST.json") return readManifest(inventory);
  if (path === "analysis.json") return readAnalysis(inventory);
  if (path === "cluster-info/cluster_version.json") return readVersion();
  return isListPath(path) ? readList(path, inventory) : undefined;
}

/** Files that may hold objects. What is in them says whether they do. */
export function isListPath(path: string): boolean {
  if (path === CERTIFICATES_PATH) return true;
  return /^cluster-resources\/.*\.json$/.test(path) && !/^cluster-resources\/pods\/logs\//.test(path) &&
    !/(?:^|[/-])errors\.json$/.test(path) && !/^cluster-resources\/(?:auth-cani-list|image-pull-secrets)\//.test(path);
}

/** The pseudo object that stands for the API server. */
export const CLUSTER = { kind: "Cluster", group: "", namespace: "", name: "Kubernetes" };

function readVersion(): Reading {
  const items = new JsonItems([], () => {});
  return {
    push: (chunk) => items.push(chunk),
    end() {
      const version = versionOf(items.end().value);
      if (version === undefined) return undefined;
      const facts = factsOf(version, CLUSTER);
      return { objects: new Map([[objectKey(facts), facts]]), kind: "Cluster", partial: "", events: false };
    },
  };
}

export function versionOf(value: unknown): JsonObject | undefined {
  const version = stringAt(objectAt(value, "info"), "gitVersion") || stringAt(value, "string");
  return version === "" ? undefined : { gitVersion: version };
}

function readList(path: string, inventory: Inventory): Reading {
  const objects = new Map<string, ObjectFacts>();
  let foreign = false;
  const isEvents = path.startsWith("cluster-resources/events/");
  const take = (element: unknown) => {
    const item = comparedObject(element, path);
    if (foreign || !isObject(item)) return;
    if (isEvents) {
      inventory.warnings ??= new Warnings();
      return inventory.warnings.add(item);
    }
    const identity = identityOf(item, path);
    if (identity === undefined) return void (foreign = true);
    const facts = factsOf(item, identity);
    objects.set(objectKey(facts), facts);
  };
  const items = new JsonItems(["items"], take);
  return {
    push: (chunk) => items.push(chunk),
    end() {
      const { value, listed, complete, passedOver } = items.end();
      if (isEvents && listed) inventory.warnings ??= new Warnings();
      // A list of none may be written as null; what has no list is one object.
      const isList = listed || Object.hasOwn(objectAt(value), "items");
      if (!isList) take(value);
      if (foreign || value === undefined || (!isList && objects.size === 0)) return undefined;
      const partial = !complete
        ? "its JSON is damaged"
        : passedOver > 0
        ? `${passedOver} of its items are no objects, or larger than 8 MiB`
        : "";
      return { objects, kind: stringAt(value, "kind"), partial, events: isEvents };
    },
  };
}

function readManifest({ manifest }: Inventory): Reading {
  const items = new JsonItems(["files", "missing"], (item, list) => {
    const path = stringAt(item, "path");
    if (list === "missing") manifest.shortfalls.set(path, stringAt(item, "message") || stringAt(item, "reason"));
    else if (isObject(item) && item.truncated !== undefined) manifest.shortfalls.set(path, "it was cut");
  });
  return {
    push: (chunk) => items.push(chunk),
    end() {
      const { value } = items.end();
      manifest.startedAt = stringAt(value, "startedAt") || undefined;
      manifest.job = stringAt(objectAt(value, "execution"), "job") || undefined;
      manifest.execution = stringAt(objectAt(value, "execution"), "id") || undefined;
      return undefined;
    },
  };
}

function readAnalysis(inventory: Inventory): Reading {
  const pieces: Uint8Array[] = [];
  let size = 0;
  return {
    push(chunk) {
      size += chunk.length;
      if (size <= MAX_SMALL_BYTES) pieces.push(chunk.slice());
    },
    end() {
      if (size > MAX_SMALL_BYTES) return undefined;
      try {
        const found: unknown = JSON.parse(new TextDecoder().decode(concatBytes(pieces)));
        inventory.analysis = Array.isArray(found) ? found.filter(isObject) : undefined;
      } catch (error) {
        inventory.manifest.shortfalls.set("analysis.json", describeError(error));
      }
      return undefined;
    },
  };
}
