import { deepStrictEqual, ok, rejects, strictEqual, throws } from "node:assert/strict";
import { run } from "../../../../src/collect/kinds/host/run.ts";
import { runEnvironment } from "../../../../src/collect/kinds/host/run_environment.ts";
import { ManualClock } from "../../../manual_clock.ts";
import { collectAll, collectContext } from "../../collect_all.ts";

const ignore = Deno.build.os === "windows";
const base = "host-collectors/run-host/run-host";

const environments = [
  ["passes everything on", {}, { A: "1", PATH: "/bin" }, { A: "1", PATH: "/bin" }, ["A", "PATH"]],
  [
    "passes only what is named, and the usual three",
    { inheritEnvs: ["A"] },
    { A: "1", B: "2", PATH: "/bin", PWD: "/" },
    { A: "1", PATH: "/bin", PWD: "/" },
    ["A", "PATH", "PWD"],
  ],
  [
    "passes only the usual three, whatever is named",
    { inheritEnvs: ["A"], ignoreParentEnvs: true },
    { A: "1", KUBECONFIG: "k", PATH: "/bin" },
    { KUBECONFIG: "k", PATH: "/bin" },
    ["KUBECONFIG", "PATH"],
  ],
  ["lets the spec win, and shows its values alone", { env: ["A=x=y"] }, { A: "1", B: "secret" }, {
    A: "x=y",
    B: "secret",
  }, ["A=x=y", "B"]],
] as const;
for (const [name, spec, parent, env, shown] of environments) {
  Deno.test(`runEnvironment() ${name}`, () =>
    deepStrictEqual(runEnvironment(structuredClone(spec) as Parameters<typeof runEnvironment>[0], parent), {
      env,
      shown,
    }));
}
for (const entry of ["", "A", "=x", "A="]) {
  Deno.test(`runEnvironment() refuses "${entry}" as KEY=VALUE`, () =>
    throws(() => runEnvironment({ env: [entry] }, {}), { code: "SPEC_VALUE" }));
}
Deno.test("runEnvironment() refuses to inherit what is not set, and does not quote a malformed entry", () => {
  throws(() => runEnvironment({ inheritEnvs: ["NOPE"] }, {}), { code: "SPEC_VALUE", message: /NOPE/ });
  throws(() => runEnvironment({ env: ["planted-value"] }, {}), (error: Error) => !error.message.includes("planted"));
});

const sh = (script: string, more = {}) => ({ command: "sh", args: ["-c", script], ...more });

Deno.test({
  name: "run writes output, errors and what happened",
  ignore,
  async fn() {
    const { files, entries } = await collectAll(run, sh("echo out; echo err >&2; exit 3"), {
      env: { PATH: Deno.env.get("PATH")!, TOKEN: "planted" },
    });
    deepStrictEqual(entries.map((entry) => entry.path), [`${base}.txt`, `${base}-stderr.txt`, `${base}-info.json`]);
    strictEqual(files[`${base}.txt`], "out\n");
    strictEqual(files[`${base}-stderr.txt`], "err\n");
    const text = files[`${base}-info.json`]!;
    const info = JSON.parse(text);
    deepStrictEqual(Object.keys(info), ["command", "exitCode", "error", "outputDir", "input", "env"]);
    ok(info.command.endsWith("/sh -c echo out; echo err >&2; exit 3"));
    strictEqual(info.exitCode, "3");
    strictEqual(info.error, "err\n");
    deepStrictEqual(info.env, ["PATH", "TOKEN"]);
    ok(!text.includes("planted"));
  },
});

Deno.test({
  name: "run leaves stderr out when there is none, and names files after the collector",
  ignore,
  async fn() {
    const { files } = await collectAll(run, sh("true", { collectorName: "my check" }));
    deepStrictEqual(Object.keys(files), [
      "host-collectors/run-host/my check.txt",
      "host-collectors/run-host/my check-info.json",
    ]);
  },
});

Deno.test({
  name: "run hands input over and collects the output folder, in a folder of its own that it removes",
  ignore,
  async fn() {
    const script =
      'pwd; echo "$TS_OUTPUT_DIR"; cat "$TS_INPUT_DIR/conf"; mkdir "$TS_OUTPUT_DIR/sub"; echo r > "$TS_OUTPUT_DIR/sub/result"; ls -A';
    const { files } = await collectAll(run, sh(script, { outputDir: "res", input: { conf: "input text" } }));
    const [work, output, input] = files[`${base}.txt`]!.split("\n");
    strictEqual(input, "input text");
    strictEqual(files[`${base}/res/sub/result`], "r\n");
    const info = JSON.parse(files[`${base}-info.json`]!);
    deepStrictEqual([info.outputDir, info.input], ["res", "conf"]);
    for (const folder of [work!, output!]) await rejects(Deno.stat(folder), Deno.errors.NotFound);
  },
});

const refusals = [
  ["a command that is not there", { command: "no-such-command-here" }, "COMMAND_NOT_FOUND"],
  ["a path that is not there", { command: "./no-such-command-here" }, "COMMAND_NOT_FOUND"],
  ["a file that cannot be executed", { command: "/etc/passwd" }, "COMMAND_NOT_FOUND"],
  ["an output folder outside its own", { command: "true", outputDir: "../../x" }, "UNSAFE_PATH"],
  ["an input that is no plain name", { command: "true", input: { "a/b": "" } }, "SPEC_VALUE"],
  ["a timeout that is none", { command: "true", timeout: "soon" }, "SPEC_VALUE"],
] as const;
for (const [name, config, code] of refusals) {
  Deno.test({ name: `run refuses ${name}`, ignore, fn: () => rejects(collectAll(run, config), { code }) });
}

