import type { Command } from "commander";
import { parseBoolean } from "./command.ts";

/** Adds `--leak-gate`, which is on unless it says otherwise. */
export function addLeakGateFlag(command: Command): Command {
  return command.option(
    "--leak-gate [bool]",
    "hold the bundle back when secrets are found in it after all (default: true)",
    parseBoolean,
  );
}
