import { bundlePath } from "../../../bundle/bundle_path.ts";
import { type Entry, jsonEntry, missing, textEntry } from "../../../bundle/entry.ts";
import { startDeadline } from "../../../core/deadline.ts";
import { describeError } from "../../../core/errors.ts";
import type { AccessNeed, CollectContext } from "../../collector.ts";
import type { ImageFacts } from "./image_facts_of.ts";
import { ImageFactsReader } from "./image_facts_reader.ts";
import { IMAGE_SOURCES, type ImageUse, listImageUses } from "./image_facts_uses.ts";
import { missingReason, rethrowFatal } from "./kube_failure.ts";
import { mapAhead } from "./map_ahead.ts";

const CONCURRENT_IMAGES = 5;
const MAX_MS = 5 * 60_000;
/** What is left of a collector's time for writing what was found. */
const SPARE_MS = 2_000;

/** The namespace whose image facts a data collector asks for; undefined when it asks for none, and empty when for
 * `--namespace` or, without it, for all. */
export function imageFactsNamespace(
  { name, collectorName }: { name?: string; collectorName?: string },
): string | undefined {
  const after = (text: string | undefined, mark: string) =>
    text?.includes(mark) ? text.slice(text.lastIndexOf(mark) + mark.length) : undefined;
  return after(collectorName, "image-facts/") ?? after(name, "image-facts-");
}

/** Every permission that image facts use. */
export function imageFactsPermissions(wanted: string, context: { namespace?: string }): AccessNeed[] {
  const namespace = wanted || context.namespace;
  const where = namespace ? { namespace } : {};
  return [
    ...IMAGE_SOURCES.map((source) => ({ verb: "list", ...source, ...where })),
    { verb: "get", resource: "serviceaccounts", ...where },
    { verb: "get", resource: "secrets", ...where },
  ];
}

/** What the registries say of the images of a namespace, asked from this machine with the pods' own pull secrets, else
 * with the logins on this machine. An image that cannot be read stays in the list, with its error.
 * @param wanted as {@linkcode imageFactsNamespace} gives it */
export async function* collectImageFacts(wanted: string, context: CollectContext): AsyncGenerator<Entry> {
  const { kube, clock, signal, deadlineAt } = context;
  const namespace = wanted || context.namespace || undefined;
  const leftMs = deadlineAt ? deadlineAt.getTime() - SPARE_MS - clock.now().getTime() : MAX_MS;
  using deadline = startDeadline(clock, Math.min(Math.max(leftMs, 0), MAX_MS), signal);

  const stem = namespace ?? "all";
  const file = (name: string) => bundlePath("image-facts", name);
  let uses;
  try {
    uses = await listImageUses(kube, namespace, signal);
  } catch (error) {
    rethrowFatal(error, signal);
    yield textEntry(file(`${stem}-error.txt`), `No images could be listed: ${describeError(error)}\n`);
    yield missing(file(`${stem}-facts.json`), missingReason(error), describeError(error));
    return;
  }
  yield* uses.missing;

  using reader = new ImageFactsReader({ ...context, signal: deadline.signal });
  const found = [...uses.namespaces].filter(([, images]) => images.size > 0).sort(([a], [b]) => a < b ? -1 : 1);
  if (found.length === 0) {
    yield textEntry(file(`${stem}-info.txt`), `Nothing in ${namespaceWords(namespace)} names an image.\n`);
  }
  for (const [inNamespace, images] of found) {
    const all: ImageFacts[] = [];
    const read = (use: ImageUse) => reader.read(inNamespace, use, () => deadline.expired);
    for await (const one of mapAhead(images.values(), CONCURRENT_IMAGES, read, () => {})) {
      all.push(one);
      context.progress(`${all.length} of ${images.size} images`);
    }
    signal.throwIfAborted();
    yield* files(inNamespace, uniqueFacts(all), clock.now());
  }
}

function namespaceWords(namespace: string | undefined): string {
  return namespace === undefined ? "any namespace" : `the namespace ${namespace}`;
}

function* files(namespace: string, facts: ImageFacts[], now: Date): Generator<Entry> {
  const summary = {
    totalImages: facts.length,
    uniqueRegistries: new Set(facts.map(({ registry }) => registry).filter(Boolean)).size,
    uniqueRepositories: new Set(
      facts.map(({ registry, repository }) => repository && `${registry}/${repository}`).filter(Boolean),
    ).size,
    totalSize: facts.reduce((sum, { size }) => sum + size, 0),
    collectionErrors: facts.filter(({ error }) => error !== undefined).length,
  };
  const source = "manifests and configurations of the images in their registries";
  const document = { version: "v1", generatedAt: now.toISOString(), namespace, imageFacts: facts, summary };
  yield jsonEntry(bundlePath("image-facts", `${namespace}-facts.json`), document, { source });
  yield textEntry(
    bundlePath("image-facts", `${namespace}-summary.txt`),
    `Image facts of the namespace ${namespace}\n` +
      `Images: ${summary.totalImages}\n` +
      `Registries: ${summary.uniqueRegistries}\n` +
      `Images that could not be read: ${summary.collectionErrors}\n`,
    source,
  );
}

/** One entry for each digest, and for each reference without one; the largest first. */
export function uniqueFacts(facts: readonly ImageFacts[]): ImageFacts[] {
  const unique = new Map<string, ImageFacts>();
  for (const one of facts) {
    const key = one.digest || `${one.registry}/${one.repository}:${one.tag}`;
    if (!unique.has(key)) unique.set(key, one);
  }
  return [...unique.values()].sort((a, b) => b.size - a.size);
}
