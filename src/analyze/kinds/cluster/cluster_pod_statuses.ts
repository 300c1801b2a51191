import * as z from "zod";
import { bundlePath } from "../../../bundle/bundle_path.ts";
import { isPodUnhealthy, podStatusReason } from "../../../kube/pod_health.ts";
import { type AnalyzerResult, defineAnalyzer, type Outcomes, outcomesField } from "../../analyzer.ts";
import { badWhen } from "../../condition_error.ts";
import { itemsOf, namespaceOf, type StoredObject } from "../../stored_objects.ts";
import { fileMissing, firstMatch, noOutcomeMatched, readOutcomes } from "../../outcome_engine.ts";
import { ParsedFiles } from "../../parsed_files.ts";
import { type Pod, podMessage } from "../../pod_message.ts";
import { podTemplateData } from "../../pod_template.ts";
import { compileTemplate } from "../../template/template.ts";
import { comparison, type Condition, EQUALITIES, words } from "../../when.ts";

const GLOB = "cluster-resources/pods/*.json";
const TITLE = "Pod {{ .Namespace }}/{{ .Name }} status";
const MESSAGE = "Pod {{ .Namespace }}/{{ .Name }} status is {{ .Status.Reason }}. Message is: {{ .Status.Message }}";
/** Characters of joined event messages: a crash loop can have thousands of events. */
const MAX_EVENT_TEXT = 8_000;

export const clusterPodStatuses = defineAnalyzer({
  kind: "clusterPodStatuses",
  where: "cluster",
  summary: "Judges each pod by its phase and by the reason that kubectl shows",
  fields: () => ({
    namespaces: z.array(z.string()).nullish().describe("Where to look (default: everywhere)"),
    outcomes: outcomesField().describe(
      "when: = Healthy, != Healthy, = CrashLoopBackOff …; messages are templates of the pod",
    ),
  }),
  title: ({ checkName }) => checkName && !checkName.includes("{{") ? checkName : "Pod Status",
  validate(config) {
    for (const namespace of config.namespaces ?? []) bundlePath(`${namespace}.json`);
    compile(config);
  },
  async *analyze(config, bundle) {
    const files = ParsedFiles.of(bundle);
    const { outcomes, title } = compile(config);
    const namespaces = [...new Set(config.namespaces ?? [])].sort();
    const paths = namespaces.length > 0
      ? namespaces.map((each) => bundlePath("cluster-resources/pods", `${each}.json`))
      : await files.find(GLOB);
    if (paths.length === 0) yield fileMissing(GLOB);

    let pods: number | undefined;
    let matched = 0;
    for (const path of paths) {
      const file = await files.json(path);
      if (file === undefined) {
        // Without a list of namespaces, an empty file is one without pods.
        if (namespaces.length > 0) yield fileMissing(path);
        continue;
      }
      pods ??= 0;
      let warnings: Map<string, string[]> | undefined;
      for (const original of itemsOf(file, path)) {
        pods++;
        let pod: Pod;
        let outcome: (typeof outcomes)[number] | undefined;
        try {
          pod = withStatus(original, namespaceOf(path));
          outcome = firstMatch(outcomes, pod);
        } catch {
          matched++;
          const name = `${namespaceOf(path)}/${original.metadata?.name ?? ""}`;
          const message = `The status of the pod ${name} in ${path} is of no known form`;
          yield { outcome: { status: "error", message }, evidence: [{ path }] };
          continue;
        }
        if (outcome === undefined) continue;
        matched++;
        const { name, namespace = "" } = pod.metadata;
        if (!pod.status!.message) {
          warnings ??= await warningMessages(files, namespaceOf(path));
          pod.status!.message = (warnings.get(`${namespace}/${name}`) ?? []).join(". ").slice(0, MAX_EVENT_TEXT) ||
            "None";
        }
        const data = podTemplateData(pod);
        const result: AnalyzerResult = {
          title: title.render(data).trim(),
          outcome: { status: outcome.status, message: outcome.template.render(data).trim() },
          involvedObject: { kind: "Pod", namespace, name, apiVersion: "v1" },
          evidence: [{ path }],
        };
        if (outcome.uri !== undefined) result.uri = outcome.uri;
        yield result;
      }
    }
    if (pods !== undefined && matched === 0) yield noOutcomeMatched(`any of the ${pods} pods`);
  },
});

function compile(
  { checkName, outcomes }: { checkName?: string; outcomes?: Outcomes },
) {
  return {
    title: compileTemplate(checkName || TITLE),
    outcomes: readOutcomes(outcomes, podCondition).map((outcome) => ({
      ...outcome,
      template: compileTemplate(outcome.message || MESSAGE),
    })),
  };
}

/** `= <reason>` or `!= <reason>`, where the reason is `Healthy`, a phase, or what kubectl shows. Words after it play
 * no role. */
function podCondition(when: string): Condition<Pod> {
  const [operator, reason] = words(when);
  if (operator === undefined || reason === undefined) {
    throw badWhen(when, "it is not an operator and a reason", "Write it as != Healthy, or = CrashLoopBackOff");
  }
  const equality = comparison(operator, when, EQUALITIES) === "=";
  if (reason === "Healthy") return (pod) => isPodUnhealthy(pod) !== equality;
  return ({ status }) => (status?.phase === reason || status?.reason === reason) === equality;
}

/** A copy of the pod whose status has a reason, and the message that belongs to it. */
function withStatus(pod: StoredObject, namespace: string): Pod {
  const metadata = { ...pod.metadata, name: pod.metadata?.name ?? "", namespace: pod.metadata?.namespace ?? namespace };
  const named: Pod = { ...pod, metadata };
  const status = { ...named.status };
  if (!status.reason) {
    status.message = podMessage(named);
    status.reason = podStatusReason(named);
  }
  return { ...named, status };
}

interface Event extends StoredObject {
  type?: string;
  message?: string;
  involvedObject?: { kind?: string; namespace?: string; name?: string };
}

/** Messages of the warnings about each pod of a namespace, by `namespace/name`. */
async function warningMessages(files: ParsedFiles, namespace: string): Promise<Map<string, string[]>> {
  const path = `cluster-resources/events/${namespace}.json`;
  const messages = new Map<string, string[]>();
  for (const { type, message, involvedObject } of itemsOf<Event>(await files.json(path), path)) {
    if (type !== "Warning" || involvedObject?.kind !== "Pod" || !message) continue;
    const key = `${involvedObject.namespace ?? ""}/${involvedObject.name ?? ""}`;
    const known = messages.get(key);
    if (known === undefined) messages.set(key, [message]);
    else known.push(message);
  }
  return messages;
}
