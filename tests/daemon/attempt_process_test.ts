import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { join } from "node:path";
import { systemClock } from "../../src/core/clock.ts";
import { type AttemptEnd, type AttemptLimits, type EndReason, runAttempt } from "../../src/daemon/attempt_process.ts";
import { groupMembers, processStart } from "../../src/daemon/process_identity.ts";
import type { PipelineEvent } from "../../src/pipeline/report.ts";
import { pipelineRequestSchema } from "../../src/pipeline/request.ts";
import { pidFrom } from "./until.ts";

const SCRIPT = fileURLToPath(new URL("../fixtures/daemon/misbehaving_attempt.sh", import.meta.url));

interface Trial extends Partial<AttemptLimits> {
  mode: string;
  /** What happens while it runs. */
  during?: (work: string, abort: (reason: EndReason) => void) => Promise<void>;
  onSpawn?: (child: { pid: number; startedAt: string }) => Promise<void>;
}

async function attempt({ mode, during, onSpawn, ...limits }: Trial) {
  const work = await Deno.makeTempDir({ prefix: "sb-attempt-" });
  const abort = new AbortController();
  const events: PipelineEvent[] = [];
  const garbage: [string, string][] = [];
  let pid = 0;
  try {
    const running = runAttempt({
      command: { command: "/bin/sh", args: [SCRIPT] },
      request: pipelineRequestSchema.parse({
        specs: [`fake:${mode}`],
        archivePath: join(work, "bundle.tar.gz"),
        rootName: "bundle",
        workParent: work,
      }),
      limits: { timeoutMs: 60_000, graceMs: 10_000, ...limits },
      clock: systemClock,
      signal: abort.signal,
      onSpawn: async (child) => {
        pid = child.pid;
        strictEqual(child.startedAt, await processStart(pid));
        await onSpawn?.(child);
      },
      onEvent: (event) => events.push(event),
      onGarbage: (line, reason) => garbage.push([line, reason]),
    });
    await during?.(work, (reason) => abort.abort(reason));
    const end = await running;
    deepStrictEqual(await groupMembers(pid), [], "nothing of the group is left");
    return { end, events, garbage };
  } finally {
    await Deno.remove(work, { recursive: true });
  }
}

const started = (work: string) => pidFrom(join(work, "grandchild"));

/** How it ended, without what the table does not look at. */
function shape({ report, exitCode, exitSignal, endedFor }: AttemptEnd) {
  return { report: report?.status, exitCode, exitSignal, endedFor };
}

const behaviour: [name: string, trial: Trial, expect: ReturnType<typeof shape>][] = [
  ["hands over the report of a child that ends well", { mode: "ok" }, {
    report: "completed",
    exitCode: 0,
    exitSignal: undefined,
    endedFor: undefined,
  }],
  ["hands over the report of a child that failed", { mode: "permanent" }, {
    report: "failed",
    exitCode: 2,
    exitSignal: undefined,
    endedFor: undefined,
  }],
  ["has no report of a child that crashed", { mode: "crash" }, {
    report: undefined,
    exitCode: 70,
    exitSignal: undefined,
    endedFor: undefined,
  }],
  ["names the signal that killed a child", { mode: "suicide" }, {
    report: undefined,
    exitCode: null,
    exitSignal: "SIGKILL",
    endedFor: undefined,
  }],
  ["ends a child that hangs, and its grandchild", { mode: "hang", timeoutMs: 700 }, {
    report: undefined,
    exitCode: null,
    exitSignal: "SIGTERM",
    endedFor: "timeout",
  }],
  ["kills a group that ignores SIGTERM", { mode: "stubborn", timeoutMs: 700, graceMs: 200 }, {
    report: undefined,
    exitCode: null,
    exitSignal: "SIGKILL",
    endedFor: "timeout",
  }],
  ["lets a child finish after SIGTERM", {
    mode: "finishes-on-term",
    during: async (work, abort) => {
      await started(work);
      abort("interrupted");
    },
  }, { report: "partial", exitCode: 130, exitSignal: undefined, endedFor: "interrupted" }],
  ["ends a child when its lease is lost", {
    mode: "hang",
    during: async (work, abort) => {
      await started(work);
      abort("lease-lost");
    },
  }, { report: undefined, exitCode: null, exitSignal: "SIGTERM", endedFor: "lease-lost" }],
  ["kills a child that has more memory than it may", { mode: "hang", maxMemoryMB: 0.1 }, {
    report: undefined,
    exitCode: null,
    exitSignal: "SIGKILL",
    endedFor: "memory",
  }],
  ["kills a child whose command has more memory than both may", { mode: "hungry-command", maxMemoryMB: 20 }, {
    report: undefined,
    exitCode: null,
    exitSignal: "SIGKILL",
    endedFor: "memory",
  }],
  ["ends what a child leaves behind", { mode: "orphans" }, {
    report: "completed",
    exitCode: 0,
    exitSignal: undefined,
    endedFor: undefined,
  }],
];

