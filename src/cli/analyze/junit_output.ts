import { escapeXml } from "../service/escape_xml.ts";
import type { Finding } from "../../analyze/analyzer.ts";
import type { Analysis } from "./analysis.ts";
import { detailOf, isUnevaluated } from "./verdict.ts";

/** The analysis as JUnit XML: a test case a finding. A failure and a warning are both a `failure`, told apart by its type; what
 * could not be evaluated is an `error`. */
export function renderJunit({ findings, root, source }: Analysis): string {
  const cases = findings.map(toCase);
  const count = (tag: string) => cases.filter((each) => each.tag === tag).length;
  const attributes = `tests="${cases.length}" failures="${count("failure")}" errors="${count("error")}"`;
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites name="support-bundle analyze" ${attributes}>`,
    `  <testsuite name="${attribute(root || source)}" ${attributes} skipped="${count("skipped")}">`,
    ...cases.map(({ xml }) => xml),
    "  </testsuite>",
    "</testsuites>",
    "",
  ].join("\n");
}

function toCase(finding: Finding): { tag: string; xml: string } {
  const { title, kind, where, outcome } = finding;
  const open = `    <testcase name="${attribute(title || kind)}" classname="${attribute(`${where}.${kind}`)}"`;
  const tag = tagOf(finding);
  if (tag === "") return { tag, xml: `${open}/>` };
  const message = attribute(firstLine(detailOf(finding)));
  if (tag === "skipped") return { tag, xml: `${open}>\n      <skipped message="${message}"/>\n    </testcase>` };
  const type = outcome.status === "skipped" ? outcome.reason : outcome.status;
  const body = `      <${tag} type="${type}" message="${message}">${content(bodyOf(finding))}</${tag}>`;
  return { tag, xml: `${open}>\n${body}\n    </testcase>` };
}

function tagOf(finding: Finding): "" | "failure" | "error" | "skipped" {
  if (isUnevaluated(finding)) return "error";
  const { status } = finding.outcome;
  return status === "pass" ? "" : status === "skipped" ? "skipped" : "failure";
}

function bodyOf(finding: Finding): string {
  const { explanation, nextStep, uri, evidence = [] } = finding;
  return [
    detailOf(finding),
    ...explanation ? [explanation] : [],
    ...nextStep ? [`Next: ${nextStep}`] : [],
    ...uri ? [`See ${uri}`] : [],
    ...evidence.map(({ path, line }) => `at ${path}${line === undefined ? "" : `:${line}`}`),
  ].join("\n");
}

function firstLine(text: string): string {
  return text.split("\n", 1)[0]!.slice(0, 500);
}

function content(text: string): string {
  return escapeXml(printable(text));
}

/** In double quotes. Line ends and tabs would become blanks. */
function attribute(text: string): string {
  return escapeXml(printable(text)).replace(/["\t\n\r]/g, (char) => `&#${char.charCodeAt(0)};`);
}

/** Without what XML cannot hold, whichever way it is written. */
function printable(text: string): string {
  // deno-lint-ignore no-control-regex
  return text.toWellFormed().replace(/[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]/g, "\ufffd");
}
