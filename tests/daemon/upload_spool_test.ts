import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { resumePath } from "../../src/bundle/resume_path.ts";
import { ResumeFile } from "../../src/upload/resume_file.ts";
import { filesBelow } from "../contracts/uploader_contract.ts";
import { spoolStage } from "./spool_stage.ts";
import { until } from "./until.ts";

// Children in processes of their own.
const options = { sanitizeResources: false, sanitizeOps: false, ignore: Deno.build.os === "windows" };
const test = (name: string, body: Parameters<typeof spoolStage>[0]) =>
  Deno.test({ name: `UploadSpool ${name}`, ...options, fn: () => spoolStage(body) });

/** A folder that cannot be made: where its parent should be is a file. */
async function blocked(root: string): Promise<{ url: string; unblock(): Promise<void> }> {
  const path = join(root, "blocked");
  await Deno.writeTextFile(path, "");
  return { url: `${pathToFileURL(join(path, "in it"))}/`, unblock: () => Deno.remove(path) };
}

test("delivers what waits in the order of due times, each once, and the runs are as good as their content then", async (stage) => {
  const { spool, folder, waits, delivered, order, results, store } = stage;
  const job = await stage.job({ endpoint: `${folder}{cluster}/{yyyy}-{mm}-{dd}/` });
  const ids: string[] = [];
  for (const number of [3, 1, 2]) ids[number - 1] = (await waits(job, number)).id;
  const partial = { status: "partial" as const, error: "", errorCode: "", exitCode: 0 };
  ids.push((await waits(job, 4, { otherwise: partial })).id);
  spool.start();
  for (const id of ids) {
    const { status, error, exitCode, uploadUrl, stages, upload } = await delivered(id);
    deepStrictEqual([status, error, exitCode], [id === ids[3] ? "partial" : "completed", "", 0]);
    strictEqual(uploadUrl, `${folder}prod/2026-03-02/${id}.tar.gz`);
    deepStrictEqual([stages[0]!.stage, stages[0]!.status, upload.attempts], ["upload", "ok", 1]);
  }
  deepStrictEqual(await order(ids.length), ids);
  strictEqual(results.length, 4);
  ok(results.every((result) => result === "delivered"));
  deepStrictEqual(await store.waitingUploads(), []);
  await until("the summary", () => spool.summary().count === 0);
  deepStrictEqual(await filesBelow(fileURLToPath(folder)), ids.map((id) => `prod/2026-03-02/${id}.tar.gz`));
});

test("lets the first alone find out whether the destination is back, later and later, and then empties at once", async (stage) => {
  const { spool, clock, waits, becomes, delivered, order, state, lines } = stage;
  const { url, unblock } = await blocked(state.root);
  const job = await stage.job({ endpoint: url });
  const [first, second] = [await waits(job, 1), await waits(job, 2)];
  spool.start();
  const failed = await becomes(first.id, "tried", ({ attempts }) => attempts === 1);
  match(failed.upload.lastError, /^Cannot deliver the bundle to /);
  strictEqual(failed.status, "partial");
  ok(
    lines.some(({ level, component, execution }) =>
      level === "error" && component === "uploader" && execution === first.id
    ),
  );
  // A file where a folder should be is nothing that time heals.
  strictEqual(failed.upload.needsYou, true);
  strictEqual(Date.parse(failed.upload.nextAt!) - clock.now().getTime(), 3_600_000);
  await becomes(second.id, "tried", ({ attempts }) => attempts === 1);
  await until("the summary", () => spool.summary().needsYou === 2);
  deepStrictEqual([spool.summary().count, spool.summary().bytes], [2, 2_000]);

  await unblock();
  await clock.advance(3_600_000);
  await delivered(first.id);
  await delivered(second.id);
  deepStrictEqual(await order(2), [first.id, second.id]);
});

test("takes a try that somebody asks for", async (stage) => {
  const { spool, store, clock, waits, becomes, delivered, state } = stage;
  const { url, unblock } = await blocked(state.root);
  const { id } = await waits(await stage.job({ endpoint: url }), 1);
  spool.start();
  await becomes(id, "tried", ({ attempts }) => attempts === 1);
  await unblock();
  await store.updateExecution(id, (it) => ({ ...it, upload: { ...it.upload, nextAt: clock.now().toISOString() } }));
  spool.wake();
  await delivered(id);
});

