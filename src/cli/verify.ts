import { resolve } from "node:path";
import type { Command } from "commander";
import { signaturePaths } from "../bundle/signature_paths.ts";
import { counted } from "../core/counted.ts";
import { describeError, SupportBundleError, UsageError } from "../core/errors.ts";
import { EXIT } from "../core/exit_codes.ts";
import { formatSize } from "../core/size.ts";
import { type GoodSignature, SignatureError, type TrustedKey } from "../crypt/signature.ts";
import { readAllowedSigners, readTrustedKey } from "../crypt/trusted_keys.ts";
import { verifySignature } from "../crypt/verify_signature.ts";
import { type Verification, verifyBundle } from "../pipeline/verify_bundle.ts";
import type { CliContext } from "./cli_context.ts";
import { collect } from "./command.ts";
import { readFlagVariables } from "./flag_variables.ts";
import { addIdentityFlags, bundleDecrypt, type IdentityFlags } from "./identity_flags.ts";
import { colorsFor } from "./render/color.ts";
import { addOutputOption, type OutputFormat, printData } from "./render/output_format.ts";
import { oneLine } from "./render/table.ts";

interface VerifyFlags extends IdentityFlags {
  signature?: string;
  key?: string[];
  allowedSigners?: string;
  output: OutputFormat;
}

/** What became of the signature: `absent` there is none, `unchecked` there is one, and nobody said whose counts. */
type SignatureVerdict =
  | ({ status: "good"; file: string } & GoodSignature)
  | { status: "bad"; file: string; message: string }
  | { status: "absent" }
  | { status: "unchecked"; file: string };

/** `support-bundle verify`: whether a bundle is what it says it is. */
export function defineVerify(command: Command, cli: CliContext): void {
  readFlagVariables(command);
  command
    .description(
      "Checks every file of a bundle against its MANIFEST.json, both ways, the archive to its last byte, and its signature.",
    )
    .argument("<bundle>", "an archive, encrypted or not, or the folder it was unpacked into")
    .option("--signature <file>", "detached signature, of SSH or minisign (default: BUNDLE.sig or BUNDLE.minisig)")
    .option("--key <key>", "public key whose signature counts, or the file that has it (repeatable)", collect)
    .option("--allowed-signers <file>", "those whose signatures count, as ssh-keygen -Y verify -f reads them");
  addIdentityFlags(addOutputOption(command))
    .addHelpText(
      "after",
      `
Examples:
  support-bundle verify bundle.tar.gz
  support-bundle verify bundle.tar.gz --key ~/.ssh/ops.pub
  support-bundle verify bundle.tar.gz.age -i ~/age.key --key minisign.pub
  support-bundle verify bundle.tar.gz --allowed-signers ~/.ssh/allowed_signers -o json

A manifest shows what was changed by accident. Only a signature shows who made the
bundle: whoever changes a file can change the manifest, too.
It ends with 0 when everything is as it should be, with 13 when something is not, and
with 1 when that could not be found out.
Each flag can be set as TROUBLESHOOT_<FLAG> in the environment.`,
    )
    .action((bundle: string, flags: VerifyFlags) => verify(cli, bundle, flags));
}

async function verify(cli: CliContext, bundle: string, flags: VerifyFlags): Promise<void> {
  const path = resolve(cli.cwd, bundle);
  const trusted = await readTrust(cli, flags);
  const signature = await checkSignature(cli, path, trusted, flags);
  const contents = await readContents(cli, path, flags, signature);
  const ok = signature.status !== "bad" && !(signature.status === "absent" && trusted.length > 0) &&
    (contents?.problems ?? []).every(({ kind }) => kind === "manifest" && signature.status === "good");
  const result = {
    bundle: path,
    ok,
    /** Null: it is encrypted, and was not looked into. */
    files: contents?.files ?? null,
    bytes: contents?.bytes ?? null,
    problems: contents?.problems ?? [],
    signature,
  };
  await printData(cli, flags.output, result, () => render(cli, bundle, result, trusted.length > 0));
  if (!ok) cli.exitCode = EXIT.notIntact;
}

