import type { Entry } from "../../../../bundle/entry.ts";
import type { RawListPage, RawObject } from "../../../../kube/raw_list.ts";
import { itemsBytes, ListFile, type ListFormat } from "./list_file.ts";

/** Hands an entry on; see {@linkcode EntryQueue.push}. */
export type Emit = (entry: Entry, bytes?: number, passed?: () => void) => Promise<void>;

/** Writes one list into one file for each of its parts (a namespace, or the whole cluster), page by page.
 *
 * Files are kept until the list has been read, so that a list that fails leaves nothing half done. Beyond `maxBytes` they
 * are handed on before: the API server sends objects in the order of their namespaces, so that all parts but the last one
 * are complete. */
export class ListSplitter {
  readonly #files = new Map<string, ListFile>();
  /** Parts whose file was handed on. */
  readonly #handedOn = new Set<string>();
  /** The file that is read while it grows. */
  #live?: { part: string; file: ListFile };
  /** The part that the list is in. */
  #last?: string;
  /** Objects that came when the file of their part had been completed, by part. */
  readonly late = new Map<string, number>();

  constructor(
    readonly options: {
      format: ListFormat;
      source: string;
      maxBytes: number;
      pathOf(part: string): string;
      /** The parts to be written; absent: all. Not needed before the first file is handed on. */
      wanted?: Promise<ReadonlySet<string>>;
      emit: Emit;
    },
  ) {}

  /** True when the file of this part is in the bundle, or on its way. */
  has(part: string): boolean {
    return this.#handedOn.has(part);
  }

  /** Takes over a page: nothing of its objects can be read afterwards. */
  async add(page: RawListPage, parts: Iterable<readonly [string, RawObject[]]>): Promise<void> {
    let held = 0;
    for (const [part, items] of parts) {
      const bytes = itemsBytes(this.options.format, page, items);
      if (this.#live?.part === part) {
        this.#live.file.append(bytes);
        continue;
      }
      if (this.#handedOn.has(part)) {
        this.late.set(part, (this.late.get(part) ?? 0) + items.length);
        continue;
      }
      this.#open(part, page).append(bytes);
      this.#last = part;
    }
    page.free();
    if (this.#live !== undefined && this.#last !== undefined) {
      this.#live.file.end();
      this.#live = undefined;
    }
    for (const file of this.#files.values()) held += file.bytes;
    if (held > this.options.maxBytes) await this.#spill();
    await this.#live?.file.drained(this.options.maxBytes);
  }

  /** Completes all files, and those of parts without objects. */
  async finish(head: Omit<RawListPage, "items">, emptyParts: Iterable<string>): Promise<void> {
    for (const part of emptyParts) if (!this.#handedOn.has(part)) this.#open(part, head);
    this.#live?.file.end();
    this.#live = undefined;
    for (const [part, file] of this.#files) await this.#handOn(part, file, true);
  }

  /** Ends after a failure: files that nobody has seen are dropped, the one that is being read ends as it is. */
  fail(reason: string): void {
    this.#live?.file.end(reason);
    this.#live = undefined;
    this.#files.clear();
  }

  #open(part: string, head: Omit<RawListPage, "items">): ListFile {
    let file = this.#files.get(part);
    if (file === undefined) {
      const { format, source, pathOf } = this.options;
      file = new ListFile(pathOf(part), source, format, head);
      this.#files.set(part, file);
    }
    return file;
  }

  async #spill(): Promise<void> {
    const last = this.#last!;
    this.#last = undefined;
    for (const [part, file] of this.#files) {
      if (part === last) this.#live = { part, file };
      await this.#handOn(part, file, part !== last);
    }
  }

  async #handOn(part: string, file: ListFile, complete: boolean): Promise<void> {
    if (complete) file.end();
    this.#files.delete(part);
    this.#handedOn.add(part);
    const wanted = await this.options.wanted;
    if (wanted !== undefined && !wanted.has(part)) return file.drop();
    if (complete) await this.options.emit(file.entry, file.bytes);
    // A growing file is bounded by itself: its bytes must not block the queue that it may have to wait for.
    else await this.options.emit(file.entry, 0, () => file.drop());
  }
}

/** Groups objects by namespace, in the order they came. Objects without one belong to the part "". */
export function byNamespace(items: Iterable<RawObject>): Map<string, RawObject[]> {
  const groups = new Map<string, RawObject[]>();
  for (const item of items) {
    const { namespace } = item;
    const group = groups.get(namespace);
    if (group === undefined) groups.set(namespace, [item]);
    else group.push(item);
  }
  return groups;
}
