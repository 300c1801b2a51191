import { tmpdir } from "node:os";
import { isAbsolute, join, resolve } from "node:path";
import { type Command, Option } from "commander";
import type { AgentOptions } from "../agents/explain.ts";
import { diskError } from "../bundle/work_folder.ts";
import { SupportBundleError, UsageError } from "../core/errors.ts";
import { analyzeBundle, type AnalyzedBundle } from "../pipeline/analyze_bundle.ts";
import { parseSpecSource, shownSource } from "../spec/spec_source.ts";
import type { Analysis } from "./analyze/analysis.ts";
import { loadAnalyzers, noAnalyzers } from "./analyze/load_analyzers.ts";
import { FORMS, loadCompatibleForm, loadForm, type OutputForm, parseForm, type Render } from "./analyze/output_form.ts";
import { addAgentFlags, agentOptions } from "./agent_flags.ts";
import { atLeast, countFindings, exitCodeFor } from "./analyze/verdict.ts";
import type { CliContext } from "./cli_context.ts";
import { parseBoolean } from "./command.ts";
import { readFlagVariables, withVariable } from "./flag_variables.ts";
import { addIdentityFlags, bundleDecrypt } from "./identity_flags.ts";
import { addKubeFlags, kubeOptions } from "./kube_flags.ts";
import { colorsFor } from "./render/color.ts";
import { progressLine } from "./render/progress_line.ts";

// deno-lint-ignore no-explicit-any -- commander's options are untyped
type Flags = Record<string, any>;

/** Forms of output that explanations find a place in. */
const EXPLAINED: readonly OutputForm[] = ["human", "json", "yaml"];

const EXAMPLES = `
Examples:
  support-bundle analyze bundle.tar.gz
  support-bundle analyze bundle.tar.gz spec.yaml
  support-bundle analyze ./unpacked-bundle preflight.yaml host-preflight.yaml
  support-bundle analyze https://example.com/bundle.tar.gz secret/shop/bundle-spec
  support-bundle analyze bundle.tar.gz spec.yaml --severity fail
  support-bundle analyze bundle.tar.gz.age -i ~/age.key
  support-bundle analyze bundle.tar.gz --agents local
  support-bundle analyze bundle.tar.gz -o html --output-file report.html
  support-bundle analyze bundle.tar.gz spec.yaml -o sarif --output-file findings.sarif
  support-bundle analyze spec.yaml --bundle bundle.tar.gz --output json

It ends with 3 when there are failures, with 4 when there are warnings and no
failures. What could not be evaluated is a warning, or a failure where the
analyzer is strict. The form with --bundle, which existing scripts call, ends
with 0 all the same, unless --exit-code is given.
Each flag can be set as TROUBLESHOOT_<FLAG> in the environment.`;

/** `support-bundle analyze`: judges a bundle that exists. */
export function defineAnalyze(command: Command, cli: CliContext): void {
  readFlagVariables(command);
  command
    .description("Judges a bundle that exists by the analyzers of specs, or without a spec by the built-in insight.")
    .usage("BUNDLE [SPEC…] [flags]\n       support-bundle analyze SPEC… --bundle BUNDLE [flags]")
    .argument(
      "[arguments...]",
      "the bundle (.tar.gz, .tgz, .tar, a folder it was unpacked into, or an http(s):// URL), then specs: files, " +
        "http(s):// and oci:// URLs, secret/NAMESPACE/NAME[/KEY], configmap/NAMESPACE/NAME[/KEY], - for standard input; " +
        "without any, what an experienced operator would look at first",
    )
    .option("--bundle <path>", "the bundle; all arguments are specs then, and the output is that of Troubleshoot")
    .option("-o, --output <form>", `${FORMS.join(", ")} (default: human; with --bundle yaml)`)
    .option("--output-file <file>", "write it to a file, instead of standard output; one that exists is replaced")
    .option("--severity <level>", "show no more than failures (fail), or failures and warnings (warn)")
    .option("-q, --quiet [bool]", "no progress and no warnings; of the human form the last line only", parseBoolean)
    .option("--exit-code [bool]", "end with 3 or 4 by the findings (default: true; with --bundle false)", parseBoolean)
    .option("--no-uri", "do not replace specs by what their uri holds")
    .option("--allow-insecure-connections [bool]", "do not verify certificates of servers", parseBoolean)
    .addOption(withVariable(new Option("--compatibility <tool>")).hideHelp())
    .addHelpText("after", EXAMPLES);
  addIdentityFlags(command);
  addAgentFlags(command);
  addKubeFlags(command);
  command.action(async (args: string[], flags: Flags) => {
    // The variable is set for runs, too, whose output is a file.
    const fromVariable = command.getOptionValueSource("output") === "env";
    if (fromVariable && !FORMS.includes(flags.output)) flags.output = undefined;
    await analyze(cli, args, flags);
  });
}

