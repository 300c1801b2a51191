import { deepStrictEqual, rejects, strictEqual } from "node:assert/strict";
import { AttemptVariables } from "../../src/daemon/attempt_variables.ts";
import type { Job } from "../../src/schedule/job.ts";
import { ManualClock } from "../manual_clock.ts";
import { sampleJob } from "./sample_job.ts";

const upload = (credentials: string) => ({ enabled: true, endpoint: "s3://b/", options: {}, credentials });

/** A store with these jobs that takes so long to read. */
function stage(jobs: Partial<Job>[], { tookMs = 0, settings = {} as unknown } = {}) {
  const clock = new ManualClock();
  const seen = { reads: 0 };
  const state = { revision: 1, fails: false, jobs };
  const variables = new AttemptVariables(
    {
      revision: () => state.fails ? Promise.reject(new Error("away")) : Promise.resolve(String(state.revision)),
      async eachJob(visit) {
        seen.reads++;
        await clock.advance(tookMs);
        state.jobs.forEach((job, index) => visit(sampleJob({ id: `${index}`, ...job })));
      },
    },
    clock,
    () => settings,
  );
  return { variables, clock, seen, state };
}

const KEYS = ["DENO_KV_ACCESS_TOKEN", "TROUBLESHOOT_VAULT_KEY", "TROUBLESHOOT_VAULT_NEW_KEY"];

const rows: [name: string, jobs: Partial<Job>[], request: unknown, withheld: string[], settings?: unknown][] = [
  ["nothing but what opens vault and store where nobody names anything", [{}], {}, KEYS],
  [
    "what other jobs name, for uploads, notifications and lists of values",
    [
      { upload: upload("env:A") },
      { notify: [{ kind: "webhook", url: "env:B", secret: "env:C" }] },
      { scrubValues: ["env:D"] },
    ],
    { upload: upload("env:OWN") },
    ["A", "B", "C", "D", ...KEYS],
  ],
  ["not what the run names itself, whoever else does", [{ upload: upload("env:A") }, { upload: upload("env:B") }], {
    upload: upload("env:A"),
  }, ["B", ...KEYS]],
  [
    "not the key, from a run that opens the vault",
    [{}],
    { upload: upload("vault:s3") },
    KEYS.filter((name) => name !== "TROUBLESHOOT_VAULT_KEY"),
  ],
  ["what the settings name", [{}], {}, ["LISTEN", ...KEYS], { listenToken: "env:LISTEN" }],
];
for (const [name, jobs, request, withheld, settings] of rows) {
  Deno.test(`AttemptVariables withholds ${name}`, async () => {
    deepStrictEqual((await stage(jobs, { settings }).variables.withheldFrom(request)).sort(), withheld.sort());
  });
}

Deno.test("AttemptVariables reads the jobs again when one has changed, and only then", async () => {
  const { variables, seen, state } = stage([{ upload: upload("env:A") }]);
  await variables.withheldFrom({});
  await variables.withheldFrom({});
  strictEqual(seen.reads, 1);
  state.jobs.push({ upload: upload("env:B") });
  state.revision++;
  strictEqual((await variables.withheldFrom({})).includes("B"), true);
});

Deno.test("AttemptVariables does not hold attempts up by reading thousands of jobs for each", async () => {
  const { variables, clock, seen, state } = stage([{ upload: upload("env:A") }], { tookMs: 1000 });
  await variables.withheldFrom({});
  state.revision++;
  await variables.withheldFrom({});
  strictEqual(seen.reads, 1);
  await clock.advance(20_000);
  state.jobs.push({ upload: upload("env:B") });
  strictEqual((await variables.withheldFrom({})).includes("A"), true);
  await clock.advance(1000);
  strictEqual((await variables.withheldFrom({})).includes("B"), true);
});

Deno.test("AttemptVariables fails rather than hand out what it does not know to be nobody's", async () => {
  const { variables, state } = stage([]);
  state.fails = true;
  await rejects(variables.withheldFrom({}), /away/);
});
