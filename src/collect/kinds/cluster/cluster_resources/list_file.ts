import { concatBytes } from "../../../../core/concat_bytes.ts";
import { type FileEntry, toBundleJson } from "../../../../bundle/entry.ts";
import type { KubeListPage, KubeObject } from "../../../../kube/kube_client.ts";

/** How the objects of a file are wrapped: as the `List` object of the API, or as a plain array. */
export type ListFormat = "list" | "array";

const encoder = new TextEncoder();
// With an element before them, objects come out with the comma and the indent that they need inside a file.
const LIST_HEAD = toBundleJson({ items: [0] }).indexOf("0") + 1;
const LIST_TAIL = "\n  ]\n}".length;
const ARRAY_HEAD = toBundleJson([0]).indexOf("0") + 1;
const ARRAY_TAIL = "\n]".length;

/** Objects as they stand inside a file: each after a comma and a line break. Built-in kinds get the `kind` and
 * `apiVersion` that the server leaves out of lists. */
export function itemsText(
  format: ListFormat,
  page: Pick<KubeListPage, "kind" | "apiVersion">,
  items: KubeObject[],
): string {
  if (items.length === 0) return "";
  items.forEach(withoutFieldMaps);
  if (format === "array") return toBundleJson([0, ...items]).slice(ARRAY_HEAD, -ARRAY_TAIL);
  const kind = page.kind.replace(/List$/, "");
  const stamped = items.map((item) => ({ kind, apiVersion: page.apiVersion, ...item }));
  return toBundleJson({ items: [0, ...stamped] }).slice(LIST_HEAD, -LIST_TAIL);
}

/** `managedFields` keeps who changed the object, when and how; the map of each field, a third of all bytes of a cluster's
 * pods, goes. */
function withoutFieldMaps({ metadata }: KubeObject): void {
  const managers = metadata.managedFields;
  if (!Array.isArray(managers)) return;
  for (const manager of managers) manager.fieldsV1 = undefined;
}

/** What comes before the first object. */
function headText(format: ListFormat, { kind, apiVersion, metadata }: Omit<KubeListPage, "items">): string {
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
  #empty = true;
  #ended = false;
  #dropped = false;
  #wakeReader?: () => void;
  #wakeWriter?: () => void;

  constructor(path: string, source: string, format: ListFormat, head: Omit<KubeListPage, "items">) {
    this.#format = format;
    const complete = () => this.#ended && !this.#dropped ? this.#take() : undefined;
    this.entry = {
      type: "file",
      path,
      source,
      get bytes() {
        return complete();
      },
      body: new ReadableStream<Uint8Array>({
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
      }, { highWaterMark: 0 }),
    };
    this.#add(headText(format, head));
  }

  /** @param text of {@linkcode itemsText} */
  append(text: string): void {
    if (text === "" || this.#ended) return;
    this.#add(this.#empty ? text.slice(1) : text);
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
    this.#add(tailText(this.#format, this.#empty));
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

  #take(): Uint8Array {
    const bytes = concatBytes(this.#parts);
    this.#parts.length = 0;
    this.#parts.push(bytes);
    return bytes;
  }

  #add(text: string): void {
    if (this.#dropped) return;
    const part = encoder.encode(text);
    this.#parts.push(part);
    this.bytes += part.length;
    this.#wakeReader?.();
  }
}
