import { resolve } from "node:path";
import type { Command } from "commander";
import { UsageError } from "../../core/errors.ts";
import { selfCommand } from "../../core/self.ts";
import { runningDaemon } from "../../daemon/pid_file.ts";
import { stateFolder } from "../../schedule/state_folder.ts";
import type { CliContext } from "../cli_context.ts";
import { addScopeFlag, type ScopeFlags, scopeOf } from "./scope.ts";
import { keptEnvironment, type ServiceDefinition } from "./service_definition.ts";
import { runTool, ServiceError, serviceManager, writeDefinition } from "./service_manager.ts";

interface Flags extends ScopeFlags {
  account?: string;
  config?: string;
  print?: boolean;
  start?: boolean;
}

/** Where the state of a service for all accounts is. */
const SYSTEM_STATE = "/var/lib/support-bundle";

/** `service install`. Twice replaces the definition, and starts the daemon again. */
export function defineInstall(command: Command, cli: CliContext): void {
  addScopeFlag(
    command
      .description(
        "Lets the service manager of this machine start the daemon, and start it again when it fails. It serves the " +
          "state folder that TROUBLESHOOT_SCHEDULER_DIR names, else ~/.troubleshoot/scheduler, or for a system's " +
          `service ${SYSTEM_STATE}. KUBECONFIG and the proxies of this environment are kept.`,
      ),
  )
    .option("--account <name>", "account that runs it, with --scope system (default: root)")
    .option("--config <file>", "settings of the daemon")
    .option("--print", "print the definition, and change nothing")
    .option("--no-start", "install it without starting it now")
    .addHelpText(
      "after",
      `
Examples:
  sudo support-bundle service install --account backup
  support-bundle service install --scope user
  support-bundle service install --print`,
    )
    .action((flags: Flags) => install(cli, flags));
}

async function install(cli: CliContext, flags: Flags): Promise<void> {
  const scope = scopeOf(flags);
  if (flags.account !== undefined && scope === "user") {
    throw new UsageError("--account is for --scope system", "A service of an account runs as this account");
  }
  const env = scope === "system" && !cli.env.TROUBLESHOOT_SCHEDULER_DIR && Deno.build.os !== "windows"
    ? { ...cli.env, TROUBLESHOOT_SCHEDULER_DIR: SYSTEM_STATE }
    : cli.env;
  const state = stateFolder(env);
  const { command, args } = selfCommand();
  const config = flags.config === undefined ? [] : ["--config", resolve(cli.cwd, flags.config)];
  const service: ServiceDefinition = {
    scope,
    command: [command, ...args, "schedule", "daemon", "start", "--foreground", ...config],
    stateFolder: resolve(cli.cwd, state.root),
    environment: keptEnvironment(cli.env),
    account: flags.account,
  };
  const manager = serviceManager({ scope, env: cli.env });
  const text = manager.definition(service);
  if (flags.print) return await cli.stdout.write(text);

  const start = flags.start !== false;
  const before = await Deno.readTextFile(manager.file).catch(() => undefined);
  const running = start ? await runningDaemon(state) : undefined;
  const own = running === undefined || before === undefined ? undefined : (await manager.status()).pid;
  if (running !== undefined && running.pid !== own) {
    throw new ServiceError(`A daemon serves the state folder "${state.root}" already (pid ${running.pid})`, {
      hint: "Stop it first: support-bundle schedule daemon stop",
    });
  }
  // systemd does not let a service write to a folder that is not there.
  await Deno.mkdir(service.stateFolder, { recursive: true, mode: 0o700 });
  if (flags.account !== undefined) await runTool(["chown", flags.account, service.stateFolder]);
  await writeDefinition(manager.file, text);
  try {
    for (const line of manager.install(start)) await runTool(line);
  } catch (error) {
    // What was there stays, and what could not be made is not left half done.
    if (before === undefined) await Deno.remove(manager.file).catch(() => {});
    else await writeDefinition(manager.file, before).catch(() => {});
    throw error;
  }
  await cli.stdout.write(
    `Installed ${manager.file}\n` +
      (start ? "The daemon runs, and starts " : "The daemon starts ") +
      `${scope === "system" ? "with the machine" : "when this account logs on"}.\n`,
  );
  if (scope === "user" && manager.name === "systemd") {
    await cli.stdout.write("To keep it running after you log out: loginctl enable-linger\n");
  }
}
