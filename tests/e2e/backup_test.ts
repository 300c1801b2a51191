import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { join } from "node:path";
import { BINARY, Sandbox, until } from "./program.ts";

const HOST_SPEC = "apiVersion: troubleshoot.sh/v1beta2\nkind: HostCollector\nspec:\n  collectors: [{memory: {}}]\n";

interface Listed {
  path: string;
  createdAt: string;
}

const backups = (sandbox: Sandbox): Promise<Listed[]> => sandbox.json(["schedule", "backup", "--list"]);
const jobs = async (sandbox: Sandbox) =>
  (await sandbox.json(["schedule", "list"])).map(({ name }: { name: string }) => name);

async function start(sandbox: Sandbox): Promise<void> {
  const { code, stderr } = await sandbox.run(["schedule", "daemon", "start"]);
  strictEqual(code, 0, stderr);
}

Deno.test({
  name: "schedule: the daemon backs its store up, rebuilds a damaged one from it, and a backup can be restored",
  ignore: BINARY === undefined,
  fn: async () => {
    await using sandbox = await Sandbox.create();
    await Deno.mkdir(sandbox.state);
    await sandbox.write("state/config.yaml", "metricsPort: 0\nhealthCheckPort: 0\nbackupInterval: 2s\n");
    const spec = await sandbox.write("spec.yaml", HOST_SPEC);
    strictEqual((await sandbox.run(["schedule", "create", "nightly", "--cron", "0 2 * * *", "--spec", spec])).code, 0);

    await start(sandbox);
    await until("two backups", async () => (await backups(sandbox)).length >= 2 ? true : undefined);
    const { pid, ports } = await sandbox.json(["schedule", "daemon", "status"]);
    const metrics = await (await fetch(`http://127.0.0.1:${ports.metrics}/metrics`)).text();
    match(metrics, /^troubleshoot_scheduler_backup_last_success_timestamp_seconds \d{10}$/m);
    match(metrics, /^troubleshoot_scheduler_backup_failures_total 0$/m);
    const byHand = await sandbox.json(["schedule", "backup"]);
    ok((await backups(sandbox)).some(({ path }) => path === byHand.path), "one made beside the daemon");
    const refused = await sandbox.run(["schedule", "restore", "--yes"]);
    strictEqual(refused.code, 11, refused.stderr);

    Deno.kill(pid, "SIGKILL");
    await until(
      "the daemon is gone",
      async () => (await sandbox.json(["schedule", "daemon", "status"])).running ? undefined : true,
    );
    const store = join(sandbox.state, "store.db");
    await Deno.writeTextFile(store, "a disk that lies ".repeat(5_000));
    await start(sandbox);
    const status = await sandbox.json(["schedule", "daemon", "status"]);
    match(
      status.warnings.join("\n"),
      /the store was damaged \(.*\); it was moved to .*, and rebuilt with 1 job from the/,
    );
    deepStrictEqual(await jobs(sandbox), ["nightly"]);

    strictEqual((await sandbox.run(["schedule", "daemon", "stop"])).code, 0);
    strictEqual((await sandbox.run(["schedule", "delete", "nightly", "--yes"])).code, 0);
    deepStrictEqual(await jobs(sandbox), []);
    const restored = await sandbox.run(["schedule", "restore", "--yes"]);
    strictEqual(restored.code, 0, restored.stderr);
    match(restored.stdout, /^Restored 1 job from the backup of .*\nBack again: nightly\n/);
    deepStrictEqual(await jobs(sandbox), ["nightly"]);
    const actions = (await sandbox.json(["schedule", "audit"])).map(({ action }: { action: string }) => action);
    for (const action of ["backup", "rebuild", "restore"]) ok(actions.includes(action), action);
  },
});
