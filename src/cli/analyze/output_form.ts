import { UsageError } from "../../core/errors.ts";
import { nearest } from "../../core/nearest.ts";
import type { AnalyzedBundle } from "../../pipeline/analyze_bundle.ts";
import type { Colors } from "../render/color.ts";
import type { Analysis } from "./analysis.ts";

export const FORMS = ["human", "json", "yaml", "junit", "sarif", "html"] as const;
export type OutputForm = (typeof FORMS)[number];

/** Renders an analysis, in pieces or as a whole. */
export type Render = (analysis: Analysis, analyzed: AnalyzedBundle) => AsyncIterable<string> | Promise<string> | string;

/** @throws {UsageError} */
export function parseForm(text: string, forms: readonly OutputForm[] = FORMS): OutputForm {
  const form = forms.find((name) => name === text.trim().toLowerCase());
  if (form !== undefined) return form;
  const meant = nearest(text, forms);
  const hint = `Write one of ${forms.join(", ")}; a file is named by --output-file`;
  throw new UsageError(
    `--output: "${text}" is no form of output`,
    meant === undefined ? hint : `Did you mean ${meant}?`,
  );
}

/** Loads what a form needs.
 * @throws {UsageError} for one that this version does not have */
export async function loadForm(form: OutputForm, colors: Colors): Promise<Render> {
  switch (form) {
    case "human": {
      const { renderHuman } = await import("./human_output.ts");
      return (analysis) => renderHuman(analysis, colors);
    }
    case "json": {
      const { toAnalysisDocument } = await import("./json_output.ts");
      return (analysis) => JSON.stringify(toAnalysisDocument(analysis), null, 2) + "\n";
    }
    case "yaml": {
      const [{ toAnalysisDocument }, { stringify }] = await Promise.all([import("./json_output.ts"), import("yaml")]);
      return (analysis) => stringify(toAnalysisDocument(analysis), { lineWidth: 0, aliasDuplicateObjects: false });
    }
    case "junit":
      return (await import("./junit_output.ts")).renderJunit;
    case "sarif": {
      const { toSarif } = await import("./sarif_output.ts");
      return (analysis) => JSON.stringify(toSarif(analysis), null, 2) + "\n";
    }
    case "html": {
      const render = await (await import("./html_output.ts")).loadHtmlReport();
      return (_, analyzed) => render(analyzed);
    }
  }
}

/** The form of Troubleshoot's `analyze`.
 * @param asBundle the entries of `analysis.json` */
export async function loadCompatibleForm(form: "json" | "yaml", asBundle: boolean): Promise<Render> {
  const { renderCompatible } = await import("./compatible_output.ts");
  return ({ findings }) => renderCompatible(findings, form, asBundle);
}
