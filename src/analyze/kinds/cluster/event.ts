import { bundlePath } from "../../../bundle/bundle_path.ts";
import { describeError } from "../../../core/errors.ts";
import { defineAnalyzer, type Outcomes, outcomesField, textField } from "../../analyzer.ts";
import { requiredText } from "../../condition_error.ts";
import { eventTemplateData } from "../../event_template.ts";
import { icon } from "../../icons.ts";
import {
  fileMissing,
  firstMatch,
  noOutcomeMatched,
  oneVerdictEach,
  readOutcomes,
  toResult,
} from "../../outcome_engine.ts";
import { ParsedFiles } from "../../parsed_files.ts";
import { compileRegex } from "../../regex.ts";
import { itemsOf, type StoredObject, textIn } from "../../stored_objects.ts";
import { compileTemplate, type Template } from "../../template/template.ts";
import { boolCondition } from "../../when.ts";

export const event = defineAnalyzer({
  kind: "event",
  where: "cluster",
  summary: "Says whether there was an event of some reason",
  icon: icon("kubernetes_event", "kubernetes.svg?w=16&h=16"),
  fields: () => ({
    reason: textField().describe("Reason of the event, in any case: FailedMount"),
    kind: textField().describe("Kind of the object that it is about"),
    namespace: textField().describe("Where to look (default: default)"),
    regex: textField().describe("RE2 pattern that the event's message shall match"),
    collectorName: textField(),
    outcomes: outcomesField().describe(
      'when: "true" where there is such an event, "false" where not; without one, fail and warn are for an event, and ' +
        "pass for none. Messages are templates of the event",
    ),
  }),
  title: ({ checkName, collectorName }) => checkName || collectorName || "Event",
  validate(config) {
    requiredText(config.reason, "reason");
    pathOf(config.namespace);
    search(config);
    compile(config.outcomes);
  },
  async *analyze(config, bundle) {
    const outcomes = compile(config.outcomes);
    const path = pathOf(config.namespace);
    const file = await ParsedFiles.of(bundle).json(path);
    if (file === undefined) {
      yield fileMissing(path);
      return;
    }
    const evidence = [{ path }];
    const found = itemsOf(file, path).find(search(config));
    const outcome = firstMatch(outcomes, found !== undefined);
    if (outcome === undefined) {
      yield noOutcomeMatched(`that there is ${found ? "an" : "no"} event ${config.reason}`, { evidence });
    } else {
      const message = found === undefined ? outcome.message : render(outcome.template, found);
      yield toResult({ ...outcome, message }, { evidence });
    }
  },
});

function pathOf(namespace: string | undefined): string {
  return bundlePath("cluster-resources/events", `${namespace || "default"}.json`);
}

function compile(outcomes: Outcomes | undefined) {
  return readOutcomes(oneVerdictEach(outcomes), boolCondition).map((outcome) => ({
    ...outcome,
    holds: outcome.when === "" ? (found: boolean) => found === (outcome.status !== "pass") : outcome.holds,
    template: compileTemplate(outcome.message),
  }));
}

function search(config: { reason?: string; kind?: string; regex?: string }): (event: StoredObject) => boolean {
  const reason = (config.reason ?? "").trim().toLowerCase();
  const kind = (config.kind ?? "").trim().toLowerCase();
  const regex = config.regex ? compileRegex(config.regex, "regex") : undefined;
  return (event) =>
    textIn(event, "reason").toLowerCase() === reason &&
    (kind === "" || textIn(event, "involvedObject", "kind").toLowerCase() === kind) &&
    (regex === undefined || regex.test(textIn(event, "message")));
}

/** The message, or where it cannot be made what is known of the event. */
function render(template: Template, event: StoredObject): string {
  try {
    return template.render(eventTemplateData(event));
  } catch (error) {
    const [reason, name, message] = [["reason"], ["metadata", "name"], ["message"]].map((path) =>
      textIn(event, ...path)
    );
    return `Event matched. Reason: ${reason} Name: ${name} Message: ${message} (${describeError(error)})`;
  }
}