test("delivers to where the job says now, and where the job is gone, to where it said", async (stage) => {
  const { spool, store, folder, waits, delivered } = stage;
  const [moved, gone] = [
    await stage.job({ endpoint: `${folder}old/` }, { id: "job-moved", name: "moved" }),
    await stage.job({ endpoint: `${folder}gone/` }, { id: "job-gone", name: "gone" }),
  ];
  const [one, two] = [await waits(moved, 1), await waits(gone, 2)];
  await store.updateJob(moved.id, (it) => ({ ...it, upload: { ...it.upload, endpoint: `${folder}new/` } }));
  await store.deleteJob(gone.id);
  spool.start();
  strictEqual((await delivered(one.id)).uploadUrl, `${folder}new/${one.id}.tar.gz`);
  strictEqual((await delivered(two.id)).uploadUrl, `${folder}gone/${two.id}.tar.gz`);
});

test("puts a bundle to the fallback destination, and its run stays partial", async (stage) => {
  const { spool, folder, waits, delivered, state } = stage;
  const { url } = await blocked(state.root);
  const fallback = { endpoint: folder, credentials: "", options: {} };
  const { id } = await waits(await stage.job({ endpoint: url, fallback }), 1);
  spool.start();
  const { status, uploadUrl, upload, stages } = await delivered(id);
  deepStrictEqual([status, uploadUrl, upload.fallback], ["partial", `${folder}${id}.tar.gz`, true]);
  match(upload.lastError, /^Cannot deliver the bundle to /);
  match(stages[0]!.message!, /^delivered to the fallback destination: /);
});

test("says that a bundle is lost when it is not there any more", async (stage) => {
  const { spool, folder, waits, becomes, results, lines } = stage;
  const { id, bundlePath } = await waits(await stage.job({ endpoint: folder }), 1);
  await Deno.remove(bundlePath);
  spool.start();
  const { errorCode, upload } = await becomes(id, "given up", ({ state }) => state === "failed");
  deepStrictEqual([errorCode, upload.lastErrorCode], ["UPLOAD_LOST", "UPLOAD_LOST"]);
  deepStrictEqual(results, ["lost"]);
  ok(lines.some(({ level, execution }) => level === "error" && execution === id));
});

test("leaves a bundle on another machine to the daemon there", async (stage) => {
  const { folder, waits, store, another } = stage;
  const job = await stage.job({ endpoint: folder });
  const { id, bundlePath } = await waits(job, 1);
  const { id: here } = await waits(job, 2);
  await Deno.rename(bundlePath, `${bundlePath}.elsewhere`);
  const shared = another({ shared: () => true });
  strictEqual(await shared.before(job), 1, "it stands in nobody's way here");
  shared.start();
  await stage.delivered(here);
  strictEqual((await store.getExecution(id))!.upload.state, "waiting");
});

test("shares its work with another daemon: each bundle is delivered once", async (stage) => {
  const { spool, folder, waits, delivered, order, another } = stage;
  const job = await stage.job({ endpoint: folder });
  const ids: string[] = [];
  for (let number = 1; number <= 4; number++) ids.push((await waits(job, number)).id);
  const second = another();
  spool.start();
  second.start();
  for (const id of ids) {
    const found = await Promise.race([delivered(id), poke([spool, second])]);
    strictEqual(found!.upload.attempts, 1);
  }
  deepStrictEqual(await order(ids.length), ids);
});

/** The daemons look as often as somebody tells them to: the clock stands still. */
async function poke(spools: { wake(): void }[]): Promise<undefined> {
  for (let tries = 0; tries < 3_000; tries++) {
    await new Promise((resolve) => setTimeout(resolve, 20));
    for (const spool of spools) spool.wake();
  }
}

