import { deepStrictEqual, match, notStrictEqual, ok, strictEqual } from "node:assert/strict";
import { BINARY, Sandbox, until } from "./program.ts";

const ignore = BINARY === undefined;
const HOST_SPEC = "apiVersion: troubleshoot.sh/v1beta2\nkind: HostCollector\nspec:\n  collectors: [{memory: {}}]\n";

interface Execution {
  id: string;
  status: string;
  scheduledAt: string;
  startTime: string;
  error: string;
  bundlePath: string;
  retryCount: number;
  trigger: string;
}

const history = (sandbox: Sandbox): Promise<Execution[]> => sandbox.json(["schedule", "history", "--limit", "100"]);

async function ended(sandbox: Sandbox, status: string): Promise<Execution> {
  return await until(
    `an execution that is ${status}`,
    async () => (await history(sandbox)).find((e) => e.status === status),
  );
}

/** Processes whose command line has this text. */
async function processes(text: string): Promise<number[]> {
  const { stdout } = await new Deno.Command("pgrep", { args: ["-f", text] }).output();
  return new TextDecoder().decode(stdout).split("\n").filter(Boolean).map(Number);
}

Deno.test({
  name: "schedule: the detached daemon runs a job on time, and its history leads to the bundle",
  ignore,
  fn: async () => {
    await using sandbox = await Sandbox.create();
    const spec = await sandbox.write("spec.yaml", HOST_SPEC);
    const created = await sandbox.run(["schedule", "create", "often", "--every", "1s", "--spec", spec]);
    strictEqual(created.code, 0, created.stderr);
    match(created.stdout + created.stderr, /schedule daemon start/, "says how to start the daemon");
    const started = await sandbox.run(["schedule", "daemon", "start"]);
    strictEqual(started.code, 0, started.stderr);
    const status = await sandbox.json(["schedule", "daemon", "status"]);
    strictEqual(status.running, true);
    deepStrictEqual(
      Object.keys(status).filter((key) =>
        ["pid", "startTime", "uptime", "memoryMB", "cpuPercent", "jobsActive", "jobsTotal"].includes(key)
      ).length,
      7,
    );

    const execution = await ended(sandbox, "completed");
    strictEqual(execution.trigger, "schedule");
    const lateMs = Date.parse(execution.startTime) - Date.parse(execution.scheduledAt);
    ok(lateMs >= 0, `started ${lateMs} ms after its instant`);
    const files = await sandbox.unpack(execution.bundlePath);
    ok(files.has("host-collectors/system/memory.json"));
    strictEqual(JSON.parse(files.get("MANIFEST.json")!).execution.id, execution.id);

    const second = await sandbox.run(["schedule", "daemon", "start"]);
    strictEqual(second.code, 11);
    match(second.stderr, new RegExp(String(status.pid)));

    const stopped = await sandbox.run(["schedule", "daemon", "stop"]);
    strictEqual(stopped.code, 0, stopped.stderr);
    strictEqual((await sandbox.json(["schedule", "daemon", "status"])).running, false);
    const slots = (await history(sandbox)).map(({ scheduledAt }) => scheduledAt);
    strictEqual(new Set(slots).size, slots.length, "no slot twice");
  },
});

Deno.test({
  name: "schedule: kill -9 of the daemon in an execution loses nothing, leaves no child, and runs no slot twice",
  ignore,
  fn: async () => {
    await using sandbox = await Sandbox.create();
    const sleep = `sleep ${400 + Math.random()}`;
    const firstTime = sandbox.path("first-time");
    // Hangs in the first attempt, and is quick in the second.
    const command = `if [ -e ${firstTime} ]; then echo done; else touch ${firstTime}; exec ${sleep}; fi`;
    const spec = await sandbox.write(
      "spec.yaml",
      `apiVersion: troubleshoot.sh/v1beta2\nkind: HostCollector\nspec:\n  collectors:\n    - run: {collectorName: slow, command: sh, args: [-c, "${command}"]}\n`,
    );
    strictEqual((await sandbox.run(["schedule", "create", "slow", "--every", "1h", "--spec", spec])).code, 0);
    strictEqual((await sandbox.run(["schedule", "daemon", "start"])).code, 0);
    strictEqual((await sandbox.run(["schedule", "run", "slow"])).code, 0);
    await until("the child works", async () => (await processes(sleep)).length > 0 ? true : undefined);
    const { pid } = await sandbox.json(["schedule", "daemon", "status"]);
    Deno.kill(pid, "SIGKILL");
    const [running] = await history(sandbox);
    strictEqual(running!.status, "running");

    strictEqual((await sandbox.run(["schedule", "daemon", "start"])).code, 0);
    const recovered = await until("the execution is dealt with", async () => {
      const [first] = await history(sandbox);
      return first!.status === "running" && first!.retryCount === 0 ? undefined : first;
    });
    strictEqual(recovered.id, running!.id);
    deepStrictEqual(await processes(sleep), [], "the child of the killed daemon is gone");
    const finished = await ended(sandbox, "completed");
    strictEqual(finished.id, running!.id);
    strictEqual(finished.retryCount, 1);
    strictEqual((await history(sandbox)).length, 1, "the slot did not run twice");
    const details = await sandbox.run(["schedule", "history", "--execution-id", running!.id, "--logs"]);
    match(details.stdout, /interrupted/i, "the log says what happened");
  },
});

