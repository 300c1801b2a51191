import type { Command } from "commander";
import { collect, parseBoolean } from "./command.ts";

/** The flags of `--auto`. They are read by `discover/discovery_options.ts`. */
export function addDiscoveryFlags(command: Command): Command {
  return command
    .option("--auto [bool]", "look around in the cluster and collect what is usually wanted", parseBoolean)
    .option(
      "--discovery-profile <name>",
      "with --auto: minimal, standard, comprehensive or paranoid (default: standard)",
    )
    .option("--include-namespaces <patterns>", "with --auto: only these; * is any text (repeatable, commas)", collect)
    .option("--exclude-namespaces <patterns>", "with --auto: not these (repeatable, commas)", collect)
    .option("--include-system-namespaces [bool]", "with --auto: also kube-system and its like", parseBoolean)
    .option("--include-images [bool]", "with --auto: facts about images, asked from their registries", parseBoolean)
    .option(
      "--rbac-check [bool]",
      "with --auto: leave out what the account may not read (default: true)",
      parseBoolean,
    );
}
