import { resolve } from "node:path";
import type { Command, Option } from "commander";
import { SupportBundleError, UsageError } from "../core/errors.ts";
import { redactBundle } from "../pipeline/redact_bundle.ts";
import { type PersonalData, readPersonalData } from "../redact/personal_data.ts";
import type { RedactorSpec } from "../redact/redactor.ts";
import { chooseArchivePath, stampedName } from "./archive_path.ts";
import type { CliContext } from "./cli_context.ts";
import { collect, parseBoolean } from "./command.ts";
import { readFlagVariables } from "./flag_variables.ts";
import { addHideFlag } from "./hide_flag.ts";
import { addIdentityFlags, bundleDecrypt } from "./identity_flags.ts";
import { addKubeFlags, kubeOptions } from "./kube_flags.ts";
import { addLeakGateFlag } from "./leak_gate_flag.ts";
import { readSecret } from "./read_secret.ts";
import { redactProgress, showRedacted } from "./redact_output.ts";
import { addReveal } from "./reveal.ts";
import { colorsFor } from "./render/color.ts";
import { addScrubValuesFlag, readScrubValues, scrubLists } from "./scrub_values.ts";
import { addTokenFlags, readTokenFlags, refuseMapAsArchive } from "./token_flags.ts";

// deno-lint-ignore no-explicit-any -- commander's options are untyped
type Flags = Record<string, any>;

const EXAMPLES = `
Examples:
  support-bundle redact support-bundle-2026-01-31T08_00_00.tar.gz
  support-bundle redact bundle.tar.gz more-rules.yaml -o for-the-vendor
  support-bundle redact ./unpacked-bundle secret/shop/redactors
  support-bundle redact rules.yaml --bundle bundle.tar.gz -o out.tar.gz
  support-bundle redact bundle.tar.gz --scrub-values passwords.txt
  support-bundle redact bundle.tar.gz --tokenize --redaction-map map.json
  support-bundle redact --explain app.log config.yaml
  kubectl logs deploy/web | support-bundle redact --explain - --redactors rules.yaml -o json

The built-in rules always apply, those of specs after them. What cannot be
redacted is left out: execution-data/redaction.json in the result says what was
hidden where, and what is missing why. A result that has secrets in it after all
is held back as .tar.gz.quarantined, with the places in .leaks.json, and exit
code 8.
The bundle that is named stays as it is. Memory does not depend on its size;
nothing of it is written to a disk before it is redacted.
Each flag can be set as TROUBLESHOOT_<FLAG> in the environment.`;

/** `support-bundle redact`: hides what is in a bundle that exists, or explains what would be hidden in a file. */
export function defineRedact(command: Command, cli: CliContext): void {
  readFlagVariables(command);
  command
    .description("Hides the secrets in a bundle that exists, and writes it as a new archive.")
    .enablePositionalOptions() // flags behind `reveal` are its own
    .usage(
      "BUNDLE [SPEC…] [flags]\n       support-bundle redact [SPEC…] --bundle BUNDLE [flags]\n" +
        "       support-bundle redact --explain FILE… [flags]",
    )
    .argument(
      "[arguments...]",
      "the bundle (.tar.gz, .tgz, .tar, or a folder it was unpacked into), then Redactor specs: files, http(s):// and " +
        "oci:// URLs, secret/NAMESPACE/NAME[/KEY], configmap/NAMESPACE/NAME[/KEY], - for standard input",
    )
    .option("--bundle <path>", "the bundle; all arguments are specs then")
    .option(
      "-o, --output <file>",
      "the new archive; .tar.gz is added (default: redacted-support-bundle-<time>.tar.gz here). With --explain: table, json or yaml",
    )
    .option("--redactors <spec>", "further Redactor spec (repeatable, or separated by commas)", collect)
    .option(
      "--explain [bool]",
      "show which rule hides what in files, - for standard input; nothing is written",
      parseBoolean,
    )
    .option("-q, --quiet [bool]", "print the path of the archive and nothing else", parseBoolean)
    .option("--allow-insecure-connections [bool]", "do not verify certificates of servers of specs", parseBoolean)
    .addHelpText("after", EXAMPLES);
  addHideFlag(command);
  const shared = command.options.filter((option) => option.name() !== "bundle");
  addScrubValuesFlag(command);
  addLeakGateFlag(command);
  addIdentityFlags(command);
  addTokenFlags(command);
  const ofBundles = command.options.filter((option) => !shared.includes(option));
  addKubeFlags(command);
  addReveal(command, cli);
  command.action(async (args: string[], flags: Flags) => {
    if (flags.explain !== true) return await redact(cli, args, flags);
    refuseWithExplain(command, ofBundles);
    const output = command.getOptionValueSource("output") === "env" ? undefined : flags.output;
    const { redactors, hide } = await loadRedactors(cli, [], flags);
    const { explainFiles } = await import("./redact_explain.ts");
    await explainFiles(cli, args, { redactors, hide, output });
  });
}

