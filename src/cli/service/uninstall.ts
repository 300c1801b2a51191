import type { Command } from "commander";
import type { CliContext } from "../cli_context.ts";
import { addScopeFlag, type ScopeFlags, scopeOf } from "./scope.ts";
import { runTool, ServiceError, serviceManager } from "./service_manager.ts";

/** `service uninstall`. */
export function defineUninstall(command: Command, cli: CliContext): void {
  addScopeFlag(
    command.description("Stops the daemon and removes its service. The state folder, with jobs and bundles, stays."),
  )
    .addHelpText("after", "\nExamples:\n  sudo support-bundle service uninstall")
    .action((flags: ScopeFlags) => uninstall(cli, flags));
}

async function uninstall(cli: CliContext, flags: ScopeFlags): Promise<void> {
  const manager = serviceManager({ scope: scopeOf(flags), env: cli.env });
  if (await Deno.lstat(manager.file).then(() => false, () => true)) {
    throw new ServiceError(`There is no service to remove: "${manager.file}" is not there`, {
      hint: "Name the other one with --scope system or --scope user",
    });
  }
  const [stop, ...others] = manager.uninstall();
  await runTool(stop!);
  await Deno.remove(manager.file);
  for (const line of others) await runTool(line);
  await cli.stdout.write(`Removed ${manager.file}; jobs and bundles are where they were\n`);
}
