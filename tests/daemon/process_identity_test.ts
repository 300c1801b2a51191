import { deepStrictEqual, ok, strictEqual, throws } from "node:assert/strict";
import { groupMembers, isSameProcess, killGroup, killMarked, processStart } from "../../src/daemon/process_identity.ts";
import { until } from "./until.ts";

function group(script: string, env?: Record<string, string>): Deno.ChildProcess {
  return new Deno.Command("/bin/sh", { args: ["-c", script], env, stdin: "null", detached: true }).spawn();
}

Deno.test("processStart() of this process is stable", async () => {
  const start = await processStart(Deno.pid);
  ok(start !== undefined);
  strictEqual(await processStart(Deno.pid), start);
});

for (const pid of [0, -1, 1.5, NaN, 2 ** 30]) {
  Deno.test(`processStart() of ${pid} is none`, async () => strictEqual(await processStart(pid), undefined));
}

Deno.test("isSameProcess() tells a process from one that had its pid before", async () => {
  const start = (await processStart(Deno.pid))!;
  strictEqual(await isSameProcess(Deno.pid, start), true);
  strictEqual(await isSameProcess(Deno.pid, start.replace(/\d$/, (digit) => String((Number(digit) + 1) % 10))), false);
  strictEqual(await isSameProcess(Deno.pid, ""), false);
});

Deno.test("isSameProcess() counts a process that ended and was not waited for as gone", async () => {
  const child = group("exec sleep 300");
  const start = (await processStart(child.pid))!;
  strictEqual(await isSameProcess(child.pid, start), true);
  Deno.kill(child.pid, "SIGKILL");
  await until("the child to end", async () => !await isSameProcess(child.pid, start));
  await child.status;
});

Deno.test({
  name: "killGroup() ends a group, its leader's descendants included, and knows when there is none",
  ignore: Deno.build.os !== "linux",
  async fn() {
    const child = group("sleep 300 & sleep 300 & wait");
    await until("three processes", async () => (await groupMembers(child.pid)).length === 3);
    strictEqual(killGroup(child.pid, "SIGKILL"), true);
    await child.status;
    await until("nobody left", async () => (await groupMembers(child.pid)).length === 0);
  },
});

Deno.test("killGroup() says when there is no such group", () => strictEqual(killGroup(2 ** 22 + 7, "SIGTERM"), false));

for (const pid of [1, 0, -5, NaN]) {
  Deno.test(`killGroup() refuses ${pid}, which is more than one child's group`, () => {
    throws(() => killGroup(pid, "SIGKILL"), RangeError);
  });
}

Deno.test({
  name: "killMarked() ends what carries the mark, in whatever group and without its leader, and nothing else",
  ignore: Deno.build.os !== "linux",
  async fn() {
    const value = crypto.randomUUID();
    // A leader that is gone, and a second child in a session of its own.
    const marked = group("sleep 300 & setsid sleep 300 & exec true", { MARK: value });
    const other = group("sleep 300 & exec true", { MARK: value + "-not" });
    await Promise.all([marked.status, other.status]);
    strictEqual((await killMarked("MARK", value)).length, 2);
    deepStrictEqual(await killMarked("MARK", value), []);
    strictEqual((await groupMembers(other.pid)).length, 1);
    killGroup(other.pid, "SIGKILL");
  },
});