/** Variables are set for other runs, too: only what stands on the command line was meant.
 * @param flags that do nothing with `--explain`
 * @throws {UsageError} */
function refuseWithExplain(command: Command, flags: readonly Option[]): void {
  const given = flags.find((flag) => command.getOptionValueSource(flag.attributeName()) === "cli");
  if (given === undefined) return;
  throw new UsageError(
    `${given.long} does nothing with --explain: no bundle is read, and none is written`,
    "Leave one of them out",
  );
}

async function redact(cli: CliContext, args: string[], flags: Flags): Promise<void> {
  const tokens = readTokenFlags(cli, flags, true);
  if (flags.verifyTokenization === true) {
    const { verifyTokenization } = await import("./verify_tokenization.ts");
    return await verifyTokenization(cli, tokens!);
  }
  const [bundle, specs] = flags.bundle === undefined ? [args[0], args.slice(1)] : [String(flags.bundle), args];
  if (bundle === undefined || bundle === "") {
    throw new UsageError("No bundle was named", "Name an archive, or a folder: support-bundle redact bundle.tar.gz");
  }
  const lists = scrubLists(cli, [...specs, ...redactorSources(flags)], flags.scrubValues);
  const archivePath = await chooseArchivePath(cli, flags.output ?? stampedName(cli, "redacted-support-bundle"));
  refuseMapAsArchive(tokens, archivePath);
  const { redactors: custom, hide } = await loadRedactors(cli, specs, flags);
  const userValues = await readScrubValues(cli, lists);
  const startedAt = cli.clock.now().getTime();
  const quiet = flags.quiet === true;
  const progress = redactProgress(cli, !quiet);
  const result = await redactBundle({
    bundle: resolve(cli.cwd, bundle),
    archivePath,
    custom,
    hide,
    userValues,
    tokens,
    leakGate: flags.leakGate !== false,
    secret: readSecret(cli),
    decrypt: bundleDecrypt(cli, flags),
    clock: cli.clock,
    signal: cli.signal,
    progress: progress.show,
  }).catch((error) => {
    throw specGivenFirst(error, flags);
  }).finally(progress.clear);
  const ms = cli.clock.now().getTime() - startedAt;
  await showRedacted(cli, result, { quiet, stats: flags.tokenizationStats === true, ms });
}

async function loadRedactors(
  cli: CliContext,
  specs: string[],
  flags: Flags,
): Promise<{ redactors: RedactorSpec[]; hide: PersonalData[] }> {
  const hide = readPersonalData(flags.hide ?? [], "--hide");
  const sources = [...specs, ...redactorSources(flags)];
  if (sources.length === 0) return { redactors: [], hide };
  const [{ loadSpecs }, { connectKube }] = await Promise.all([
    import("../spec/load_spec.ts"),
    import("../kube/connect.ts"),
  ]);
  const kubeFlags = kubeOptions(flags);
  if (kubeFlags.kubeconfig !== undefined) kubeFlags.kubeconfig = resolve(cli.cwd, kubeFlags.kubeconfig);
  const kube = connectKube(kubeFlags, { ...cli.env }, { clock: cli.clock });
  try {
    const { redactors, hide: wanted, warnings } = await loadSpecs({
      sources: [],
      redactorSources: sources,
      insecure: flags.allowInsecureConnections === true,
      kube,
      cwd: cli.cwd,
      env: cli.env,
      clock: cli.clock,
      signal: cli.signal,
      stdin: () => cli.stdin.readAll(),
    });
    const { yellow } = colorsFor(cli.stderr, cli.env);
    for (const warning of warnings) await cli.stderr.write(`${yellow("Warning:")} ${warning}\n`);
    return { redactors, hide: [...hide, ...wanted] };
  } finally {
    kube.close();
  }
}

function redactorSources({ redactors = [] }: Flags): string[] {
  return redactors.flatMap((value: string) => value.split(","));
}

/** The order is easily mistaken, since Troubleshoot has the specs first. */
function specGivenFirst(error: unknown, flags: Flags): unknown {
  if (!(error instanceof SupportBundleError) || error.code !== "ARCHIVE_FORMAT" || flags.bundle !== undefined) {
    return error;
  }
  return new SupportBundleError(error.message, {
    code: error.code,
    hint: "Name the bundle first and the specs behind it, or the bundle with --bundle",
    cause: error.cause,
  });
}
