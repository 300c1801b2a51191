import { equal, match } from "node:assert/strict";
import { EXIT } from "../../../src/core/exit_codes.ts";
import type { Execution } from "../../../src/schedule/execution.ts";
import { BundlePair, deployment, files, list } from "../../diff/made_bundle.ts";
import { CliHarness } from "./cli_harness.ts";

/** A run of the job: its day in February, how it ended, and the image that its bundle shows; none: the bundle is gone. */
type Run = [day: string, status: Execution["status"], image?: string];

const id = (day: string) => `-202602${day}T020000Z`;

// deno-fmt-ignore
const behaviour: [name: string, runs: Run[], args: string[], code: number, says: RegExp][] = [
  ["the two latest", [["01", "completed", "a"], ["02", "completed", "b"], ["03", "completed", "c"]], [], 0, /web: b → c/],
  ["partial ones count", [["01", "completed", "a"], ["02", "partial", "b"]], [], 0, /web: a → b/],
  ["failed ones, and those in quarantine, do not", [["01", "completed", "a"], ["02", "failed", "x"], ["03", "quarantined", "y"], ["04", "completed", "b"]], [], 0, /web: a → b/],
  ["nor those whose bundle is gone", [["01", "completed", "a"], ["02", "completed"], ["03", "completed", "b"]], [], 0, /web: a → b/],
  ["since an execution", [["01", "completed", "a"], ["02", "completed", "b"], ["03", "completed", "c"]], ["--since", "01"], 0, /web: a → c/],
  ["until an execution", [["01", "completed", "a"], ["02", "completed", "b"], ["03", "completed", "c"]], ["--until", "02"], 0, /web: a → b/],
  ["between two executions", [["01", "completed", "a"], ["02", "completed", "b"], ["03", "completed", "c"]], ["--since", "01", "--until", "03"], 0, /web: a → c/],
  ["between two in the wrong order", [["01", "completed", "a"], ["02", "completed", "b"]], ["--since", "02", "--until", "01"], EXIT.notFound, /20260202T020000Z is not older than that of .*20260201/],
  ["--exit-code", [["01", "completed", "a"], ["02", "completed", "b"]], ["--exit-code"], EXIT.findingsFail, /web: a → b/],
  ["one alone", [["01", "completed", "a"]], [], EXIT.notFound, /"nightly" has no bundle on this machine that is older than that of .*20260201T020000Z/],
  ["none", [["01", "failed"]], [], EXIT.notFound, /"nightly" has no bundle on this machine/],
  ["since the latest", [["01", "completed", "a"], ["02", "completed", "b"]], ["--since", "02"], EXIT.notFound, /of .*20260202T020000Z is not older than that of/],
  ["since one whose bundle is gone", [["01", "completed"], ["02", "completed", "b"]], ["--since", "01"], EXIT.notFound, /is not here: it gave no bundle/],
  ["since one that never was", [["01", "completed", "a"], ["02", "completed", "b"]], ["--since", "09"], EXIT.notFound, /has no execution/],
];
for (const [name, runs, args, code, says] of behaviour) {
  Deno.test(`schedule diff compares bundles of a job: ${name}`, async () => {
    await using harness = await CliHarness.create();
    await using pair = await BundlePair.create();
    const job = await harness.addJob({ name: "nightly" });
    for (const [day, status, image] of runs) {
      const content = files({
        "cluster-resources/deployments/shop.json": list("Deployment", deployment("web", { image })),
      });
      const bundlePath = image === undefined ? "" : await pair.write(`${day}.tar.gz`, content);
      await harness.addExecution(job, `2026-02-${day}T02:00:00.000Z`, { status, bundlePath });
    }
    const given = args.map((arg) => /^\d\d$/.test(arg) ? job.id + id(arg) : arg);
    const ran = await harness.run(["diff", "nightly", ...given]);
    equal(ran.code, code, ran.message);
    match(ran.stdout + ran.message, says);
  });
}

Deno.test("schedule diff names the nearest job", async () => {
  await using harness = await CliHarness.create();
  await harness.addJob({ name: "nightly" });
  const { code, hint } = await harness.run(["diff", "nightlu"]);
  equal(code, EXIT.notFound);
  equal(hint, 'Did you mean "nightly"?');
});
