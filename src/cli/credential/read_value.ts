import { resolve } from "node:path";
import { describeError, UsageError } from "../../core/errors.ts";
import type { CliContext } from "../cli_context.ts";

export interface ValueFlags {
  fromFile?: string;
}

const MAX_BYTES = 64 * 1024;

/** Reads a value: from a file, from standard input, or from whoever sits at the terminal, where it is not shown. Line ends at
 * its end are no part of it.
 * @throws {UsageError} in which nothing of it is */
export async function readValue(cli: CliContext, name: string, { fromFile }: ValueFlags): Promise<string> {
  const text = fromFile !== undefined && fromFile !== "-"
    ? await readFile(resolve(cli.cwd, fromFile))
    : fromFile === "-" || !cli.stdin.isTerminal
    ? await cli.stdin.readAll()
    : await ask(cli, name);
  const value = text.replace(/[\r\n]+$/, "");
  if (value.trim() === "") throw new UsageError("The value is empty; nothing was changed", "Give one that is not");
  if (new TextEncoder().encode(value).length > MAX_BYTES || value.includes("\0")) {
    throw new UsageError(
      `The value is no text of up to ${MAX_BYTES} bytes; nothing was changed`,
      "Keep what is larger in a file of mode 0600, and name it by file:/path",
    );
  }
  return value;
}

async function readFile(path: string): Promise<string> {
  try {
    return await Deno.readTextFile(path);
  } catch (cause) {
    throw new UsageError(`--from-file: cannot read "${path}": ${describeError(cause)}`, "Check the path", { cause });
  }
}

async function ask(cli: CliContext, name: string): Promise<string> {
  if (cli.stdin.readHidden === undefined) {
    throw new UsageError("This terminal would show what is typed", "Use --from-file FILE, or a pipe");
  }
  try {
    const question = `Value of ${name} (it is not shown): `;
    const typed = await cli.stdin.readHidden(() => cli.stderr.write(question)) ?? "";
    if (!/[\r\n]/.test(typed)) return typed;
    throw new UsageError(
      "Only one line can be given here, and there were more; nothing was changed",
      "Use --from-file FILE, or a pipe, for what has several lines",
    );
  } finally {
    await cli.stderr.write("\n");
  }
}
