import type { Command } from "commander";
import type { CliContext } from "../cli_context.ts";
import { newCommand } from "../command.ts";
import { addLazyCommands, type LazyCommand } from "../lazy_commands.ts";

const COMMANDS: LazyCommand[] = [
  {
    name: "install",
    summary: "let the daemon start with the machine, and keep it running",
    load: async () => (await import("./install.ts")).defineInstall,
  },
  {
    name: "uninstall",
    summary: "stop it, and start it no more; jobs and bundles stay",
    load: async () => (await import("./uninstall.ts")).defineUninstall,
  },
  {
    name: "status",
    summary: "tell whether it is installed, and runs",
    load: async () => (await import("./status.ts")).defineStatus,
  },
];

/** `service`: the daemon under systemd, launchd or the Task Scheduler of Windows. */
export function serviceCommand(cli: CliContext): Command {
  return addLazyCommands(
    newCommand(cli, "service")
      .summary("run the daemon as a service of this machine")
      .description("Runs the daemon as a service: of systemd on Linux, of launchd on macOS, as a task on Windows.")
      .addHelpText(
        "after",
        `
Examples:
  sudo support-bundle service install
  support-bundle service install --scope user
  support-bundle service install --print > support-bundle.service
  support-bundle service status`,
      ),
    cli,
    COMMANDS,
  );
}
