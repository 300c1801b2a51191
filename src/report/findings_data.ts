import type { Finding, Outcome } from "../analyze/analyzer.ts";
import { groupAlike } from "./alike_findings.ts";
import { cut, cutName } from "./fields.ts";

export type FindingGroup = Outcome["status"];

/** A finding in the words of the page: every text has a bound. */
export interface FindingData {
  group: FindingGroup;
  title: string;
  message: string;
  strict: boolean;
  kind: string;
  /** How many more findings say the same, each of one of the objects that are affected. */
  alike: number;
  /** `Pod shop/web-1` */
  object?: string;
  /** Its name: findings with the same one are one. */
  cause?: string;
  explanation?: string;
  nextStep?: string;
  affected: string[];
  affectedCount: number;
  /** Of the spec; http and https alone. */
  uri?: string;
  evidence: { path: string; line?: number }[];
  evidenceCount: number;
}

export interface FindingsData {
  counts: Record<FindingGroup, number>;
  /** Gravest first, otherwise in the order that they have. What the spec leaves out is not in it. */
  items: FindingData[];
  left: number;
}

const ORDER: readonly FindingGroup[] = ["fail", "warn", "error", "skipped", "pass"];
const MAX_FINDINGS = 500;
const MAX_MESSAGE = 2_000;
const MAX_AFFECTED = 25;
const MAX_EVIDENCE = 10;

export function readFindings(findings: readonly Finding[]): FindingsData {
  const counts = { fail: 0, warn: 0, error: 0, skipped: 0, pass: 0 };
  const told = findings.filter(({ outcome }) => !(outcome.status === "skipped" && outcome.reason === "excluded"));
  for (const { outcome } of told) counts[outcome.status]++;
  const rank = ({ outcome, strict }: Finding) => 2 * ORDER.indexOf(outcome.status) + (strict ? 0 : 1);
  const items = groupAlike(told.toSorted((a, b) => rank(a) - rank(b))).slice(0, MAX_FINDINGS).map(toData);
  return { counts, items, left: items.reduce((left, { alike }) => left - alike - 1, told.length) };
}

/** @param alike that say the same of one object each */
function toData([finding, ...alike]: Finding[]): FindingData {
  const { title, outcome, strict, kind, involvedObject, uri } = finding!;
  const all = [finding!, ...alike];
  const affected = alike.length > 0
    ? all.flatMap(({ involvedObject }) => involvedObject ?? [])
    : finding!.affected ?? [];
  const evidence = distinct(all.flatMap(({ evidence = [] }) => evidence));
  const text = (value: string | undefined) => value === undefined || value === "" ? undefined : cut(value, MAX_MESSAGE);
  return {
    group: outcome.status,
    title: cut(title, 300),
    message: cut(outcome.message.trim(), MAX_MESSAGE),
    strict,
    kind,
    alike: alike.length,
    object: alike.length > 0 ? undefined : involvedObject && nameOf(involvedObject),
    cause: finding!.cause && cutName(finding!.cause),
    explanation: text(finding!.explanation),
    nextStep: text(finding!.nextStep),
    affected: affected.slice(0, MAX_AFFECTED).map(nameOf),
    affectedCount: Math.max(affected.length, finding!.affectedCount ?? 0),
    uri: uri !== undefined && /^https?:\/\//i.test(uri) && uri.length <= 2_000 ? uri : undefined,
    evidence: evidence.slice(0, MAX_EVIDENCE).map(({ path, line }) => ({ path: cut(path, 500), line })),
    evidenceCount: evidence.length,
  };
}

function distinct(evidence: { path: string; line?: number }[]): { path: string; line?: number }[] {
  return [...new Map(evidence.map((each) => [`${each.line} ${each.path}`, each])).values()];
}

function nameOf({ kind, namespace, name }: { kind: string; namespace?: string; name: string }): string {
  return `${cutName(kind)} ${namespace ? `${cutName(namespace)}/` : ""}${cutName(name)}`;
}
