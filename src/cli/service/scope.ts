import { type Command, Option } from "commander";
import type { ServiceDefinition } from "./service_definition.ts";

export interface ScopeFlags {
  scope?: ServiceDefinition["scope"];
}

export function addScopeFlag(command: Command): Command {
  return command.addOption(
    new Option(
      "--scope <scope>",
      "system: for all, from boot on; user: for this account (default: system for root, else user)",
    ).choices(["system", "user"]),
  );
}

export function scopeOf({ scope }: ScopeFlags): ServiceDefinition["scope"] {
  if (scope !== undefined) return scope;
  return Deno.build.os !== "windows" && Deno.uid() === 0 ? "system" : "user";
}
