import { type Command, Option } from "commander";
import { UsageError } from "../../core/errors.ts";
import { nearest } from "../../core/nearest.ts";
import type { CliContext } from "../cli_context.ts";

export const OUTPUT_FORMATS = ["table", "json", "yaml"] as const;
export type OutputFormat = (typeof OUTPUT_FORMATS)[number];

/** Adds `-o, --output`. Its value is checked when it is parsed. */
export function addOutputOption(command: Command): Command {
  return command.addOption(
    new Option("-o, --output <format>", "table, json or yaml").default("table").argParser(parseOutputFormat),
  );
}

export function parseOutputFormat(text: string): OutputFormat {
  const format = text.trim().toLowerCase();
  const known = OUTPUT_FORMATS.find((name) => name === format);
  if (known !== undefined) return known;
  const meant = nearest(format, OUTPUT_FORMATS);
  throw new UsageError(
    `--output: "${text}" is not an output format`,
    meant === undefined ? `Write one of ${OUTPUT_FORMATS.join(", ")}` : `Did you mean ${meant}?`,
  );
}

/** Prints data: as JSON or YAML exactly the value and nothing else, as a table what `table` makes of it. */
export async function printData(
  cli: CliContext,
  format: OutputFormat,
  value: unknown,
  table: () => string | Promise<string>,
): Promise<void> {
  switch (format) {
    case "table":
      return await cli.stdout.write(await table());
    case "json":
      return await cli.stdout.write(JSON.stringify(value, null, 2) + "\n");
    case "yaml": {
      const { stringify } = await import("yaml");
      return await cli.stdout.write(stringify(value, { lineWidth: 0, aliasDuplicateObjects: false }));
    }
  }
}
