import type { AnalyzedBundle } from "../../pipeline/analyze_bundle.ts";

/** Renders the page of the report, in pieces or as a whole. */
export type RenderHtml = (analyzed: AnalyzedBundle) => AsyncIterable<string> | Promise<string>;

/** Loads what makes the page: most runs print something else. */
export async function loadHtmlReport(): Promise<RenderHtml> {
  const { renderReport } = await import("../../report/render_report.ts");
  return ({ files, findings }) => renderReport({ name: files.root, findings, bundle: files });
}
