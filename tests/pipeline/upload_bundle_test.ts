import { deepStrictEqual, match, strictEqual } from "node:assert/strict";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { EXIT } from "../../src/core/exit_codes.ts";
import { collector, specOf, withRun } from "./with_run.ts";

const broken = collector("broken", async function* () {
  yield await Promise.reject(new Error("socket hang up"));
});

// A folder that cannot be: its parent is a file.
const unreachable = `${pathToFileURL(Deno.execPath())}/in it/`;

const behaviour = [ // name, upload, shortfall, status, exit code, error, stage, state, status apart from it
  [
    "fails when nobody delivers it later",
    {},
    false,
    "failed",
    EXIT.upload,
    "UPLOAD_FAILED",
    "failed",
    "failed",
    undefined,
  ],
  [
    "is partial when it is delivered later",
    { spool: true },
    false,
    "partial",
    EXIT.upload,
    "UPLOAD_SPOOLED",
    "failed",
    "waiting",
    "completed",
  ],
  [
    "stays partial then when something is missing, too",
    { spool: true },
    true,
    "partial",
    EXIT.upload,
    "UPLOAD_SPOOLED",
    "failed",
    "waiting",
    "partial",
  ],
  [
    "tries nothing while others wait for the destination",
    { spool: true, behind: 2 },
    false,
    "partial",
    EXIT.upload,
    "UPLOAD_SPOOLED",
    "skipped",
    "waiting",
    "completed",
  ],
] as const;
for (const [name, upload, short, status, exitCode, code, stage, state, otherwise] of behaviour) {
  Deno.test(`runPipeline() whose upload fails ${name}`, async () => {
    const spec = await specOf("", ...short ? [broken] : []);
    await withRun(spec, ({ report }) => {
      strictEqual(report.status, status);
      strictEqual(report.exitCode, exitCode);
      strictEqual(report.error?.code, code);
      deepStrictEqual(report.stages.find((it) => it.stage === "upload")?.status, stage);
      strictEqual(report.upload?.state, state);
      strictEqual(report.upload?.otherwise?.status, otherwise);
      strictEqual(report.upload?.error === undefined, stage === "skipped");
      strictEqual(report.uploadUrl, undefined);
      strictEqual(Deno.statSync(report.archive!.path).size, report.archive!.bytes);
    }, { upload: { url: unreachable, options: {}, ...upload } });
  });
}

Deno.test("runPipeline() is partial when the bundle is at its fallback destination, and says where and why", async () => {
  const place = await Deno.makeTempDir();
  try {
    const fallback = { url: `${pathToFileURL(place)}/{cluster}/`, options: {} };
    await withRun(await specOf(""), ({ report }) => {
      deepStrictEqual([report.status, report.exitCode], ["partial", EXIT.ok]);
      strictEqual(report.uploadUrl, `${pathToFileURL(join(place, "prod"))}/out.tar.gz`);
      const stage = report.stages.find((it) => it.stage === "upload")!;
      strictEqual(stage.status, "partial");
      match(stage.message!, /^delivered to the fallback destination: Cannot deliver the bundle to /);
      deepStrictEqual([report.upload!.state, report.upload!.fallback, report.upload!.cluster], [
        "delivered",
        true,
        "prod",
      ]);
      strictEqual(report.upload!.error!.transient, false);
    }, { upload: { url: unreachable, options: {}, fallback }, kube: { context: "prod" } });
  } finally {
    await Deno.remove(place, { recursive: true });
  }
});

Deno.test("runPipeline() that is told to end leaves an upload to whoever delivers it later", async () => {
  const stop = new AbortController();
  await withRun(await specOf(""), ({ report }) => {
    strictEqual(report.upload?.state, "waiting");
    deepStrictEqual([report.upload!.error!.code, report.upload!.error!.transient], ["UPLOAD_INTERRUPTED", true]);
    strictEqual(report.upload!.otherwise!.status, "completed");
  }, {
    stop: stop.signal,
    onEvent: (event) => event.type === "progress" && event.stage === "upload" && stop.abort(),
    upload: { url: unreachable, options: {}, spool: true },
  });
});
