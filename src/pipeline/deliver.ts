import { createHash } from "node:crypto";
import { basename } from "node:path";
import type { WrittenArchive } from "../bundle/archive.ts";
import { removeResumeFile } from "../bundle/resume_path.ts";
import type { Clock } from "../core/clock.ts";
import { CredentialError, type ReadSecret } from "../core/credential_reference.ts";
import { describeError } from "../core/errors.ts";
import { retry } from "../core/retry.ts";
import type { KubeClient } from "../kube/kube_client.ts";
import { fillDestination } from "../upload/destination_template.ts";
import { paceTo } from "../upload/pace.ts";
import { findUploader, parseDestination } from "../upload/registry.ts";
import { ResumeFile } from "../upload/resume_file.ts";
import { UploadError } from "../upload/upload_error.ts";
import type { Delivery, Destination, LocalFile, Uploader } from "../upload/uploader.ts";
import { deliveryMetadata } from "./delivery_metadata.ts";
import type { BundleFacts, UploadPlace, UploadPlan } from "./upload_plan.ts";

export interface DeliverContext {
  clock: Clock;
  env: Readonly<Record<string, string>>;
  signal: AbortSignal;
  /** @param destination scheme and host */
  progress(destination: string, sentBytes: number, totalBytes: number): void;
  log?(level: "info" | "warn", message: string): void;
  secret: ReadSecret;
  /** The cluster that the bundle is of, where it may be asked. */
  kube?: KubeClient;
  /** Tries of each destination, the first included. Default 3. */
  attempts?: number;
  /** Default true. False: nothing is kept of an unfinished upload. */
  resume?: boolean;
  /** The file beside the bundle stays after delivery, and says so to whoever delivers it once more: for a caller that has yet to
   * record it, and removes it then. */
  keepResumeFile?: boolean;
  random?: () => number;
}

export interface Delivered extends Delivery {
  /** Why it is at the fallback destination; absent: it is where it should be. */
  fallbackReason?: UploadError;
}

const TRIES = { baseDelayMs: 2_000, maxDelayMs: 60_000 };

/** Delivers a bundle, with what belongs beside it, to its destination, else to the fallback. What failed in passing is tried
 * again; what has arrived before is not sent again. The local files stay.
 * @throws {UploadError} of the destination, which also tells why the fallback did not take it
 * @throws the signal's reason */
export async function deliverArchive(
  archive: WrittenArchive,
  plan: UploadPlan,
  facts: BundleFacts,
  context: DeliverContext,
): Promise<Delivered> {
  const pace = plan.bandwidthBytesPerSecond === undefined
    ? undefined
    : paceTo(plan.bandwidthBytesPerSecond, context.clock);
  const resume = context.resume === false ? undefined : new ResumeFile(
    archive.path,
    (error) => context.log?.("warn", `cannot keep how far the upload has come: ${describeError(error)}`),
  );
  const to = (place: UploadPlace) => deliverTo(place, archive, facts, { ...context, pace, resumeFile: resume });
  let delivered: Delivered;
  try {
    delivered = await to(plan);
  } catch (error) {
    context.signal.throwIfAborted();
    if (plan.fallback === undefined) throw error;
    const reason = asUploadError(error);
    context.log?.("warn", `${reason.message}; trying the fallback destination`);
    try {
      delivered = { ...await to(plan.fallback), fallbackReason: reason };
    } catch (second) {
      context.signal.throwIfAborted();
      throw bothFailed(reason, asUploadError(second));
    }
  }
  if (context.keepResumeFile !== true) await removeResumeFile(archive.path).catch(() => {});
  return delivered;
}

/** What a job's destination is called in messages and records: without anything that a template, an option or a credential says. */
export function destinationName(url: URL): string {
  return `${url.protocol}//${url.host}`;
}

/** Frees what an unfinished upload has left at its destinations, and forgets it: for a bundle that is given up. */
export async function abandonDelivery(
  archive: WrittenArchive,
  plan: UploadPlan,
  facts: BundleFacts,
  context: DeliverContext,
): Promise<void> {
  const resume = new ResumeFile(archive.path);
  for (const place of plan.fallback === undefined ? [plan] : [plan, plan.fallback]) {
    try {
      const { destination, uploader } = resolvePlace(place, facts);
      for (const [file, target] of await filesFor(archive, destination, uploader, facts)) {
        const state = resume.stateOf(file, target);
        if (await state.load() === undefined) continue;
        await uploader.abandon?.(file, target, { ...uploadContext(context, target, file), resume: state });
      }
    } catch (error) {
      context.signal.throwIfAborted();
      context.log?.("warn", `what has arrived at the destination may still be there: ${describeError(error)}`);
    }
  }
  await removeResumeFile(archive.path);
}

interface PlaceContext extends DeliverContext {
  pace: ReturnType<typeof paceTo> | undefined;
  resumeFile: ResumeFile | undefined;
}

