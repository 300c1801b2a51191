import { abortable } from "../core/abortable.ts";
import type { Clock } from "../core/clock.ts";
import { formatDuration } from "../core/duration.ts";
import { describeError, isAbort, SupportBundleError } from "../core/errors.ts";
import { withTimeLimit } from "../core/time_limit.ts";
import { type Entry, missing } from "../bundle/entry.ts";
import { parseApiPath } from "../kube/api_path.ts";
import { KubeApiError, KubeNotFoundError } from "../kube/errors.ts";
import type { KubeClient, KubeObject } from "../kube/kube_client.ts";
import { Limiter } from "../kube/limiter.ts";
import { type Deadline, startDeadline } from "./deadline.ts";
import { marked, runIdOf } from "./object_mark.ts";
import { sweepOnce } from "./orphan_sweep.ts";

/** For collectors that have no time of their own. */
export const MAX_LIFETIME_MS = 3_600_000;
/** Between the end of a lifetime and the instant at which others may take the objects for orphans: time to remove them, and
 * what two machines' clocks may differ by. */
const ORPHAN_AFTER_MS = 420_000;
/** One request of the clean-up, or the creation of one object. */
const REQUEST_MS = 10_000;
const ATTEMPTS = 3;
const POLL_MS = 1000;
/** How long a pod may take to end before it is removed by force. */
const GRACE_MS = 60_000;
const CONCURRENCY = 8;

export interface CreatedObjectsOptions {
  clock: Clock;
  /** The collector's. Once it is aborted, objects are deleted without waiting for their end. */
  signal: AbortSignal;
  /** How long the collector works with the objects, at most ({@linkcode MAX_LIFETIME_MS}). Then `signal` ends. */
  lifetimeMs?: number;
}

/** An object that is, or may be, still in the cluster, against all efforts. */
export interface Leftover {
  path: string;
  /** What happened, and the command that removes it. */
  message: string;
}

/** See {@linkcode CreatedObjects}. */
export function createdObjects(kube: KubeClient, options: CreatedObjectsOptions): CreatedObjects {
  return new CreatedObjects(kube, options);
}

/** Runs the part of a collector that creates objects, and removes them when it ends, however it ends. What could not be
 * removed becomes a `missing` entry, so that it is in the manifest and the collector is no success.
 *
 * @param title of the collector, for such an entry */
export async function* withCreatedObjects(
  kube: KubeClient,
  options: CreatedObjectsOptions & { title: string },
  body: (objects: CreatedObjects) => AsyncIterable<Entry>,
): AsyncGenerator<Entry> {
  const objects = createdObjects(kube, options);
  let failure: { error: unknown } | undefined;
  let leftovers: Leftover[] = [];
  try {
    yield* body(objects);
  } catch (error) {
    failure = { error: objects.expired && isAbort(error) ? timedOut(options.lifetimeMs, error) : error };
  } finally {
    leftovers = await objects.removeAll(); // also when the reader of the entries went away
  }
  for (const { message } of leftovers) yield missing(options.title, "failed", message);
  if (failure !== undefined) throw failure.error;
}

function timedOut(lifetimeMs = MAX_LIFETIME_MS, cause: unknown): SupportBundleError {
  return new SupportBundleError(`timeout: not done within ${formatDuration(Math.round(lifetimeMs))}`, {
    code: "TIMEOUT",
    hint: "Give the collector a longer timeout",
    cause,
  });
}

/** The objects that a collector creates, from the intent to the proof that they are gone.
 *
 * Each carries the label of this kind of tool, the run's identity and an expiry (`object_mark.ts`). Before the first one in a
 * collection, what killed runs left there is swept. */
export class CreatedObjects implements AsyncDisposable {
  readonly runId: string = crypto.randomUUID();
  /** Aborted with the collector's signal, and when the lifetime is over: wait and ask with this one. */
  readonly signal: AbortSignal;
  readonly expiresAt: Date;
  readonly #kube: KubeClient;
  readonly #clock: Clock;
  readonly #parent: AbortSignal;
  readonly #lifetime: Deadline;
  readonly #records = new Set<ObjectRecord>();
  #closed = false;

