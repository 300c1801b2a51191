import { basename, dirname, isAbsolute, join, resolve } from "node:path";
import type { Command } from "commander";
import { diskError } from "../bundle/work_folder.ts";
import { describeError, SupportBundleError, UsageError } from "../core/errors.ts";
import type { CliContext } from "./cli_context.ts";
import { parseBoolean } from "./command.ts";
import { readFlagVariables } from "./flag_variables.ts";
import { addIdentityFlags, type IdentityFlags, readDecryption } from "./identity_flags.ts";

interface DecryptFlags extends IdentityFlags {
  output?: string;
  force?: boolean;
}

/** `support-bundle decrypt`: the archive in an encrypted bundle. */
export function defineDecrypt(command: Command, cli: CliContext): void {
  readFlagVariables(command);
  command
    .description("Opens a bundle that is encrypted with age, and writes the archive in it, for its owner only.")
    .argument("<bundle>", "what --encrypt-to or age has encrypted, armored or not")
    .option("-o, --output <file>", "where to write it; - for standard output (default: the name without .age)")
    .option("-f, --force [bool]", "replace a file that is there", parseBoolean);
  addIdentityFlags(command)
    .addHelpText(
      "after",
      `
Examples:
  support-bundle decrypt bundle.tar.gz.age -i ~/age.key
  support-bundle decrypt bundle.tar.gz.age -i ~/.ssh/id_ed25519 -o bundle.tar.gz
  support-bundle decrypt bundle.tar.gz.age --passphrase env:BUNDLE_PASSPHRASE
  support-bundle decrypt bundle.tar.gz.age -i ~/age.key -o - | tar xz

The file appears when all of it was opened and nothing was changed: of a bundle that
is damaged or was tampered with, nothing stays. With -o -, the exit code tells.
\`analyze\`, \`diff\`, \`redact\` and \`verify\` take -i themselves.
Each flag can be set as TROUBLESHOOT_<FLAG> in the environment.`,
    )
    .action((bundle: string, flags: DecryptFlags) => {
      // The variable is set for runs.
      if (command.getOptionValueSource("output") === "env") flags.output = undefined;
      return decrypt(cli, bundle, flags);
    });
}

async function decrypt(cli: CliContext, bundle: string, flags: DecryptFlags): Promise<void> {
  const path = resolve(cli.cwd, bundle);
  const output = outputPath(cli, path, flags.output);
  if (output !== undefined) await refuseExisting(output, flags.force === true);
  const decryption = await readDecryption(cli, flags);
  const { encrypted, plain } = await decryption.openAge(await openFile(path, cli.signal), bundle);
  if (!encrypted) {
    await plain.cancel();
    throw new SupportBundleError(`"${bundle}" is not encrypted with age`, {
      code: "NOT_ENCRYPTED",
      hint: "Use it as it is, or name another file",
    });
  }
  if (output === undefined) return await toStdout(cli, plain);
  await writeWhole(output, plain, cli.signal, flags.force === true);
  await cli.stdout.write(`${output}\n`);
}

/** @returns undefined for standard output */
function outputPath(cli: CliContext, path: string, named: string | undefined): string | undefined {
  if (named === "-") return undefined;
  if (named !== undefined && named !== "") return isAbsolute(named) ? named : join(cli.cwd, named);
  if (path.endsWith(".age")) return join(cli.cwd, basename(path, ".age"));
  throw new UsageError(`"${path}" does not end in .age, so that there is no name for what is in it`, "Add -o FILE");
}

/** @param replace files only: a device, a link or a folder would be gone */
async function refuseExisting(output: string, replace: boolean): Promise<void> {
  const info = await Deno.lstat(output).catch(() => undefined);
  if (info === undefined || (replace && info.isFile)) return;
  throw new UsageError(
    replace ? `"${output}" is there already, and is not a file` : `"${output}" is there already`,
    `Name another file with -o${replace ? ", or - for standard output" : ", or add --force to replace it"}`,
  );
}

async function openFile(path: string, signal: AbortSignal): Promise<ReadableStream<Uint8Array>> {
  try {
    const file = await Deno.open(path);
    return file.readable.pipeThrough(new TransformStream(), { signal });
  } catch (cause) {
    const why = cause instanceof Deno.errors.NotFound ? "there is no such file" : describeError(cause);
    throw new SupportBundleError(`Cannot read "${path}": ${why}`, {
      code: "BUNDLE_NOT_FOUND",
      hint: "Check the path",
      cause,
    });
  }
}

async function toStdout(cli: CliContext, plain: ReadableStream<Uint8Array>): Promise<void> {
  const { stdout } = cli;
  if (stdout.isTerminal || stdout.writeBytes === undefined) {
    await plain.cancel();
    throw new UsageError(
      "An archive would be written to the terminal",
      "Send it to a program or a file: … -o - | tar xz",
    );
  }
  for await (const piece of plain) await stdout.writeBytes(piece);
}

/** What came to have the name meanwhile is not replaced. */
async function giveFreeName(part: string, output: string): Promise<void> {
  try {
    await Deno.link(part, output);
    await Deno.remove(part);
  } catch {
    await refuseExisting(output, false);
    await Deno.rename(part, output); // some file systems have no hard links
  }
}

/** Writes to a part file, which is renamed when the stream has ended well: nothing of another one stays. */
async function writeWhole(
  output: string,
  plain: ReadableStream<Uint8Array>,
  signal: AbortSignal,
  replace: boolean,
): Promise<void> {
  let part: string | undefined;
  try {
    part = await Deno.makeTempFile({ dir: dirname(output), prefix: `.${basename(output)}.`, suffix: ".part" });
    {
      using file = await Deno.open(part, { write: true });
      for await (const piece of plain) {
        signal.throwIfAborted();
        for (let rest = piece; rest.length > 0;) rest = rest.subarray(await file.write(rest));
      }
      await file.sync();
    }
    if (replace) await Deno.rename(part, output);
    else await giveFreeName(part, output);
    part = undefined;
  } catch (cause) {
    await plain.cancel().catch(() => {});
    signal.throwIfAborted();
    if (cause instanceof SupportBundleError) throw cause;
    throw diskError(`Cannot write "${output}"`, cause);
  } finally {
    if (part !== undefined) await Deno.remove(part).catch(() => {});
  }
}
