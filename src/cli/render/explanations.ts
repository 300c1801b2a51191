import type { Explanation } from "../../agents/agent.ts";
import type { ExplainedFindings } from "../../agents/explain.ts";
import type { CliContext } from "../cli_context.ts";
import { colorsFor } from "./color.ts";
import { oneLine } from "./table.ts";

/** Explanations for a person: below each finding, who says what, and what to do. */
export function renderExplanations({ findings }: ExplainedFindings, cli: CliContext): string {
  const { bold, dim } = colorsFor(cli.stdout, cli.env);
  const lines: string[] = [];
  for (const { finding, explanations } of findings) {
    if (explanations.length === 0) continue;
    lines.push("", bold(oneLine(finding.title || finding.kind)) + `: ${oneLine(finding.outcome.message)}`);
    for (const explanation of explanations) {
      if (explanation.machineWritten) lines.push(`  ${dim(authorOf(explanation))}`);
      lines.push(...explanationLines(explanation).map((text) => `  ${text}`));
    }
  }
  return lines.length === 0 ? "" : lines.join("\n") + "\n";
}

/** The same for JSON output: what is explained, each with the title and status that its finding has there. */
export function explanationRecords({ findings, agents, warnings }: ExplainedFindings) {
  return {
    findings: findings.filter(({ explanations }) => explanations.length > 0).map(({ finding, explanations }) => ({
      title: finding.title,
      kind: finding.kind,
      status: finding.outcome.status,
      message: finding.outcome.message,
      involvedObject: finding.involvedObject,
      explanations,
    })),
    agents,
    warnings,
  };
}

function authorOf({ agent, model, confidence }: Explanation): string {
  const by = model === undefined ? agent : `${agent}, ${oneLine(model)}`;
  const sure = confidence === undefined ? "" : `; it states a confidence of ${Math.round(confidence * 100)} %`;
  return `Written by a machine (${by}), and perhaps wrong${sure}:`;
}

function explanationLines({ text, insights = [], remediation }: Explanation): string[] {
  const { description, action, command, documentation } = remediation ?? {};
  return [
    ...linesOf(text),
    ...insights.flatMap((insight) => indented("- ", insight)),
    ...description === undefined ? [] : indented("→ ", description),
    ...action === undefined || action === description ? [] : indented("→ ", action),
    ...command === undefined ? [] : indented("$ ", command),
    ...documentation === undefined ? [] : indented("see ", documentation),
  ];
}

function indented(mark: string, text: string): string[] {
  return linesOf(text).map((line, i) => (i === 0 ? mark : " ".repeat(mark.length)) + line);
}

function linesOf(text: string): string[] {
  return text.split("\n").map(oneLine);
}
