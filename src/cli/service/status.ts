import type { Command } from "commander";
import type { CliContext } from "../cli_context.ts";
import { addOutputOption, type OutputFormat, printData } from "../render/output_format.ts";
import { renderFields } from "../render/table.ts";
import { addScopeFlag, type ScopeFlags, scopeOf } from "./scope.ts";
import { serviceManager, type ServiceStatus } from "./service_manager.ts";

/** `service status`. */
export function defineStatus(command: Command, cli: CliContext): void {
  addOutputOption(addScopeFlag(command.description("Tells whether the service is installed, enabled and running.")))
    .addHelpText("after", "\nExamples:\n  support-bundle service status\n  support-bundle service status -o json")
    .action((flags: ScopeFlags & { output: OutputFormat }) => status(cli, flags));
}

async function status(cli: CliContext, flags: ScopeFlags & { output: OutputFormat }): Promise<void> {
  const scope = scopeOf(flags);
  const manager = serviceManager({ scope, env: cli.env });
  const installed = await Deno.lstat(manager.file).then(() => true, () => false);
  const known = installed
    ? await manager.status()
    : { enabled: false, running: false, pid: null, state: "not installed" };
  const facts: ServiceStatus = { manager: manager.name, scope, file: manager.file, installed, ...known };
  await printData(cli, flags.output, facts, () =>
    renderFields([
      ["Service", `${facts.manager}, ${scope}`],
      ["Definition", `${facts.file}${installed ? "" : " (not there)"}`],
      ["Starts by itself", facts.enabled ? "yes" : "no"],
      ["State", facts.state],
      ...facts.pid === null ? [] : [["Pid", String(facts.pid)] as [string, string]],
    ]));
}
