import { type FileEntry, toBundleJson } from "../../../../bundle/entry.ts";
import { JsonIndenter } from "../../../../bundle/indent_json.ts";
import { concatBytes } from "../../../../core/concat_bytes.ts";
import { freeBytes } from "../../../../core/free_garbage.ts";
import { CLOSE_OBJECT, skipBlanks } from "../../../../core/json_scan.ts";
import type { RawListPage, RawObject } from "../../../../kube/raw_list.ts";

/** How the objects of a file are wrapped: as the `List` object of the API, or as a plain array. */
export type ListFormat = "list" | "array";

const encoder = new TextEncoder();
const indenter = new JsonIndenter();

/** Objects as they stand inside a file: each after a comma and a line break. Built-in kinds get the `kind` and
 * `apiVersion` that the server leaves out of lists. `managedFields` keeps who changed the object, when and how; the map of
 * each field, a third of all bytes of a cluster's pods, goes. */
export function itemsBytes(
  format: ListFormat,
  page: Pick<RawListPage, "kind" | "apiVersion">,
  items: readonly RawObject[],
): Uint8Array {
  const depth = format === "list" ? 2 : 1;
  const kind = JSON.stringify(page.kind.replace(/List$/, ""));
  const apiVersion = JSON.stringify(page.apiVersion);
  for (const item of items) {
    const { bytes, start, end, managedFields } = item;
    let at = start;
    indenter.text(",");
    indenter.line(depth);
    if (format === "list" && !item.hasKind) {
      indenter.text("{");
      indenter.line(depth + 1);
      indenter.text(`"kind": ${kind},`);
      indenter.line(depth + 1);
      indenter.text(`"apiVersion": ${apiVersion}`);
      at = skipBlanks(bytes, start + 1);
      if (bytes[at] !== CLOSE_OBJECT) {
        indenter.text(",");
        indenter.line(depth + 1);
      }
      indenter.at(depth + 1);
    } else indenter.at(depth);
    if (managedFields !== undefined) {
      indenter.json(bytes, at, managedFields.start);
      indenter.json(bytes, managedFields.start, managedFields.end, "fieldsV1");
      at = managedFields.end;
    }
    indenter.json(bytes, at, end);
  }
  return indenter.take();
}

/** What comes before the first object. */
function headText(format: ListFormat, { kind, apiVersion, metadata }: Omit<RawListPage, "items">): string {
  if (format === "array") return "[";
  const { continue: _token, remainingItemCount: _count, ...kept } = metadata ?? {};
  return toBundleJson({ kind, apiVersion, metadata: kept, items: [] }).slice(0, -"]\n}".length);
}

function tailText(format: ListFormat, empty: boolean): string {
  if (format === "array") return empty ? "]" : "\n]";
  return empty ? "]\n}" : "\n  ]\n}";
}

/** A JSON file that grows while a list is read. Its entry can be handed on when it is complete, or before: then the body
 * waits for more, and `append` waits for a slow reader. */
export class ListFile {
  readonly entry: FileEntry;
  /** What waits here to be read. */
  bytes = 0;
  readonly #format: ListFormat;
  readonly #parts: Uint8Array[] = [];
  #body?: ReadableStream<Uint8Array>;
  #empty = true;
  #ended = false;
  #dropped = false;
  #wakeReader?: () => void;
  #wakeWriter?: () => void;

  constructor(path: string, source: string, format: ListFormat, head: Omit<RawListPage, "items">) {
    this.#format = format;
    const complete = () => this.#ended && !this.#dropped ? this.#take() : undefined;
    const stream = () => this.#body ??= this.#stream();
    this.entry = {
      type: "file",
      path,
      source,
      get bytes() {
        return complete();
      },
      // Made when it is asked for: most files are complete by then.
      get body() {
        return stream();
      },
      release: () => this.#free(),
    };
    this.#add(encoder.encode(headText(format, head)));
  }

  /** @param items of {@linkcode itemsBytes} */
  append(items: Uint8Array): void {
    if (items.length === 0 || this.#ended) return;
    this.#add(this.#empty ? items.subarray(1) : items);
    this.#empty = false;
  }

  /** Resolves when no more than `bytes` wait to be read. */
  async drained(bytes: number): Promise<void> {
    while (this.bytes > bytes && !this.#dropped) await new Promise<void>((resolve) => this.#wakeWriter = resolve);
  }

  /** Completes the file. A reason why the list is not complete goes into the manifest. */
  end(brokenOff?: string): void {
    if (this.#ended) return;
    if (brokenOff !== undefined) this.entry.truncated = { limit: brokenOff };
    this.#add(encoder.encode(tailText(this.#format, this.#empty)));
    this.#ended = true;
    this.#wakeReader?.();
  }

  /** Nobody reads on: nothing waits any more. */
  drop(): void {
    if (!this.#ended || this.#parts.length > 0) this.entry.truncated ??= { limit: "not read to its end" };
    this.#dropped = true;
    this.#ended = true;
    this.#parts.length = 0;
    this.bytes = 0;
    this.#wakeReader?.();
    this.#wakeWriter?.();
  }

  #stream(): ReadableStream<Uint8Array> {
    return new ReadableStream<Uint8Array>({
      pull: async (controller) => {
        while (this.#parts.length === 0 && !this.#ended) {
          await new Promise<void>((resolve) => this.#wakeReader = resolve);
        }
        const part = this.#parts.shift();
        if (part === undefined) return controller.close();
        this.bytes -= part.length;
        controller.enqueue(part);
        this.#wakeWriter?.();
      },
      cancel: () => this.drop(),
    }, { highWaterMark: 0 });
  }

  #take(): Uint8Array {
    const bytes = concatBytes(this.#parts);
    if (this.#parts.length > 1) this.#free();
    this.#parts[0] = bytes;
    return bytes;
  }

  #free(): void {
    for (const part of this.#parts.splice(0)) freeBytes(part);
  }

  #add(part: Uint8Array): void {
    if (this.#dropped) return;
    this.#parts.push(part);
    this.bytes += part.length;
    this.#wakeReader?.();
  }
}
