import type { Clock } from "../core/clock.ts";

/** A kind of destination, chosen by the scheme of its URL. A file in `kinds/` defines one; a line in `registry.ts`
 * makes it known. */
export interface Uploader {
  /** Without the colon: `s3`, `file`. */
  scheme: string;
  summary: string;
  /** Names of the options (`--upload-options k=v`) it understands, with what they mean. */
  options: Record<string, string>;
  /** Refuses what could never work, without a request: called when a job is made.
   * @throws {UsageError} that repeats no secret */
  validate(destination: Destination): void;
  /** Delivers the file and verifies that it has arrived. Bounded memory. Leaves nothing half-written under the final name.
   * @throws `UploadError`, with `transient` when a later try may succeed */
  upload(file: LocalFile, destination: Destination, context: UploadContext): Promise<Delivery>;
}

export interface Destination {
  /** As the user gave it, with templates already filled in. Never holds credentials. */
  url: URL;
  options: Record<string, string>;
  /** A reference such as `env:NAME` or `file:/path`, never a value. */
  credentials?: string;
}

export interface LocalFile {
  path: string;
  /** The name it should have at the destination when the URL ends in `/`. */
  name: string;
  bytes: number;
  /** Lower-case hex. */
  sha256: string;
}

export interface UploadContext {
  signal: AbortSignal;
  env: Readonly<Record<string, string>>;
  progress(sentBytes: number): void;
  /** Times the waiting between tries; default: the system's. */
  clock?: Clock;
}

export interface Delivery {
  /** Where it lies now, without credentials or query: `s3://bucket/key`, `file:///…`. */
  url: string;
  bytes: number;
  sha256: string;
}