async function analyze(cli: CliContext, args: string[], flags: Flags): Promise<void> {
  const compatible = flags.bundle !== undefined;
  const [bundle, specs] = compatible ? [String(flags.bundle), args] : [args[0] ?? "", args.slice(1)];
  if (bundle === "") {
    throw new UsageError("No bundle was named", "Name one: support-bundle analyze bundle.tar.gz spec.yaml");
  }
  const severity = readSeverity(flags.severity);
  const quiet = flags.quiet === true;
  const judges = flags.exitCode ?? !compatible;
  const { form, render } = await readForm(cli, flags, compatible);
  const agents = agentOptions(flags, cli.env);
  if (agents !== undefined && (compatible || !EXPLAINED.includes(form))) {
    throw new UsageError(
      `--agents: ${compatible ? "the output of Troubleshoot" : `the output ${form}`} has no place for explanations`,
      `Write -o ${EXPLAINED.join(", -o ")}, without --bundle`,
    );
  }
  const insecure = flags.allowInsecureConnections === true;
  const source = readBundleSource(cli, bundle);
  const followUri = flags.uri !== false && !compatible;
  const loaded = await loadAnalyzers(cli, specs, { followUri, insecure, kube: kubeOptions(flags) });
  const { entries, unsupported } = loaded;
  const analyzers = entries().length + unsupported.length;
  const warn = async (message: string) => {
    if (!quiet) await cli.stderr.write(`${colorsFor(cli.stderr, cli.env).yellow("Warning:")} ${message}\n`);
  };
  for (const warning of loaded.warnings) await warn(warning);
  if (analyzers === 0) {
    if (judges) throw noAnalyzers("The specs have no analyzers");
    await warn("The specs have no analyzers, so the result is empty");
  }
  const progress = progressLine(cli, !quiet);
  using analyzed = await analyzeBundle({
    bundle: source,
    entries,
    unsupported,
    env: cli.env,
    clock: cli.clock,
    signal: cli.signal,
    tempFolder: cli.env.TMPDIR || tmpdir(),
    insecure,
    decrypt: bundleDecrypt(cli, flags),
    progress: progress.show,
  }).catch((error) => {
    throw specGivenFirst(error, compatible);
  }).finally(progress.clear);
  await tellOfBundle(analyzed, warn);
  const analysis: Analysis = {
    source: shownSource(bundle),
    root: analyzed.files.root,
    files: analyzed.files.files,
    sha256: analyzed.sha256,
    analyzers,
    silent: analyzed.silent,
    counts: countFindings(analyzed.findings),
    findings: atLeast(analyzed.findings, severity),
  };
  const explained = agents && await explain(cli, analysis.findings, agents);
  analysis.explanations = explained?.json;
  if (quiet && form === "human") {
    const { summaryLine } = await import("./analyze/human_output.ts");
    await write(cli, `${summaryLine(analysis, colorsOf(cli, flags))}\n`, flags.outputFile);
  } else if (form === "human" && explained !== undefined) {
    await write(cli, `${await render(analysis, analyzed)}${explained.text}`, flags.outputFile);
  } else await write(cli, await render(analysis, analyzed), flags.outputFile);
  if (judges) cli.exitCode = exitCodeFor(analysis.counts);
}

