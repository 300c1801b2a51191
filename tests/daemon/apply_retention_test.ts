import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { dirname } from "node:path";
import { applyRetention, carryOut } from "../../src/daemon/apply_retention.ts";
import { resumePath } from "../../src/bundle/resume_path.ts";
import type { Execution } from "../../src/schedule/execution.ts";
import { NO_UPLOAD, waitsBehind } from "../../src/schedule/upload_state.ts";
import { retentionStage } from "./retention_stage.ts";

Deno.test("applyRetention() removes bundle and analysis, and keeps the record with a note", () =>
  retentionStage(async ({ store, context, addJob, addEnded, filesOf }) => {
    const job = await addJob({ retention: { maxAge: "30d" } });
    const old = await addEnded(job, 40);
    const young = await addEnded(job, 1);
    const removed = await applyRetention(job.id, context);
    deepStrictEqual(removed, {
      removals: [{ what: "bundle", execution: old.id, job: job.name, why: "age", bytes: 1_010 }],
      undelivered: [],
      faults: [],
    });
    deepStrictEqual([await filesOf(old), await filesOf(young)], [[], ["bundle", "analysis"]]);
    const { bundlePath, analysisPath, bundleSize, bundleRemoved } = (await store.getExecution(old.id))!;
    deepStrictEqual([bundlePath, analysisPath, bundleSize], ["", "", 1_000]);
    deepStrictEqual(bundleRemoved, { at: "2026-03-31T00:00:00.000Z", why: "age" });
    deepStrictEqual((await applyRetention(job.id, context)).removals, []); // once
  }));

Deno.test("applyRetention() removes the folder of a job with its last bundle", () =>
  retentionStage(async ({ store, context, addJob, addEnded }) => {
    const job = await addJob();
    const old = await addEnded(job, 40);
    await store.deleteJob(job.id);
    await applyRetention(job.id, { ...context, defaultAgeMs: 1 });
    strictEqual(await Deno.stat(dirname(old.bundlePath)).catch(() => "gone"), "gone");
  }));

Deno.test("applyRetention() deletes old records with their logs", () =>
  retentionStage(async ({ store, context, addJob, addEnded }) => {
    const job = await addJob();
    const old = await addEnded(job, 91, { bundlePath: "", analysisPath: "" });
    const timestamp = "2026-03-01T00:00:00Z";
    await store.appendLogs(old.id, [{ timestamp, level: "info", component: "executor", message: "done" }]);
    const { removals } = await applyRetention(job.id, context);
    deepStrictEqual(removals.map(({ what, execution }) => [what, execution]), [["history", old.id]]);
    strictEqual(await store.getExecution(old.id), undefined);
    deepStrictEqual(await store.readLogs(old.id), []);
    deepStrictEqual(await store.jobsWithExecutions(), []);
  }));

Deno.test("applyRetention() changes nothing in a dry run, and says the same", () =>
  retentionStage(async ({ store, context, addJob, addEnded, filesOf }) => {
    const job = await addJob({ retention: { maxAge: "30d" } });
    const old = await addEnded(job, 40);
    await addEnded(job, 91, { bundlePath: "", analysisPath: "" });
    const before = await store.listExecutions();
    const planned = await applyRetention(job.id, { ...context, dryRun: true });
    deepStrictEqual(await store.listExecutions(), before);
    deepStrictEqual(await filesOf(old), ["bundle", "analysis"]);
    deepStrictEqual((await applyRetention(job.id, context)).removals, planned.removals);
  }));

Deno.test("carryOut() spares what was pinned, or became active, since it was planned", () =>
  retentionStage(async ({ store, context, addJob, addEnded, filesOf }) => {
    const job = await addJob();
    const pinned = await addEnded(job, 40);
    const again = await addEnded(job, 41);
    const plan = {
      bundles: [pinned, again].map((execution) => ({ execution, why: "age" as const })),
      undelivered: [],
      history: [pinned, again],
    };
    await store.updateExecution(pinned.id, (it) => ({ ...it, pinned: true }));
    await store.updateExecution(again.id, (it) => ({ ...it, status: "pending" }));
    deepStrictEqual(await carryOut(plan, context), { removals: [], undelivered: [], faults: [] });
    deepStrictEqual([await filesOf(pinned), await filesOf(again)], [["bundle", "analysis"], ["bundle", "analysis"]]);
  }));

