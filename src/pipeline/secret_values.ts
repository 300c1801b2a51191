import { startDeadline } from "../collect/deadline.ts";
import { decodeHelmRelease } from "../collect/kinds/cluster/helm_release.ts";
import type { Clock } from "../core/clock.ts";
import { concatBytes } from "../core/concat_bytes.ts";
import { describeError } from "../core/errors.ts";
import { formatSize } from "../core/size.ts";
import { type AccessNeed, checkAccess } from "../kube/access.ts";
import { KubeForbiddenError, KubeUnreachableError } from "../kube/errors.ts";
import type { KubeClient } from "../kube/kube_client.ts";
import { Limiter } from "../kube/limiter.ts";
import type { KnownValues } from "../redact/values/known_values.ts";
import { type SecretObject, SecretValues } from "../redact/values/secret_values.ts";

/** Nothing can be written before the values are there: a slow cluster costs no more than this. */
const DEADLINE_MS = 5_000;
const PAGE_SIZE = 500;
const MAX_SECRETS = 20_000;
const MAX_BYTES = 64e6;
/** Of Helm's records as they come: what they unpack to is many times as much. */
const MAX_HELM_BYTES = 4 << 20;
const MAX_NAMESPACES = 500;
const CONCURRENCY = 8;
const FORBIDDEN = "forbidden";

const HELM_RELEASE = "helm.sh/release.v1";
/** What there is but Helm's records, which are large, and its records of what is deployed now. */
const PLAIN = { fieldSelector: `type!=${HELM_RELEASE}` };
const DEPLOYED = { fieldSelector: `type=${HELM_RELEASE}`, labelSelector: "owner=helm,status=deployed" };

export interface SecretReadingOptions {
  clock: Clock;
  signal: AbortSignal;
  /** Only this one. */
  namespace?: string;
}

/** Reads the cluster's Secrets, and adds their values to those that are hidden: cluster-wide, or where that is forbidden,
 * namespace by namespace. Never fails a run.
 * @returns why not all were read; undefined when they were */
export async function readSecretValues(
  kube: KubeClient,
  values: KnownValues,
  { clock, signal, namespace }: SecretReadingOptions,
): Promise<string | undefined> {
  using deadline = startDeadline(clock, DEADLINE_MS, signal);
  const started = clock.now().getTime();
  // What is worked on keeps the timer waiting.
  const isLate = () => deadline.expired || clock.now().getTime() - started > DEADLINE_MS;
  const reader = new SecretReader(kube, deadline.signal, isLate);
  let shortfall: string | undefined;
  try {
    shortfall = await reader.readAll(namespace);
  } catch (error) {
    shortfall = signal.aborted
      ? "the run was interrupted"
      : isLate()
      ? `they could not be read within ${DEADLINE_MS / 1000} s`
      : reasonOf(error);
  }
  reader.found.addTo(values);
  if (reader.skippedReleases > 0) shortfall ??= `there are ${reader.skippedReleases} more Helm releases than are read`;
  if (values.overflown) shortfall ??= "there are too many";
  if (shortfall === undefined) return undefined;
  return `values of ${reader.secrets > 0 ? "some " : ""}Secrets were not scrubbed: ${shortfall}`;
}

function reasonOf(error: unknown): string {
  if (error instanceof KubeUnreachableError) return "the cluster could not be reached";
  return describeError(error);
}

class SecretReader {
  readonly found = new SecretValues();
  secrets = 0;
  /** Helm's, that were left out since there are many. */
  skippedReleases = 0;
  #bytes = 0;
  #helmBytes = 0;

  constructor(readonly kube: KubeClient, readonly signal: AbortSignal, readonly isLate: () => boolean) {}

