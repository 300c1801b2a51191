import type { BundleReader } from "../bundle/bundle_reader.ts";
import type { AnalyzerResult, Outcomes } from "./analyzer.ts";
import { fileMissing } from "./outcome_engine.ts";
import { ParsedFiles } from "./parsed_files.ts";
import { presence } from "./presence.ts";
import { itemsOf, textIn } from "./stored_objects.ts";

/** A kind of object of which one can be the default of the cluster. */
export interface ClassKind {
  /** As messages call it: `Storage Class`. */
  label: string;
  path: string;
  /** Any of them with the value `true` marks the default. */
  defaultAnnotations: readonly string[];
}

/** Judges whether the class of that name exists; without a name, whether there is a default. */
export async function* classPresence(
  kind: ClassKind,
  { name = "", outcomes }: { name?: string; outcomes?: Outcomes },
  bundle: BundleReader,
): AsyncIterable<AnalyzerResult> {
  const { label, path, defaultAnnotations } = kind;
  const file = await ParsedFiles.of(bundle).json(path);
  if (file === undefined) {
    yield fileMissing(path);
    return;
  }
  const isDefault = (item: unknown) =>
    defaultAnnotations.some((annotation) => textIn(item, "metadata", "annotations", annotation) === "true");
  const found = itemsOf(file, path).some((item) =>
    name === "" ? isDefault(item) : textIn(item, "metadata", "name") === name
  );
  const about = name === ""
    ? { found: `Default ${label} found`, missing: `No Default ${label} found` }
    : `${label} "${name}"`;
  yield presence(outcomes, found, about, { evidence: [{ path }] });
}
