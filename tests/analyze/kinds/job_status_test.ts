import { deepStrictEqual } from "node:assert/strict";
import { jobStatus } from "../../../src/analyze/kinds/cluster/job_status.ts";
import { fail, pass, resultsOf, verdictsOf, warn } from "../judge_kind.ts";

const FOLDER = "cluster-resources/jobs";
const job = (name: string, status: object, spec: object = {}, namespace = "shop") => ({
  metadata: { name, namespace },
  spec,
  status,
});
const files = {
  [`${FOLDER}/shop.json`]: {
    items: [
      job("load", { succeeded: 1, failed: 3 }, { completions: 2 }),
      job("retried", { succeeded: 1, failed: 1 }),
      job("several", { succeeded: 2, failed: 1 }),
      job("done", { succeeded: 2, failed: 1 }, { completions: 2 }),
      job("running", { active: 1 }, { completions: 1 }),
      job("flaky", { active: 1, failed: 2 }),
      job("late", { conditions: [{ type: "Failed", status: "True" }] }),
      job("told", { failed: 1, conditions: [{ type: "Complete", status: "True" }] }, { completions: 5 }),
    ],
  },
  [`${FOLDER}/other.json`]: { items: [job("gone", { failed: 1 }, { completions: 1 }, "other"), { metadata: {} }] },
  [`${FOLDER}/empty.json`]: "",
};
const load = { name: "load", namespace: "shop" };
const NOT_FOUND = 'fail: The job "nope" was not found';
const INCOMPLETE = ["load", "flaky", "late"].map((name) => `fail: The job shop/${name} is not complete`);

const behaviour: [name: string, config: Record<string, unknown>, expected: string[]][] = [
  ["compares successes with =", { ...load, outcomes: [pass("succeeded = 1")] }, ["pass: P"]],
  ["compares successes with ==", { ...load, outcomes: [pass("succeeded == 1")] }, ["pass: P"]],
  ["compares successes with ===", { ...load, outcomes: [fail("succeeded === 2"), pass("succeeded === 1")] }, [
    "pass: P",
  ]],
  ["compares failures with >", { ...load, outcomes: [fail("failed > 3"), warn("failed > 2")] }, ["warn: W"]],
  ["compares failures with <", { ...load, outcomes: [fail("failed < 3"), warn("failed < 4")] }, ["warn: W"]],
  ["compares failures with >=", { ...load, outcomes: [fail("failed >= 4"), warn("failed >= 3")] }, ["warn: W"]],
  ["compares failures with <=", { ...load, outcomes: [fail("failed <= 2"), warn("failed <= 3")] }, ["warn: W"]],
  ["takes an outcome without when", { ...load, outcomes: [fail("succeeded > 5"), pass()] }, ["pass: P"]],
  ["counts what the status lacks as none", { name: "running", namespace: "shop", outcomes: [pass("failed = 0")] }, [
    "pass: P",
  ]],
  ["counts successes where nothing is named", { ...load, outcomes: [fail("= 0"), pass("> 0")] }, ["pass: P"]],
  ["says what the spec says of one that is absent", { ...load, name: "nope", outcomes: [warn("absent"), pass()] }, [
    "warn: W",
  ]],
  ["takes one that is there for not absent", { ...load, outcomes: [fail("absent"), pass()] }, ["pass: P"]],
  ["fails when it is not there", { ...load, name: "nope", outcomes: [pass()] }, [NOT_FOUND]],
  ["fails when it is not there, without outcomes", { ...load, name: "nope" }, [NOT_FOUND]],
  ["says so when no outcome matches", { ...load, outcomes: [pass("succeeded >= 2")] }, [
    'skipped/no-outcome-matched: No outcome of the spec matched the job "load", whose pods succeeded 1 times and ' +
    "failed 3 times",
  ]],
  ["judges by itself without outcomes", load, ["fail: The job shop/load is not complete"]],
  ["passes by itself without outcomes", { name: "done", namespace: "shop" }, [
    "pass: The job shop/done has not failed",
  ]],
  ["takes one success for complete, where no number is asked for", { name: "retried", namespace: "shop" }, [
    "pass: The job shop/retried has not failed",
  ]],
  ["lists all that failed", { outcomes: [pass("succeeded > 0")] }, [
    "fail: The job other/gone is not complete",
    ...INCOMPLETE,
  ]],
  ["looks in the namespace alone, and once", { namespace: "shop" }, INCOMPLETE],
  ["looks in namespaces beside the namespace", { namespace: "shop", namespaces: ["other"] }, [
    "fail: The job other/gone is not complete",
    ...INCOMPLETE,
  ]],
  ["names a namespace that is not in the bundle", { namespaces: ["nope"] }, [
    `skipped/file-missing: The bundle does not have ${FOLDER}/nope.json, or it is empty`,
  ]],
  ["says which file is missing", { name: "x", namespace: "nope", outcomes: [pass()] }, [
    `skipped/file-missing: The bundle does not have ${FOLDER}/nope.json, or it is empty`,
  ]],
  ["needs a namespace for a name", { name: "x" }, [
    'throws: The job "x" cannot be looked up: the spec names no namespace',
  ]],
  ["refuses !=", { ...load, outcomes: [fail("failed != 3")] }, [
    'throws: Cannot read the condition "failed != 3": "!=" is not an operator here',
  ]],
  ["refuses other counts, even where an earlier outcome matches", { ...load, outcomes: [pass(), fail("active > 1")] }, [
    'throws: Cannot read the condition "active > 1": "active" cannot be compared here',
  ]],
  ["refuses what is no integer", { ...load, outcomes: [fail("failed > 1.5")] }, [
    'throws: Cannot read the condition "failed > 1.5": "1.5" is not an integer',
  ]],
  ["does not leave the bundle", { namespace: "../.." }, [
    `throws: The path "${FOLDER}/../...json" would lie outside the bundle`,
  ]],
];

for (const [name, config, expected] of behaviour) {
  Deno.test(`jobStatus ${name}`, async () => deepStrictEqual(await verdictsOf(jobStatus, config, files), expected));
}

const titles: [config: Record<string, unknown>, titles: (string | undefined)[]][] = [
  [{ namespace: "other" }, ["other/gone Job Status"]],
  [{ namespace: "other", checkName: "Jobs" }, ["Jobs"]],
  [{ ...load, name: "nope" }, ["nope Job Status"]],
  [{ ...load, name: "nope", checkName: "Load" }, ["Load"]],
  [load, ["shop/load Job Status"]],
  [{ ...load, outcomes: [pass()] }, [undefined]],
];

for (const [config, expected] of titles) {
  Deno.test(`jobStatus has a title for ${JSON.stringify(config)}`, async () =>
    deepStrictEqual((await resultsOf(jobStatus, config, files)).map(({ title }) => title), expected));
}

Deno.test("jobStatus is called by checkName, or by the job", () => {
  const title = (config: object) => jobStatus.title(jobStatus.schema.parse(config));
  deepStrictEqual(title(load), "load Status");
  deepStrictEqual(title({ ...load, checkName: "Load" }), "Load");
});

Deno.test("jobStatus says where it is seen, and where to read on", async () =>
  deepStrictEqual(
    await resultsOf(jobStatus, { ...load, outcomes: [fail("failed > 0", "F", "https://x.example")] }, files),
    [{
      outcome: { status: "fail", message: "F" },
      uri: "https://x.example",
      evidence: [{ path: `${FOLDER}/shop.json` }],
    }],
  ));
