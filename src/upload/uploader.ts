import type { Clock } from "../core/clock.ts";
import type { ReadSecret } from "../core/credential_reference.ts";
import type { KubeClient } from "../kube/kube_client.ts";

/** A kind of destination, chosen by the scheme of its URL. A file in `kinds/` defines one; a line in `registry.ts`
 * makes it known. */
export interface Uploader {
  /** Without the colon: `s3`, `file`. */
  scheme: string;
  /** True: its URLs may name a user, without a password. */
  userInUrl?: boolean;
  summary: string;
  /** Names of the options (`--upload-options k=v`) it understands, with what they mean. */
  options: Record<string, string>;
  /** True: a delivery is one file, the bundle; nothing can lie beside it. */
  single?: boolean;
  /** Refuses what could never work, without a request: called when a job is made.
   * @throws {UsageError} that repeats no secret */
  validate(destination: Destination): void;
  /** Delivers the file and verifies that it has arrived. Bounded memory. Leaves nothing half-written under the final name.
   * @throws `UploadError`, with `transient` when a later try may succeed */
  upload(file: LocalFile, destination: Destination, context: UploadContext): Promise<Delivery>;
  /** Frees what an unfinished upload has left at the destination, when it is given up for good. */
  abandon?(file: LocalFile, destination: Destination, context: UploadContext & { resume: ResumeState }): Promise<void>;
}

export interface Destination {
  /** As the user gave it, with templates already filled in. Never holds credentials. */
  url: URL;
  options: Record<string, string>;
  /** A reference such as `env:NAME` or `vault:NAME`, never a value. */
  credentials?: string;
}

export interface LocalFile {
  path: string;
  /** The name it should have at the destination when the URL ends in `/`. */
  name: string;
  bytes: number;
  /** Lower-case hex. */
  sha256: string;
  /** Facts that travel with it where the destination can keep them (metadata, tags): job, execution, cluster, labels. */
  metadata?: Readonly<Record<string, string>>;
}

export interface UploadContext {
  signal: AbortSignal;
  env: Readonly<Record<string, string>>;
  /** Reads the credentials that the destination names. */
  secret: ReadSecret;
  progress(sentBytes: number): void;
  /** Waits until this many more bytes may be sent; default: no limit. Called before each piece of at most 1 MiB. */
  pace?(bytes: number, signal: AbortSignal): Promise<void>;
  /** Default: an upload that ends early leaves nothing behind, and the next one begins anew. */
  resume?: ResumeState;
  /** Times the waiting between tries; default: the system's. */
  clock?: Clock;
  /** The cluster that the bundle is of; default: none can be asked. */
  kube?: KubeClient;
}

/** What outlives the process of an unfinished upload of one file to one destination: JSON of the uploader's own shape, without
 * credentials. With it, an upload that ends early leaves what has arrived, and the next one sends only the rest. */
export interface ResumeState {
  /** Undefined: there is none. It may be of another version, or damaged: trust nothing in it. */
  load(): Promise<unknown>;
  /** Survives a kill of the process once it has returned. */
  save(state: unknown): Promise<void>;
  clear(): Promise<void>;
}

export interface Delivery {
  /** Where it lies now, without credentials or query: `s3://bucket/key`, `file:///…`. */
  url: string;
  bytes: number;
  sha256: string;
}
