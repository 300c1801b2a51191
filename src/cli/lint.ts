import { isAbsolute, resolve } from "node:path";
import type { Command } from "commander";
import { SupportBundleError, UsageError } from "../core/errors.ts";
import { EXIT } from "../core/exit_codes.ts";
import { connectKube } from "../kube/connect.ts";
import type { KubeClient } from "../kube/kube_client.ts";
import type { Repair } from "../lint/finding.ts";
import { fixText, type LintOptions, type LintSource, lintSources, ValuesNeededError } from "../lint/lint_source.ts";
import { type Code, RULES } from "../lint/rules.ts";
import { mergeValues, readValues, setValues, type Values } from "../lint/template_values.ts";
import { readSource, type SourceContext } from "../spec/read_source.ts";
import { SpecError } from "../spec/spec_error.ts";
import { parseSpecSource } from "../spec/spec_source.ts";
import type { CliContext } from "./cli_context.ts";
import { collect, parseBoolean } from "./command.ts";
import { addKubeFlags, kubeOptions } from "./kube_flags.ts";
import { type LintedFile, toJson, toSarif, toText } from "./lint_output.ts";
import { colorsFor } from "./render/color.ts";
import { replaceFile } from "./replace_file.ts";

// deno-lint-ignore no-explicit-any -- commander's options are untyped
type Flags = Record<string, any>;

const FORMATS = ["text", "json", "sarif"];

const EXAMPLES = `
Examples:
  support-bundle lint spec.yaml
  support-bundle lint app.yaml analyzers.yaml       together, as they would run
  support-bundle lint spec.yaml --fix               repairs what is plainly a slip, and says what
  support-bundle lint check.yaml --values values.yaml --set storage.className=fast
  support-bundle lint specs/*.yaml --format sarif --strict > lint.sarif

Ends with 0 when there are no errors (with --strict: no warnings either), 2 when there are, 1 when a spec cannot be read.
docs/lint.md explains every code.`;

/** `support-bundle lint`: what is wrong with specs, without running anything. */
export function defineLint(command: Command, cli: CliContext): void {
  command
    .description(
      "Checks specs: what cannot be loaded, what does not do what it looks like, what others read differently.",
    )
    .usage("SPEC… [flags]")
    .argument("<specs...>", "what specs there are, as for support-bundle itself")
    .option("--fix [bool]", "repair files in place, where there is one way to", parseBoolean)
    .option("--format <format>", "text, json or sarif", "text")
    .option("--strict [bool]", "count warnings as errors", parseBoolean)
    .option("--ignore <codes>", "leave these findings out: SB402,SB212 (repeatable)", collect)
    .option("--values <file>", "values for a template of a v1beta3 spec (repeatable)", collect)
    .option("--set <k=v>", "single values, as helm --set takes them (repeatable)", collect)
    .addHelpText("after", EXAMPLES);
  addKubeFlags(command);
  command.action((specs: string[], flags) => lint(cli, specs, flags));
}

async function lint(cli: CliContext, specs: string[], flags: Flags): Promise<void> {
  if (!FORMATS.includes(flags.format)) {
    throw new UsageError(`--format: there is no format "${flags.format}"`, `Write ${FORMATS.join(", ")}`);
  }
  const ignored = readIgnored(flags.ignore);
  const values = await gatherValues(cli, flags);
  const kubeFlags = kubeOptions(flags);
  if (kubeFlags.kubeconfig !== undefined) kubeFlags.kubeconfig = resolve(cli.cwd, kubeFlags.kubeconfig);
  const kube = connectKube(kubeFlags, { ...cli.env }, { clock: cli.clock });
  let sources: LintSource[];
  try {
    sources = await readSources(cli, specs, kube);
  } finally {
    kube.close();
  }
  const options: LintOptions = values === undefined ? {} : { values };
  try {
    const fixed = flags.fix === true ? await fixFiles(cli, sources, options, ignored) : undefined;
    const files = lintSources(sources, options).map((result): LintedFile => {
      const findings = result.findings.filter(({ code }) => !ignored.has(code));
      const repaired = fixed?.get(result.name);
      return { ...result, findings, ...(repaired === undefined ? {} : { fixed: repaired }) };
    });
    print(cli, files, flags.format);
    const failing = flags.strict === true ? ["error", "warning"] : ["error"];
    if (files.some(({ findings }) => findings.some(({ level }) => failing.includes(level)))) cli.exitCode = EXIT.spec;
  } catch (error) {
    if (!(error instanceof ValuesNeededError)) throw error;
    throw new SupportBundleError(`"${error.source}" is a template, and it has no values`, {
      code: "VALUES_NEEDED",
      hint: "Give them with --values FILE or --set key=value",
    });
  }
}

