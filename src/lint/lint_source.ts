import { basename } from "node:path";
import { checkInputs } from "./check_inputs.ts";
import { templateProblems } from "./check_templates.ts";
import { applyFixes } from "./fix.ts";
import type { Finding, Repair } from "./finding.ts";
import { type LintedText, lintText } from "./lint_text.ts";
import { isSpecTemplate, RenderError, renderSpec, valuePaths } from "./render_spec.ts";
import { type Code, ruleOf } from "./rules.ts";
import type { Values } from "./template_values.ts";

/** A text with specs, and its name. */
export interface LintSource {
  name: string;
  text: string;
}

export interface LintOptions {
  /** For templates of specs; absent: none were given. */
  values?: Values;
}

/** What was found in one source, in the order of its lines. */
export interface LintResult {
  name: string;
  /** Lines are those of the text that comes out of the template, not of the template. */
  rendered: boolean;
  findings: Finding[];
}

/** A template needs values to be checked, and none were given. */
export class ValuesNeededError extends Error {
  readonly source: string;
  constructor(source: string) {
    super(source);
    this.source = source;
  }
}

/** Checks sources that would run together: what analyzers read may be gathered by collectors of any of them.
 * @throws {ValuesNeededError} */
export function lintSources(sources: readonly LintSource[], options: LintOptions = {}): LintResult[] {
  const linted = sources.map((source) => lintSource(source, options));
  const texts = linted.map(({ text }) => text);
  checkInputs(texts.flatMap(({ documents }) => documents), texts.flatMap(({ entries }) => entries));
  return linted.map(({ text, rendered }, index) => ({
    name: sources[index]!.name,
    rendered,
    findings: text.findings.sort((a, b) => a.line - b.line || a.column - b.column || (a.code < b.code ? -1 : 1)),
  }));
}

function lintSource({ name, text }: LintSource, { values }: LintOptions): { text: LintedText; rendered: boolean } {
  const plain = text.replace(/^\uFEFF/, "");
  const apiVersion = /^[ \t]*apiVersion:[ \t]*["']?([^\s"'#]*)/m.exec(plain)?.[1] ?? "";
  const defaultName = specName(name);
  const template = isSpecTemplate(plain);
  if (!template) {
    const linted = lintText(plain, defaultName);
    if (values !== undefined && apiVersion !== "" && !apiVersion.endsWith("/v1beta3")) {
      const message = "--values and --set are for templates in v1beta3 specs";
      linted.findings.push(finding("SB606", 1, message, "Use apiVersion: troubleshoot.sh/v1beta3 for templates"));
    }
    return { text: linted, rendered: false };
  }
  const raw: LintedText = { findings: [], documents: [], entries: [] };
  if (apiVersion !== "" && !apiVersion.endsWith("/v1beta3")) {
    plain.split("\n").forEach((line, index) => {
      if (!/\{\{.*\}\}/.test(line)) return;
      const message = "Templating is not supported in v1beta2 specs";
      raw.findings.push(finding("SB603", index + 1, message, "Render it first, as with helm template"));
    });
    return { text: raw, rendered: false };
  }
  for (const { code, message, offset, dotAt } of templateProblems(plain)) {
    const line = plain.slice(0, offset).split("\n").length;
    const column = offset - plain.lastIndexOf("\n", offset - 1);
    const edits = dotAt === undefined ? {} : { edits: [{ start: dotAt, end: dotAt, text: "." }] };
    raw.findings.push({ ...finding(code, line, message), column, ...edits });
  }
  if (raw.findings.length > 0) return { text: raw, rendered: false };
  if (values === undefined) throw new ValuesNeededError(name);
  let rendered: string;
  try {
    rendered = renderSpec(plain, values);
  } catch (error) {
    if (!(error instanceof RenderError)) throw error;
    raw.findings.push(finding("SB604", 1, `The template cannot be rendered: ${error.message}`));
    return { text: raw, rendered: false };
  }
  const linted = lintText(rendered, defaultName);
  for (const found of linted.findings) delete found.edits; // they would go into the wrong text
  const missing = valuePaths(plain).filter((path) => !given(values, path)).map((path) => path.join("."));
  if (missing.length > 0) {
    const message = `Template values that must be provided at runtime: ${missing.join(", ")}`;
    linted.findings.push(finding("SB605", 1, message, "Give them with --values or --set"));
  }
  return { text: linted, rendered: true };
}

/** Repairs what can be repaired in a text. Its other findings stay.
 * @param ignored codes of what nobody wants to know about
 * @returns the same text when there is nothing to repair */
export function fixText(
  { name, text }: LintSource,
  options: LintOptions = {},
  ignored: ReadonlySet<Code> = new Set(),
): { text: string; fixed: Repair[] } {
  const lint = (text: string) => lintSource({ name, text }, options).text.findings;
  return applyFixes(text, (text) => lint(text).filter(({ code }) => !ignored.has(code)));
}

function finding(code: Finding["code"], line: number, message: string, suggestion?: string): Finding {
  const { level } = ruleOf(code);
  return { code, level, line, column: 1, message, field: "template", ...(suggestion ? { suggestion } : {}) };
}

/** A name for a spec without one, from that of its file. */
function specName(source: string): string {
  const stem = basename(source).replace(/\.[^.]*$/, "").toLowerCase().replace(/[^a-z0-9.-]+/g, "-");
  return stem.replace(/^[-.]+|[-.]+$/g, "").slice(0, 63) || "support-bundle";
}

function given(values: Values, path: string[]): boolean {
  let at: unknown = values;
  for (const key of path) {
    if (typeof at !== "object" || at === null || !Object.hasOwn(at, key)) return false;
    at = (at as Values)[key];
  }
  return true;
}
