import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { join } from "node:path";
import { BINARY, Sandbox } from "./program.ts";

/** A systemd of its own, in namespaces of its own: it sees and changes nothing of the machine but the folder of the test. */
const STAGE = `
mount -t tmpfs tmpfs /run && mkdir -p /run/systemd/system /run/u && chmod 700 /run/u || exit 90
umount -R /sys/fs/cgroup 2>/dev/null
mount -t cgroup2 none /sys/fs/cgroup || exit 90
C=$(mktemp -d /sys/fs/cgroup/support-bundle-XXXXXX) && echo $$ > $C/cgroup.procs || exit 90
export XDG_RUNTIME_DIR=/run/u
/usr/lib/systemd/systemd --user 2>/dev/null &
S=$!
trap 'echo $$ > /sys/fs/cgroup/cgroup.procs; kill $S; wait $S; find $C -depth -type d -exec rmdir {} +' EXIT
for i in $(seq 50); do systemctl --user is-system-running >/dev/null 2>&1 && break; sleep 0.2; done
systemctl --user is-system-running >/dev/null || exit 90
B=$1
[ "$B" = "" ] && exit 0
show() { systemctl --user show support-bundle --property=$1 --value; }
$B service install --scope user
echo "installed: $?"
P=$(show MainPID)
$B service status --scope user -o json | tr -d '\\n'; echo
kill -HUP $P
$B service install --scope user >/dev/null; echo "installed again: $?, another daemon: $([ $(show MainPID) != $P ] && echo yes)"
leaf() { sed -n 's/^0::.*\\///p' /proc/$(show MainPID)/cgroup; }
echo "its cgroup: $(leaf)"
P=$(show MainPID); kill -9 $P
for i in $(seq 100); do [ "$(show MainPID)" != $P ] && [ "$(show ActiveState)" = active ] && break; sleep 0.2; done
echo "after kill -9: $(show ActiveState), started again: $(show NRestarts)"
for i in $(seq 50); do [ "$(leaf)" = daemon ] && break; sleep 0.2; done
echo "its cgroup then: $(leaf)"
$B service uninstall --scope user; echo "uninstalled: $?"
$B service status --scope user -o json | tr -d '\\n'; echo
$B service uninstall --scope user; echo "twice: $?"
`;

async function inSystemd(
  binary: string,
  env: Record<string, string>,
): Promise<{ code: number; stdout: string; stderr: string }> {
  const args = [
    "--fork",
    "--pid",
    "--kill-child",
    "--mount-proc",
    "--mount",
    "--cgroup",
    "sh",
    "-c",
    STAGE,
    "sh",
    binary,
  ];
  const { code, stdout, stderr } = await new Deno.Command("unshare", { args, env, clearEnv: true }).output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { code, stdout: text(stdout), stderr: text(stderr) };
}

const env = { PATH: Deno.env.get("PATH") ?? "" };
const possible = BINARY !== undefined && Deno.build.os === "linux" && Deno.uid() === 0 &&
  await inSystemd("", { ...env, HOME: "/nonexistent" }).then(({ code }) => code === 0, () => false);

Deno.test({ name: "systemd runs the daemon, and starts it again when it was killed", ignore: !possible }, async () => {
  await using box = await Sandbox.create();
  const { stdout, stderr } = await inSystemd(BINARY!, { ...env, HOME: box.folder });
  const lines = stdout.split("\n");
  const [before, after] = lines.filter((line) => line.startsWith("{")).map((line) => JSON.parse(line));
  match(stdout, /^installed: 0$/m, stderr);
  deepStrictEqual([before.installed, before.enabled, before.running], [true, true, true]);
  ok(before.pid > 1);
  match(before.state, /^active \(running\): \d+ running, \d+ waiting$/);
  match(stdout, /^installed again: 0, another daemon: yes$/m);
  match(stdout, /^after kill -9: active, started again: 1$/m);
  match(stdout, /^its cgroup: daemon$/m, "each attempt can have one beside it");
  match(stdout, /^its cgroup then: daemon$/m);
  match(stdout, /^uninstalled: 0$/m);
  deepStrictEqual([after.installed, after.running, after.state], [false, false, "not installed"]);
  match(stdout, /^twice: 11$/m);
  match(stderr, /There is no service to remove/);
  const state = join(box.folder, ".troubleshoot", "scheduler");
  ok(await Deno.stat(join(state, "store.db")), "jobs stay");
  strictEqual(await Deno.stat(join(state, "daemon.json")).catch(() => undefined), undefined, "it ended in good order");
});