function print(cli: CliContext, files: LintedFile[], format: string): void {
  const text = format === "json"
    ? toJson(files)
    : format === "sarif"
    ? toSarif(files)
    : toText(files, colorsFor(cli.stdout, cli.env));
  void cli.stdout.write(text);
}

function readIgnored(written: string[] | undefined): ReadonlySet<Code> {
  const codes = (written ?? []).flatMap((text) => text.split(",")).map((code) => code.trim().toUpperCase());
  for (const code of codes) {
    if (code !== "" && !Object.hasOwn(RULES, code)) {
      throw new UsageError(`--ignore: there is no code "${code}"`, "docs/lint.md lists them");
    }
  }
  return new Set(codes.filter((code) => code !== "") as Code[]);
}

async function gatherValues(cli: CliContext, flags: Flags): Promise<Values | undefined> {
  const files: string[] = flags.values ?? [];
  const sets: string[] = flags.set ?? [];
  if (files.length === 0 && sets.length === 0) return undefined;
  let values: Values = {};
  for (const name of files) {
    const path = isAbsolute(name) ? name : resolve(cli.cwd, name);
    const text = await Deno.readTextFile(path).catch((cause) => {
      const why = cause instanceof Deno.errors.NotFound ? "there is no such file" : "it cannot be read";
      throw new UsageError(`--values: "${name}": ${why}`, "Check the path", { cause });
    });
    values = mergeValues(values, readValues(text, name));
  }
  for (const set of sets) values = setValues(values, set);
  return values;
}

/** @throws {SupportBundleError} with exit code 1 for the first that cannot be read */
async function readSources(cli: CliContext, specs: string[], kube: KubeClient): Promise<LintSource[]> {
  const { cwd, env, clock, signal } = cli;
  const context: SourceContext = { cwd, env, clock, signal, kube, stdin: () => cli.stdin.readAll() };
  const sources: LintSource[] = [];
  for (const spec of new Set(specs)) {
    try {
      sources.push(...await readSource(spec, context));
    } catch (cause) {
      if (!(cause instanceof SpecError)) throw cause;
      throw new SupportBundleError(cause.message, { code: cause.code, hint: cause.hint, cause });
    }
  }
  return sources;
}

/** Repairs the files among the sources, and their texts with them.
 * @returns what was repaired, by name */
async function fixFiles(
  cli: CliContext,
  sources: LintSource[],
  options: LintOptions,
  ignored: ReadonlySet<Code>,
): Promise<Map<string, Repair[]>> {
  const { yellow } = colorsFor(cli.stderr, cli.env);
  const fixed = new Map<string, Repair[]>();
  for (const source of sources) {
    if (source.name === "standard input" || parseSpecSource(source.name).kind !== "file") {
      await cli.stderr.write(`${yellow("Warning:")} --fix repairs files only, and ${source.name} is none\n`);
      continue;
    }
    const repaired = fixText(source, options, ignored);
    fixed.set(source.name, repaired.fixed);
    if (repaired.text === source.text) continue;
    await replaceFile(resolve(cli.cwd, source.name), source.text, repaired.text);
    source.text = repaired.text;
  }
  return fixed;
}