Deno.test("carryOut() corrects a record whose files are gone, unless they may be on another machine", () =>
  retentionStage(async ({ store, context, addJob, addEnded }) => {
    const job = await addJob({ retention: { maxAge: "30d" } });
    const old = await addEnded(job, 40);
    for (const path of [old.bundlePath, old.analysisPath]) await Deno.remove(path);
    deepStrictEqual((await applyRetention(job.id, { ...context, shared: true })).removals, []);
    strictEqual((await store.getExecution(old.id))!.bundlePath, old.bundlePath);
    strictEqual((await applyRetention(job.id, context)).removals.length, 1);
    strictEqual((await store.getExecution(old.id))!.bundlePath, "");
  }));

Deno.test("carryOut() touches no file outside of the folder of bundles", () =>
  retentionStage(async ({ context, addJob, addEnded }) => {
    const job = await addJob({ retention: { maxAge: "30d" } });
    const outside = `${context.state.root}/precious.tar.gz`;
    await addEnded(job, 40, { bundlePath: outside, analysisPath: "" });
    await applyRetention(job.id, context);
    strictEqual((await Deno.stat(outside)).size, 1_000);
  }));

Deno.test("carryOut() finds the files of a state folder that was moved", () =>
  retentionStage(async ({ store, context, addJob, addEnded, filesOf }) => {
    const job = await addJob({ retention: { maxAge: "30d" } });
    const old = await addEnded(job, 40);
    const elsewhere = (path: string) => path.replace(context.state.bundles, "/former/place/bundles");
    await store.updateExecution(old.id, (it) => ({
      ...it,
      bundlePath: elsewhere(it.bundlePath),
      analysisPath: elsewhere(it.analysisPath),
    }));
    strictEqual((await applyRetention(job.id, context)).removals[0]?.bytes, 1_010);
    deepStrictEqual(await filesOf(old), []);
  }));

Deno.test("applyRetention() gives up what waits for its destination when its time is over, and frees what has arrived", () =>
  retentionStage(async ({ store, context, addJob, addEnded, filesOf }) => {
    const job = await addJob({
      retention: { maxAge: "30d", maxCount: 1 },
      upload: { enabled: true, endpoint: "s3://b/" },
    });
    const waits: Partial<Execution> = {
      status: "partial",
      errorCode: "UPLOAD_SPOOLED",
      upload: waitsBehind(NO_UPLOAD, context.now()),
    };
    const old = await addEnded(job, 40, waits);
    const young = await addEnded(job, 20, waits);
    await addEnded(job, 1);
    await Deno.writeTextFile(resumePath(old.bundlePath), "{}");
    const freed: string[] = [];
    const beforeRemoval = async ({ id, bundlePath }: Execution) => {
      await Deno.stat(bundlePath); // it is needed for that
      freed.push(id);
    };
    const { removals, undelivered } = await applyRetention(job.id, { ...context, beforeRemoval });
    deepStrictEqual(removals.map(({ execution, why }) => [execution, why]), [[old.id, "age"]]);
    deepStrictEqual([freed, undelivered], [[old.id], []]);
    deepStrictEqual([await filesOf(old), await filesOf(young)], [[], ["bundle", "analysis"]]);
    strictEqual(await Deno.stat(resumePath(old.bundlePath)).catch(() => "gone"), "gone");
    const { upload, errorCode, error } = (await store.getExecution(old.id))!;
    deepStrictEqual([upload.state, errorCode], ["failed", "UPLOAD_EXPIRED"]);
    strictEqual(error, "The bundle was removed before it could be delivered: age");
    deepStrictEqual((await store.waitingUploads()).map(({ id }) => id), [young.id]);
  }));
