import { type Node, visit } from "yaml";
import type { LintDocument } from "./lint_document.ts";
import { templateActions } from "./template_actions.ts";

/** Words that start an expression without a dot. */
const WORDS =
  /^(?:if|else|end|range|with|define|template|block|include|break|continue|and|or|not|toYaml|toJson|required|default|quote|nindent|indent|upper|lower|trim|true|false|nil)\b/;

/** Something wrong with `{{ … }}`, at an offset of the text it was looked for in. */
export interface TemplateProblem {
  code: "SB601" | "SB602";
  message: string;
  offset: number;
  /** Where the dot belongs. */
  dotAt?: number;
}

/** Finds braces that do not match and expressions without a dot, line by line. */
export function templateProblems(text: string): TemplateProblem[] {
  const found: TemplateProblem[] = [];
  let at = 0;
  for (const line of text.split("\n")) {
    if (line.includes("{{")) {
      const opening = line.split("{{").length - 1;
      const closing = line.split("}}").length - 1;
      if (opening !== closing) {
        const message = `Unmatched template braces: ${opening} opening, ${closing} closing`;
        found.push({ code: "SB601", message, offset: at + line.indexOf("{{") });
      }
      for (const { inside, offset } of templateActions(line)) {
        const expression = inside.replace(/^-/, "").replace(/-$/, "").trim();
        if (!/^[A-Za-z_][\w.]*$/.test(expression) || WORDS.test(expression)) continue;
        found.push({
          code: "SB602",
          message: `Template expression may be missing leading dot: {{ ${expression} }}`,
          offset: at + offset,
          dotAt: at + offset + 2 + inside.indexOf(expression),
        });
      }
    }
    at += line.length + 1;
  }
  return found;
}

/** Checks the templates in the texts of a document that was not rendered: those of its messages. */
export function checkTemplates(document: LintDocument, root: Node | undefined): void {
  if (root === undefined) return;
  const seen = new Set<number>();
  visit(root, {
    Scalar(_, scalar) {
      if (typeof scalar.value !== "string" || !scalar.value.includes("{{") || !scalar.range) return;
      const [start, end] = scalar.range;
      if (seen.has(start)) return;
      seen.add(start);
      for (const { code, message, offset, dotAt } of templateProblems(document.text.slice(start, end))) {
        document.report(code, [], message, {
          field: "template",
          offset: start + offset,
          suggestion: code === "SB602" ? "Start fields with a dot" : "Close what is opened, on the same line",
          edits: dotAt === undefined ? undefined : [{ start: start + dotAt, end: start + dotAt, text: "." }],
        });
      }
      if (String(document.data.apiVersion) !== "troubleshoot.sh/v1beta2") return;
      for (const { inside, offset } of templateActions(document.text.slice(start, end))) {
        if (!/\.Values\b/.test(inside)) continue;
        document.report("SB603", [], "Templating is not supported in v1beta2 specs", {
          field: "template",
          offset: start + offset,
          suggestion: "Render it first, as with helm template",
        });
      }
    },
  });
}
