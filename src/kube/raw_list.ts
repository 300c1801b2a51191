import { isKey, parseJson, skipBlanks, stringEnd, valueEnd, walkArray, walkObject } from "../core/json_scan.ts";
import { freeBytes } from "../core/free_garbage.ts";
import type { KubeObject } from "./kube_client.ts";

/** A page of a list whose objects are still JSON. */
export interface RawListPage {
  kind: string;
  apiVersion: string;
  metadata: Record<string, unknown>;
  items: RawObject[];
  /** Frees the JSON text: nothing of the objects can be read any more. */
  free(): void;
}

/** Positions in the JSON text of a page. */
export interface Stretch {
  start: number;
  end: number;
}

/** An object of a list as the server sent it. Few of them are looked into: making objects of all of a cluster's JSON, and
 * JSON of all these objects again, takes longer than everything else. */
export class RawObject implements Stretch {
  /** "" where it has none. */
  namespace = "";
  name = "";
  /** True when it says itself what it is; objects of built-in lists do not. */
  hasKind = false;
  managedFields?: Stretch;
  #metadata?: Stretch;
  #spec?: Stretch;
  #status?: Stretch;
  #parsed: { metadata?: KubeObject["metadata"]; spec?: unknown; status?: unknown } = {};
  readonly start: number;
  readonly end: number;

  /** Reads the object that begins at `start`.
   * @throws {SyntaxError} */
  constructor(readonly bytes: Uint8Array, start: number) {
    this.start = start;
    this.end = walkObject(bytes, start, (key, keyEnd, at) => {
      if (isKey(bytes, key, keyEnd, "metadata")) {
        this.#metadata = { start: at, end: this.#readMetadata(at) };
        return this.#metadata.end;
      }
      const value = { start: at, end: valueEnd(bytes, at) };
      if (isKey(bytes, key, keyEnd, "spec")) this.#spec = value;
      else if (isKey(bytes, key, keyEnd, "status")) this.#status = value;
      else if (isKey(bytes, key, keyEnd, "kind")) this.hasKind = true;
      return value.end;
    });
  }

  #readMetadata(at: number): number {
    const { bytes } = this;
    return walkObject(bytes, at, (key, keyEnd, at) => {
      const end = valueEnd(bytes, at);
      if (isKey(bytes, key, keyEnd, "name")) this.name = String(parseJson(bytes, at, end));
      else if (isKey(bytes, key, keyEnd, "namespace")) this.namespace = String(parseJson(bytes, at, end));
      else if (isKey(bytes, key, keyEnd, "managedFields")) this.managedFields = { start: at, end };
      return end;
    });
  }

  /** The object, with `metadata`, `spec` and `status` alone, each read when it is asked for. */
  get view(): KubeObject {
    return this as unknown as KubeObject;
  }

  /** Without `managedFields`. */
  get metadata(): KubeObject["metadata"] {
    return this.#parsed.metadata ??= this.#parseMetadata();
  }

  get spec(): unknown {
    return this.#parsed.spec ??= this.#parse(this.#spec);
  }

  get status(): unknown {
    return this.#parsed.status ??= this.#parse(this.#status);
  }

  #parse(part: Stretch | undefined): unknown {
    return part && parseJson(this.bytes, part.start, part.end);
  }

  #parseMetadata(): KubeObject["metadata"] {
    if (this.#metadata === undefined) return { name: "" };
    const { start, end } = this.#metadata;
    const cut = this.managedFields ?? { start: end, end };
    const text = (from: number, to: number) => decoder.decode(this.bytes.subarray(from, to));
    return JSON.parse(`${text(start, cut.start)}${cut.end > cut.start ? "null" : ""}${text(cut.end, end)}`);
  }

  /** All of it. */
  parse(): KubeObject {
    return parseJson(this.bytes, this.start, this.end) as KubeObject;
  }
}

/** Reads a list of the API.
 * @throws {SyntaxError} */
export function parseRawList(bytes: Uint8Array): RawListPage {
  const page: Omit<RawListPage, "items" | "free"> = { kind: "", apiVersion: "", metadata: {} };
  const items: RawObject[] = [];
  const end = walkObject(bytes, skipBlanks(bytes, 0), (key, keyEnd, at) => {
    if (isKey(bytes, key, keyEnd, "items") && bytes[at] === 91) {
      return walkArray(bytes, at, (start) => {
        const item = new RawObject(bytes, start);
        items.push(item);
        return item.end;
      });
    }
    const end = valueEnd(bytes, at);
    const name = parseJson(bytes, key, stringEnd(bytes, key)) as "kind";
    if (["kind", "apiVersion", "metadata"].includes(name)) page[name] = parseJson(bytes, at, end) as string;
    return end;
  });
  if (skipBlanks(bytes, end) !== bytes.length) throw new SyntaxError("The JSON text goes on after its end");
  return { ...page, items, free: () => freeBytes(bytes) };
}

const decoder = new TextDecoder();
