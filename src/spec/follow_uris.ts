import { systemClock } from "../core/clock.ts";
import { startDeadline } from "../core/deadline.ts";
import { describeError, isAbort } from "../core/errors.ts";
import { Limiter } from "../kube/limiter.ts";
import { SPEC_READER } from "./fetch_spec.ts";
import { readDocument } from "./read_document.ts";
import { readSource, type SourceContext } from "./read_source.ts";
import type { SourceDocument } from "./source_document.ts";
import { shownSource } from "./spec_source.ts";
import { type TroubleshootDocument, troubleshootDocuments } from "./troubleshoot_documents.ts";

/** Short: the spec that was given is at hand, and may be what is needed just when the network is down. */
const DEADLINE_MS = 10_000;
const CONCURRENCY = 4;

interface Newer {
  documents: TroubleshootDocument[];
  warnings: string[];
}

/** Replaces each SupportBundle by those that its `spec.uri` holds now, as a whole. What is read there is not followed any
 * further, and neither are documents that were downloaded themselves. Where nothing better can be had, the document
 * stays, and a warning says why. */
export async function followUris(
  sources: readonly SourceDocument[],
  context: SourceContext,
  warnings: string[],
): Promise<SourceDocument[]> {
  const limiter = new Limiter(CONCURRENCY);
  const fetched = new Map<string, Promise<Newer>>();
  const results = await Promise.all(sources.map(async (source) => {
    const { document, origin } = source;
    const uri = (document.data.spec as { uri?: unknown } | null | undefined)?.uri;
    if (document.kind !== "SupportBundle" || origin === "url" || !uri) return { kept: [source], warnings: [] };
    try {
      if (typeof uri !== "string" || !isRemote(uri)) throw new Error("this is no address that can be followed");
      let newer = fetched.get(uri);
      if (newer === undefined) fetched.set(uri, newer = limiter.run(() => fetchNewer(uri, context)));
      const { documents, warnings } = await newer;
      return { kept: documents.map((document) => ({ document, origin })), warnings };
    } catch (error) {
      context.signal?.throwIfAborted();
      const warning = `${document.place(["spec", "uri"])}: ${describeError(error)}; the spec as it was given is used`;
      return { kept: [source], warnings: [warning] };
    }
  }));
  warnings.push(...new Set(results.flatMap(({ warnings }) => warnings)));
  return results.flatMap(({ kept }) => kept);
}

/** @throws when there is no SupportBundle at the address that could replace another one */
async function fetchNewer(uri: string, context: SourceContext): Promise<Newer> {
  const warnings: string[] = [];
  const { protocol, host } = new URL(uri);
  const headers = { "user-agent": SPEC_READER, "bundle-upload-host": `${protocol}//${host}` };
  const texts = await withinDeadline(context, (context) => readSource(uri, context, { headers })).catch((error) => {
    if (!isAbort(error)) throw error;
    throw new Error(`Cannot download the spec ${shownSource(uri)}: no answer within ${DEADLINE_MS / 1000} s`);
  });
  const found = texts.flatMap(({ name, text }) => troubleshootDocuments(text, name, warnings));
  const documents = found.filter(({ kind }) => kind === "SupportBundle");
  if (documents.length === 0) throw new Error(`${shownSource(uri)} holds no SupportBundle`);
  for (const document of documents) readDocument(document, []); // one that cannot be used replaces nothing
  for (const { kind, place } of found.filter(({ kind }) => kind !== "SupportBundle")) {
    warnings.push(`${place(["kind"])}: ignored, a uri brings SupportBundles only, and this is a ${kind}`);
  }
  return { documents, warnings };
}

async function withinDeadline<T>(context: SourceContext, read: (context: SourceContext) => Promise<T>): Promise<T> {
  const { clock = systemClock, signal = new AbortController().signal } = context;
  using deadline = startDeadline(clock, DEADLINE_MS, signal);
  return await read({ ...context, signal: deadline.signal });
}

function isRemote(uri: string): boolean {
  return /^(?:https?|oci):\/\/./i.test(uri) && URL.canParse(uri);
}
