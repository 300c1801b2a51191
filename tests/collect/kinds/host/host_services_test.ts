import { deepStrictEqual, rejects } from "node:assert/strict";
import { hostServices, parseUnits } from "../../../../src/collect/kinds/host/host_services.ts";
import { collectAll } from "../../collect_all.ts";

const unit = (Unit: string, Load: string, Active: string, Sub: string) => ({ Unit, Load, Active, Sub });

const behaviour = [
  [
    "systemd 252, --plain",
    "cron.service                 loaded    active   running Regular background program processing daemon\n" +
    "auditd.service               not-found inactive dead    auditd.service\n",
    [unit("cron.service", "loaded", "active", "running"), unit("auditd.service", "not-found", "inactive", "dead")],
  ],
  [
    "systemd 219 (CentOS 7), which marks units that are not found",
    "  auditd.service     loaded    active   running Security Auditing Service\n" +
    "● apparmor.service   not-found inactive dead    apparmor.service\n" +
    "● kdump.service      loaded    failed   failed  Crash recovery kernel arming\n",
    [
      unit("auditd.service", "loaded", "active", "running"),
      unit("apparmor.service", "not-found", "inactive", "dead"),
      unit("kdump.service", "loaded", "failed", "failed"),
    ],
  ],
  [
    "marks of newer versions, and of plain locales",
    "× nginx.service loaded failed failed A high performance web server\n" +
    "○ a.service     masked inactive dead a.service\n" +
    "* b.service     not-found inactive dead b.service\n",
    [
      unit("nginx.service", "loaded", "failed", "failed"),
      unit("a.service", "masked", "inactive", "dead"),
      unit("b.service", "not-found", "inactive", "dead"),
    ],
  ],
  [
    "names with instances and escapes, and no description",
    "getty@tty1.service loaded active running Getty on tty1\n" +
    "systemd-fsck@dev-disk-by\\x2duuid-1.service loaded active exited\n",
    [
      unit("getty@tty1.service", "loaded", "active", "running"),
      unit("systemd-fsck@dev-disk-by\\x2duuid-1.service", "loaded", "active", "exited"),
    ],
  ],
  ["nothing", "", []],
] as const;
for (const [name, text, expect] of behaviour) {
  Deno.test(`parseUnits() reads ${name}`, () => deepStrictEqual(parseUnits(text), expect));
}

Deno.test({
  name: "hostServices lists the services, or says that systemd does not run here",
  ignore: Deno.build.os !== "linux",
  async fn() {
    const systemd = await new Deno.Command("systemctl", { args: ["list-units"], stdout: "null", stderr: "null" })
      .output().then(({ success }) => success, () => undefined);
    if (systemd === undefined) return await rejects(collectAll(hostServices), { code: "COMMAND_NOT_FOUND" });
    if (!systemd) {
      return await rejects(collectAll(hostServices), { code: "HOST_COMMAND", message: /^Cannot read the services: / });
    }
    const { files } = await collectAll(hostServices);
    const services = JSON.parse(files["host-collectors/system/systemctl_services.json"]!);
    deepStrictEqual(Object.keys(services[0]), ["Unit", "Load", "Active", "Sub"]);
  },
});