  /** @returns why some were not read
   * @throws what broke it off */
  async readAll(namespace: string | undefined): Promise<string | undefined> {
    if (await this.#read(namespace)) return undefined;
    return namespace === undefined ? await this.#readNamespaces() : FORBIDDEN;
  }

  async #readNamespaces(): Promise<string | undefined> {
    const namespaces = await this.#namespaces();
    if (namespaces === undefined) {
      const name = await this.kube.contextNamespace();
      return await this.#read(name) ? `${FORBIDDEN} outside of namespace "${name}"` : FORBIDDEN;
    }
    const limiter = new Limiter(CONCURRENCY);
    const asked = namespaces.slice(0, MAX_NAMESPACES);
    const reading = asked.map((name) => limiter.run(() => this.#read(name), this.signal));
    await Promise.allSettled(reading); // none may still run when another has failed
    const refused = (await Promise.all(reading)).filter((permitted) => !permitted).length;
    if (refused === asked.length) return FORBIDDEN;
    if (refused > 0) return `${FORBIDDEN} in ${refused} of ${asked.length} namespaces`;
    return asked.length < namespaces.length ? `there are more than ${MAX_NAMESPACES} namespaces` : undefined;
  }

  /** Undefined where they may not be listed. */
  async #namespaces(): Promise<string[] | undefined> {
    return await this.#permitted({ verb: "list", resource: "namespaces" }, async () => {
      const names: string[] = [];
      for await (const { items } of this.kube.listRaw("/api/v1/namespaces", { signal: this.signal })) {
        names.push(...items.map(({ name }) => name));
      }
      return names;
    });
  }

  /** @param namespace undefined: all
   * @returns false where they may not be listed */
  async #read(namespace?: string): Promise<boolean> {
    const path = namespace === undefined
      ? "/api/v1/secrets"
      : `/api/v1/namespaces/${encodeURIComponent(namespace)}/secrets`;
    const done = await this.#permitted({ verb: "list", resource: "secrets", namespace }, async () => {
      const lists = [
        this.#list(path, PLAIN, (secret) => this.found.add(secret)),
        this.#list(path, DEPLOYED, (secret) => this.#addRelease(secret)),
      ];
      await Promise.allSettled(lists); // as above
      await Promise.all(lists);
      return true;
    });
    return done === true;
  }

  /** Asks whether it may before it does: whoever watches an audit log is not to wonder who wants the Secrets.
   * @returns undefined where it may not */
  async #permitted<T>(need: AccessNeed, action: () => Promise<T>): Promise<T | undefined> {
    try {
      const [answer] = await checkAccess(this.kube, [need], this.signal);
      if (!answer!.allowed) return undefined;
    } catch {
      this.signal.throwIfAborted(); // else the answer to the request itself tells
    }
    try {
      return await action();
    } catch (error) {
      if (error instanceof KubeForbiddenError && error.status === 403) return undefined;
      throw error;
    }
  }

  async #list(
    path: string,
    query: Record<string, string>,
    add: (secret: SecretObject) => void | Promise<void>,
  ): Promise<void> {
    for (let token: string | undefined = "first"; token !== undefined;) {
      const answer = await this.kube.stream(path, {
        query: { ...query, limit: PAGE_SIZE, continue: token === "first" ? undefined : token },
        signal: this.signal,
      });
      const page = parsePage(await this.#bounded(answer));
      for (const secret of page.items ?? []) {
        if (++this.secrets > MAX_SECRETS) throw new Error(`there are more than ${MAX_SECRETS.toLocaleString("en")}`);
        await add(secret);
        if (this.isLate()) throw new Error("late");
      }
      token = page.metadata.continue || undefined;
    }
  }

  async #bounded(answer: ReadableStream<Uint8Array>): Promise<Uint8Array> {
    const pieces: Uint8Array[] = [];
    for await (const piece of answer) {
      this.#bytes += piece.length;
      if (this.#bytes > MAX_BYTES) throw new Error(`they take more than ${formatSize(MAX_BYTES)}`);
      pieces.push(piece);
    }
    return concatBytes(pieces);
  }

  /** What users set for a release; all else in its record is in its chart, or in objects of the cluster. */
  async #addRelease({ data }: SecretObject): Promise<void> {
    const payload = data?.release ?? "";
    this.#helmBytes += payload.length;
    if (this.#helmBytes > MAX_HELM_BYTES) {
      this.skippedReleases++;
      return;
    }
    try {
      const { config } = await decodeHelmRelease(atob(payload));
      this.found.addText(JSON.stringify(config), "part");
    } catch {
      // It is none of Helm's.
    }
  }
}

interface SecretPage {
  metadata: { continue?: string };
  items?: SecretObject[] | null;
}

function parsePage(bytes: Uint8Array): SecretPage {
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    throw new Error("the answer is not JSON"); // V8 would quote what it found
  }
}
