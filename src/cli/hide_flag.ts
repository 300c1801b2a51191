import type { Command } from "commander";

/** Adds `--hide`: classes of personal data. What it was given is checked by `readPersonalData`. */
export function addHideFlag(command: Command): Command {
  return command.option(
    "--hide <classes>",
    "hide these beside secrets, comma-separated: email, ip, mac, hostname, or all",
    (text: string, before: string[] | undefined) => [...before ?? [], ...text.split(",")],
  );
}
