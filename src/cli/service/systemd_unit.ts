import { ONE_ARENA } from "../../daemon/one_arena.ts";
import { type ServiceDefinition, STOP_SECONDS } from "./service_definition.ts";

/** A daemon that does not say within this time that it turns is started again. */
const WATCHDOG_SECONDS = 120;

/** The unit of the daemon, as hardened as collecting allows: it reads the whole machine, and writes to its state folder.
 * @see systemd.service(5), systemd.exec(5) */
export function systemdUnit({ scope, command, stateFolder, environment, account }: ServiceDefinition): string {
  const variables = { ...ONE_ARENA, TROUBLESHOOT_SCHEDULER_DIR: stateFolder, ...environment };
  return `[Unit]
Description=Scheduled support bundles
After=network-online.target
Wants=network-online.target
StartLimitIntervalSec=300
StartLimitBurst=5

[Service]
Type=notify
NotifyAccess=main
ExecStart=${command.map(quoted).join(" ")}
ExecReload=/bin/kill -HUP $MAINPID
${Object.entries(variables).map(([name, value]) => `Environment=${quoted(`${name}=${value}`)}`).join("\n")}
${account === undefined ? "" : `User=${account}\n`}Restart=on-failure
RestartSec=5
WatchdogSec=${WATCHDOG_SECONDS}
TimeoutStopSec=${STOP_SECONDS}
# The daemon ends its attempts itself, so that their bundles are finished.
KillMode=mixed
# Each attempt has a cgroup of its own, with its limits of memory and processor time.
Delegate=memory cpu pids
# One that comes to its limit ends alone.
OOMPolicy=continue
UMask=0077
NoNewPrivileges=yes
LockPersonality=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
SystemCallArchitectures=native
${scope === "system" ? hardening(stateFolder) : ""}
[Install]
WantedBy=${scope === "system" ? "multi-user.target" : "default.target"}
`;
}

/** What a manager of one account may not set up. The folders of accounts can be read: kubeconfigs are there. Where bundles
 * are to go to other folders, an override adds them: `systemctl edit support-bundle`. */
function hardening(stateFolder: string): string {
  return `ProtectSystem=strict
ProtectHome=read-only
ReadWritePaths=${quoted(stateFolder)}
# Its own cgroup alone, where attempts get theirs.
ReadWritePaths=-/sys/fs/cgroup/system.slice/%n
PrivateTmp=yes
ProtectControlGroups=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
ProtectClock=yes
ProtectHostname=yes
`;
}

/** As one word, in which nothing is replaced. */
function quoted(word: string): string {
  const safe = word.replaceAll("%", "%%").replaceAll("$", "$$$$");
  return /^[\w@+=:,./%$-]+$/.test(safe) ? safe : `"${safe.replace(/[\\"]/g, "\\$&")}"`;
}
