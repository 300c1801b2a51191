import { resolve } from "node:path";
import type { AnalyzerEntry } from "../../analyze/run_analyzers.ts";
import { SupportBundleError } from "../../core/errors.ts";
import { connectKube } from "../../kube/connect.ts";
import type { KubeOptions } from "../../kube/kube_client.ts";
import { loadSpecs } from "../../spec/load_spec.ts";
import type { UnsupportedEntry } from "../../spec/spec_entries.ts";
import type { CliContext } from "../cli_context.ts";

export interface LoadedAnalyzers {
  /** Those of the cluster, then those of hosts, each in the order of the specs. */
  entries(): AnalyzerEntry[];
  /** Asked for, and not in this version. */
  unsupported: UnsupportedEntry[];
  warnings: string[];
}

export interface LoadAnalyzersOptions {
  followUri: boolean;
  insecure: boolean;
  kube: KubeOptions;
}

/** The analyzers of specs; without specs, the built-in insight.
 * @throws {SpecError} for a spec that cannot be read or meant */
export async function loadAnalyzers(
  cli: CliContext,
  specs: readonly string[],
  { followUri, insecure, kube: options }: LoadAnalyzersOptions,
): Promise<LoadedAnalyzers> {
  if (specs.length === 0) {
    const { insightEntries } = await import("../../insight/insight_entries.ts");
    return { entries: () => insightEntries(), unsupported: [], warnings: [] };
  }
  const kubeconfig = options.kubeconfig === undefined ? undefined : resolve(cli.cwd, options.kubeconfig);
  const kube = connectKube({ ...options, kubeconfig }, { ...cli.env }, { clock: cli.clock });
  try {
    const { analyzers, hostAnalyzers, unsupported, warnings } = await loadSpecs({
      sources: specs,
      analyzeOnly: true,
      followUri,
      insecure,
      kube,
      cwd: cli.cwd,
      env: cli.env,
      clock: cli.clock,
      signal: cli.signal,
      stdin: () => cli.stdin.readAll(),
    });
    return {
      entries: () => [...analyzers, ...hostAnalyzers].map(({ unit, config }) => ({ analyzer: unit, config })),
      unsupported: unsupported.filter(({ field }) => field === "analyzers" || field === "hostAnalyzers"),
      warnings,
    };
  } finally {
    kube.close();
  }
}

export function noAnalyzers(
  why: string,
  hint = "Analyzers are in documents of kind SupportBundle, Analyzer, Preflight or HostPreflight",
): SupportBundleError {
  return new SupportBundleError(`${why}, so there is nothing to analyze with`, { code: "NO_ANALYZERS", hint });
}
