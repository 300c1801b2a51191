import { countedInGroups } from "../core/counted.ts";
import { relative } from "node:path";
import { describeError } from "../core/errors.ts";
import { formatSize } from "../core/size.ts";
import type { RedactBundleOptions, RedactedBundle } from "../pipeline/redact_bundle.ts";
import type { CliContext } from "./cli_context.ts";
import { colorsFor } from "./render/color.ts";
import { cut, oneLine } from "./render/table.ts";
import { spanText } from "./render/time.ts";
import { renderTokenStats, tokenLines } from "./render/token_stats.ts";

const SHOWN = 8;

export interface ShowOptions {
  quiet: boolean;
  /** Says what was replaced by tokens. */
  stats: boolean;
  /** How long it took. */
  ms: number;
}

/** Says how the redaction of a bundle ended. What existing scripts read is the first line, which an archive that is held back
 * does not have; a person gets a summary below it.
 * @throws why it did not end well, though there is an archive */
export async function showRedacted(cli: CliContext, result: RedactedBundle, options: ShowOptions): Promise<void> {
  const { quarantine, tokens, tokenError } = result;
  const found = relative(cli.cwd, result.path);
  const path = found.startsWith("..") ? result.path : found;
  if (quarantine === undefined) await cli.stdout.write(`Redacted support bundle: ${path}\n`);
  else await cli.stderr.write(`${colorsFor(cli.stderr, cli.env).red("Held back:")} ${path}\n`);
  if (!options.quiet) {
    if (cli.stdout.isTerminal) await cli.stdout.write(summary(cli, result, options.ms));
    await cli.stderr.write(leftOut(cli, result));
  }
  if (tokens !== undefined && options.stats && !quarantine?.withholdTexts) {
    await cli.stderr.write(renderTokenStats(tokens));
  }
  if (quarantine !== undefined) {
    if (tokenError !== undefined) {
      await cli.stderr.write(`${colorsFor(cli.stderr, cli.env).yellow("Warning:")} ${describeError(tokenError)}\n`);
    }
    throw quarantine.error;
  }
  if (tokenError !== undefined) throw tokenError;
}

function summary(cli: CliContext, { bytes, files, report, tokens }: RedactedBundle, ms: number): string {
  const { totals, rules } = report;
  const { dim } = colorsFor(cli.stdout, cli.env);
  const lines = [
    `  ${formatSize(bytes)} in ${spanText(ms)}: ${countedInGroups(totals.count, "value")} hidden in ` +
    `${totals.files} of ${countedInGroups(files, "file")}`,
    ...rules.slice(0, SHOWN).map(({ rule, count }) => dim(`    ${String(count).padStart(7)}  ${oneLine(rule)}`)),
    ...rules.length > SHOWN ? [dim(`    and ${countedInGroups(rules.length - SHOWN, "more rule")}`)] : [],
  ].map((line) => cut(line, cli.stdout.columns));
  // Never cut: the path of the map is what the reader takes away.
  if (tokens !== undefined) lines.push(...tokenLines(tokens));
  return lines.map((line) => `${line}\n`).join("");
}

function leftOut(cli: CliContext, { report, quarantine }: RedactedBundle): string {
  const { leftOut, totals } = report;
  if (leftOut.length === 0) return "";
  const { yellow } = colorsFor(cli.stderr, cli.env);
  const head = `${yellow("Left out:")} ${countedInGroups(totals.leftOut, "file")}\n`;
  if (quarantine?.withholdTexts) return head;
  const lines = leftOut.slice(0, SHOWN).map(({ path, message }) => `  ${oneLine(path)}: ${oneLine(message)}\n`);
  if (leftOut.length > SHOWN) lines.push(`  and ${leftOut.length - SHOWN} more, see execution-data/redaction.json\n`);
  return head + lines.join("");
}

/** One line on a terminal that says what is being done. */
export function redactProgress(
  cli: CliContext,
  wanted: boolean,
): { show?: RedactBundleOptions["progress"]; clear(): void } {
  if (!wanted || !cli.stderr.isTerminal) return { clear() {} };
  let shownAt = 0;
  return {
    show(stage, path) {
      const now = cli.clock.now().getTime();
      if (stage === "redact" && now - shownAt < 100) return;
      shownAt = now;
      const text = stage === "redact" ? `redact ${oneLine(path)}` : "look for secrets that are left";
      cli.stderr.write(`\r\x1b[2K${cut(text, cli.stderr.columns - 1)}`);
    },
    clear: () => void cli.stderr.write("\r\x1b[2K"),
  };
}