/** A script that tells its group's members' pids, and would run for a minute. */
const family = "sleep 60 & echo $! $$; sleep 60";
const alive = (pid: string) =>
  Deno.readTextFile(`/proc/${pid}/stat`).then((stat) => !/\) [ZX] /.test(stat), () => false);

Deno.test({
  name: "run kills the command and all it started at its timeout, and keeps the output",
  ignore: Deno.build.os !== "linux",
  async fn() {
    const clock = new ManualClock();
    const turned = clock.untilSleeping(1).then(async () => {
      // The clock is turned when the script is known to be up.
      await new Promise((resolve) => setTimeout(resolve, 300));
      await clock.advance(5000);
    });
    const { entries, files } = await collectAll(run, sh(family, { timeout: "5s" }), { clock });
    await turned;
    const pids = files[`${base}.txt`]!.trim().split(" ");
    strictEqual(pids.length, 2);
    for (const pid of pids) strictEqual(await alive(pid), false);
    const stdout = entries[0]!;
    ok(stdout.type === "file");
    deepStrictEqual(stdout.truncated, { limit: "timeout 5s" });
    const info = JSON.parse(files[`${base}-info.json`]!);
    deepStrictEqual([info.exitCode, info.error], ["-1", "killed: it did not end within 5s"]);
    strictEqual(clock.sleeping, 0);
  },
});

Deno.test({
  name: "run kills the command and all it started at an abort, and throws the reason",
  ignore: Deno.build.os !== "linux",
  async fn() {
    const controller = new AbortController();
    const entries = run.collect(run.schema.parse(sh(family)), collectContext({ signal: controller.signal }));
    const iterator = entries[Symbol.asyncIterator]();
    const { value } = await iterator.next();
    const reader = value.body.getReader();
    const pids = new TextDecoder().decode((await reader.read()).value).trim().split(" ");
    ok(await alive(pids[0]!) && await alive(pids[1]!));
    controller.abort(new DOMException("stop", "AbortError"));
    while (!(await reader.read()).done);
    await rejects(Promise.resolve(iterator.next()), { name: "AbortError" });
    for (const pid of pids) strictEqual(await alive(pid), false);
  },
});

Deno.test({
  name: "run leaves nothing running when nobody reads its output",
  ignore: Deno.build.os !== "linux",
  async fn() {
    const entries = run.collect(run.schema.parse(sh("echo $$ > pid; pwd; sleep 60")), collectContext());
    const iterator = entries[Symbol.asyncIterator]();
    const { value } = await iterator.next();
    const reader = value.body.getReader();
    const folder = new TextDecoder().decode((await reader.read()).value).trim();
    const pid = Deno.readTextFileSync(`${folder}/pid`).trim();
    ok(await alive(pid));
    await iterator.return!();
    strictEqual(await alive(pid), false);
    await rejects(Deno.stat(folder), Deno.errors.NotFound);
    while (!(await reader.read()).done);
  },
});

Deno.test({
  name: "run does not wait for what the command left in the background",
  ignore: Deno.build.os !== "linux",
  async fn() {
    const { files } = await collectAll(run, sh("sleep 60 & echo $!"));
    // It is killed: its files are closed a moment before it is gone.
    while (await alive(files[`${base}.txt`]!.trim())) await new Promise((resolve) => setTimeout(resolve, 5));
    strictEqual(JSON.parse(files[`${base}-info.json`]!).exitCode, "0");
  },
});

Deno.test({
  name: "run cuts output at 50 MB without breaking the command off",
  ignore,
  async fn() {
    const { entries, files } = await collectAll(run, sh("head -c 60000000 /dev/zero; echo done >&2"));
    const stdout = entries[0]!;
    ok(stdout.type === "file");
    deepStrictEqual([stdout.bytes, stdout.truncated], [50_000_000, { limit: "50000000 bytes" }]);
    strictEqual(files[`${base}-stderr.txt`], "done\n");
    strictEqual(JSON.parse(files[`${base}-info.json`]!).exitCode, "0");
  },
});

Deno.test({
  name: "run keeps nothing of what it has handed on, nor of what is too much",
  ignore: Deno.build.os !== "linux",
  async fn() {
    const entries = run.collect(run.schema.parse(sh("head -c 600000000 /dev/zero")), collectContext());
    const iterator = entries[Symbol.asyncIterator]();
    const { value } = await iterator.next();
    const before = Deno.memoryUsage().rss;
    let peak = before;
    let bytes = 0;
    for await (const chunk of value.body as ReadableStream<Uint8Array>) {
      bytes += chunk.length;
      peak = Math.max(peak, Deno.memoryUsage().rss);
    }
    peak = Math.max(peak, Deno.memoryUsage().rss);
    await iterator.return!();
    strictEqual(bytes, 50_000_000);
    ok(peak - before < 250e6, `${Math.round((peak - before) / 1e6)} MB more`);
  },
});
