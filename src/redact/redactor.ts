/** What `createRedactor` makes: all rules of a run, ready to work on streams. */
export interface Redactor {
  /** Hides what the rules find, in one pass and in bounded memory. Bytes outside the hidden spans stay as they are.
   * The stream fails (and the caller leaves the file out) when it cannot be sure, for example in an archive it cannot open.
   * @param path bundle-relative: rules may be limited to files
   * @param report told, once, what was hidden when the stream has ended */
  redact(
    path: string,
    body: ReadableStream<Uint8Array>,
    report: (redactions: Redaction[]) => void,
  ): ReadableStream<Uint8Array>;
  /** As `redact`, for bytes at hand: most files are small, and a stream costs more than what it carries.
   * @returns undefined for files that need a stream, such as archives
   * @throws {RedactionError} */
  redactBytes(path: string, bytes: Uint8Array): { bytes: Uint8Array; redactions: Redaction[] } | undefined;
}

/** How often a rule hid something in a file. */
export interface Redaction {
  /** Rule id, or the reported name of a custom redactor (`my-redactor.regex.0`). */
  rule: string;
  count: number;
  /** Bytes that are no longer there. */
  bytesHidden: number;
  builtIn: boolean;
}

/** A document of kind Redactor, validated: `spec.redactors[]`. */
export interface RedactorSpec {
  name?: string;
  fileSelector?: { file?: string; files?: string[] };
  removals?: {
    values?: string[];
    regex?: { selector?: string; redactor: string }[];
    yamlPath?: string[];
  };
}
