import { describeError, SupportBundleError } from "../core/errors.ts";
import { BUILT_IN_SPEC } from "./built_in_spec.ts";
import { followUris } from "./follow_uris.ts";
import { DEFAULT_SELECTOR } from "./label_queries.ts";
import type { LoadedSpec } from "./loaded_spec.ts";
import { ignoredText, mergeSpecs } from "./merge_specs.ts";
import type { DocumentUse } from "./read_document.ts";
import { ObjectUnreadableError, type SpecText } from "./read_object.ts";
import { readSource, type SourceContext } from "./read_source.ts";
import { type ClusterSearch, searchCluster } from "./search_cluster.ts";
import type { Origin, SourceDocument } from "./source_document.ts";
import { SpecError } from "./spec_error.ts";
import { parseSpecSource, shownSource } from "./spec_source.ts";
import { type TroubleshootDocument, troubleshootDocuments } from "./troubleshoot_documents.ts";

export type { AnalyzerEntry, CollectorEntry, LoadedSpec } from "./loaded_spec.ts";

export interface LoadOptions extends SourceContext, DocumentUse {
  /** Positional arguments. */
  sources: readonly string[];
  /** Values of `--redactors`. */
  redactorSources?: readonly string[];
  /** Adds the built-in spec. */
  auto?: boolean;
  /** Looks for specs in the cluster, too. */
  search?: ClusterSearch;
  /** What the cluster does not hand out now will be read again later: it is a warning. */
  clusterLater?: boolean;
  /** Replaces SupportBundle documents by what their `uri` holds; a failure keeps the original. Default true. */
  followUri?: boolean;
}

const COLLECTING = ["SupportBundle", "Collector", "HostCollector"];
const NO_SPEC_HINT = "Name a spec file, or use --auto; --help shows examples";

/** Reads, validates and merges the specs of a run.
 * @throws {SpecError} for the first thing that cannot be meant or read; nothing that was written is dropped without a
 * warning
 * @throws {SupportBundleError} NO_SPEC when a search of the cluster was all there was, and found nothing */
export async function loadSpecs(options: LoadOptions): Promise<LoadedSpec> {
  const warnings: string[] = [];
  const notes: string[] = [];
  let stdin: Promise<string> | undefined;
  const context: LoadOptions = { ...options, stdin: () => stdin ??= options.stdin?.() ?? Promise.resolve("") };
  let incomplete = options.clusterLater === true && options.search !== undefined;
  const documents: SourceDocument[] = [];
  const add = (found: TroubleshootDocument[], origin: Origin) =>
    documents.push(...found.map((document) => ({ document, origin })));

  if (options.auto) add(troubleshootDocuments(BUILT_IN_SPEC, "built-in spec", warnings), "built-in");
  for (const source of options.sources) {
    const found = await readDocuments(source, context, warnings);
    if (found === undefined) {
      incomplete = true;
      continue;
    }
    if (found.length === 0) {
      throw new SpecError(
        "",
        `"${nameOf(source)}" holds no spec`,
        "A spec starts with apiVersion: troubleshoot.sh/v1beta2 and kind:",
      );
    }
    add(found, originOf(source));
  }
  for (const source of options.redactorSources ?? []) {
    const found = await readDocuments(source, context, warnings);
    if (found === undefined) {
      incomplete = true;
      continue;
    }
    if (!found.some(({ kind }) => kind === "Redactor")) {
      throw new SpecError(
        "",
        `"${nameOf(source)}" holds no document of kind Redactor`,
        "Name Redactor specs with --redactors, all others as arguments",
      );
    }
    add(found, originOf(source));
  }
  if (options.search !== undefined) {
    add(await findSpecs(options.search, context, documents, warnings, notes), "cluster");
  }
  const current = options.followUri === false ? documents : await followUris(documents, context, warnings);
  return { ...mergeSpecs(current, warnings, notes, options), ...(incomplete ? { incomplete } : {}) };
}

/** @returns undefined when it is in the cluster, and the cluster may hand it out later */
async function readDocuments(
  source: string,
  context: LoadOptions,
  warnings: string[],
): Promise<TroubleshootDocument[] | undefined> {
  let texts: SpecText[];
  try {
    texts = await readSource(source, context);
  } catch (error) {
    if (!context.clusterLater || !(error instanceof ObjectUnreadableError)) throw error;
    warnings.push(`${describeError(error)}; it could not be checked`);
    return undefined;
  }
  return texts.flatMap(({ name, text }) => troubleshootDocuments(text, name, warnings));
}

/** The documents that the labels of the cluster lead to. A failure is one only where nothing else is at hand. */
async function findSpecs(
  search: ClusterSearch,
  context: LoadOptions,
  others: readonly SourceDocument[],
  warnings: string[],
  notes: string[],
): Promise<TroubleshootDocument[]> {
  const collects = others.some(({ document }) => COLLECTING.includes(document.kind));
  const alone = !collects && !context.auto && !context.clusterLater;
  const labels = search.selector?.join(",") ?? DEFAULT_SELECTOR;
  let texts: SpecText[];
  try {
    if (context.kube === undefined) throw new SpecError("", "No cluster is at hand here");
    const found = await searchCluster(context.kube, search, context);
    texts = found.texts;
    if (texts.length === 0 && alone) {
      throw new SupportBundleError(
        `No spec was named, and none was found in the cluster with the label ${labels}` +
          (found.warnings.length === 0 ? "" : ` (${found.warnings.join("; ")})`),
        { code: "NO_SPEC", hint: "Name a spec file, or use --auto; --selector and --namespace say where to look" },
      );
    }
    warnings.push(...found.warnings);
  } catch (error) {
    context.signal?.throwIfAborted();
    if (!(error instanceof SpecError)) throw error;
    if (alone) {
      const why = describeError(error).replace(/^The cluster/, "the cluster");
      const hint = error.hint === undefined ? NO_SPEC_HINT : `${NO_SPEC_HINT}. For the cluster: ${error.hint}`;
      throw new SpecError("", `No spec was named, and ${why}`, hint, { transient: error.transient });
    }
    const then = context.clusterLater ? "it could not be checked" : "the run goes on without";
    warnings.push(`${describeError(error)}; ${then}`);
    return [];
  }
  if (texts.length > 0) notes.push(`Specs found in the cluster: ${texts.map(({ name }) => name).join(", ")}`);
  else if (context.sources.length > 0) notes.push(`No spec was found in the cluster with the label ${labels}`);
  let broken: SpecError | undefined;
  const documents = texts.flatMap(({ name, text }) => {
    try {
      const found = troubleshootDocuments(text, name, warnings);
      if (found.length === 0) warnings.push(`${name}: ignored, it holds no spec`);
      return found;
    } catch (error) {
      if (!(error instanceof SpecError) || mayBeRedactor(name, text)) throw error;
      broken ??= error;
      warnings.push(ignoredText(error));
      return [];
    }
  });
  if (alone && documents.length === 0 && broken !== undefined) throw broken;
  return documents;
}

/** Without a rule that cannot be read nothing is collected: it would hide nothing. */
function mayBeRedactor(name: string, text: string): boolean {
  return name.endsWith("/redactor-spec") || /\bkind["']?\s*:\s*["']?Redactor/.test(text);
}

function originOf(source: string): Origin {
  return parseSpecSource(source).kind === "http" ? "url" : "argument";
}

function nameOf(source: string): string {
  return source === "-" ? "standard input" : shownSource(source);
}
