import * as z from "zod";
import { bundlePath } from "../../../bundle/bundle_path.ts";
import { describeError } from "../../../core/errors.ts";
import { defineAnalyzer, type Outcomes, outcomesField } from "../../analyzer.ts";
import { badWhen } from "../../condition_error.ts";
import { icon } from "../../icons.ts";
import { fileMissing, noOutcomeMatched, readOutcomes, toResult } from "../../outcome_engine.ts";
import { ParsedFiles } from "../../parsed_files.ts";
import { countIn, isRecord, itemsOf, namespaceOf, recordsOf, textIn } from "../../stored_objects.ts";
import { compileTemplate, type Template } from "../../template/template.ts";
import { Struct } from "../../template/values.ts";
import { comparison, type Condition, EQUALITIES, words } from "../../when.ts";

const GLOB = "cluster-resources/pods/*.json";
/** Where reasons are, the one that says most first. */
const STATES = [["lastState", "terminated"], ["state", "terminated"], ["state", "waiting"]];

/** A container of a pod, as far as it is judged. */
interface Container {
  path: string;
  namespace: string;
  pod: string;
  status: Record<string, unknown>;
  restartCount: number;
}

export const clusterContainerStatuses = defineAnalyzer({
  kind: "clusterContainerStatuses",
  where: "cluster",
  summary: "Judges containers by how often they restarted, and why they ended or wait",
  icon: icon("kubernetes_container_statuses", "kubernetes.svg?w=16&h=16"),
  fields: () => ({
    namespaces: z.array(z.string()).nullish().describe("Where to look (default: everywhere)"),
    restartCount: z.coerce.number().int().nullish().describe("Leaves out containers that restarted less often"),
    outcomes: outcomesField().describe(
      "when: == OOMKilled, != Completed …; without one it is for what no other matched. Messages are templates of the container",
    ),
  }),
  title: ({ checkName }) => checkName || "Cluster Container Status",
  validate(config) {
    pathsOf(config.namespaces);
    compile(config.outcomes);
  },
  async *analyze({ namespaces, restartCount, outcomes: spec }, bundle) {
    const outcomes = compile(spec);
    const files = ParsedFiles.of(bundle);
    const named = pathsOf(namespaces);
    const paths = named.length > 0 ? named : await files.find(GLOB);
    if (paths.length === 0) {
      yield fileMissing(GLOB);
      return;
    }
    const containers: Container[] = [];
    let read = 0;
    for (const path of paths) {
      const file = await files.json(path);
      // Without a list of namespaces, an empty file is one without pods.
      if (file === undefined && named.length > 0) yield fileMissing(path);
      if (file !== undefined || named.length === 0) read++;
      containers.push(...containersOf(file, path).filter((container) => container.restartCount >= (restartCount ?? 0)));
    }
    if (read === 0) return;

    let matched = 0;
    for (const outcome of outcomes) {
      if (outcome.when === "") {
        if (matched === 0) yield toResult(outcome);
        return;
      }
      for (const container of containers) {
        if (!outcome.holds(container)) continue;
        matched++;
        const message = render(outcome.template, container, words(outcome.when)[1]!);
        yield toResult({ ...outcome, message }, { evidence: [{ path: container.path }] });
      }
    }
    if (matched === 0) yield noOutcomeMatched(`any of the ${containers.length} containers`);
  },
});

function pathsOf(namespaces: string[] | null | undefined): string[] {
  return [...new Set(namespaces ?? [])].sort().map((each) => bundlePath("cluster-resources/pods", `${each}.json`));
}

function compile(outcomes: Outcomes | undefined) {
  return readOutcomes(outcomes, reasonCondition).map((outcome) => ({
    ...outcome,
    template: compileTemplate(outcome.message),
  }));
}

/** `== <reason>` or `!= <reason>`, in any case, of why the container ended before, has ended, or waits. */
function reasonCondition(when: string): Condition<Container> {
  const [operator, reason, ...more] = words(when);
  if (operator === undefined || reason === undefined || more.length > 0) {
    throw badWhen(when, "it is not an operator and a reason", "Write it as == OOMKilled");
  }
  const equality = comparison(operator, when, EQUALITIES) === "=";
  return ({ status }) => statesOf(status, reason).length > 0 === equality;
}

/** The states that have this reason. */
function statesOf(status: Record<string, unknown>, reason: string): string[][] {
  return STATES.filter((path) => textIn(status, ...path, "reason").toLowerCase() === reason.toLowerCase());
}

function containersOf(file: unknown, path: string): Container[] {
  return itemsOf(file, path).flatMap((pod) => {
    const statuses = isRecord(pod.status) ? pod.status.containerStatuses : undefined;
    return recordsOf(statuses).map((status) => ({
      path,
      namespace: textIn(pod, "metadata", "namespace") || namespaceOf(path),
      pod: textIn(pod, "metadata", "name"),
      status,
      restartCount: countIn(status, "restartCount"),
    }));
  });
}

/** The message, or where there is none, or it cannot be made, which container it is about.
 * @param reason that was asked for: what its state says comes first */
function render(template: Template, { namespace, pod, status, restartCount }: Container, reason: string): string {
  const name = textIn(status, "name");
  const about = `Container matched. Container: ${name}, Namespace: ${namespace}, Pod: ${pod}`;
  try {
    const message = template.render(Struct.of("Container", {
      Namespace: namespace,
      PodName: pod,
      ContainerName: name,
      Ready: status.ready === true,
      RestartCount: restartCount,
      Message: [...statesOf(status, reason), ...STATES].map((path) =>
        textIn(status, ...path, "message")
      ).find((text) => text !== "") ?? "",
    }));
    return message || about;
  } catch (error) {
    return `${about} (${describeError(error)})`;
  }
}
