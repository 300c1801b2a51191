import { deepStrictEqual } from "node:assert/strict";
import { event } from "../../../src/analyze/kinds/cluster/event.ts";
import { fail, pass, resultsOf, verdictsOf, warn } from "../judge_kind.ts";

const FOLDER = "cluster-resources/events";
const item = (reason: string, kind: string, message: string, name = `${reason}.1`) => ({
  metadata: { name, namespace: "default", labels: { a: "b" } },
  involvedObject: { kind, name: "web", namespace: "default" },
  reason,
  message,
  count: 3,
  source: { component: "kubelet" },
  type: "Warning",
});
const files = {
  [`${FOLDER}/default.json`]: {
    items: [
      {},
      item("FailedMount", "Pod", "timed out", "first"),
      item("FailedMount", "Pod", "secret not found"),
      item("BackOff", "Job", "limit reached"),
    ],
  },
  [`${FOLDER}/shop.json`]: [item("OOMKilling", "Node", "killed")],
};
const both = [fail("true", "seen"), pass("false", "not seen")];
const mount = { reason: "FailedMount" };

const behaviour: [name: string, config: Record<string, unknown>, expected: string[]][] = [
  ["finds a reason", { ...mount, outcomes: both }, ["fail: seen"]],
  ["misses a reason", { reason: "Nothing", outcomes: both }, ["pass: not seen"]],
  ["finds a reason in any case", { reason: "failedMOUNT", outcomes: both }, ["fail: seen"]],
  ["takes no part of a reason", { reason: "Failed", outcomes: both }, ["pass: not seen"]],
  ["finds a kind in any case", { ...mount, kind: "pod", outcomes: both }, ["fail: seen"]],
  ["misses a kind", { ...mount, kind: "Job", outcomes: both }, ["pass: not seen"]],
  ["finds a pattern in messages", { ...mount, regex: "not\\s+found", outcomes: both }, ["fail: seen"]],
  ["misses a pattern in messages", { ...mount, regex: "^found", outcomes: both }, ["pass: not seen"]],
  ["looks into its namespace", { reason: "OOMKilling", namespace: "shop", outcomes: both }, ["fail: seen"]],
  ["looks into no other namespace", { reason: "OOMKilling", outcomes: both }, ["pass: not seen"]],
  ["knows all spellings of booleans", { ...mount, outcomes: [pass("F"), warn("T")] }, ["warn: W"]],
  ["takes the first outcome that holds", { ...mount, outcomes: [warn("true"), fail("1")] }, ["warn: W"]],
  ["looks at all verdicts of an entry", { ...mount, outcomes: [{ ...fail("false"), ...pass("true") }] }, ["pass: P"]],
  ["renders the fields of the first such event", {
    ...mount,
    outcomes: [
      fail(
        "true",
        "{{ .Name }} {{ .InvolvedObject.Kind }}/{{ .InvolvedObject.Name }} {{ .Count }} {{ .Message }} " +
          "{{ .Source.Component }} {{ .Labels.a }} [{{ .Action }}{{ .ReportingController }}]",
      ),
    ],
  }, ["fail: first Pod/web 3 timed out kubelet b []"]],
  ["renders nothing where there is no event", {
    reason: "Nothing",
    outcomes: [pass("false", "no {{ .Reason }}")],
  }, ["pass: no {{ .Reason }}"]],
  ["says what it found where the message cannot be made", { ...mount, outcomes: [fail("true", "{{ .Nope }}")] }, [
    "fail: Event matched. Reason: FailedMount Name: first Message: timed out " +
    '(Cannot use the template "{{ .Nope }}": Event has no field Nope)',
  ]],
  ["says so when no outcome is for what it found", { ...mount, outcomes: [pass("false")] }, [
    "skipped/no-outcome-matched: No outcome of the spec matched that there is an event FailedMount",
  ]],
  ["says so when no outcome is for what it missed", { reason: "Nothing", outcomes: [fail("true")] }, [
    "skipped/no-outcome-matched: No outcome of the spec matched that there is no event Nothing",
  ]],
  ["says which file is missing", { ...mount, namespace: "nope", outcomes: both }, [
    `skipped/file-missing: The bundle does not have ${FOLDER}/nope.json, or it is empty`,
  ]],
  ["needs a reason", { outcomes: both }, ["throws: Cannot read the field reason: it is missing"]],
  ["takes a failure without when for an event that is there", { ...mount, outcomes: [pass(), fail()] }, ["fail: F"]],
  ["takes a pass without when for one that is not", { reason: "Nothing", outcomes: [warn(), pass()] }, ["pass: P"]],
  ["refuses a when that is no boolean", { ...mount, outcomes: [fail("true"), pass("seen")] }, [
    'throws: Cannot read the condition "seen": it is neither true nor false',
  ]],
  ["refuses a bad pattern", { ...mount, regex: "(", outcomes: both }, [
    'throws: Cannot read the regex "(": missing closing ): `(`',
  ]],
  ["refuses a template that cannot be read", { ...mount, outcomes: [pass("false"), fail("true", "{{ .A")] }, [
    'throws: Cannot use the template "{{ .A": an action {{ is not closed',
  ]],
  ["does not leave the bundle", { ...mount, namespace: "../../x" }, [
    `throws: The path "${FOLDER}/../../x.json" would lie outside the bundle`,
  ]],
];

for (const [name, config, expected] of behaviour) {
  Deno.test(`event ${name}`, async () => deepStrictEqual(await verdictsOf(event, config, files), expected));
}

Deno.test("event survives odd events", async () => {
  const items = [{ reason: 7 }, { reason: "FailedMount", involvedObject: "x", message: null, metadata: 7 }];
  deepStrictEqual(
    await verdictsOf(event, { ...mount, outcomes: [fail("true", "[{{ .Name }}{{ .InvolvedObject.Kind }}]")] }, {
      [`${FOLDER}/default.json`]: { items },
    }),
    ["fail: []"],
  );
});

Deno.test("event says where it is seen, and where to read on", async () =>
  deepStrictEqual(await resultsOf(event, { ...mount, outcomes: [fail("true", "F", "https://x.example")] }, files), [{
    outcome: { status: "fail", message: "F" },
    uri: "https://x.example",
    evidence: [{ path: `${FOLDER}/default.json` }],
  }]));

Deno.test("event is called by checkName, collectorName, or what it is", () => {
  const title = (config: object) => event.title(event.schema.parse(config));
  deepStrictEqual(title({}), "Event");
  deepStrictEqual(title({ collectorName: "n" }), "n");
  deepStrictEqual(title({ collectorName: "n", checkName: "c" }), "c");
});
