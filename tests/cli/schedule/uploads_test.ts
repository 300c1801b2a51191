import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { EXIT } from "../../../src/core/exit_codes.ts";
import type { Execution } from "../../../src/schedule/execution.ts";
import { afterFailedTry, NO_UPLOAD, waitsBehind } from "../../../src/schedule/upload_state.ts";
import { AnsweringDaemon } from "./answering_daemon.ts";
import { CliHarness, NOW } from "./cli_harness.ts";

const at = (minutes: number) => new Date(Date.parse(NOW) + minutes * 60_000);
const away = { code: "UPLOAD_UNREACHABLE", message: "Cannot deliver the bundle: no connection", transient: true };
const denied = {
  code: "UPLOAD_DENIED",
  message: "Cannot deliver the bundle: 403",
  hint: "Grant s3:PutObject",
  transient: false,
};

interface Waiting {
  first: Execution;
  second: Execution;
  other: Execution;
}

/** Two bundles of `nightly` that wait for one destination, and one of `weekly` that somebody has to help. */
async function withWaiting(body: (harness: CliHarness, waiting: Waiting) => Promise<void>): Promise<void> {
  await using harness = await CliHarness.create();
  const to = (endpoint: string) => ({ enabled: true, endpoint, credentials: "env:KEYS", options: { region: "eu-1" } });
  const nightly = await harness.addJob({ name: "nightly", upload: to("s3://bundles/{job}/") });
  const weekly = await harness.addJob({ name: "weekly", upload: to("s3://other/") });
  const partial = {
    status: "partial" as const,
    errorCode: "UPLOAD_SPOOLED",
    bundlePath: "/b.tar.gz",
    bundleSize: 1_500_000,
  };
  const failed = (failure: typeof away, since: Date) => ({
    ...afterFailedTry(NO_UPLOAD, failure, since),
    host: "host-1",
  });
  const first = await harness.addExecution(nightly, "2026-03-01T02:00:00.000Z", {
    ...partial,
    upload: failed(away, at(0)),
  });
  const second = await harness.addExecution(nightly, "2026-03-02T02:00:00.000Z", {
    ...partial,
    upload: waitsBehind(NO_UPLOAD, at(-60)),
  });
  const other = await harness.addExecution(weekly, "2026-03-02T03:00:00.000Z", {
    ...partial,
    upload: failed(denied, at(-30)),
  });
  await harness.addExecution(weekly, "2026-03-02T04:00:00.000Z", { status: "completed", uploadUrl: "s3://other/x" });
  await body(harness, { first, second, other });
}

Deno.test("schedule uploads lists what waits as JSON, in the order in which it goes", async () => {
  await withWaiting(async (harness, { first, second, other }) => {
    const bundles = await harness.json(["uploads"]);
    deepStrictEqual(await harness.json(["uploads", "list"]), bundles);
    deepStrictEqual(bundles.map((it: { execution: string }) => it.execution), [first.id, second.id, other.id]);
    deepStrictEqual(bundles[0], {
      execution: first.id,
      job: "nightly",
      jobId: first.jobId,
      scheduledAt: "2026-03-01T02:00:00.000Z",
      destination: "s3://bundles/{job}/",
      bundlePath: "/b.tar.gz",
      bundleSize: 1_500_000,
      host: "host-1",
      since: NOW,
      attempts: 1,
      nextAt: "2026-03-02T10:00:30.000Z",
      behind: 0,
      needsYou: false,
      lastError: away.message,
      lastErrorCode: "UPLOAD_UNREACHABLE",
      hint: "",
    });
    deepStrictEqual(bundles.map((it: { behind: number; needsYou: boolean }) => [it.behind, it.needsYou]), [
      [0, false],
      [1, false],
      [0, true],
    ]);
    ok(!JSON.stringify(bundles).includes("KEYS"));
  });
});

Deno.test("schedule uploads shows where bundles go, what went wrong, and who is to do something, in 80 columns", async () => {
  await withWaiting(async (harness, { first, second, other }) => {
    const { stdout, stderr } = await harness.run(["uploads"], { columns: 80, env: { NO_COLOR: "1" } });
    const lines = stdout.trimEnd().split("\n");
    match(lines[0]!, /^EXECUTION .*DESTINATION .*SINCE .*TRIES +NEXT TRY$/);
    match(lines[1]!, new RegExp(`^${first.id} .*s3://bund.* 1 +in 30s$`));
    match(lines[2]!, /^ {2}UPLOAD_UNREACHABLE: Cannot deliver the bundle: no connection$/);
    match(lines[3]!, new RegExp(`^${second.id} .* 0 +behind 1$`));
    match(lines[4]!, new RegExp(`^${other.id} .* 1 +needs you$`));
    match(lines[5]!, /UPLOAD_DENIED/);
    match(lines[6]!, /^ {2}Grant s3:PutObject \(tried again in 30m\)$/);
    ok([lines[0]!, lines[1]!, lines[3]!, lines[4]!].every((line) => line.length <= 80));
    match(stderr, /^3 bundles \(4.5 MB\) wait; no daemon runs .*daemon start/);
  });
});

