import { deepStrictEqual, match, strictEqual } from "node:assert/strict";
import { BINARY, Sandbox, until } from "./program.ts";

const ignore = BINARY === undefined;

interface Execution {
  id: string;
  status: string;
  trigger: string;
  causedBy: string;
  recoveredBy: string;
  errorCode: string;
}

const history = (sandbox: Sandbox): Promise<Execution[]> => sandbox.json(["schedule", "history", "--limit", "100"]);
const deadLetters = (sandbox: Sandbox) => sandbox.json(["schedule", "history", "--dead-letters"]);

/** Runs a command that must succeed. */
async function run(sandbox: Sandbox, ...args: string[]) {
  const ended = await sandbox.run(args);
  strictEqual(ended.code, 0, `${args.join(" ")}: ${ended.stderr}`);
  return ended;
}

const hostSpec = (collector: string) =>
  `apiVersion: troubleshoot.sh/v1beta2\nkind: HostCollector\nspec:\n  collectors:\n    - ${collector}\n`;

Deno.test({
  name: "schedule recover: what failed for good is listed, and runs once more when its cause is gone",
  ignore,
  fn: async () => {
    await using sandbox = await Sandbox.create();
    const spec = await sandbox.write("spec.yaml", hostSpec("memory: {}"));
    await run(sandbox, "schedule", "create", "nightly", "--every", "10h", "--spec", spec);
    await run(sandbox, "schedule", "daemon", "start");
    await Deno.rename(spec, `${spec}.away`);
    const failed = await sandbox.run(["schedule", "run", "nightly", "--wait", "-o", "json"]);
    strictEqual(failed.code, 2, failed.stderr);
    const [letter, ...others] = await deadLetters(sandbox);
    deepStrictEqual(
      [letter.execution, letter.job, letter.class, letter.attempts, others],
      [JSON.parse(failed.stdout).id, "nightly", "permanent", 1, []],
    );

    await Deno.rename(`${spec}.away`, spec);
    const recovered = await run(sandbox, "schedule", "recover", "nightly", "--wait", "-o", "json");
    const recovery: Execution = JSON.parse(recovered.stdout);
    deepStrictEqual([recovery.status, recovery.trigger, recovery.causedBy], [
      "completed",
      "recover",
      letter.execution,
    ]);
    deepStrictEqual(await deadLetters(sandbox), []);
    const again = await sandbox.run(["schedule", "recover", "--execution-id", letter.execution]);
    strictEqual(again.code, 1);
    match(again.stderr, new RegExp(`was recovered by ${recovery.id}, which is completed`));
    const kept = (await history(sandbox)).find(({ id }) => id === letter.execution)!;
    deepStrictEqual([kept.status, kept.recoveredBy], ["failed", recovery.id]);
  },
});

Deno.test({
  name: "schedule daemon restart --recover: what a crash of the daemon failed for good runs once more",
  ignore,
  fn: async () => {
    await using sandbox = await Sandbox.create();
    const [firstTime, sleep] = [sandbox.path("first-time"), `sleep ${600 + Math.random()}`];
    // Hangs in the first attempt, and is quick in the second.
    const command = `if [ -e ${firstTime} ]; then echo done; else touch ${firstTime}; exec ${sleep}; fi`;
    const spec = await sandbox.write(
      "spec.yaml",
      hostSpec(`run: {collectorName: slow, command: sh, args: [-c, "${command}"]}`),
    );
    await run(sandbox, "schedule", "create", "slow", "--every", "10h", "--spec", spec, "--retries", "0");
    await run(sandbox, "schedule", "daemon", "start");
    await run(sandbox, "schedule", "run", "slow");
    await until("the command of the spec runs", async () => await Deno.stat(firstTime).catch(() => undefined));
    const { pid } = await sandbox.json(["schedule", "daemon", "status"]);
    Deno.kill(pid, "SIGKILL");
    const restarted = await run(sandbox, "schedule", "daemon", "restart", "--recover");
    const [, queued, cut] = /Execution (\S+) is queued in place of (\S+), which was interrupted/.exec(
      restarted.stderr,
    )!;
    const recovery = await until("the recovery has ended", async () => {
      const found = (await history(sandbox)).find(({ id }) => id === queued);
      return found?.status === "completed" ? found : undefined;
    });
    deepStrictEqual([recovery.trigger, recovery.causedBy], ["recover", cut]);
    const kept = (await history(sandbox)).find(({ id }) => id === cut)!;
    deepStrictEqual([kept.status, kept.errorCode, kept.recoveredBy], ["failed", "INTERRUPTED", queued]);
    strictEqual((await history(sandbox)).length, 2);
  },
});
