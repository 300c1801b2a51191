import * as z from "zod";
import { bundlePath } from "../../../bundle/bundle_path.ts";
import type { BundleReader } from "../../../bundle/bundle_reader.ts";
import { SupportBundleError } from "../../../core/errors.ts";
import { type AnalyzerResult, defineAnalyzer, type Outcomes, outcomesField, textField } from "../../analyzer.ts";
import { icon } from "../../icons.ts";
import { itemsOf, namespaceOf, type StoredObject } from "../../stored_objects.ts";
import { fileMissing, judge, readOutcomes, toResult } from "../../outcome_engine.ts";
import { ParsedFiles } from "../../parsed_files.ts";
import { type Condition, intCondition } from "../../when.ts";

interface Deployment extends StoredObject {
  spec?: { replicas?: number };
  status?: { replicas?: number; readyReplicas?: number; availableReplicas?: number };
}

const FOLDER = "cluster-resources/deployments";

export const deploymentStatus = defineAnalyzer({
  kind: "deploymentStatus",
  where: "cluster",
  summary: "Compares the ready replicas of a Deployment with numbers, or finds all Deployments that lack replicas",
  icon: icon("kubernetes_deployment_status", "deployment-status.svg?w=17&h=17"),
  fields: () => ({
    name: textField().describe("Name of one Deployment; without it all of them are checked"),
    namespace: textField().describe("Its namespace; without a name, where to look (default: everywhere)"),
    namespaces: z.array(z.string()).nullish().describe("Further namespaces to look in, without a name"),
    outcomes: outcomesField().describe("With a name. when: a number of ready replicas such as >= 2, or absent"),
  }),
  title: ({ checkName, name }) => checkName || (name ? `${name} Status` : "Deployment Status"),
  validate({ name, namespace, namespaces, outcomes }) {
    for (const each of [namespace, ...namespaces ?? []]) if (each) bundlePath(FOLDER, `${each}.json`);
    if (name) readOutcomes(outcomes, readyCondition);
  },
  analyze: ({ name, namespace, namespaces, outcomes, checkName }, bundle) =>
    name
      ? one({ name, namespace: namespace ?? "", outcomes }, bundle)
      : all([namespace ?? "", ...namespaces ?? []].filter((each) => each !== ""), checkName, bundle),
});

/** Ready replicas of a deployment, or that there is none. */
type Ready = number | "absent";

function readyCondition(when: string): Condition<Ready> {
  if (when === "absent") return (ready) => ready === "absent";
  const holds = intCondition(when);
  return (ready) => ready !== "absent" && holds(ready);
}

async function* one(
  { name, namespace, outcomes }: { name: string; namespace: string; outcomes?: Outcomes },
  bundle: BundleReader,
): AsyncIterable<AnalyzerResult> {
  if (namespace === "") {
    throw new SupportBundleError(`The deployment "${name}" cannot be looked up: the spec names no namespace`, {
      code: "ANALYZER_CONFIG",
      hint: "Add namespace to the analyzer",
    });
  }
  const read = readOutcomes(outcomes, readyCondition);
  const path = bundlePath(FOLDER, `${namespace}.json`);
  const file = await ParsedFiles.of(bundle).json(path);
  if (file === undefined) {
    yield fileMissing(path);
    return;
  }
  const evidence = [{ path }];
  const found = itemsOf<Deployment>(file, path).findLast(({ metadata }) => metadata?.name === name);
  if (found === undefined) {
    const absent = read.find((outcome) => outcome.when === "absent");
    const message = `The deployment "${name}" was not found`;
    yield toResult(absent ?? { status: "fail", message, uri: read[0]?.uri }, { evidence });
  } else if (read.length === 0) {
    const { healthy, message } = health(found, namespace);
    yield toResult({ status: healthy ? "pass" : "fail", message }, { evidence });
  } else {
    const ready = found.status?.readyReplicas ?? 0;
    yield judge(read, ready, `${ready} ready replicas of the deployment "${name}"`, { evidence });
  }
}

/** One failure for each deployment that lacks replicas; nothing for the others. */
async function* all(
  namespaces: string[],
  title: string | undefined,
  bundle: BundleReader,
): AsyncIterable<AnalyzerResult> {
  const files = ParsedFiles.of(bundle);
  const glob = `${FOLDER}/*.json`;
  const paths = namespaces.length > 0
    ? [...new Set(namespaces)].map((each) => bundlePath(FOLDER, `${each}.json`))
    : await files.find(glob);
  if (paths.length === 0) yield fileMissing(glob);
  for (const path of paths) {
    const file = await files.json(path);
    if (file === undefined) {
      // Without a list of namespaces, an empty file is one without deployments.
      if (namespaces.length > 0) yield fileMissing(path);
      continue;
    }
    for (const deployment of itemsOf<Deployment>(file, path)) {
      const namespace = deployment.metadata?.namespace ?? namespaceOf(path);
      const { healthy, message } = health(deployment, namespace);
      if (healthy) continue;
      yield toResult({ status: "fail", message }, {
        title: title || `${namespace}/${deployment.metadata?.name ?? ""} Deployment Status`,
        evidence: [{ path }],
      });
    }
  }
}

function health({ metadata, spec, status }: Deployment, namespace: string): { healthy: boolean; message: string } {
  const { replicas: existing = 0, readyReplicas = 0, availableReplicas = 0 } = status ?? {};
  // Pods that could not even be made (quota, admission) are in the spec alone.
  const replicas = Math.max(existing, spec?.replicas ?? 0);
  return {
    healthy: existing === availableReplicas && replicas === existing,
    message: `The deployment ${namespace}/${metadata?.name ?? ""} has ${readyReplicas}/${replicas} replicas`,
  };
}