  constructor(kube: KubeClient, { clock, signal, lifetimeMs = MAX_LIFETIME_MS }: CreatedObjectsOptions) {
    this.#kube = kube;
    this.#clock = clock;
    this.#parent = signal;
    this.#lifetime = startDeadline(clock, lifetimeMs, signal);
    this.signal = this.#lifetime.signal;
    this.expiresAt = new Date(clock.now().getTime() + lifetimeMs + ORPHAN_AFTER_MS);
  }

  /** True when the lifetime ended before the collector's signal was aborted. */
  get expired(): boolean {
    return this.#lifetime.expired;
  }

  /** Creates an object.
   *
   * @param collection API path, such as `/api/v1/namespaces/x/pods`
   * @param manifest with `metadata.name`, or with `metadata.generateName`: the name is then made here, so that the object
   * can be removed even when the server's answer is lost
   * @throws as `KubeClient.create`: a 409 means that somebody else has an object of this name, which stays untouched */
  async create(collection: string, manifest: KubeObject | NamelessObject): Promise<KubeObject> {
    this.signal.throwIfAborted();
    await sweepOnce(this.#kube, collection, { clock: this.#clock, signal: this.signal });
    this.signal.throwIfAborted();
    if (this.#closed) throw new Error("The objects of this run were removed, no more can be created");
    const { generateName, ...metadata } = manifest.metadata;
    const name = metadata.name ?? `${generateName ?? "troubleshoot-"}${randomSuffix()}`;
    const body = marked({ ...manifest, metadata: { ...metadata, name } }, this);
    const record: ObjectRecord = {
      path: `${collection}/${encodeURIComponent(name)}`,
      isPod: /^\/api\/v1\/namespaces\/[^/]+\/pods$/.test(collection),
      state: "unknown",
      settled: Promise.resolve(),
    };
    // Not given the run's signal: broken off in the middle, nobody would know whether there is an object.
    const creation = withTimeLimit(
      REQUEST_MS,
      undefined,
      (signal) => this.#kube.create(collection, body, { signal }),
    );
    this.#records.add(record);
    record.settled = creation.then((object) => {
      record.state = "exists";
      record.uid = object.metadata.uid as string;
    }, (error) => {
      if (isRefusal(error)) this.#records.delete(record);
    });
    return await abortable(creation, this.signal); // goes on unheard when it is aborted
  }

  /** Deletes one object early and does not wait for its end. It cannot fail: {@linkcode removeAll} looks again. */
  async remove({ metadata: { uid } }: KubeObject): Promise<void> {
    for (const record of this.#records) {
      if (record.uid === uid) await this.#requestRemoval(record).catch(() => {});
    }
  }

  /** Deletes everything that was created, the last first, and waits until pods are gone: after 60 s they are removed by
   * force. Nothing more can be created then. Takes its own time, whatever was aborted; never throws; twice is harmless.
   * @returns what may still exist */
  async removeAll(): Promise<Leftover[]> {
    this.#closed = true;
    this.#lifetime[Symbol.dispose]();
    const limiter = new Limiter(CONCURRENCY);
    const records = [...this.#records].reverse();
    const results = await Promise.all(records.map((record) =>
      limiter.run(async () => {
        try {
          await this.#requestRemoval(record);
          if (record.isPod && !this.#parent.aborted) await this.#awaitEnd(record);
          this.#records.delete(record);
          return [];
        } catch (error) {
          return [leftover(record, error)];
        }
      })
    ));
    return results.flat();
  }

  /** @throws {SupportBundleError} `OBJECTS_LEFT` when something may still exist */
  async [Symbol.asyncDispose](): Promise<void> {
    const leftovers = await this.removeAll();
    if (leftovers.length === 0) return;
    throw new SupportBundleError(leftovers.map(({ message }) => message).join("; "), {
      code: "OBJECTS_LEFT",
      hint: "Remove what was left with the given commands",
    });
  }

  async #requestRemoval(record: ObjectRecord): Promise<void> {
    await record.settled;
    if (record.state === "gone" || record.state === "ending") return;
    if (record.state === "unknown") {
      const object = await this.#read(record);
      if (object === undefined || runIdOf(object) !== this.runId) return void (record.state = "gone");
      record.uid = object.metadata.uid as string;
      record.state = "exists";
    }
    await this.#delete(record, {});
    record.state = "ending";
  }

  async #awaitEnd(record: ObjectRecord): Promise<void> {
    const forceAt = this.#clock.now().getTime() + GRACE_MS;
    let forced = false;
    while (record.state !== "gone") {
      const object = await this.#read(record);
      if (object === undefined || object.metadata.uid !== record.uid) record.state = "gone";
      else if (forced) throw new Error("it exists although it was deleted by force");
      else if (this.#clock.now().getTime() >= forceAt) {
        await this.#delete(record, { gracePeriodSeconds: 0 });
        forced = true;
      } else {
        await this.#clock.sleep(POLL_MS, this.#parent);
        if (this.#parent.aborted) return; // it ends by itself, nobody has time to see it
      }
    }
  }

  async #delete(record: ObjectRecord, query: Record<string, string | number>): Promise<void> {
    try {
      await this.#patiently((signal) =>
        this.#kube.delete(record.path, {
          query: { uid: record.uid, propagationPolicy: "Background", ...query },
          signal,
        })
      );
    } catch (error) {
      // The uid does not match: ours is gone, and the name is somebody else's.
      if (!(error instanceof KubeApiError && error.status === 409)) throw error;
      record.state = "gone";
    }
  }

  async #read(record: ObjectRecord): Promise<KubeObject | undefined> {
    try {
      return await this.#patiently((signal) => this.#kube.get(record.path, { signal }));
    } catch (error) {
      if (error instanceof KubeNotFoundError) return undefined;
      throw error;
    }
  }

  /** A request with a time limit of its own, again after a failure that may pass. */
  async #patiently<T>(request: (signal: AbortSignal) => Promise<T>): Promise<T> {
    for (let attempt = 1;; attempt++) {
      try {
        return await withTimeLimit(REQUEST_MS, undefined, request);
      } catch (error) {
        if (isRefusal(error) || attempt >= ATTEMPTS) throw error;
        await this.#clock.sleep(POLL_MS);
      }
    }
  }
}