/** Loads what only those need who ask for it. */
async function explain(cli: CliContext, findings: Analysis["findings"], agents: AgentOptions) {
  const { explainRun } = await import("./explain_run.ts");
  const { knownUserValues } = await import("../pipeline/run_redactor.ts");
  return await explainRun(cli, findings, agents, { custom: [], hide: [], values: knownUserValues() });
}

async function readForm(
  cli: CliContext,
  flags: Flags,
  compatible: boolean,
): Promise<{ form: OutputForm; render: Render }> {
  const asBundle = flags.compatibility !== undefined;
  if (asBundle && flags.compatibility !== "support-bundle") {
    throw new UsageError(`--compatibility: "${flags.compatibility}" is not known`, "Write support-bundle");
  }
  const form = parseForm(flags.output || (compatible || asBundle ? "yaml" : "human"));
  if ((compatible || asBundle) && (form === "json" || form === "yaml")) {
    return { form, render: await loadCompatibleForm(form, asBundle) };
  }
  if (asBundle) throw new UsageError("--compatibility has no such output", "Write -o json or -o yaml");
  return { form, render: await loadForm(form, colorsOf(cli, flags)) };
}

function colorsOf(cli: CliContext, flags: Flags) {
  return colorsFor(flags.outputFile === undefined ? cli.stdout : { ...cli.stdout, isTerminal: false }, cli.env);
}

function readSeverity(text: string | undefined): "fail" | "warn" | undefined {
  if (text === undefined || text === "fail" || text === "warn") return text;
  throw new UsageError(`--severity: "${text}" is no severity`, "Write warn or fail");
}

/** @throws {UsageError} for a source that bundles cannot be had from */
function readBundleSource(cli: CliContext, text: string): string | URL {
  const source = parseSpecSource(text);
  if (source.kind === "http") return source.url;
  if (source.kind === "stdin" || source.kind === "url") {
    throw new UsageError(
      `The bundle cannot be read from ${source.kind === "stdin" ? "standard input" : `${source.scheme}://`}`,
      "Save it to a file first, and name that, or name an http:// or https:// URL",
    );
  }
  return resolve(cli.cwd, text);
}

async function tellOfBundle({ files }: AnalyzedBundle, warn: (message: string) => Promise<void>): Promise<void> {
  if (files.damage !== undefined) await warn(`Not all of the archive could be read: ${files.damage.why}`);
  if (files.refused > 0) {
    await warn(`${files.refused} members lead out of the bundle, or are no files: nothing reads them`);
  }
  if (await files.size("version.yaml") === undefined) await warn("It has no version.yaml: it may be no support bundle");
}

async function write(cli: CliContext, output: AsyncIterable<string> | string, file: string | undefined): Promise<void> {
  const pieces = typeof output === "string" ? [output] : output;
  if (file === undefined) {
    for await (const piece of pieces) await cli.stdout.write(piece);
    return;
  }
  const path = isAbsolute(file) ? file : join(cli.cwd, file);
  try {
    await Deno.writeTextFile(path, ReadableStream.from(pieces), { mode: 0o600 });
  } catch (cause) {
    throw diskError(`Cannot write "${path}"`, cause);
  }
}

/** The order is easily mistaken, since Troubleshoot has the specs first. */
function specGivenFirst(error: unknown, compatible: boolean): unknown {
  if (!(error instanceof SupportBundleError) || error.code !== "ARCHIVE_FORMAT" || compatible) return error;
  return new SupportBundleError(error.message, {
    code: error.code,
    hint: "Name the bundle first and the specs behind it, or the bundle with --bundle",
    cause: error.cause,
  });
}
