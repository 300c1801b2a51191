import { UsageError } from "../../core/errors.ts";
import type { AnalyzedBundle } from "../../pipeline/analyze_bundle.ts";

/** Renders the report page, in pieces or as a whole. */
export type RenderHtml = (analyzed: AnalyzedBundle) => AsyncIterable<string> | Promise<string>;

/** Loads what makes the report page; the one place of the command that knows of it.
 * @throws {UsageError} while this version has none */
export function loadHtmlReport(): Promise<RenderHtml> {
  throw new UsageError("-o html: this version has no report page", "Write -o human, json, yaml, junit or sarif");
}