async function deliverTo(
  place: UploadPlace,
  archive: WrittenArchive,
  facts: BundleFacts,
  context: PlaceContext,
): Promise<Delivery> {
  const { destination, uploader } = resolvePlace(place, facts);
  const { clock, signal, random, attempts = 3 } = context;
  try {
    return await retry(async (attempt) => {
      if (attempt > 1) context.log?.("info", `trying ${destinationName(destination.url)} again: try ${attempt}`);
      let delivery: Delivery | undefined;
      for (const [file, target] of await filesFor(archive, destination, uploader, facts)) {
        delivery = await deliverFile(file, target, uploader, context);
      }
      return delivery!;
    }, {
      ...TRIES,
      attempts,
      clock,
      signal,
      random,
      judge: (error) => ({ retry: isTransient(error), afterMs: retryAfterMs(error) }),
    });
  } catch (error) {
    signal.throwIfAborted();
    throw asUploadError(error);
  }
}

async function deliverFile(
  file: LocalFile,
  destination: Destination,
  uploader: Uploader,
  context: PlaceContext,
): Promise<Delivery> {
  const { resumeFile } = context;
  const before = await resumeFile?.delivered(file, destination);
  if (before !== undefined) return before;
  const delivery = await uploader.upload(file, destination, {
    ...uploadContext(context, destination, file),
    pace: context.pace,
    resume: resumeFile?.stateOf(file, destination),
  });
  await resumeFile?.markDelivered(file, destination, delivery);
  return delivery;
}

function uploadContext(context: DeliverContext, { url }: Destination, { bytes }: LocalFile) {
  const { env, signal, clock, kube, secret } = context;
  return {
    kube,
    signal,
    env,
    clock,
    secret,
    progress: (sent: number) => context.progress(destinationName(url), sent, bytes),
  };
}

function resolvePlace({ url, options, credentials }: UploadPlace, facts: BundleFacts) {
  const filled = fillDestination(url, { ...facts, at: new Date(facts.at) });
  const destination = parseDestination(filled, options, credentials);
  return { destination, uploader: findUploader(destination.url) };
}

/** What is sent, and where to: the bundle last, for what lies beside it must be there when it is. */
async function filesFor(
  archive: WrittenArchive,
  destination: Destination,
  uploader: Uploader,
  facts: BundleFacts,
): Promise<[LocalFile, Destination][]> {
  const metadata = deliveryMetadata(facts, Deno.hostname());
  const name = basename(archive.path);
  const files: [LocalFile, Destination][] = [];
  // A presigned URL, too, is that of one object.
  const isSingle = uploader.single?.(destination) === true;
  const companions = isSingle ? [] : archive.companions ?? [];
  for (const path of companions) {
    const file = { path, name: basename(path), ...await measure(path), metadata };
    files.push([file, await beside(destination, name, file.name)]);
  }
  const { path, bytes, sha256 } = archive;
  files.push([{ path, name, bytes, sha256, metadata }, destination]);
  return files;
}

/** Where a companion goes: into the same folder, or where the URL names the bundle's file, beside it with its own ending. */
async function beside(destination: Destination, bundle: string, companion: string): Promise<Destination> {
  const { protocol, pathname } = destination.url;
  if (pathname.endsWith("/") || pathname === "") return destination;
  if (protocol === "file:" && await Deno.stat(destination.url).then((it) => it.isDirectory, () => false)) {
    return destination;
  }
  const ending = companion.startsWith(bundle) ? companion.slice(bundle.length) : `.${companion}`;
  const url = new URL(destination.url);
  url.pathname += ending;
  return { ...destination, url };
}

async function measure(path: string): Promise<{ bytes: number; sha256: string }> {
  const hash = createHash("sha256");
  let bytes = 0;
  const file = await Deno.open(path);
  for await (const chunk of file.readable) {
    hash.update(chunk);
    bytes += chunk.length;
  }
  return { bytes, sha256: hash.digest("hex") };
}

function isTransient(error: unknown): boolean {
  return error instanceof UploadError && error.transient;
}

function retryAfterMs(error: unknown): number | undefined {
  return error instanceof UploadError ? error.retryAfterMs : undefined;
}

/** Whatever stands in the way of a delivery is a failed upload. */
function asUploadError(error: unknown): UploadError {
  if (error instanceof UploadError) return error;
  const hint = error instanceof Error && "hint" in error && typeof error.hint === "string" ? error.hint : undefined;
  return new UploadError(describeError(error), {
    cause: error,
    transient: false,
    code: error instanceof CredentialError ? "UPLOAD_CREDENTIALS" : undefined,
    hint: hint ?? "Check the destination",
  });
}

function bothFailed(main: UploadError, fallback: UploadError): UploadError {
  return new UploadError(`${main.message}. The fallback failed, too: ${fallback.message}`, {
    cause: main.cause,
    transient: main.transient || fallback.transient,
    code: main.code,
    hint: main.hint ?? "",
    retryAfterMs: main.retryAfterMs,
  });
}
