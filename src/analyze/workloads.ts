import * as z from "zod";
import { bundlePath } from "../bundle/bundle_path.ts";
import type { BundleReader } from "../bundle/bundle_reader.ts";
import { describeError, SupportBundleError } from "../core/errors.ts";
import { type AnalyzerResult, textField } from "./analyzer.ts";
import { fileMissing } from "./outcome_engine.ts";
import { ParsedFiles } from "./parsed_files.ts";
import { itemsOf, namespaceOf, type StoredObject, textIn } from "./stored_objects.ts";

/** A kind of object that runs pods, and where the bundle has its lists. */
export interface WorkloadKind {
  /** As messages call it: `deployment`. */
  noun: string;
  /** Holds one file a namespace. */
  folder: string;
}

/** One object of a list. */
export interface Workload {
  object: StoredObject;
  name: string;
  namespace: string;
  evidence: { path: string }[];
}

/** Fields of the kinds that judge workloads, but the outcomes. */
export function workloadFields({ noun }: WorkloadKind) {
  return {
    name: textField().describe(`Name of one ${noun}; without it all of them are checked`),
    namespace: textField().describe("Its namespace; without a name, where to look (default: everywhere)"),
    namespaces: z.array(z.string()).nullish().describe("Further namespaces to look in, without a name"),
  };
}

interface Where {
  namespace?: string;
  namespaces?: string[] | null;
}

/** @throws {UnsafePathError} when a namespace would lead out of the bundle */
export function validateWorkload({ folder }: WorkloadKind, { namespace, namespaces }: Where): void {
  for (const each of [namespace, ...namespaces ?? []]) if (each) bundlePath(folder, `${each}.json`);
}

/** Judges the one object of that name.
 * @param judge takes undefined for an object that is not there
 * @throws {SupportBundleError} when no namespace is named */
export async function* judgeOne(
  { noun, folder }: WorkloadKind,
  { name, namespace = "" }: { name: string; namespace?: string },
  bundle: BundleReader,
  judge: (workload: Workload | undefined, evidence: { path: string }[]) => AnalyzerResult,
): AsyncIterable<AnalyzerResult> {
  if (namespace === "") {
    throw new SupportBundleError(`The ${noun} "${name}" cannot be looked up: the spec names no namespace`, {
      code: "ANALYZER_CONFIG",
      hint: "Add namespace to the analyzer",
    });
  }
  const path = bundlePath(folder, `${namespace}.json`);
  const file = await ParsedFiles.of(bundle).json(path);
  if (file === undefined) {
    yield fileMissing(path);
    return;
  }
  const evidence = [{ path }];
  const object = itemsOf(file, path).find((item) => textIn(item, "metadata", "name") === name);
  yield judge(object && { object, name, namespace, evidence }, evidence);
}

/** Judges each object of the namespaces, or of all. One that cannot be judged is a result, and the next one follows.
 * @param judge says nothing of those that are as they should be */
export async function* judgeAll(
  { folder }: WorkloadKind,
  { namespace, namespaces }: Where,
  bundle: BundleReader,
  judge: (workload: Workload) => AnalyzerResult | undefined,
): AsyncIterable<AnalyzerResult> {
  const files = ParsedFiles.of(bundle);
  const glob = `${folder}/*.json`;
  const named = new Set([namespace, ...namespaces ?? []].filter((each): each is string => !!each));
  const paths = named.size > 0
    ? [...named].map((each) => bundlePath(folder, `${each}.json`)).sort()
    : await files.find(glob);
  if (paths.length === 0) yield fileMissing(glob);
  for (const path of paths) {
    const file = await files.json(path);
    if (file === undefined) {
      // Without a list of namespaces, an empty file is one without such objects.
      if (named.size > 0) yield fileMissing(path);
      continue;
    }
    for (const object of itemsOf(file, path)) {
      const workload: Workload = {
        object,
        name: textIn(object, "metadata", "name"),
        namespace: textIn(object, "metadata", "namespace") || namespaceOf(path),
        evidence: [{ path }],
      };
      let result: AnalyzerResult | undefined;
      try {
        result = judge(workload);
      } catch (error) {
        result = { outcome: { status: "error", message: describeError(error) }, evidence: workload.evidence };
      }
      if (result !== undefined) yield result;
    }
  }
}
