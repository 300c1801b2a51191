import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { RetentionKeeper } from "../../src/daemon/retention_keeper.ts";
import type { AuditEvent } from "../../src/schedule/audit.ts";
import { type LoggedLine, recordingLog } from "./fake_log.ts";
import { DAY_MS, type RetentionStage, retentionStage } from "./retention_stage.ts";

interface KeeperStage extends RetentionStage {
  keeper: RetentionKeeper;
  lines: LoggedLine[];
  audited: AuditEvent[];
  settings: { defaultAgeMs?: number; shared: boolean };
  /** Turns the clock, and waits until the keeper sleeps again. */
  turn(ms: number): Promise<void>;
}

function stage(body: (stage: KeeperStage) => Promise<void>): Promise<void> {
  return retentionStage(async (stage) => {
    const { log, lines } = recordingLog();
    const audited: AuditEvent[] = [];
    const settings = { defaultAgeMs: 30 * DAY_MS, shared: false };
    const { store, clock, context: { state } } = stage;
    const audit = (event: AuditEvent) => Promise.resolve(void audited.push(event));
    const keeper = new RetentionKeeper({ store, clock, state, log, audit, settings: () => settings });
    const turn = async (ms: number) => {
      await clock.untilSleeping();
      await clock.advance(ms);
      await clock.untilSleeping();
    };
    keeper.start();
    try {
      await body({ ...stage, keeper, lines, audited, settings, turn });
    } finally {
      await keeper.stop();
      await keeper.stop(); // twice is harmless
    }
  });
}

Deno.test("retention keeper looks at all jobs soon after its start, deleted ones too, and every six hours", () =>
  stage(async ({ store, addJob, addEnded, filesOf, turn, audited }) => {
    const [kept, deleted] = [await addJob({ id: "job-1", name: "a" }), await addJob({ id: "job-2", name: "b" })];
    const old = [await addEnded(kept, 31), await addEnded(deleted, 31)];
    const later = await addEnded(kept, 29.9);
    await store.deleteJob(deleted.id);
    const all = () => Promise.all([...old, later].map(async (it) => (await filesOf(it)).length));
    await turn(59_000);
    deepStrictEqual(await all(), [2, 2, 2]);
    await turn(1_000);
    deepStrictEqual(await all(), [0, 0, 2]);
    deepStrictEqual(audited.map(({ action, job, detail }) => [action, job, detail]), [
      ["retention", "a", "bundles: 1 (1.0 kB), records: 0"],
      ["retention", "b", "bundles: 1 (1.0 kB), records: 0"],
    ]);
    await turn(6 * 3_600_000);
    deepStrictEqual(await all(), [0, 0, 0]);
  }));

Deno.test("retention keeper looks at a job when an execution has ended, once a minute at most", () =>
  stage(async ({ keeper, clock, addJob, addEnded, filesOf, turn }) => {
    const job = await addJob({ retention: { maxCount: 1 } });
    const executions = [await addEnded(job, 3), await addEnded(job, 2)];
    const all = () => Promise.all(executions.map(async (it) => (await filesOf(it)).length));
    await clock.untilSleeping();
    keeper.jobEnded(job.id);
    await turn(0);
    deepStrictEqual(await all(), [0, 2]);
    executions.push(await addEnded(job, 1));
    keeper.jobEnded(job.id);
    await turn(30_000);
    deepStrictEqual(await all(), [0, 2, 2]);
    await turn(30_000);
    deepStrictEqual(await all(), [0, 0, 2]);
  }));

Deno.test("retention keeper warns of what was not delivered, once while it stays the same", () =>
  stage(async ({ addJob, addEnded, filesOf, turn, lines }) => {
    const job = await addJob({ upload: { enabled: true, endpoint: "s3://bucket/" } });
    const stuck = await addEnded(job, 31, { stages: [{ stage: "upload", status: "failed", durationMs: 1 }] });
    for (let i = 0; i < 3; i++) await turn(6 * 3_600_000);
    deepStrictEqual(await filesOf(stuck), ["bundle", "analysis"]);
    deepStrictEqual(lines.map(({ level, component, bundles, oldest }) => [level, component, bundles, oldest]), [
      ["warn", "retention", 1, stuck.id],
    ]);
  }));

Deno.test("retention keeper makes room by retention first, then with what was delivered", () =>
  stage(async ({ keeper, store, addJob, addEnded, filesOf, clock }) => {
    const job = await addJob();
    const tooOld = await addEnded(job, 31);
    const local = await addEnded(job, 20);
    const delivered = [
      await addEnded(job, 10, { uploadUrl: "s3://b/1" }),
      await addEnded(job, 9, { uploadUrl: "s3://b/2" }),
    ];
    strictEqual(await keeper.makeRoom(1_500), 2_020);
    const left = await Promise.all([tooOld, local, ...delivered].map(async (it) => (await filesOf(it)).length));
    deepStrictEqual(left, [0, 2, 0, 2]);
    strictEqual((await store.getExecution(delivered[0]!.id))!.bundleRemoved?.why, "space");
    strictEqual(await keeper.makeRoom(1_500), 0); // not again so soon
    clock.jump(new Date(clock.now().getTime() + 5 * 60_000));
    strictEqual(await keeper.makeRoom(1_500), 1_010);
  }));
