import type { Command } from "commander";
import type { CliContext } from "../cli_context.ts";
import { newCommand } from "../command.ts";
import { addLazyCommands, type LazyCommand } from "../lazy_commands.ts";

const COMMANDS: LazyCommand[] = [
  {
    name: "set",
    summary: "keep a credential, or give one another value",
    load: async () => (await import("./set.ts")).defineSet,
  },
  {
    name: "list",
    summary: "show which there are, and who uses them",
    load: async () => (await import("./list.ts")).defineList,
  },
  {
    name: "test",
    summary: "tell whether a credential can be read, wherever it is",
    load: async () => (await import("./test.ts")).defineTest,
  },
  {
    name: "rotate",
    summary: "replace the value of one, or the key that all are sealed for",
    load: async () => (await import("./rotate.ts")).defineRotate,
  },
  {
    name: "remove",
    summary: "forget one",
    load: async () => (await import("./remove.ts")).defineRemove,
  },
];

/** `credential`: the vault, in which secrets are sealed for the runs that need them. */
export function credentialCommand(cli: CliContext): Command {
  return addLazyCommands(
    newCommand(cli, "credential")
      .summary("keep credentials for uploads and notifications, sealed")
      .description(
        "Keeps credentials in a vault, sealed with age. Jobs name them as vault:NAME; no command shows a value. " +
          "The vault is in the state folder of the scheduler, and belongs to this account.",
      )
      .addHelpText(
        "after",
        `
Wherever a credential is asked for, these references do, too: env:NAME, file:/path,
exec:/path/to/program, systemd:NAME, k8s-secret:NAMESPACE/NAME/KEY.

Examples:
  support-bundle credential set s3-keys
  support-bundle schedule modify nightly --upload-credentials vault:s3-keys
  support-bundle credential list
  support-bundle credential test s3-keys`,
      ),
    cli,
    COMMANDS,
  );
}
