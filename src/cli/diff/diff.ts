import { isAbsolute, join } from "node:path";
import { type Command, InvalidArgumentError } from "commander";
import { describeError, SupportBundleError, UsageError } from "../../core/errors.ts";
import { EXIT } from "../../core/exit_codes.ts";
import { nearest } from "../../core/nearest.ts";
import { type BundleDifference, compareBundles, DEFAULT_COMPARE_OPTIONS } from "../../diff/compare_bundles.ts";
import type { CliContext, Output } from "../cli_context.ts";
import { parseBoolean } from "../command.ts";
import { readFlagVariables } from "../flag_variables.ts";
import { addIdentityFlags, bundleDecrypt, type IdentityFlags } from "../identity_flags.ts";
import { colorsFor } from "../render/color.ts";
import { htmlReport } from "./html_report.ts";
import { textReport } from "./text_report.ts";

export interface DiffFlags extends IdentityFlags {
  output?: string;
  format: Format;
  maxDiffLines?: number;
  maxDiffFiles?: number;
  includeLogDiffs?: boolean;
  diffContext?: number;
  hideInlineDiffs?: boolean;
  exitCode?: boolean;
}

const FORMATS = ["text", "json", "html"] as const;
type Format = (typeof FORMATS)[number];

/** Of the text, which is read on a terminal. */
const TEXT_DIFF_FILES = 10;
const TEXT_DIFF_LINES = 20;

/** `support-bundle diff`: what changed between two bundles. */
export function defineDiff(command: Command, cli: CliContext): void {
  readFlagVariables(command);
  command
    .description(
      "Shows what changed between two bundles: nodes, workloads, images, restarts, findings, warnings, any other " +
        "object, and files. Times, versions of objects, heartbeats and the like are left out.",
    )
    .argument("<old>", "the older bundle: .tar.gz, .tgz, .tar, or a folder it was unpacked into")
    .argument("<new>", "the newer one; they may come from different tools");
  addDiffFlags(command)
    .addHelpText(
      "after",
      `
Examples:
  support-bundle diff monday.tar.gz tuesday.tar.gz
  support-bundle diff old.tar.gz new.tar.gz --format json | jq .objects.changed
  support-bundle diff old.tar.gz new.tar.gz --format html -o changes.html
  support-bundle diff old.tar.gz new.tar.gz --exit-code
  support-bundle diff old.tar.gz.age new.tar.gz.age -i ~/age.key

Exit code 0, whether anything differs or not; with --exit-code, 3 when
something differs that is no noise.
Each flag can be set as TROUBLESHOOT_<FLAG> in the environment.`,
    )
    .action((old: string, current: string, flags: DiffFlags) => diff(cli, old, current, flags));
}

/** What `diff` and `schedule diff` have in common. */
export function addDiffFlags(command: Command): Command {
  const { maxDiffLines, maxDiffFiles, diffContext } = DEFAULT_COMPARE_OPTIONS;
  return addIdentityFlags(command)
    .option("-o, --output <file>", "write the report there, instead of to standard output")
    .option("--format <format>", "text, json or html", parseFormat, "text")
    .option(
      "--max-diff-lines <n>",
      `lines of an inline diff (default: ${maxDiffLines}, in text ${TEXT_DIFF_LINES})`,
      parseCount,
    )
    .option(
      "--max-diff-files <n>",
      `files with an inline diff (default: ${maxDiffFiles}, in text ${TEXT_DIFF_FILES})`,
      parseCount,
    )
    .option("--include-log-diffs [bool]", "compare logs, too", parseBoolean)
    .option("--diff-context <n>", `lines around each change of an inline diff (default: ${diffContext})`, parseCount)
    .option("--hide-inline-diffs [bool]", "show no lines of files in text and HTML", parseBoolean)
    .option(
      "--exit-code [bool]",
      `end with ${EXIT.findingsFail} when something differs that is no noise`,
      parseBoolean,
    );
}

/** Compares two bundles, and writes the report where the flags want it. */
export async function diff(cli: CliContext, old: string, current: string, flags: DiffFlags): Promise<void> {
  const place = (path: string) => isAbsolute(path) ? path : join(cli.cwd, path);
  const found = await compareBundles(
    place(old),
    place(current),
    cli.clock.now(),
    {
      maxDiffFiles: positive(flags.maxDiffFiles) ?? DEFAULT_COMPARE_OPTIONS.maxDiffFiles,
      maxDiffLines: maxDiffLines(flags),
      diffContext: positive(flags.diffContext) ?? DEFAULT_COMPARE_OPTIONS.diffContext,
      includeLogDiffs: flags.includeLogDiffs === true,
      inlineDiffs: flags.format === "json" ? "all" : "unexplained",
      maxFields: DEFAULT_COMPARE_OPTIONS.maxFields,
    },
    cli.signal,
    bundleDecrypt(cli, flags),
  );
  found.metadata.oldBundle.path = old;
  found.metadata.newBundle.path = current;
  if (flags.output === undefined) {
    await cli.stdout.write(report(found, flags, cli.stdout, cli));
  } else {
    await writeReport(place(flags.output), report(found, flags, { isTerminal: false, columns: Infinity }, cli));
    await cli.stdout.write(`Diff report written to: ${flags.output}\n`);
  }
  if (flags.exitCode === true && found.differs) cli.exitCode = EXIT.findingsFail;
}

function report(
  found: BundleDifference,
  flags: DiffFlags,
  { isTerminal, columns }: Pick<Output, "isTerminal" | "columns">,
  cli: CliContext,
): string {
  const shown = flags.hideInlineDiffs !== true;
  if (flags.format === "json") return JSON.stringify(found, null, 2) + "\n";
  if (flags.format === "html") return htmlReport(found, shown);
  return textReport(found, {
    colors: colorsFor({ ...cli.stdout, isTerminal }, cli.env),
    columns,
    diffFiles: shown ? positive(flags.maxDiffFiles) ?? TEXT_DIFF_FILES : 0,
    diffLines: positive(flags.maxDiffLines) ?? TEXT_DIFF_LINES,
  });
}

/** Of text, the renderer counts the lines that are left out: it needs some more. */
function maxDiffLines({ format, maxDiffLines }: DiffFlags): number {
  const wanted = positive(maxDiffLines) ?? DEFAULT_COMPARE_OPTIONS.maxDiffLines;
  return format === "text" ? Math.max(wanted + 2, DEFAULT_COMPARE_OPTIONS.maxDiffLines) : wanted;
}

async function writeReport(path: string, text: string): Promise<void> {
  try {
    await Deno.writeTextFile(path, text, { mode: 0o644 });
  } catch (cause) {
    throw new SupportBundleError(`Cannot write the report "${path}": ${describeError(cause)}`, {
      code: "REPORT_NOT_WRITTEN",
      exitCode: EXIT.disk,
      hint: "Name a file in a folder that exists and can be written with -o",
      cause,
    });
  }
}

function parseFormat(text: string): Format {
  const format = text.trim().toLowerCase() || "text";
  const known = FORMATS.find((name) => name === format);
  if (known !== undefined) return known;
  const meant = nearest(format, FORMATS);
  throw new UsageError(
    `--format: "${text}" is not a format of the report`,
    meant === undefined ? `Write one of ${FORMATS.join(", ")}` : `Did you mean ${meant}?`,
  );
}

function parseCount(text: string): number {
  if (!/^-?\d{1,9}$/.test(text.trim())) throw new InvalidArgumentError("Write a whole number.");
  return Number(text);
}

/** Zero and less stand for the default. */
function positive(count: number | undefined): number | undefined {
  return count !== undefined && count > 0 ? count : undefined;
}