test("does not send again what arrived before its daemon died, and takes that down", async (stage) => {
  const { spool, waits, delivered, state } = stage;
  const { url } = await blocked(state.root);
  const { id, bundlePath, bundleSize, bundleSha256 } = await waits(await stage.job({ endpoint: url }), 1);
  const file = { path: bundlePath, name: `${id}.tar.gz`, bytes: bundleSize, sha256: bundleSha256 };
  const arrived = { url: `${url}${file.name}`, bytes: bundleSize, sha256: bundleSha256 };
  await new ResumeFile(bundlePath).markDelivered(file, { url: new URL(url), options: {} }, arrived);
  spool.start();
  strictEqual((await delivered(id)).uploadUrl, arrived.url, "without a try, which could not succeed");
  await until(
    "the file that says so to be gone",
    () => Deno.stat(resumePath(bundlePath)).then(() => false, () => true),
  );
});

test("tries what the destination did not let in as soon as it lets another one in", async (stage) => {
  const { spool, folder, waits, delivered, order, clock, becomes } = stage;
  const job = await stage.job({ endpoint: folder });
  const later = { nextAt: new Date(clock.now().getTime() + 3_000_000).toISOString(), attempts: 1, needsYou: true };
  const denied = await waits(job, 1, { ...later, lastErrorCode: "UPLOAD_DENIED" });
  const large = await waits(job, 2, { ...later, lastErrorCode: "UPLOAD_FAILED" });
  const next = await waits(job, 3);
  spool.start();
  await delivered(denied.id);
  deepStrictEqual(await order(2), [next.id, denied.id]);
  await becomes(large.id, "still there", ({ state, attempts }) => state === "waiting" && attempts === 1);
});

test("cuts off what it sends when it is stopped, and counts no try for it", async (stage) => {
  const { spool, waits, store, another, delivered, lines } = stage;
  const silent = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const taken = silent.accept();
  const options = { endpoint: `http://127.0.0.1:${silent.addr.port}`, region: "eu-1" };
  const job = await stage.job({ endpoint: "s3://bucket/", credentials: "file:/nonexistent", options });
  const keys = join(stage.state.root, "keys");
  await Deno.writeTextFile(keys, "KEY:SECRET", { mode: 0o600 });
  await store.updateJob(job.id, (it) => ({ ...it, upload: { ...it.upload, credentials: `file:${keys}` } }));
  const { id } = await waits(job, 1);
  try {
    spool.start();
    await taken; // it is being sent
    await spool.stop();
    const { upload, status } = (await store.getExecution(id))!;
    deepStrictEqual([upload.state, upload.attempts, upload.lastError, status], ["waiting", 0, "", "partial"]);
    strictEqual(lines.some(({ level }) => level === "error"), false);
  } finally {
    (await taken).close();
    silent.close();
  }
  await store.updateJob(
    job.id,
    (it) => ({ ...it, upload: { enabled: true, endpoint: stage.folder, credentials: "", options: {} } }),
  );
  another().start();
  await delivered(id);
});

test("tries again later when what sends is killed", async (stage) => {
  const { spool, another, waits, becomes, delivered, clock } = stage;
  const { id } = await waits(await stage.job({ endpoint: stage.folder }), 1);
  const dying = another({ command: { command: "/bin/sh", args: ["-c", "kill -9 $$"] } });
  dying.start();
  const { upload } = await becomes(id, "tried", ({ attempts }) => attempts === 1);
  deepStrictEqual([upload.lastErrorCode, upload.needsYou], ["CRASHED", false]);
  match(upload.lastError, /SIGKILL/);
  await dying.stop();
  spool.start();
  await clock.advance(30_000);
  strictEqual((await delivered(id)).upload.attempts, 2);
});

test("says how many wait for the destination of a job", async (stage) => {
  const { spool, folder, waits } = stage;
  const job = await stage.job({ endpoint: folder }, { id: "job-a", name: "a" });
  const same = await stage.job({ endpoint: folder }, { id: "job-b", name: "b" });
  const other = await stage.job({ endpoint: `${folder}other/` }, { id: "job-c", name: "c" });
  strictEqual(await spool.before(job), 0);
  await waits(job, 1);
  await waits(same, 2);
  await waits(job, 3, { needsYou: true, lastErrorCode: "UPLOAD_DENIED" });
  await waits(job, 4, { needsYou: true, lastErrorCode: "UPLOAD_FAILED" }); // is too large, say: the next one may not be
  deepStrictEqual(await Promise.all([job, same, other].map((it) => spool.before(it))), [3, 3, 0]);
});
