import { deepStrictEqual, doesNotMatch, match, strictEqual } from "node:assert/strict";
import { join } from "node:path";
import { launchdPlist } from "../../../src/cli/service/launchd_plist.ts";
import { keptEnvironment, type ServiceDefinition } from "../../../src/cli/service/service_definition.ts";
import { serviceManager } from "../../../src/cli/service/service_manager.ts";
import { systemdUnit } from "../../../src/cli/service/systemd_unit.ts";
import { windowsTask } from "../../../src/cli/service/windows_task.ts";

const plain: ServiceDefinition = {
  scope: "system",
  command: ["/usr/local/bin/support-bundle", "schedule", "daemon", "start", "--foreground"],
  stateFolder: "/var/lib/support-bundle",
  environment: {},
};

const units: [name: string, change: Partial<ServiceDefinition>, has: RegExp[], hasNot: RegExp[]][] = [
  ["of the system is hardened, and starts with it", {}, [
    /^Type=notify$/m,
    /^WatchdogSec=\d+$/m,
    /^ProtectSystem=strict$/m,
    /^ProtectControlGroups=yes$/m,
    /^Delegate=memory cpu pids$/m,
    /^OOMPolicy=continue$/m,
    /^ReadWritePaths=-\/sys\/fs\/cgroup\/system\.slice\/%n$/m,
    /^ReadWritePaths=\/var\/lib\/support-bundle$/m,
    /^WantedBy=multi-user\.target$/m,
    /^ExecStart=\/usr\/local\/bin\/support-bundle schedule daemon start --foreground$/m,
  ], [/^User=/m]],
  ["of an account has what its manager can do", { scope: "user" }, [
    /^WantedBy=default\.target$/m,
    /^UMask=0077$/m,
    /^Delegate=memory cpu pids$/m,
  ], [
    /^Protect/m,
    /^ReadWritePaths/m,
  ]],
  ["runs as another account", { account: "backup" }, [/^User=backup$/m], []],
  ["quotes blanks", { command: ["/opt/my tools/sb", "x"] }, [/^ExecStart="\/opt\/my tools\/sb" x$/m], []],
  ["replaces nothing in words", { command: ["/sb", "100%", "$HOME", '"a\\b"'] }, [
    /^ExecStart=\/sb 100%% \$\$HOME "\\"a\\\\b\\""$/m,
  ], []],
  ["keeps variables", { environment: { KUBECONFIG: "/etc/my kube" } }, [
    /^Environment="KUBECONFIG=\/etc\/my kube"$/m,
    /^Environment=TROUBLESHOOT_SCHEDULER_DIR=\/var\/lib\/support-bundle$/m,
    /^Environment=MALLOC_ARENA_MAX=1$/m,
  ], []],
];
for (const [name, change, has, hasNot] of units) {
  Deno.test(`systemdUnit() ${name}`, () => {
    const unit = systemdUnit({ ...plain, ...change });
    for (const pattern of has) match(unit, pattern);
    for (const pattern of hasNot) doesNotMatch(unit, pattern);
  });
}

const analyze = await new Deno.Command("systemd-analyze", { args: ["--version"], stdout: "null", stderr: "null" })
  .output().then(({ success }) => success, () => false);
for (const scope of ["system", "user"] as const) {
  Deno.test({
    name: `systemd-analyze verify has nothing to say of the unit of scope ${scope}`,
    ignore: !analyze,
    async fn() {
      const folder = await Deno.makeTempDir();
      try {
        const file = join(folder, "support-bundle.service");
        await Deno.writeTextFile(file, systemdUnit({ ...plain, scope, command: ["/bin/true", "a b", "%h"] }));
        const { code, stderr } = await new Deno.Command("systemd-analyze", {
          args: ["verify", ...scope === "user" ? ["--user"] : [], "--man=no", file],
          env: { XDG_RUNTIME_DIR: folder },
        }).output();
        const said = new TextDecoder().decode(stderr).split("\n").filter((line) => line.includes("support-bundle"));
        deepStrictEqual([code, said], [0, []]);
      } finally {
        await Deno.remove(folder, { recursive: true });
      }
    },
  });
}

Deno.test("launchdPlist() escapes what XML would read", () => {
  const plist = launchdPlist({ ...plain, account: "a&b", command: ["/sb", "<x>"], environment: { NO_PROXY: "a&b" } });
  match(plist, /<string>&lt;x&gt;<\/string>/);
  match(plist, /<key>NO_PROXY<\/key>\s*<string>a&amp;b<\/string>/);
  match(plist, /<key>UserName<\/key>\s*<string>a&amp;b<\/string>/);
  match(plist, /<key>SuccessfulExit<\/key>\s*<false\/>/);
});

Deno.test("windowsTask() starts with the machine for all, and with its user otherwise", () => {
  match(windowsTask(plain), /<BootTrigger\/>/);
  match(windowsTask({ ...plain, scope: "user" }), /<LogonTrigger\/>/);
  match(windowsTask({ ...plain, command: ["C:\\Program Files\\sb.exe", "x"] }), /"C:\\Program Files\\sb\.exe" x/);
});

Deno.test("keptEnvironment() keeps where the cluster is, and no credentials", () => {
  deepStrictEqual(
    keptEnvironment({
      KUBECONFIG: "/k",
      HTTPS_PROXY: "http://p",
      AWS_SECRET_ACCESS_KEY: "x",
      PATH: "/bin",
      TMPDIR: "",
    }),
    { KUBECONFIG: "/k", HTTPS_PROXY: "http://p" },
  );
});

const files: [os: typeof Deno.build.os, scope: "system" | "user", file: string][] = [
  ["linux", "system", "/etc/systemd/system/support-bundle.service"],
  ["linux", "user", "/home/ann/.config/systemd/user/support-bundle.service"],
  ["darwin", "system", "/Library/LaunchDaemons/sh.troubleshoot.support-bundle.plist"],
  ["darwin", "user", "/home/ann/Library/LaunchAgents/sh.troubleshoot.support-bundle.plist"],
];
for (const [os, scope, file] of files) {
  Deno.test({
    name: `serviceManager() keeps the definition of ${os} and scope ${scope} where it is looked for`,
    ignore: Deno.build.os === "windows",
    fn: () => strictEqual(serviceManager({ scope, os, env: { HOME: "/home/ann" } }).file, file),
  });
}