async function readTrust(cli: CliContext, { key = [], allowedSigners }: VerifyFlags): Promise<TrustedKey[]> {
  const keys = await Promise.all(key.map((named) => readTrustedKey(named, cli.cwd)));
  return allowedSigners ? [...keys, ...await readAllowedSigners(resolve(cli.cwd, allowedSigners))] : keys;
}

async function checkSignature(
  cli: CliContext,
  path: string,
  trusted: readonly TrustedKey[],
  { signature }: VerifyFlags,
): Promise<SignatureVerdict> {
  const file = signature ? resolve(cli.cwd, signature) : await firstThatExists(signaturePaths(path));
  if (signature && trusted.length === 0) {
    throw new UsageError(
      "--signature: it does not say whose signature counts",
      "Add --key KEY or --allowed-signers FILE",
    );
  }
  if (file === undefined) return { status: "absent" };
  if (trusted.length === 0) return { status: "unchecked", file };
  const text = await Deno.readTextFile(file).catch((cause) => {
    throw new SupportBundleError(`Cannot read the signature "${file}": ${describeError(cause)}`, {
      hint: "Check the path",
      cause,
    });
  });
  try {
    return { status: "good", file, ...await verifySignature(path, text, trusted, cli.clock.now()) };
  } catch (error) {
    if (error instanceof SignatureError) return { status: "bad", file, message: error.message };
    throw new SupportBundleError(`Cannot read "${path}": ${describeError(error)}`, {
      code: "BUNDLE_NOT_FOUND",
      hint: "A signature is one of an archive, not of the folder it was unpacked into",
      cause: error,
    });
  }
}

/** @returns undefined for a bundle that is encrypted to others, and signed by whom it should be */
async function readContents(
  cli: CliContext,
  path: string,
  flags: VerifyFlags,
  signature: SignatureVerdict,
): Promise<Verification | undefined> {
  try {
    return await verifyBundle(path, { signal: cli.signal, decrypt: bundleDecrypt(cli, flags) });
  } catch (error) {
    const sealed = error instanceof SupportBundleError && error.code === "DECRYPT_NO_KEY" &&
      flags.identity === undefined;
    if (sealed && signature.status === "good") return undefined;
    throw error;
  }
}

interface Result {
  ok: boolean;
  files: number | null;
  bytes: number | null;
  problems: Verification["problems"];
  signature: SignatureVerdict;
}

function render(cli: CliContext, bundle: string, result: Result, wanted: boolean): string {
  const { green, red, yellow } = colorsFor(cli.stdout, cli.env);
  const lines = result.problems.map(({ kind, path, message }) =>
    `${red("✗")} ${kind}: ${path === undefined ? "" : `${oneLine(path)}: `}${oneLine(message)}`
  );
  const { signature } = result;
  if (signature.status === "good") {
    const by = signature.signer === undefined ? "" : `, ${oneLine(signature.signer)}`;
    lines.push(`${green("✓")} signed by ${signature.key}${by}`);
  } else if (signature.status === "bad") lines.push(`${red("✗")} signature: ${oneLine(signature.message)}`);
  else if (signature.status === "unchecked") {
    lines.push(`${yellow("!")} signature: not checked; say whose counts with --key or --allowed-signers`);
  } else if (wanted) lines.push(`${red("✗")} signature: there is none`);
  const looked = result.files === null
    ? "it is encrypted, and was not looked into"
    : `${counted(result.files, "file")}, ${formatSize(result.bytes ?? 0)}`;
  lines.push(`${result.ok ? green("✓") : red("✗")} ${bundle}: ${result.ok ? "intact" : "not intact"} (${looked})`);
  return lines.join("\n") + "\n";
}

async function firstThatExists(paths: string[]): Promise<string | undefined> {
  for (const path of paths) if (await Deno.stat(path).then(() => true, () => false)) return path;
  return undefined;
}
