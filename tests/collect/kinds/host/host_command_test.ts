import { deepStrictEqual, rejects, strictEqual } from "node:assert/strict";
import { hostCommand, hostOutput, toolEnvironment } from "../../../../src/collect/kinds/host/host_command.ts";

const ignore = Deno.build.os !== "linux";
const signal = new AbortController().signal;
const sh = (script: string, options = {}) => hostCommand("sh", ["-c", script], signal, options);

const behaviour = [
  ["the output, the errors and the exit code", "echo out; echo err >&2; exit 3", ["out\n", "err\n", 3]],
  ["-1 for the end by a signal", "kill -9 $$", ["", "", -1]],
  ["a plain locale", 'printf "$LC_ALL"', ["C", "", 0]],
  ["no input", "cat", ["", "", 0]],
] as const;
for (const [name, script, expect] of behaviour) {
  Deno.test({
    name: `hostCommand() gives ${name}`,
    ignore,
    async fn() {
      const { stdout, stderr, exitCode } = await sh(script);
      deepStrictEqual([stdout, stderr, exitCode], expect);
    },
  });
}

Deno.test({
  name: "hostCommand() kills what does not end, with all that it started",
  ignore,
  async fn() {
    const pidFile = await Deno.makeTempFile();
    const running = sh(`sleep 60 & echo $! > ${pidFile}; wait`, { timeoutMs: 500 });
    await rejects(running, { code: "COMMAND_TIMEOUT", message: '"sh" did not end within 0.5 s, and was killed' });
    const pid = (await Deno.readTextFile(pidFile)).trim();
    const alive = () => Deno.readTextFile(`/proc/${pid}/stat`).then((stat) => !/\) [ZX] /.test(stat), () => false);
    // It is killed: its files are closed a moment before it is gone.
    while (await alive()) await new Promise((resolve) => setTimeout(resolve, 5));
    await Deno.remove(pidFile);
  },
});

Deno.test({
  name: "hostCommand() ends at an abort, and refuses endless output and commands that are not there",
  ignore,
  async fn() {
    const controller = new AbortController();
    const running = hostCommand("sleep", ["60"], controller.signal);
    controller.abort(new DOMException("stop", "AbortError"));
    await rejects(running, { name: "AbortError" });
    await rejects(sh("head -c 4000001 /dev/zero"), { code: "HOST_OUTPUT" });
    await rejects(hostCommand("no-such-command-here", [], signal), { code: "COMMAND_NOT_FOUND" });
  },
});

Deno.test({
  name: "hostOutput() says what could not be done, and the first line of why",
  ignore,
  fn: () =>
    rejects(hostOutput("read the disks", "sh", ["-c", "echo no disks >&2; echo more >&2; exit 1"], signal), {
      code: "HOST_COMMAND",
      message: "Cannot read the disks: sh: no disks",
    }),
});

Deno.test({
  name: "toolEnvironment() finds tools for administrators where the PATH has none",
  ignore,
  fn() {
    strictEqual(toolEnvironment({ PATH: "/bin" }).PATH, "/bin:/usr/local/sbin:/usr/sbin:/sbin");
    strictEqual(toolEnvironment({}).PATH, "/usr/local/sbin:/usr/sbin:/sbin");
  },
});
