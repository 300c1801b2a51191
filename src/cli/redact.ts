import { relative, resolve } from "node:path";
import { type Command, Option } from "commander";
import { SupportBundleError, UsageError } from "../core/errors.ts";
import { formatSize } from "../core/size.ts";
import { redactBundle, type RedactedBundle } from "../pipeline/redact_bundle.ts";
import { createRedactor } from "../redact/create_redactor.ts";
import { type PersonalData, readPersonalData } from "../redact/personal_data.ts";
import type { RedactorSpec } from "../redact/redactor.ts";
import { chooseArchivePath, stampedName } from "./archive_path.ts";
import type { CliContext } from "./cli_context.ts";
import { collect, parseBoolean } from "./command.ts";
import { addHideFlag } from "./hide_flag.ts";
import { addKubeFlags, kubeOptions } from "./kube_flags.ts";
import { addReveal } from "./reveal.ts";
import { colorsFor } from "./render/color.ts";
import { cut, oneLine } from "./render/table.ts";
import { spanText } from "./render/time.ts";

// deno-lint-ignore no-explicit-any -- commander's options are untyped
type Flags = Record<string, any>;

const EXAMPLES = `
Examples:
  support-bundle redact support-bundle-2026-01-31T08_00_00.tar.gz
  support-bundle redact bundle.tar.gz more-rules.yaml -o for-the-vendor
  support-bundle redact ./unpacked-bundle secret/shop/redactors
  support-bundle redact rules.yaml --bundle bundle.tar.gz -o out.tar.gz
  support-bundle redact --explain app.log config.yaml
  kubectl logs deploy/web | support-bundle redact --explain - --redactors rules.yaml -o json

The built-in rules always apply, those of specs after them. What cannot be redacted is left out of the
result: execution-data/redaction.json in it says what was hidden where, and what is missing why.
The bundle that is named stays as it is. Memory does not depend on its size; nothing of it is written to
a disk before it is redacted.`;

const SHOWN = 8;

/** `support-bundle redact`: hides what is in a bundle that exists, or explains what would be hidden in a file. */
export function defineRedact(command: Command, cli: CliContext): void {
  command
    .description("Hides the secrets in a bundle that exists, and writes it as a new archive.")
    .usage(
      "BUNDLE [SPEC…] [flags]\n       support-bundle redact [SPEC…] --bundle BUNDLE [flags]\n" +
        "       support-bundle redact --explain FILE… [flags]",
    )
    .argument(
      "[arguments...]",
      "the bundle (.tar.gz, .tgz, .tar, or a folder it was unpacked into), then Redactor specs: files, http(s):// and " +
        "oci:// URLs, secret/NAMESPACE/NAME[/KEY], configmap/NAMESPACE/NAME[/KEY], - for standard input",
    )
    .addOption(new Option("--bundle <path>", "the bundle; all arguments are specs then").env("TROUBLESHOOT_BUNDLE"))
    .addOption(
      new Option(
        "-o, --output <file>",
        "the new archive; .tar.gz is added (default: redacted-support-bundle-<time>.tar.gz here). With --explain: table, json or yaml",
      ).env("TROUBLESHOOT_OUTPUT"),
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
  addKubeFlags(command);
  addReveal(command, cli);
  command.action(async (args: string[], flags: Flags) => {
    if (flags.explain !== true) return await redact(cli, args, flags);
    const output = command.getOptionValueSource("output") === "env" ? undefined : flags.output;
    const { redactors } = await loadRedactors(cli, [], flags);
    const { explainFiles } = await import("./redact_explain.ts");
    await explainFiles(cli, args, { redactors, output });
  });
}

async function redact(cli: CliContext, args: string[], flags: Flags): Promise<void> {
  const [bundle, specs] = flags.bundle === undefined ? [args[0], args.slice(1)] : [String(flags.bundle), args];
  if (bundle === undefined || bundle === "") {
    throw new UsageError("No bundle was named", "Name an archive, or a folder: support-bundle redact bundle.tar.gz");
  }
  const archivePath = await chooseArchivePath(cli, flags.output ?? stampedName(cli, "redacted-support-bundle"));
  const { redactors: custom, hide } = await loadRedactors(cli, specs, flags);
  const redactor = createRedactor({ builtIn: true, custom, hide });
  const startedAt = cli.clock.now();
  const progress = liveLine(cli, flags.quiet !== true);
  try {
    const path = resolve(cli.cwd, bundle);
    const result = await redactBundle({
      bundle: path,
      archivePath,
      redactor,
      clock: cli.clock,
      signal: cli.signal,
      progress: progress.show,
    });
    progress.clear();
    await show(cli, result, { quiet: flags.quiet === true, ms: cli.clock.now().getTime() - startedAt.getTime() });
  } catch (error) {
    progress.clear();
    throw specGivenFirst(error, flags);
  }
}

async function loadRedactors(
  cli: CliContext,
  specs: string[],
  flags: Flags,
): Promise<{ redactors: RedactorSpec[]; hide: PersonalData[] }> {
  const hide = readPersonalData(flags.hide ?? [], "--hide");
  const sources = [...specs, ...(flags.redactors ?? []).flatMap((value: string) => value.split(","))];
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

/** What existing scripts read is the first line; a person gets a summary below it. */
async function show(
  cli: CliContext,
  result: RedactedBundle,
  { quiet, ms }: { quiet: boolean; ms: number },
): Promise<void> {
  const path = relative(cli.cwd, result.path);
  await cli.stdout.write(`Redacted support bundle: ${path.startsWith("..") ? result.path : path}\n`);
  if (quiet) return;
  const { totals, rules, leftOut } = result.report;
  if (cli.stdout.isTerminal) {
    const { dim } = colorsFor(cli.stdout, cli.env);
    const lines = [
      `  ${formatSize(result.bytes)} in ${spanText(ms)}: ${counted(totals.count, "value")} hidden in ` +
      `${totals.files} of ${counted(result.files, "file")}`,
      ...rules.slice(0, SHOWN).map(({ rule, count }) => dim(`    ${String(count).padStart(7)}  ${oneLine(rule)}`)),
      ...rules.length > SHOWN ? [dim(`    and ${counted(rules.length - SHOWN, "more rule")}`)] : [],
    ];
    await cli.stdout.write(lines.map((line) => `${cut(line, cli.stdout.columns)}\n`).join(""));
  }
  if (leftOut.length === 0) return;
  const { yellow } = colorsFor(cli.stderr, cli.env);
  const lines = leftOut.slice(0, SHOWN).map(({ path, message }) => `  ${oneLine(path)}: ${oneLine(message)}\n`);
  if (leftOut.length > SHOWN) lines.push(`  and ${leftOut.length - SHOWN} more, see execution-data/redaction.json\n`);
  await cli.stderr.write(`${yellow("Left out:")} ${counted(totals.leftOut, "file")}\n${lines.join("")}`);
}

/** One line on a terminal that says what is read. */
function liveLine(cli: CliContext, wanted: boolean): { show?: (path: string) => void; clear(): void } {
  if (!wanted || !cli.stderr.isTerminal) return { clear() {} };
  let shownAt = 0;
  return {
    show(path) {
      const now = cli.clock.now().getTime();
      if (now - shownAt < 100) return;
      shownAt = now;
      cli.stderr.write(`\r\x1b[2K${cut(`redact ${oneLine(path)}`, cli.stderr.columns - 1)}`);
    },
    clear: () => void cli.stderr.write("\r\x1b[2K"),
  };
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

function counted(count: number, noun: string): string {
  return `${count.toLocaleString("en-US")} ${noun}${count === 1 ? "" : "s"}`;
}
