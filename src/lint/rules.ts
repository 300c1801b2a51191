import type { Level } from "./finding.ts";

interface Rule {
  level: Level;
  /** What is found, for docs and SARIF. */
  title: string;
  /** `--fix` can repair it, at least in its plain forms. */
  fixable?: true;
}

/** Every rule by its code. docs/lint.md lists the same. Codes are stable: scripts and comments name them. */
export const RULES = {
  SB101: { level: "error", title: "The text is not YAML", fixable: true },
  SB102: { level: "error", title: "apiVersion is missing or empty" },
  SB103: { level: "error", title: "apiVersion is not known", fixable: true },
  SB104: { level: "warning", title: "apiVersion is an old name", fixable: true },
  SB105: { level: "error", title: "kind is missing or empty" },
  SB106: { level: "error", title: "kind is no kind of spec", fixable: true },
  SB107: { level: "error", title: "metadata or metadata.name is missing", fixable: true },
  SB108: { level: "error", title: "spec is missing" },
  SB109: { level: "error", title: "A document has a field that there is not", fixable: true },
  SB110: { level: "error", title: "The document lacks a list that its kind is about, or the list is empty" },
  SB111: { level: "warning", title: "A field is accepted and not used" },
  SB112: { level: "warning", title: "Blanks or a comment behind ---: other readers do not split there", fixable: true },
  SB113: { level: "warning", title: "Line ends are CRLF: other readers do not split documents there", fixable: true },
  SB114: { level: "info", title: "A document is no spec and is ignored" },
  SB115: { level: "error", title: "A document is not a mapping, or there is none" },
  SB116: { level: "error", title: "The document cannot be loaded" },
  SB117: { level: "info", title: "Troubleshoot itself drops parts of a v1beta3 SupportBundle" },
  SB201: { level: "error", title: "A list of entries is no list", fixable: true },
  SB202: { level: "error", title: "An entry is no mapping", fixable: true },
  SB203: { level: "error", title: "An entry has no kind, or several" },
  SB204: { level: "error", title: "What stands under a kind is no mapping" },
  SB205: { level: "warning", title: "Nothing stands under a kind: other readers drop the entry", fixable: true },
  SB206: { level: "error", title: "A kind of collector or analyzer is not known", fixable: true },
  SB207: { level: "error", title: "A required field is missing" },
  SB208: { level: "error", title: "A field is not known", fixable: true },
  SB209: { level: "error", title: "A value has the wrong type" },
  SB210: { level: "error", title: "A condition, pattern or template cannot be read" },
  SB211: { level: "warning", title: "Two collectors write the same files" },
  SB212: { level: "warning", title: "A collector names no namespace, and it would matter" },
  SB213: { level: "warning", title: "A kind is not in this version" },
  SB214: { level: "warning", title: "A kind is deprecated" },
  SB301: { level: "warning", title: "An analyzer has no outcomes, so it judges nothing" },
  SB302: { level: "warning", title: "An outcome can never be reached" },
  SB303: { level: "warning", title: "An outcome has several verdicts; only one counts" },
  SB304: { level: "warning", title: "An outcome has no message" },
  SB305: { level: "warning", title: "No collector gathers what an analyzer reads" },
  SB306: { level: "error", title: "An analyzer names an object and no namespace, so that nothing can be looked up" },
  SB401: { level: "warning", title: "A text without quotes is no text in YAML 1.1", fixable: true },
  SB402: { level: "warning", title: "docString is missing" },
  SB501: { level: "warning", title: "A secret stands in the spec" },
  SB601: { level: "error", title: "Template braces do not match" },
  SB602: { level: "error", title: "A template expression lacks its leading dot", fixable: true },
  SB603: { level: "error", title: "v1beta2 does not know templates of the whole spec" },
  SB604: { level: "error", title: "The template cannot be rendered" },
  SB605: { level: "warning", title: "Values that have to be given at runtime" },
  SB606: { level: "warning", title: "Values were given for a spec that takes none" },
} as const satisfies Record<string, Rule>;

export type Code = keyof typeof RULES;

export function ruleOf(code: Code): Rule {
  return RULES[code];
}