/** A manifest whose name is made when it is created. */
export interface NamelessObject extends Omit<KubeObject, "metadata"> {
  metadata: Omit<KubeObject["metadata"], "name"> & { name?: undefined; generateName: string };
}

interface ObjectRecord {
  path: string;
  isPod: boolean;
  /** `unknown`: it was asked for, and no answer came; `ending`: its deletion was accepted. */
  state: "unknown" | "exists" | "ending" | "gone";
  uid?: string;
  /** The creation has an answer, or never will. */
  settled: Promise<void>;
}

/** The server understood and said no: nothing was changed, and asking again changes nothing. */
function isRefusal(error: unknown): boolean {
  return error instanceof KubeApiError && error.status < 500 && error.status !== 408 && error.status !== 429;
}

function leftover({ path, state }: ObjectRecord, error: unknown): Leftover {
  const { resource = "object", group, namespace, name } = parseApiPath(path);
  const where = namespace === undefined ? "" : ` in namespace "${namespace}"`;
  const what = `"${resource}" "${name}"${where}`;
  const found = state === "unknown"
    ? `It is not known whether ${what} was created, and it could not be looked for`
    : `${what} was created for this run and could not be removed`;
  const command = `kubectl delete ${group === undefined ? resource : `${resource}.${group}`} ${name}${
    namespace === undefined ? "" : ` -n ${namespace}`
  }`;
  return { path, message: `${found} (${describeError(error)}). Remove it with: ${command}` };
}

/** Eight characters that a name may end in. */
function randomSuffix(): string {
  const alphabet = "bcdfghjklmnpqrstvwxz2456789";
  return Array.from(crypto.getRandomValues(new Uint8Array(8)), (byte) => alphabet[byte % alphabet.length]).join("");
}