Deno.test({
  name: "schedule: a hard timeout ends the whole process group of an attempt, and the execution says why it failed",
  ignore,
  fn: async () => {
    await using sandbox = await Sandbox.create();
    const sleep = `sleep ${500 + Math.random()}`;
    // Ignores SIGTERM, and has a grandchild.
    const spec = await sandbox.write(
      "spec.yaml",
      `apiVersion: troubleshoot.sh/v1beta2\nkind: HostCollector\nspec:\n  collectors:\n    - memory: {}\n    - run: {collectorName: stuck, command: sh, args: [-c, "trap '' TERM; ${sleep} & wait; ${sleep}"]}\n`,
    );
    const made = await sandbox.run([
      "schedule",
      "create",
      "stuck",
      "--every",
      "1h",
      "--spec",
      spec,
      "--timeout",
      "3s",
      "--retries",
      "0",
    ]);
    strictEqual(made.code, 0, made.stderr);
    strictEqual((await sandbox.run(["schedule", "daemon", "start"])).code, 0);
    const ran = await sandbox.run(["schedule", "run", "stuck", "--wait"]);
    notStrictEqual(ran.code, 0);
    const [execution] = await history(sandbox);
    ok(["partial", "failed"].includes(execution!.status), execution!.status);
    match(execution!.error, /deadline|time|limit/i);
    deepStrictEqual(await processes(sleep), []);
  },
});

Deno.test({
  name: "schedule: a corrupt store is set aside and reported, and the rest goes on",
  ignore,
  fn: async () => {
    await using sandbox = await Sandbox.create();
    await Deno.mkdir(sandbox.state, { recursive: true });
    await Deno.writeTextFile(`${sandbox.state}/store.db`, "this is no database ".repeat(500));
    const listed = await sandbox.run(["schedule", "list"]);
    strictEqual(listed.code, 0, listed.stderr);
    match(listed.stderr, /damaged.*store\.db\.corrupt/s);
    ok([...Deno.readDirSync(sandbox.state)].some(({ name }) => name.startsWith("store.db.corrupt")));
    const spec = await sandbox.write("spec.yaml", HOST_SPEC);
    strictEqual((await sandbox.run(["schedule", "create", "again", "--every", "1h", "--spec", spec])).code, 0);
  },
});

const refused = [ // name, arguments after `schedule`, exit code, what stderr says
  ["a wrong cron field", ["create", "x", "--cron", "0 25 * * *", "--auto"], 1, /hour.*25/s],
  ["an unknown time zone", ["create", "x", "--cron", "@daily", "-z", "Europe/Pris", "--auto"], 1, /Europe\/Paris/],
  ["a spec with a typo", ["create", "x", "--every", "1h", "--spec", "typo.yaml"], 2, /typo.yaml:4:17.*memory/s],
  ["a missing spec", ["create", "x", "--every", "1h", "--spec", "lost.yaml"], 2, /lost\.yaml/],
  ["no schedule", ["create", "x", "--auto"], 1, /--cron|--every/],
  ["a job that does not exist", ["describe", "lost"], 10, /lost/],
  ["no daemon to run it", ["daemon", "stop"], 11, /no daemon/i],
] as const;
for (const [name, args, code, message] of refused) {
  Deno.test({
    name: `schedule with ${name} ends with ${code}, one message, and changes nothing`,
    ignore,
    fn: async () => {
      await using sandbox = await Sandbox.create();
      await sandbox.write("typo.yaml", HOST_SPEC.replace("memory", "memroy"));
      const result = await sandbox.run(["schedule", ...args]);
      match(result.stderr, message);
      strictEqual(result.stderr.match(/Error:/g)?.length, 1, result.stderr);
      strictEqual(result.code, code);
      deepStrictEqual(await sandbox.json(["schedule", "list"]), []);
    },
  });
}

Deno.test({
  name: "schedule with a state folder that cannot be written ends with 9 and one message",
  ignore,
  fn: async () => {
    await using sandbox = await Sandbox.create();
    const file = await sandbox.write("file", "");
    const result = await sandbox.run(["schedule", "list"], { env: { TROUBLESHOOT_SCHEDULER_DIR: `${file}/state` } });
    strictEqual(result.code, 9, result.stderr);
    strictEqual(result.stderr.match(/Error:/g)?.length, 1, result.stderr);
  },
});