for (const [name, trial, expect] of behaviour) {
  Deno.test(`runAttempt() ${name}`, async () => deepStrictEqual(shape((await attempt(trial)).end), expect));
}

Deno.test("runAttempt() passes events on as they come, and the report not among them", async () => {
  const { events, end } = await attempt({ mode: "ok" });
  deepStrictEqual(events.map((event) => event.type), ["progress", "log", "stage"]);
  strictEqual(end.report?.findings.top[0]?.title, "Disk");
});

Deno.test("runAttempt() goes on after lines that are no events, and says what is wrong with them", async () => {
  const { garbage, end } = await attempt({ mode: "garbage" });
  strictEqual(end.report?.status, "completed");
  strictEqual(garbage.length, 10);
  deepStrictEqual(garbage[0], ["this is not JSON", "not JSON"]);
  match(garbage[1]![1], /^not an event: type/);
});

Deno.test("runAttempt() drops the rest of a line that is too long", async () => {
  const { garbage, end } = await attempt({ mode: "long-line" });
  strictEqual(end.report?.status, "completed");
  strictEqual(garbage.length, 1);
  match(garbage[0]![1], /longer than/);
  strictEqual(garbage[0]![0].length, 200);
});

Deno.test("runAttempt() keeps the end of standard error, from a line's beginning", async () => {
  const { end } = await attempt({ mode: "noisy-stderr" });
  ok(end.stderrTail.length <= 16 * 1024);
  match(end.stderrTail, /^line \d+ of a long complaint/);
  match(end.stderrTail, /line 999 of a long complaint that nobody wants to keep whole\n$/);
});

Deno.test("runAttempt() gives the child nothing to do before it is recorded", async () => {
  const { end, events } = await attempt({
    mode: "ok",
    onSpawn: () => Promise.reject(new Error("the store is away")),
  });
  strictEqual(end.startError, "the store is away");
  strictEqual(end.report, undefined);
  deepStrictEqual(events, []);
});

Deno.test("runAttempt() says why a child could not be started", async () => {
  const end = await runAttempt({
    command: { command: "/nonexistent/support-bundle", args: [] },
    request: pipelineRequestSchema.parse({ specs: [], archivePath: "/x", rootName: "x", workParent: "/" }),
    limits: { timeoutMs: 1_000, graceMs: 1_000 },
    clock: systemClock,
    signal: new AbortController().signal,
    onSpawn: () => Promise.resolve(),
    onEvent: () => {},
    onGarbage: () => {},
  });
  match(end.startError ?? "", /nonexistent/);
});

Deno.test("runAttempt() gives the child the daemon's environment, without what is withheld, and with what is added", async () => {
  const names = ["SB_TEST_SECRET", "SB_TEST_OPEN"];
  for (const name of names) Deno.env.set(name, name.toLowerCase());
  try {
    const end = await runAttempt({
      command: { command: "/bin/sh", args: ["-c", 'echo "[$SB_TEST_SECRET] [$SB_TEST_OPEN] [$SB_TEST_MORE]" >&2'] },
      env: { SB_TEST_MORE: "more" },
      withheld: ["SB_TEST_SECRET", "SB_TEST_NOT_SET"],
      request: pipelineRequestSchema.parse({ specs: [], archivePath: "/x", rootName: "x", workParent: "/x" }),
      limits: { timeoutMs: 60_000, graceMs: 10_000 },
      clock: systemClock,
      signal: new AbortController().signal,
      onSpawn: () => Promise.resolve(),
      onEvent: () => {},
      onGarbage: () => {},
    });
    strictEqual(end.stderrTail, "[] [sb_test_open] [more]\n");
  } finally {
    for (const name of names) Deno.env.delete(name);
  }
});
