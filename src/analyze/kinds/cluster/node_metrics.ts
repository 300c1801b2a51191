import * as z from "zod";
import { SupportBundleError } from "../../../core/errors.ts";
import { type AnalyzerResult, defineAnalyzer, type Outcomes, outcomesField, textField } from "../../analyzer.ts";
import { badWhen } from "../../condition_error.ts";
import { fileMissing, noOutcomeMatched, notJudged, readOutcomes, toResult } from "../../outcome_engine.ts";
import { ParsedFiles } from "../../parsed_files.ts";
import { compileRegex } from "../../regex.ts";
import { isRecord, recordsOf, textIn } from "../../stored_objects.ts";
import { compileTemplate, type Template } from "../../template/template.ts";
import { Struct } from "../../template/values.ts";
import { compares, comparison, ORDERINGS_AND_NOT, words } from "../../when.ts";

const GLOB = "node-metrics/*.json";

export const nodeMetrics = defineAnalyzer({
  kind: "nodeMetrics",
  where: "cluster",
  summary: "Compares how full the volumes of PersistentVolumeClaims are",
  fields: () => ({
    collectorName: textField(),
    filters: z.object({
      pvc: z.object({
        nameRegex: textField().describe("RE2 pattern of the claim's name"),
        namespace: textField().describe("Namespace of the pods"),
      }).nullish().describe("Claims to look at (all)"),
    }).nullish(),
    outcomes: outcomesField().describe(
      "when: pvcUsedPercentage >= 80; messages are templates of .PVC.Names, .PVC.ConcatenatedNames, .PVC.UsedPercentage",
    ),
  }),
  title: ({ checkName, collectorName }) => checkName || collectorName || "Node Metrics",
  validate(config) {
    compile(config.outcomes);
    filterOf(config.filters);
  },
  async *analyze(config, bundle) {
    const outcomes = compile(config.outcomes);
    const passes = filterOf(config.filters);
    const files = ParsedFiles.of(bundle);
    const paths = await files.find(GLOB);
    if (paths.length === 0) yield fileMissing(GLOB);
    const claims: ClaimUsage[] = [];
    let read = 0;
    for (const path of paths) {
      const more = { evidence: [{ path }] };
      try {
        const summary = await files.json(path);
        if (summary === undefined) yield fileMissing(path);
        else {
          claims.push(...claimsOf(summary, path).filter(passes));
          read++;
        }
      } catch (error) {
        yield notJudged(error, more);
      }
    }
    if (read > 0) yield judgeClaims(outcomes, claims);
  },
});

/** A claim in one pod. */
interface ClaimUsage {
  namespace: string;
  name: string;
  usedPercentage: number;
  path: string;
}

function claimsOf(summary: unknown, path: string): ClaimUsage[] {
  if (!isRecord(summary) || !Array.isArray(summary.pods ?? [])) {
    throw new SupportBundleError(`${path} of the bundle is no summary of a node`, { code: "ANALYZER_INPUT" });
  }
  return recordsOf(summary.pods).flatMap((pod) =>
    recordsOf(pod.volume).flatMap((volume) => {
      const name = textIn(volume, "pvcRef", "name");
      const { usedBytes, capacityBytes } = volume;
      // The kubelet leaves out what it could not measure.
      if (name === "" || usedBytes === undefined || capacityBytes === undefined || capacityBytes === 0) return [];
      if (typeof usedBytes !== "number" || typeof capacityBytes !== "number") {
        throw new SupportBundleError(`${path} of the bundle has no numbers for the volume of the claim "${name}"`, {
          code: "ANALYZER_INPUT",
        });
      }
      const namespace = textIn(pod, "podRef", "namespace") || textIn(volume, "pvcRef", "namespace");
      return [{ namespace, name, usedPercentage: usedBytes / capacityBytes * 100, path }];
    })
  );
}

function filterOf(
  filters: { pvc?: { nameRegex?: string; namespace?: string } | null } | null | undefined,
): (claim: ClaimUsage) => boolean {
  const { nameRegex, namespace } = filters?.pvc ?? {};
  const regex = nameRegex ? compileRegex(nameRegex, "filters.pvc.nameRegex") : undefined;
  return (claim) => (!namespace || claim.namespace === namespace) && (regex === undefined || regex.test(claim.name));
}

interface ClaimOutcome {
  message: string;
  template: Template;
  /** Undefined for one that always matches. */
  satisfies?: (claim: ClaimUsage) => boolean;
}

function compile(outcomes: Outcomes | undefined) {
  return readOutcomes<ClaimUsage>(outcomes, usageCondition).map((outcome) => ({
    ...outcome,
    template: compileTemplate(outcome.message),
    ...(outcome.when === "" ? {} : { satisfies: outcome.holds }),
  }));
}

/** `pvcUsedPercentage <op> <number>` over one claim. */
function usageCondition(when: string): (claim: ClaimUsage) => boolean {
  const [metric, operator, value, ...more] = words(when);
  const hint = "Write it as pvcUsedPercentage >= 80";
  if (value === undefined || more.length > 0) throw badWhen(when, "it is not a metric, an operator and a number", hint);
  if (metric !== "pvcUsedPercentage") throw badWhen(when, `"${metric}" is not a metric that can be compared`, hint);
  const by = comparison(operator!, when, ORDERINGS_AND_NOT);
  if (!/^[+-]?(?:\d+\.?\d*|\.\d+)$/.test(value)) throw badWhen(when, `"${value}" is not a number`, hint);
  const wanted = Number(value);
  return ({ usedPercentage }) => compares(usedPercentage, by, wanted);
}

/** An outcome holds when it does for one claim at least; the message can name those. */
function judgeClaims(outcomes: ReturnType<typeof compile>, claims: ClaimUsage[]): AnalyzerResult {
  for (const outcome of outcomes) {
    const matching = outcome.satisfies === undefined ? [] : claims.filter(outcome.satisfies);
    if (outcome.satisfies !== undefined && matching.length === 0) continue;
    const evidence = [...new Set(matching.map(({ path }) => path))].map((path) => ({ path }));
    return toResult({ ...outcome, message: render(outcome, matching) }, { evidence });
  }
  return noOutcomeMatched(`the usage of ${claims.length} volumes of claims`);
}

function render({ message, template }: ClaimOutcome, claims: ClaimUsage[]): string {
  // Several pods can have the same claim.
  const names = [...new Set(claims.map(({ namespace, name }) => `${namespace}/${name}`))];
  const highest = claims.reduce((max, { usedPercentage }) => Math.max(max, usedPercentage), 0);
  const data = {
    Names: names,
    ConcatenatedNames: names.join(", "),
    UsedPercentage: Math.round(highest * 100) / 100,
  };
  try {
    return template.render(Struct.of("Metrics", { PVC: Struct.of("PVC", data) }));
  } catch {
    return message;
  }
}
