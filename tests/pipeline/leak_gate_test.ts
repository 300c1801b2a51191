import { deepStrictEqual, match, ok, rejects, strictEqual } from "node:assert/strict";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { packTar } from "modern-tar";
import { textEntry } from "../../src/bundle/entry.ts";
import { systemClock } from "../../src/core/clock.ts";
import { passLeakGate } from "../../src/pipeline/leak_gate.ts";
import { type PipelineRequest, pipelineRequestSchema } from "../../src/pipeline/request.ts";
import { runPipeline } from "../../src/pipeline/run_pipeline.ts";
import { startWebhookServer } from "../notify/webhook_server.ts";
import { collector, specOf, withRun } from "./with_run.ts";
import { secretsOf } from "../secrets.ts";

const quiet = collector("quiet", async function* () {
  yield textEntry("app.log", "nothing to hide\n");
});

Deno.test("runPipeline() gives the archive its name when the gate has let it through", async () => {
  await withRun(await specOf("", quiet), ({ report, files, folder }) => {
    strictEqual(report.archive!.path, join(folder, "out.tar.gz"));
    strictEqual(files.get("app.log"), "nothing to hide\n");
    deepStrictEqual(report.stages.slice(-1).map(({ stage, status }) => [stage, status]), [["leak-gate", "ok"]]);
    deepStrictEqual([...Deno.readDirSync(folder)].map(({ name }) => name).sort(), ["out", "out.tar.gz", "work"]);
  });
});

const switchedOff: [name: string, request: Partial<PipelineRequest>, message: string][] = [
  ["it is switched off", { leakGate: false }, "switched off"],
  ["redaction is", { redact: false }, "redaction is off"],
];
for (const [name, request, message] of switchedOff) {
  Deno.test(`runPipeline() skips the gate when ${name}, and says so`, async () => {
    await withRun(await specOf("", quiet), ({ report, folder }) => {
      strictEqual(report.status, "completed");
      strictEqual(report.archive!.path, join(folder, "out.tar.gz"));
      const [stage] = report.stages.filter(({ stage }) => stage === "leak-gate");
      deepStrictEqual(stage, { stage: "leak-gate", status: "skipped", message, durationMs: 0 });
    }, request);
  });
}

