import { bundlePath } from "../../../bundle/bundle_path.ts";
import { SupportBundleError } from "../../../core/errors.ts";
import { defineAnalyzer, type Outcomes, outcomesField, textField } from "../../analyzer.ts";
import { badWhen } from "../../condition_error.ts";
import { hiddenValue, isHidden } from "../../hidden.ts";
import { icon } from "../../icons.ts";
import {
  fileMissing,
  firstMatch,
  noOutcomeMatched,
  readOutcomes,
  toResult,
  type Verdict,
} from "../../outcome_engine.ts";
import { ParsedFiles } from "../../parsed_files.ts";
import { isRecord, textIn } from "../../stored_objects.ts";
import { compares, comparison, type Condition, ORDERINGS_AND_NOT, words } from "../../when.ts";

/** From the worst to the best. */
const HEALTH = ["HEALTH_ERR", "HEALTH_WARN", "HEALTH_OK"];
const OF_VERDICT: Record<Verdict, string> = { fail: "HEALTH_ERR", warn: "HEALTH_WARN", pass: "HEALTH_OK" };
const ISSUES = "https://rook.io/docs/rook/v1.4/ceph-common-issues.html";
const DEFAULT: Outcomes = [
  byHealth("pass", "Ceph is healthy"),
  byHealth("warn", "Ceph status is HEALTH_WARN", ISSUES),
  byHealth("fail", "Ceph status is HEALTH_ERR", ISSUES),
];

export const cephStatus = defineAnalyzer({
  kind: "cephStatus",
  where: "cluster",
  summary: "Compares the health of a Ceph cluster",
  icon: icon("rook", "rook.svg?w=11&h=16"),
  fields: () => ({
    collectorName: textField().describe("collectorName of the collector"),
    namespace: textField().describe("Namespace of Rook (default: rook-ceph)"),
    outcomes: outcomesField().describe("when: HEALTH_WARN, or < HEALTH_OK; without one, the health that it stands for"),
  }),
  title: ({ checkName }) => checkName || "Ceph Status",
  validate(config) {
    pathOf(config);
    compile(config.outcomes);
  },
  async *analyze(config, bundle) {
    const outcomes = compile(config.outcomes);
    const path = pathOf(config);
    const file = await ParsedFiles.of(bundle).json(path);
    if (file === undefined) {
      yield fileMissing(path);
      return;
    }
    const evidence = [{ path }];
    const health = healthOf(file, path);
    const outcome = firstMatch(outcomes, HEALTH.indexOf(health));
    if (outcome === undefined) yield noOutcomeMatched(health, { evidence });
    else if (outcome.status === "pass") yield toResult(outcome, { evidence });
    else {
      const message = [outcome.message, ...details(file)].filter((line) => line !== "").join("\n");
      yield toResult({ ...outcome, message }, { evidence });
    }
  },
});

function byHealth(verdict: Verdict, message: string, uri?: string): Outcomes[number] {
  return { fail: undefined, warn: undefined, pass: undefined, [verdict]: { message, uri } };
}

function pathOf({ collectorName, namespace }: { collectorName?: string; namespace?: string }): string {
  return bundlePath(collectorName ?? "", namespace === "rook-ceph" ? "" : namespace ?? "", "ceph/status.json");
}

function compile(outcomes: Outcomes | undefined) {
  return readOutcomes(outcomes?.length ? outcomes : DEFAULT, healthCondition).map((outcome) =>
    outcome.when === "" ? { ...outcome, holds: healthCondition(OF_VERDICT[outcome.status]) } : outcome
  );
}

/** `<status>` or `<op> <status>`, over the index in {@linkcode HEALTH}. */
function healthCondition(when: string): Condition<number> {
  const parts = words(when);
  if (parts.length === 1) parts.unshift("=");
  const hint = `Write it as HEALTH_WARN, or < HEALTH_OK; known are ${HEALTH.join(", ")}`;
  if (parts.length !== 2) throw badWhen(when, "it is not an operator and a health", hint);
  const by = comparison(parts[0]!, when, ORDERINGS_AND_NOT);
  const wanted = HEALTH.indexOf(parts[1]!);
  if (wanted < 0) throw badWhen(when, `"${parts[1]}" is not a health`, hint);
  return (actual) => compares(actual, by, wanted);
}

function healthOf(file: unknown, path: string): string {
  const health = textIn(file, "health", "status");
  if (HEALTH.includes(health)) return health;
  const problem = isHidden(health)
    ? hiddenValue(path)
    : health === ""
    ? `${path} of the bundle does not say how Ceph is`
    : `${path} of the bundle has the unknown health "${health}"`;
  throw new SupportBundleError(problem, { code: "ANALYZER_INPUT" });
}

/** What the status says beside its health, a line each. */
function details(file: unknown): string[] {
  const { osdmap: map, pgmap, health } = isRecord(file) ? file : {};
  // Since Nautilus the numbers are no longer in an osdmap of their own inside it.
  const osdmap = isRecord(map) && isRecord(map.osdmap) ? map.osdmap : map;
  const lines: string[] = [];
  const osds = numberIn(osdmap, "num_osds");
  if (osds > 0) lines.push(`${numberIn(osdmap, "num_up_osds")}/${osds} OSDs up`);
  if (isRecord(osdmap) && osdmap.full === true) lines.push("OSD disk is full");
  else if (isRecord(osdmap) && osdmap.nearfull === true) lines.push("OSD disk is nearly full");
  const total = numberIn(pgmap, "bytes_total");
  if (total > 0) lines.push(`PG storage usage is ${(numberIn(pgmap, "bytes_used") / total * 100).toFixed(1)}%`);
  const checks = isRecord(health) && isRecord(health.checks) ? health.checks : {};
  for (const name of Object.keys(checks).sort()) {
    lines.push(`${name}: ${textIn(checks[name], "summary", "message")}`);
  }
  return lines;
}

function numberIn(value: unknown, field: string): number {
  const number = isRecord(value) ? value[field] : undefined;
  return typeof number === "number" ? number : 0;
}
