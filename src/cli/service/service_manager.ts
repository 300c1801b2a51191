import { dirname, join } from "node:path";
import { describeError, SupportBundleError, UsageError } from "../../core/errors.ts";
import { EXIT } from "../../core/exit_codes.ts";
import { LAUNCHD_LABEL, launchdPlist } from "./launchd_plist.ts";
import type { ServiceDefinition } from "./service_definition.ts";
import { systemdUnit } from "./systemd_unit.ts";
import { TASK_NAME, windowsTask } from "./windows_task.ts";

/** How the service is. */
export interface ServiceStatus {
  manager: string;
  scope: ServiceDefinition["scope"];
  /** The file that defines it. */
  file: string;
  installed: boolean;
  /** Starts by itself: at boot, or when its account logs on. */
  enabled: boolean;
  running: boolean;
  pid: number | null;
  /** In the manager's words. */
  state: string;
}

/** What starts the daemon on this machine, and keeps it running. */
export interface ServiceManager {
  name: string;
  file: string;
  definition(service: ServiceDefinition): string;
  /** Commands after the definition was written. */
  install(start: boolean): string[][];
  uninstall(): string[][];
  status(): Promise<Omit<ServiceStatus, "manager" | "scope" | "file" | "installed">>;
}

export interface ManagerOptions {
  scope: ServiceDefinition["scope"];
  env: Readonly<Record<string, string | undefined>>;
  os?: typeof Deno.build.os;
}

/** @throws {UsageError} on a system without a manager that is known */
export function serviceManager({ scope, env, os = Deno.build.os }: ManagerOptions): ServiceManager {
  const home = env.HOME ?? env.USERPROFILE ?? ".";
  switch (os) {
    case "linux":
      return systemd(scope, scope === "system" ? "/etc" : env.XDG_CONFIG_HOME || join(home, ".config"));
    case "darwin":
      return launchd(scope, home);
    case "windows":
      return taskScheduler(env.LOCALAPPDATA ?? home);
    default:
      throw new UsageError(
        `There is no service manager for ${os} that this program knows`,
        "Start it from your own: support-bundle schedule daemon start --foreground",
      );
  }
}

function systemd(scope: ServiceDefinition["scope"], config: string): ServiceManager {
  const unit = "support-bundle.service";
  const ctl = scope === "system" ? ["systemctl"] : ["systemctl", "--user"];
  return {
    name: "systemd",
    file: join(config, "systemd", scope, unit),
    definition: systemdUnit,
    install: (start) => [
      [...ctl, "daemon-reload"],
      [...ctl, "enable", unit],
      ...start ? [[...ctl, "restart", unit]] : [],
    ],
    uninstall: () => [[...ctl, "disable", "--now", unit], [...ctl, "daemon-reload"]],
    async status() {
      const asked = ["ActiveState", "SubState", "MainPID", "UnitFileState", "StatusText"];
      const shown = await runTool([...ctl, "show", unit, `--property=${asked.join(",")}`]);
      const facts = Object.fromEntries(shown.split("\n").map((line) => /^(\w+)=(.*)$/.exec(line)?.slice(1) ?? []));
      return {
        enabled: facts.UnitFileState === "enabled",
        running: facts.ActiveState === "active" || facts.ActiveState === "reloading",
        pid: Number(facts.MainPID) || null,
        state: `${facts.ActiveState} (${facts.SubState})${facts.StatusText ? `: ${facts.StatusText}` : ""}`,
      };
    },
  };
}

function launchd(scope: ServiceDefinition["scope"], home: string): ServiceManager {
  const folder = scope === "system" ? "/Library/LaunchDaemons" : join(home, "Library", "LaunchAgents");
  const file = join(folder, `${LAUNCHD_LABEL}.plist`);
  const domain = scope === "system" ? "system" : `gui/${Deno.uid()}`;
  return {
    name: "launchd",
    file,
    definition: launchdPlist,
    install: (start) => [
      ["launchctl", "enable", `${domain}/${LAUNCHD_LABEL}`],
      ...start ? [["launchctl", "bootstrap", domain, file]] : [],
    ],
    uninstall: () => [["launchctl", "bootout", `${domain}/${LAUNCHD_LABEL}`]],
    async status() {
      const shown = await runTool(["launchctl", "print", `${domain}/${LAUNCHD_LABEL}`]).catch(() => "");
      const state = /^\s*state = (.+)$/m.exec(shown)?.[1] ?? "not loaded";
      const pid = Number(/^\s*pid = (\d+)$/m.exec(shown)?.[1]) || null;
      return { enabled: shown !== "", running: state === "running", pid, state };
    },
  };
}

function taskScheduler(folder: string): ServiceManager {
  const file = join(folder, "support-bundle", "service.xml");
  return {
    name: "Task Scheduler",
    file,
    definition: windowsTask,
    install: (start) => [
      ["schtasks", "/Create", "/F", "/TN", TASK_NAME, "/XML", file],
      ...start ? [["schtasks", "/Run", "/TN", TASK_NAME]] : [],
    ],
    uninstall: () => [["schtasks", "/End", "/TN", TASK_NAME], ["schtasks", "/Delete", "/F", "/TN", TASK_NAME]],
    async status() {
      const shown = await runTool(["schtasks", "/Query", "/TN", TASK_NAME, "/FO", "CSV", "/NH"]).catch(() => "");
      const state = shown.trim().split(",").at(-1)?.replaceAll('"', "") || "not there";
      return { enabled: shown !== "" && state !== "Disabled", running: state === "Running", pid: null, state };
    },
  };
}

/** Writes the definition in one step. Everybody may read it: there are no secrets in it.
 * @throws {SupportBundleError} SERVICE */
export async function writeDefinition(file: string, text: string): Promise<void> {
  try {
    await Deno.mkdir(dirname(file), { recursive: true });
    const part = `${file}.part`;
    await Deno.writeTextFile(part, text, { mode: 0o644 });
    await Deno.rename(part, file);
  } catch (cause) {
    throw new ServiceError(`Cannot write "${file}": ${describeError(cause)}`, {
      cause,
      hint: "Installing for all accounts needs an administrator: use sudo, or --scope user",
    });
  }
}

/** @returns what it printed
 * @throws {ServiceError} when it cannot be run, or fails */
export async function runTool([command, ...args]: string[]): Promise<string> {
  const line = [command, ...args].join(" ");
  const { success, stdout, stderr } = await new Deno.Command(command!, { args, stdin: "null" }).output().catch(
    (cause) => {
      throw new ServiceError(`Cannot run \`${line}\`: ${describeError(cause)}`, {
        cause,
        hint: `Print the definition with --print, and hand it to the service manager yourself`,
      });
    },
  );
  if (success) return new TextDecoder().decode(stdout);
  const said = new TextDecoder().decode(stderr).trim() || new TextDecoder().decode(stdout).trim();
  throw new ServiceError(`\`${line}\` failed${said === "" ? "" : `: ${said}`}`, {
    hint: /connect to bus|XDG_RUNTIME_DIR|not been booted/i.test(said)
      ? "There is no service manager to speak to here: print the definition with --print, or log in as the account itself"
      : undefined,
  });
}

export class ServiceError extends SupportBundleError {
  constructor(message: string, options: ErrorOptions & { hint?: string } = {}) {
    super(message, { ...options, code: "SERVICE", exitCode: EXIT.daemon });
  }
}
