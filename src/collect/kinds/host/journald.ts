import { tmpdir } from "node:os";
import * as z from "zod";
import { bundlePath } from "../../../bundle/bundle_path.ts";
import { flagField } from "../../../core/flag_field.ts";
import { defineCollector } from "../../collector.ts";
import { timeoutMs } from "../../deadline.ts";
import { textField } from "../../text_field.ts";
import { findCommand } from "./child_process.ts";
import { commandEntries } from "./command_entries.ts";
import { toolEnvironment } from "./host_command.ts";
import { notSupported } from "./not_supported.ts";

const TIMEOUT = "30s";

export const journald = defineCollector({
  kind: "journald",
  where: "host",
  summary: "Messages of the systemd journal",
  title: ({ collectorName }) => collectorName || "journald",
  fields: () => ({
    collectorName: textField().refine((name) => name !== "", "is empty").describe("Name of the files; needed"),
    system: flagField().describe("true: messages of the system alone"),
    dmesg: flagField().describe("true: messages of the kernel alone"),
    reverse: flagField().describe("true: the newest first"),
    utc: flagField().describe("true: times in UTC"),
    units: z.array(textField()).default([]).describe("Units whose messages are wanted; without any all"),
    since: textField().default("").describe("Begin, as journalctl takes it: 2026-01-31 12:00, yesterday, -1h"),
    until: textField().default("").describe("End, in the same forms"),
    output: textField().default("").describe("Format, such as json or short-iso"),
    lines: z.coerce.number().int().min(0).default(0).describe("Number of the newest lines; 0: all"),
    timeout: textField().default(TIMEOUT).describe("Longest time of journalctl, such as 2m"),
  }),
  async *collect(config, context) {
    if (Deno.build.os !== "linux") throw notSupported("The journal", "Linux with systemd");
    const env = toolEnvironment(context.env);
    yield* commandEntries({
      base: bundlePath("host-collectors/journald", config.collectorName!),
      command: await findCommand("journalctl", env),
      args: journalctlArgs(config),
      cwd: tmpdir(),
      env,
      limit: { ms: timeoutMs(config.timeout) ?? timeoutMs(TIMEOUT)!, text: config.timeout || TIMEOUT },
      info: { outputDir: "", input: "", env: null },
    }, context);
  },
});

export interface JournalQuery {
  system: boolean;
  dmesg: boolean;
  reverse: boolean;
  utc: boolean;
  units: string[];
  since: string;
  until: string;
  output: string;
  lines: number;
}

/** Values are joined with their options, so that none is taken for an option itself. */
export function journalctlArgs(query: JournalQuery): string[] {
  const flags = (["system", "dmesg", "reverse", "utc"] as const).filter((flag) => query[flag]);
  const values = (["since", "until", "output"] as const).filter((option) => query[option] !== "");
  return [
    "--no-pager",
    ...flags.map((flag) => `--${flag}`),
    ...query.units.map((unit) => `--unit=${unit}`),
    ...values.map((option) => `--${option}=${query[option]}`),
    ...(query.lines > 0 ? [`--lines=${query.lines}`] : []),
  ];
}
