import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { join } from "node:path";
import { canMountSmallDisk, mountSmallDisk } from "../crash/small_disk.ts";
import { BINARY, Sandbox, until } from "./program.ts";

const HOST_SPEC = "apiVersion: troubleshoot.sh/v1beta2\nkind: HostCollector\nspec:\n  collectors: [{memory: {}}]\n";
const SETTINGS = "metricsPort: 0\nhealthCheckPort: 0\n";

interface Execution {
  id: string;
  status: string;
  bundlePath: string;
  bundleRemoved: { why: string } | null;
}

const history = (sandbox: Sandbox): Promise<Execution[]> => sandbox.json(["schedule", "history"]);

async function succeeds(sandbox: Sandbox, ...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await sandbox.run(["schedule", ...args]);
  strictEqual(code, 0, `${args.join(" ")}: ${stderr}`);
  return stdout + stderr;
}

async function prepare(sandbox: Sandbox, settings: string, ...flags: string[]): Promise<void> {
  await Deno.mkdir(sandbox.state, { recursive: true });
  await Deno.writeTextFile(join(sandbox.state, "config.yaml"), SETTINGS + settings);
  const spec = await sandbox.write("spec.yaml", HOST_SPEC);
  await succeeds(sandbox, "create", "nightly", "--cron", "@yearly", "--spec", spec, ...flags);
  await succeeds(sandbox, "daemon", "start");
}

Deno.test({
  name: "schedule: the daemon keeps as many bundles as a job wants, and pinned ones",
  ignore: BINARY === undefined,
  fn: async () => {
    await using sandbox = await Sandbox.create();
    await prepare(sandbox, "", "--retain-count", "1");
    await succeeds(sandbox, "run", "nightly", "--wait");
    const [pinned] = await history(sandbox);
    match(await succeeds(sandbox, "pin", pinned!.id), /^Pinned /);
    for (let i = 0; i < 2; i++) await succeeds(sandbox, "run", "nightly", "--wait");
    // The daemon looks at a job once a minute; who cannot wait says so.
    await succeeds(sandbox, "cleanup", "--yes");
    const kept = (await history(sandbox)).map(({ bundlePath, bundleRemoved }) =>
      bundleRemoved?.why ?? bundlePath !== ""
    );
    deepStrictEqual(kept, [true, "count", true]);

    await succeeds(sandbox, "unpin", pinned!.id);
    await succeeds(sandbox, "cleanup", "--older-than", "0s", "--yes");
    deepStrictEqual(await history(sandbox), []);
    strictEqual(await Deno.stat(pinned!.bundlePath).catch(() => "gone"), "gone");
    deepStrictEqual((await sandbox.json(["schedule", "cleanup", "--repair"])).removed, []);
    const actions = (await sandbox.json(["schedule", "audit"])).map(({ action }: { action: string }) => action);
    for (const action of ["pin", "unpin", "cleanup", "purge"]) ok(actions.includes(action), `${action} of ${actions}`);
  },
});

Deno.test({
  name: "schedule: an execution waits on a full disk, everybody says so, and it runs when there is space",
  ignore: BINARY === undefined || !canMountSmallDisk(),
  fn: async () => {
    await using disk = await mountSmallDisk();
    await using sandbox = await Sandbox.create(BINARY, disk.path);
    await prepare(sandbox, "minFreeSpace: 8MB\n");
    const filler = join(disk.path, "filler");
    await Deno.writeFile(filler, new Uint8Array(7_000_000));
    await succeeds(sandbox, "run", "nightly");
    const status = await until("the execution to be held", async () => {
      const answer = await sandbox.json(["schedule", "daemon", "status"]);
      return answer.held.length > 0 ? answer : undefined;
    });
    deepStrictEqual([status.held[0].resource, status.waiting, status.executions], ["disk", 1, []]);
    match(await succeeds(sandbox, "daemon", "status"), /nightly: waits for disk space: \d\.\d MB free, 8\.0 MB needed/);
    match(await succeeds(sandbox, "describe", "nightly"), /job-\S+ waits for disk space: /);
    const metrics = await (await fetch(`http://127.0.0.1:${status.ports.metrics}/metrics`)).text();
    match(metrics, /^troubleshoot_scheduler_executions_held 1$/m);
    match(metrics, /^troubleshoot_scheduler_resource_limit_reached_total\{resource="disk"\} 1$/m);
    const log = await Deno.readTextFile(join(sandbox.state, "logs", "daemon.log"));
    match(log, /"level":"warn","component":"executor","job":"nightly".*"message":"resource limit reached"/);
    strictEqual((await history(sandbox))[0]!.status, "pending");

    await Deno.remove(filler);
    const done = await until("the execution to complete", async () => {
      const [execution] = await history(sandbox);
      return execution!.status === "completed" ? execution : undefined;
    });
    ok((await Deno.stat(done.bundlePath)).size > 0);
    deepStrictEqual((await sandbox.json(["schedule", "daemon", "status"])).held, []);
  },
});
