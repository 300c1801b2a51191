import * as z from "zod";
import type { Analyzer, AnalyzerResult } from "../analyze/analyzer.ts";
import type { AnalyzerEntry } from "../analyze/run_analyzers.ts";
import type { BundleReader } from "../bundle/bundle_reader.ts";
import { ClusterFiles } from "./cluster_files.ts";
import { groupByCause } from "./group_by_cause.ts";
import type { Insight } from "./insight.ts";
import { counted } from "./loose.ts";
import { insights } from "./registry.ts";

/** Findings of one check. A cluster with more causes of one sort has one trouble: nobody reads them one by one. */
const MAX_FINDINGS = 100;

/** The built-in insight as analyzers that a run can be given, beside those of a spec: one of each check, and a last one that
 * says what could not be looked at. They share what they read, so they are made anew for each bundle, and findings of
 * several checks may have one cause: see `groupByCause`.
 * @param now when the bundle was collected; without it, the bundle tells */
export function insightEntries({ now }: { now?: Date } = {}): AnalyzerEntry[] {
  const run: Run = { now, found: 0, done: 0 };
  return [...insights.map((insight) => entryOf(insight, run)), { analyzer: coverage(run), config: {} }];
}

interface Run {
  now?: Date;
  cluster?: ClusterFiles;
  found: number;
  /** Checks that went through. */
  done: number;
}

/** Kinds of findings begin with this. */
export const INSIGHT_KIND = "insight/";

function entryOf(insight: Insight, run: Run): AnalyzerEntry {
  return {
    analyzer: analyzerOf(insight.id, insight.title, async function* (bundle) {
      run.cluster ??= ClusterFiles.of(bundle, run.now);
      const results: AnalyzerResult[] = [];
      for await (const result of insight.inspect(run.cluster.for(bundle))) results.push(result);
      const grouped = groupByCause(results);
      run.found += grouped.length;
      run.done++;
      yield* grouped.slice(0, MAX_FINDINGS);
      const more = grouped.length - MAX_FINDINGS;
      if (more > 0) {
        yield {
          outcome: { status: "warn", message: `${insight.title}: there are ${more} more findings of this sort` },
          explanation: `Only the first ${MAX_FINDINGS} are told of one by one.`,
        };
      }
    }),
    config: {},
  };
}

/** Tells what was looked at, and what was not: a check without its input must not look like one that found nothing. */
function coverage(run: Run): Analyzer {
  return analyzerOf("coverage", "Built-in insight", async function* (bundle) {
    run.cluster ??= ClusterFiles.of(bundle, run.now);
    const cluster = run.cluster.for(bundle);
    const lists = [...new Set(insights.flatMap(({ reads }) => reads))];
    const missing: string[] = [];
    for (const list of lists) if (!await isThere(cluster, list)) missing.push(list);
    if (missing.length === lists.length) {
      yield skipped("The bundle has nothing of a cluster, so nothing was looked at");
      return;
    }
    if (missing.length > 0) {
      const blind = insights.filter(({ reads }) => reads.some((list) => missing.includes(list)));
      yield skipped(
        `Not in the bundle: ${missing.join(", ")}. Not, or only in part, looked for: ` +
          blind.map(({ title }) => title[0]!.toLowerCase() + title.slice(1)).join("; "),
      );
    }
    if (await cluster.now() === undefined) {
      yield skipped("Nothing in the bundle tells when it was collected: certificates and CronJobs were not looked at");
    }
    for (const [path, why] of cluster.unreadable) {
      yield { outcome: { status: "error", message: `Not all of ${path} was looked at: ${why}` }, evidence: [{ path }] };
    }
    if (run.found > 0 || run.done < insights.length) return;
    const { all } = await cluster.pods();
    yield {
      outcome: {
        status: "pass",
        message: `${counted(insights.length, "check")} found nothing wrong with ${counted(all.length, "pod")} on ` +
          counted((await cluster.nodes()).size, "node"),
      },
    };
  });
}

/** Lists that could not be read are empty files. */
async function isThere(cluster: ClusterFiles, list: string): Promise<boolean> {
  const paths = await cluster.paths(list);
  const [only] = paths;
  return paths.length > 1 ||
    (only !== undefined && (only.split("/").length > 2 || (await cluster.read(only))!.length > 0));
}

function skipped(message: string): AnalyzerResult {
  return { outcome: { status: "skipped", reason: "file-missing", message } };
}

function analyzerOf(
  id: string,
  title: string,
  analyze: (bundle: BundleReader) => AsyncIterable<AnalyzerResult>,
): Analyzer {
  return {
    kind: `${INSIGHT_KIND}${id}`,
    where: "cluster",
    summary: title,
    schema: z.object({}),
    title: () => title,
    analyze: (_config, bundle) => analyze(bundle),
  };
}
