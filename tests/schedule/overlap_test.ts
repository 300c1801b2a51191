import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { ACTIVE_STATUSES, type ExecutionStatus } from "../../src/schedule/execution.ts";
import type { OverlapPolicy } from "../../src/schedule/job.ts";
import { decideOverlap, decideTurn, type LinedUp, MAX_WAITING } from "../../src/schedule/overlap.ts";

const times = (count: number, status: ExecutionStatus): ExecutionStatus[] =>
  Array.from({ length: count }, () => status);

const decisions: [policy: OverlapPolicy, active: ExecutionStatus[], expect: string][] = [
  ["skip", [], "start"],
  ["skip", ["completed", "failed", "skipped"], "start"],
  ["skip", ["running"], "skip overlap"],
  ["skip", ["pending"], "skip overlap"],
  ["skip", ["retrying"], "skip overlap"],
  ["queue-one", [], "start"],
  ["queue-one", ["running"], "start"],
  ["queue-one", ["retrying"], "start"],
  ["queue-one", ["running", "pending"], "skip queue-full"],
  ["queue-one", ["pending"], "skip queue-full"],
  ["queue-all", ["running", "pending", "pending"], "start"],
  ["queue-all", times(MAX_WAITING - 1, "pending"), "start"],
  ["queue-all", times(MAX_WAITING, "pending"), "skip queue-full"],
  ["cancel-running", ["running", "pending"], "start"],
  ["allow", ["running", "pending"], "start"],
];
for (const [overlapPolicy, active, expect] of decisions) {
  const shown = active.length > 5 ? `${active.length} ${active[0]}` : active.join(", ") || "nothing";
  Deno.test(`decideOverlap() with ${overlapPolicy} and ${shown} active: ${expect}`, () => {
    const executions = active.map((status) => ({ jobId: "a", status }));
    const others = [{ jobId: "b", status: "running" }, { jobId: "b", status: "pending" }] as const;
    const decision = decideOverlap({ id: "a", overlapPolicy }, [...executions, ...others]);
    strictEqual(decision.do === "skip" ? `skip ${decision.why}` : decision.do, expect);
  });
}

const now = new Date("2026-03-02T02:00:00Z");
const then = "2026-03-02T02:00:00.001Z";

type Row = [runNumber: number, status: ExecutionStatus, overlap: LinedUp["overlap"], notBefore?: string];
const lines: [name: string, line: Row[], expect: string[]][] = [
  ["a single one goes", [[1, "pending", "wait"]], ["go"]],
  [
    "what waits goes one at a time, in order",
    [[2, "pending", "wait"], [1, "pending", "wait"], [3, "pending", "wait"]],
    [
      "wait behind 1",
      "go",
      "wait behind 2",
    ],
  ],
  ["one that runs has its turn", [[1, "running", "wait"], [2, "pending", "wait"]], ["go", "wait behind 1"]],
  ["one between two attempts keeps its place", [[1, "retrying", "wait"], [2, "pending", "wait"]], [
    "go",
    "wait behind 1",
  ]],
  ["the first still waits for a later one that runs already", [[1, "pending", "wait"], [2, "running", "allow"]], [
    "wait behind 2",
    "go",
  ]],
  ["runs side by side where that is allowed", [[1, "running", "wait"], [2, "pending", "allow"], [
    3,
    "pending",
    "allow",
  ]], [
    "go",
    "go",
    "go",
  ]],
  ["a later one ends those before it, and waits for their end", [[1, "running", "wait"], [2, "pending", "cancel"]], [
    "cancel for 2",
    "wait behind 1",
  ]],
  ["the newest ends all before it", [[1, "retrying", "cancel"], [2, "pending", "cancel"], [3, "pending", "cancel"]], [
    "cancel for 2",
    "cancel for 3",
    "wait behind 1",
  ]],
  ["one that is put off ends nothing yet", [[1, "running", "wait"], [2, "pending", "cancel", then]], [
    "go",
    "wait behind 1",
  ]],
  ["one that is put off keeps its place", [[1, "pending", "wait", then], [2, "pending", "wait"]], [
    "go",
    "wait behind 1",
  ]],
  ["an earlier one ends nothing", [[1, "running", "cancel"], [2, "pending", "wait"]], ["go", "wait behind 1"]],
  ["what has ended counts for nothing", [[1, "completed", "wait"], [2, "pending", "wait"], [3, "failed", "cancel"]], [
    "go",
  ]],
];
for (const [name, line, expect] of lines) {
  Deno.test(`decideTurn(): ${name}`, () => {
    const own = line.map(([runNumber, status, overlap, notBefore = null]) => ({
      id: `${runNumber}`,
      jobId: "a",
      runNumber,
      status,
      overlap,
      notBefore,
    }));
    const other: LinedUp = { id: "0", jobId: "b", runNumber: 0, status: "running", overlap: "cancel", notBefore: null };
    const asked = own.filter(({ status }) => ACTIVE_STATUSES.includes(status));
    const turns = asked.map((execution) => {
      const turn = decideTurn(execution, [other, ...own], now);
      return turn.do === "go" ? "go" : turn.do === "wait" ? `wait behind ${turn.behind}` : `cancel for ${turn.for}`;
    });
    deepStrictEqual(turns, expect);
  });
}

Deno.test("decideTurn() lets the first in line stay the first, whatever the due time of those that come later", () => {
  // A backfilled slot is older than the one that waits already.
  const first: LinedUp = {
    id: "a-2026",
    jobId: "a",
    runNumber: 4,
    status: "pending",
    overlap: "wait",
    notBefore: null,
  };
  const older: LinedUp = { ...first, id: "a-2025", runNumber: 5 };
  deepStrictEqual(decideTurn(first, [older, first], now), { do: "go" });
  deepStrictEqual(decideTurn(older, [older, first], now), { do: "wait", behind: "a-2026" });
  // Records of an older version have no numbers: their ids name the due times.
  const unnumbered = [{ ...first, runNumber: 0 }, { ...older, runNumber: 0 }];
  deepStrictEqual(unnumbered.map((it) => decideTurn(it, unnumbered, now).do), ["wait", "go"]);
});