Deno.test("schedule uploads says when nothing waits", async () => {
  await using harness = await CliHarness.create();
  const { stdout, stderr, code } = await harness.run(["uploads"]);
  deepStrictEqual([stdout, stderr, code], ["", "No bundle waits for its destination\n", 0]);
});

Deno.test("schedule uploads retry makes what waits due, and tells the daemon", async () => {
  await withWaiting(async (harness, { first, second, other }) => {
    await using daemon = await AnsweringDaemon.start(harness);
    const one = await harness.run(["uploads", "retry", other.id]);
    deepStrictEqual([one.code, one.stdout], [0, "The daemon tries to deliver 1 bundle now\n"]);
    strictEqual(daemon.nudges, 1);
    const read = () =>
      harness.withStore((store) => Promise.all([first, second, other].map(({ id }) => store.getExecution(id))));
    deepStrictEqual((await read()).map((it) => it!.upload.needsYou), [false, false, false]);
    deepStrictEqual((await read()).map((it) => it!.upload.nextAt), [
      "2026-03-02T10:00:30.000Z",
      second.upload.nextAt,
      NOW,
    ]);
    match((await harness.run(["uploads", "retry", "--all"])).stdout, /deliver 3 bundles now/);
    deepStrictEqual((await read()).map((it) => it!.upload.nextAt), [NOW, NOW, NOW]);
  });
});

const refusals = [ // arguments, exit code, message, hint
  [["retry"], EXIT.failure, /No execution was named/, /--all/],
  [["retry", "x", "--all"], EXIT.failure, /--all means every bundle/, /uploads/],
  [["retry", "x"], EXIT.notFound, /There is no execution "x"/, /schedule uploads/],
  [["retry", "--all"], EXIT.daemon, /No daemon runs/, /daemon start/],
  [["abandon", "x"], EXIT.notFound, /There is no execution "x"/, /schedule uploads/],
  [["abandon", "FIRST"], EXIT.failure, /Nobody can be asked/, /--yes/],
] as const;
for (const [args, code, message, hint] of refusals) {
  Deno.test(`schedule uploads ${args.join(" ")} is refused`, async () => {
    await withWaiting(async (harness, { first }) => {
      const result = await harness.run(["uploads", ...args.map((arg) => arg === "FIRST" ? first.id : arg)]);
      strictEqual(result.code, code);
      match(result.message, message);
      match(result.hint, hint);
    });
  });
}

Deno.test("schedule uploads abandon asks, gives the upload up, and keeps the bundle", async () => {
  await withWaiting(async (harness, { first, second, other }) => {
    const no = await harness.run(["uploads", "abandon", first.id], { answer: "n" });
    deepStrictEqual([no.code, no.stdout], [EXIT.failure, ""]);
    match(no.stderr, /Give up delivering the bundle of "nightly" \(1.5 MB\)/);
    const yes = await harness.run(["uploads", "abandon", first.id, "--yes"], { env: { USER: "ada" } });
    match(yes.stdout, /it stays in \/b\.tar\.gz/);
    const { upload, error, errorCode, bundlePath } = (await harness.withStore((store) =>
      store.getExecution(first.id)
    ))!;
    deepStrictEqual([upload.state, errorCode, bundlePath], ["failed", "UPLOAD_ABANDONED", "/b.tar.gz"]);
    match(error, /given up by /);
    const left = await harness.json(["uploads"]);
    deepStrictEqual(left.map((it: { execution: string }) => it.execution), [second.id, other.id]);
    const again = await harness.run(["uploads", "abandon", first.id, "--yes"]);
    deepStrictEqual([again.code, again.message], [
      EXIT.notFound,
      `The bundle of ${first.id} waits for nothing: it was given up`,
    ]);
    const events = await harness.json(["audit"]);
    ok(events.some((it: { action: string; execution: string }) =>
      it.action === "abandon-upload" && it.execution === first.id
    ));
  });
});