/** A run that something happens to when the gate begins: `path` is the archive that it is about to look at. */
async function interfere(
  action: (path: string, abort: AbortController) => void,
  check: (folder: string, run: () => ReturnType<typeof runPipeline>) => Promise<void>,
  options: { stop?: AbortSignal; notify?: PipelineRequest["notify"]; judged?: () => void } = {},
): Promise<void> {
  const folder = await Deno.makeTempDir();
  const abort = new AbortController();
  const archivePath = join(folder, "out.tar.gz");
  const spec = await specOf("", quiet);
  try {
    await check(folder, () =>
      runPipeline(
        pipelineRequestSchema.parse({
          specs: ["-"],
          archivePath,
          rootName: "out",
          workParent: join(folder, "work"),
          upload: { url: `file://${join(folder, "delivered")}/` },
          notify: options.notify,
        }),
        spec,
        {
          clock: systemClock,
          env: {},
          secret: secretsOf(),
          stop: options.stop ?? new AbortController().signal,
          abort: abort.signal,
          judged: options.judged,
          emit: (event) => {
            const begins = event.type === "progress" && event.stage === "leak-gate";
            if (begins) action(`${archivePath}.${Deno.pid}.unchecked`, abort);
          },
        },
      ));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

const filesIn = (folder: string) => [...Deno.readDirSync(folder)].map(({ name }) => name).sort();
const damage = (path: string) => Deno.writeTextFileSync(path, "no archive any more");

Deno.test("runPipeline() holds back what the gate cannot read through: no upload, and who wants to know is told", async () => {
  const server = startWebhookServer(() => new Response());
  try {
    await interfere(damage, async (folder, run) => {
      const report = await run();
      deepStrictEqual([report.status, report.exitCode, report.error!.code], ["quarantined", 8, "LEAK_GATE_FAILED"]);
      match(report.error!.message, /could not be checked for secrets: incorrect header check/);
      strictEqual(report.archive!.path, join(folder, "out.tar.gz.quarantined"));
      strictEqual(report.uploadUrl, undefined);
      deepStrictEqual(report.stages.slice(-3).map(({ stage, status }) => `${stage} ${status}`), [
        "leak-gate failed",
        "upload skipped",
        "notify ok",
      ]);
      deepStrictEqual(filesIn(folder), ["out.tar.gz.leaks.json", "out.tar.gz.quarantined", "work"]);
      deepStrictEqual(report.analysis, [], "what the bundle says may be what it is held back for");
    }, { notify: [{ kind: "webhook", url: server.url }] });
    const [told] = server.received.map(({ body }) => JSON.parse(body));
    deepStrictEqual([told.status, told.events], ["quarantined", ["failure", "quarantined"]]);
    match(told.bundle.path, /out\.tar\.gz\.quarantined$/);
  } finally {
    await server.stop();
  }
});

const judged: [name: string, action: (path: string) => void, calls: number][] = [
  ["tells what the analyzers found once the gate has let it through", () => {}, 1],
  ["tells nothing of what the analyzers found when the gate withholds it", damage, 0],
];
for (const [name, action, calls] of judged) {
  Deno.test(`runPipeline() ${name}`, async () => {
    let told = 0;
    await interfere(action, async (_folder, run) => {
      await run();
      strictEqual(told, calls);
    }, { judged: () => void told++ });
  });
}

Deno.test("runPipeline() lets nothing through that is not there to be looked at", async () => {
  await interfere((path) => Deno.removeSync(path), async (folder, run) => {
    await rejects(run());
    deepStrictEqual(filesIn(folder), ["work"]);
  });
});

Deno.test("runPipeline() has the gate look at the bundle of an interrupted run, too", async () => {
  const stop = new AbortController();
  const interrupt = (path: string) => {
    stop.abort();
    damage(path);
  };
  await interfere(interrupt, async (_folder, run) => {
    deepStrictEqual((await run()).exitCode, 8);
  }, { stop: stop.signal });
});

Deno.test("runPipeline() leaves nothing when it is aborted while the gate looks", async () => {
  await interfere((_path, abort) => abort.abort(new Error("second Ctrl-C")), async (folder, run) => {
    await rejects(run(), /second Ctrl-C/);
    deepStrictEqual(filesIn(folder), ["work"]);
  });
});

Deno.test("passLeakGate() sets an archive with a secret aside, and tells where it is and not what", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const value = crypto.randomUUID();
    const body = `first line\nthe value ${value} in a log\n`.repeat(5);
    const tar = await packTar([{ header: { name: "root/logs/app.log", size: body.length }, body }]);
    const path = join(folder, "out.tar.gz"), unchecked = `${path}.unchecked`;
    await Deno.writeFile(unchecked, gzipSync(tar), { mode: 0o644 });
    const gated = await passLeakGate(unchecked, {
      knownValues: [value],
      async giveName(held) {
        const name = held ? `${path}.quarantined` : path;
        await Deno.rename(unchecked, name);
        return name;
      },
      clock: systemClock,
      signal: new AbortController().signal,
    });
    const { error, leaks } = gated;

    strictEqual(gated.path, `${path}.quarantined`);
    deepStrictEqual(leaks[0], { path: "logs/app.log", line: 2, column: 11, what: "known-value", length: 36 });
    deepStrictEqual([error!.code, error!.exitCode], ["LEAKS_FOUND", 8]);
    match(
      error!.message,
      /held back, it may contain secrets: logs\/app\.log:2:11 \(known-value\), logs\/app\.log:4:11 \(known-value\), .* and 2 more$/,
    );
    match(error!.hint!, /out\.tar\.gz\.leaks\.json/);
    deepStrictEqual(filesIn(folder), ["out.tar.gz.leaks.json", "out.tar.gz.quarantined"]);
    const text = await Deno.readTextFile(`${path}.leaks.json`);
    const report = JSON.parse(text);
    deepStrictEqual([report.schemaVersion, report.archive, report.leakCount], [1, "out.tar.gz.quarantined", 5]);
    deepStrictEqual(report.leaks, leaks);
    for (const said of [text, error!.message, error!.hint!]) {
      for (const part of value.split("-")) ok(!said.includes(part), said);
    }
    if (Deno.build.os !== "windows") {
      for (const name of filesIn(folder)) strictEqual((await Deno.stat(join(folder, name))).mode! & 0o777, 0o600, name);
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
