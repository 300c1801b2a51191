/** What the stages hand each other: one file of the bundle, a link to one, or the reason why one is missing. */
export type Entry = FileEntry | LinkEntry | MissingEntry;

/** A file. The body is consumed once, by redaction on its way to the work folder. */
export interface FileEntry {
  type: "file";
  /** Relative to the bundle's root, forward slashes, no `..`. */
  path: string;
  body: ReadableStream<Uint8Array>;
  /** The same bytes, where they are at hand. Who takes these leaves `body` alone. */
  bytes?: Uint8Array;
  /** Called when the file has been written: nobody reads `bytes` any more. */
  release?(): void;
  /** What it was read from: a request (`GET /api/v1/pods?limit=500`), a command line, a host path. No secrets. */
  source?: string;
  /** Where there is no room for all of it, its beginning and its end stay, and a line between them says so. */
  bothEnds?: boolean;
  /** Set by whoever cut it. May be set while the body is read, and counts once the body has ended. */
  truncated?: Truncation;
}

/** A second name for a file of the bundle, as existing readers expect it. */
export interface LinkEntry {
  type: "link";
  path: string;
  /** Relative to the bundle's root, as `path` is. */
  target: string;
}

/** Something that was expected and is not in the bundle, with the reason. */
export interface MissingEntry {
  type: "missing";
  /** The path it would have had, or the title of the collector where there is no path. */
  path: string;
  reason: MissingReason;
  /** One sentence for the reader of the manifest. No secrets. */
  message: string;
}

/** Why something is missing. Those of {@linkcode isShortfall} make a collector's outcome `partial`. */
export type MissingReason =
  | "forbidden"
  | "timed-out"
  | "failed"
  | "too-large"
  | "redaction-failed"
  | "interrupted"
  | "not-installed"
  | "not-supported"
  | "not-started"
  | "excluded"
  | "empty";

const EXPECTED: ReadonlySet<MissingReason> = new Set(["not-installed", "not-started", "excluded", "empty"]);

/** True when the reader should know that the bundle has less than was asked for. */
export function isShortfall(reason: MissingReason): boolean {
  return !EXPECTED.has(reason);
}

export interface Truncation {
  /** What was reached: `5000000 bytes`, `10000 lines`, `deadline`, `250 MB (--max-file-size)`. */
  limit: string;
}

/** A file whose text is at hand. */
export function textEntry(path: string, text: string, source?: string): FileEntry {
  return bytesEntry(path, new TextEncoder().encode(text), source);
}

/** A file whose bytes are at hand. */
export function bytesEntry(path: string, bytes: Uint8Array, source?: string): FileEntry {
  return {
    type: "file",
    path,
    source,
    bytes,
    // Made when it is asked for: most writers take the bytes.
    get body() {
      return new ReadableStream<Uint8Array>({
        start(controller) {
          if (bytes.length > 0) controller.enqueue(bytes);
          controller.close();
        },
      });
    },
  };
}

/** A JSON file in the form existing readers know: two spaces (0 for compact, or a tab), no final newline, and `<`, `>`, `&`,
 * U+2028 and U+2029 escaped. Keys keep the order they have. */
export function jsonEntry(
  path: string,
  value: unknown,
  options: { indent?: number | "\t"; source?: string } = {},
): FileEntry {
  return textEntry(path, toBundleJson(value, options.indent ?? 2), options.source);
}

/** See {@linkcode jsonEntry}. */
export function toBundleJson(value: unknown, indent: number | "\t" = 2): string {
  const text = JSON.stringify(value, null, indent) ?? "null";
  return text.replace(/[<>&\u2028\u2029]/g, (c) => "\\u" + c.charCodeAt(0).toString(16).padStart(4, "0"));
}

export function missing(path: string, reason: MissingReason, message: string): MissingEntry {
  return { type: "missing", path, reason, message };
}
