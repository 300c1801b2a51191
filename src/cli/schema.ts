import { join, resolve } from "node:path";
import type { Command } from "commander";
import { describeError, SupportBundleError, UsageError } from "../core/errors.ts";
import { EXIT } from "../core/exit_codes.ts";
import { nearest } from "../core/nearest.ts";
import { DOCUMENT_SHAPES } from "../spec/document_shapes.ts";
import { anySpecSchema, type JsonSchema, specSchema } from "../spec/json_schema.ts";
import { SPEC_KINDS, type SpecKind } from "../spec/troubleshoot_documents.ts";
import type { CliContext } from "./cli_context.ts";

const EXAMPLES = `
Examples:
  support-bundle schema                             the kinds there are
  support-bundle schema SupportBundle > support-bundle.schema.json
  support-bundle schema --all schemas               one file for each, and spec.schema.json for all of them

With yaml-language-server (VS Code, Neovim …) a spec is completed and checked when it starts with the line
  # yaml-language-server: $schema=./schemas/spec.schema.json`;

/** `support-bundle schema`: JSON Schemas of specs. */
export function defineSchema(command: Command, cli: CliContext): void {
  command
    .description("Prints the JSON Schema of a kind of spec, for editors; without a kind, which there are.")
    .usage("[KIND] [flags]")
    .argument("[kind]", "SupportBundle, Collector, Redactor …, or any for all of them in one")
    .option("--all <dir>", "write the schemas of all kinds into a folder")
    .addHelpText("after", EXAMPLES)
    .action((kind: string | undefined, flags: { all?: string }) => printSchema(cli, kind, flags.all));
}

async function printSchema(cli: CliContext, kind: string | undefined, folder: string | undefined): Promise<void> {
  if (folder !== undefined) {
    if (kind !== undefined) throw new UsageError("--all writes every kind", "Leave out the kind, or --all");
    await writeAll(cli, folder);
  } else if (kind === undefined) {
    const width = Math.max(...SPEC_KINDS.map((name) => name.length));
    const rows = SPEC_KINDS.map((name) => {
      const { lists, others } = DOCUMENT_SHAPES[name];
      return `${name.padEnd(width)}  ${[...Object.keys(lists), ...Object.keys(others)].join(", ")}\n`;
    });
    await cli.stdout.write(rows.join(""));
  } else {
    await cli.stdout.write(text(kind === "any" ? anySpecSchema() : specSchema(readKind(kind))));
  }
}

function readKind(written: string): SpecKind {
  const found = SPEC_KINDS.find((kind) => kind.toLowerCase() === written.toLowerCase());
  if (found !== undefined) return found;
  const likely = nearest(written, SPEC_KINDS);
  throw new UsageError(
    `"${written}" is no kind of spec`,
    likely === undefined ? `Kinds are ${SPEC_KINDS.join(", ")}` : `Did you mean ${likely}?`,
  );
}

async function writeAll(cli: CliContext, folder: string): Promise<void> {
  const path = resolve(cli.cwd, folder);
  try {
    await Deno.mkdir(path, { recursive: true });
    for (const kind of SPEC_KINDS) {
      await Deno.writeTextFile(join(path, `${kind.toLowerCase()}.schema.json`), text(specSchema(kind)));
    }
    await Deno.writeTextFile(join(path, "spec.schema.json"), text(anySpecSchema()));
  } catch (cause) {
    throw new SupportBundleError(`Cannot write the schemas to "${folder}": ${describeError(cause)}`, {
      code: "FILE_WRITE",
      exitCode: EXIT.disk,
      hint: "Name a folder that you may write",
      cause,
    });
  }
  await cli.stderr.write(`${SPEC_KINDS.length + 1} schemas written to ${folder}\n`);
}

function text(schema: JsonSchema): string {
  return JSON.stringify(schema, null, 2) + "\n";
}
