import { createHash } from "node:crypto";
import type { Finding } from "../../analyze/analyzer.ts";
import { VERSION } from "../../core/version.ts";
import { headline } from "../render/headline.ts";
import type { Analysis } from "./analysis.ts";
import { detailOf, type Level, levelOf } from "./verdict.ts";

/** Evidence lies in the bundle: viewers say where that is unpacked. */
const BASE = "BUNDLE";
const KINDS: Record<Level, "fail" | "pass" | "notApplicable"> = {
  fail: "fail",
  warn: "fail",
  pass: "pass",
  none: "notApplicable",
};
const SARIF_LEVELS: Record<Level, "error" | "warning" | "none"> = {
  fail: "error",
  warn: "warning",
  pass: "none",
  none: "none",
};

/** The analysis as a SARIF log.
 * @see https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html */
export function toSarif({ findings, source, root, sha256 }: Analysis) {
  const rules = [...new Set(findings.map(ruleOf))];
  return {
    $schema: "https://json.schemastore.org/sarif-2.1.0.json",
    version: "2.1.0",
    runs: [{
      tool: {
        driver: { name: "support-bundle", version: VERSION, rules: rules.map((id) => ({ id, name: id })) },
      },
      originalUriBaseIds: { [BASE]: { description: { text: `The top folder of the bundle, ${root || source}` } } },
      columnKind: "utf16CodeUnits",
      properties: { bundle: source, ...sha256 === undefined ? {} : { sha256 } },
      results: findings.map((finding) => toResult(finding, rules)),
    }],
  };
}

function ruleOf({ kind, where }: Finding): string {
  return where === "host" ? `host.${kind}` : kind;
}

function toResult(finding: Finding, rules: string[]) {
  const { title, kind, uri, evidence = [], affected = [], involvedObject, nextStep, explanation, strict } = finding;
  const level = levelOf(finding);
  const ruleId = ruleOf(finding);
  const detail = detailOf(finding);
  const text = [headline(title || kind, detail), explanation, nextStep && `Next: ${nextStep}`, uri && `See ${uri}`]
    .filter((part) => part).join("\n").toWellFormed();
  const objects = affected.length > 0 ? affected : involvedObject === undefined ? [] : [involvedObject];
  const logicalLocations = objects.map(({ kind, namespace, name }) => ({
    kind: kind.toLowerCase(),
    name,
    fullyQualifiedName: [kind, namespace, name].filter((part) => part).join("/"),
  }));
  const places = evidence.map(physicalLocation);
  return {
    ruleId,
    ruleIndex: rules.indexOf(ruleId),
    kind: KINDS[level],
    level: SARIF_LEVELS[level],
    message: { text },
    // One place with the objects, or the objects alone.
    locations: places.length > 0
      ? places.map((physicalLocation, i) => ({
        physicalLocation,
        ...i === 0 && logicalLocations.length > 0 ? { logicalLocations } : {},
      }))
      : logicalLocations.length > 0
      ? [{ logicalLocations }]
      : [],
    partialFingerprints: { "finding/v1": fingerprint(ruleId, title, finding.cause ?? detail) },
    properties: { title, strict, ...uri ? { uri } : {}, ...finding.cause ? { cause: finding.cause } : {} },
  };
}

function physicalLocation({ path, line }: { path: string; line?: number }) {
  return {
    artifactLocation: { uri: path.toWellFormed().split("/").map(encodeURIComponent).join("/"), uriBaseId: BASE },
    ...line === undefined ? {} : { region: { startLine: line } },
  };
}

function fingerprint(...parts: string[]): string {
  return createHash("sha256").update(JSON.stringify(parts)).digest("hex");
}
