import { countedInGroups } from "../core/counted.ts";
import { dirname, join, relative, resolve, sep } from "node:path";
import { describeError, SupportBundleError, UsageError } from "../core/errors.ts";
import { formatSize } from "../core/size.ts";
import { explainRedaction, type Explanation, type Finding } from "../redact/explain.ts";
import { MASK } from "../redact/mask.ts";
import type { PersonalData } from "../redact/personal_data.ts";
import type { RedactorSpec } from "../redact/redactor.ts";
import type { CliContext } from "./cli_context.ts";
import { colorsFor } from "./render/color.ts";
import { parseOutputFormat, printData } from "./render/output_format.ts";
import { cut, oneLine } from "./render/table.ts";

/** A file is read whole, with its lines. */
const MAX_BYTES = 64e6;
const COLUMNS = 80;
const INDENT = "    ";

/** `support-bundle redact --explain FILE…`: which rule hides what in files, and why. No value is shown.
 * @param output table, json or yaml */
export async function explainFiles(
  cli: CliContext,
  files: string[],
  { redactors, hide, output }: { redactors: RedactorSpec[]; hide: PersonalData[]; output: string | undefined },
): Promise<void> {
  const format = parseOutputFormat(output ?? "table");
  if (files.length === 0) throw new UsageError("No file was named", "Name files to explain, or - for standard input");
  const explained: (Explanation & { file: string })[] = [];
  for (const file of files) {
    const bytes = await readBytes(cli, file);
    explained.push({ file, ...explainRedaction(await pathInBundle(cli, file), bytes, redactors, hide) });
  }
  await printData(cli, format, { files: explained }, () => explained.map((one) => asText(cli, one)).join("\n"));
}

async function readBytes(cli: CliContext, file: string): Promise<Uint8Array> {
  const bytes = file === "-" ? new TextEncoder().encode(await cli.stdin.readAll()) : await readFile(cli, file);
  if (bytes.length <= MAX_BYTES) return bytes;
  throw new UsageError(
    `"${file}" is too large to be explained: ${formatSize(bytes.length)}, the limit is ${formatSize(MAX_BYTES)}`,
    "Cut out the lines in question, and give them on standard input",
  );
}

async function readFile(cli: CliContext, file: string): Promise<Uint8Array> {
  try {
    const path = resolve(cli.cwd, file);
    const { isDirectory, size } = await Deno.stat(path);
    if (isDirectory) throw new UsageError(`"${file}" is a folder`, "Name files in it");
    return size > MAX_BYTES ? new Uint8Array(MAX_BYTES + 1) : await Deno.readFile(path);
  } catch (cause) {
    if (cause instanceof SupportBundleError) throw cause;
    const why = cause instanceof Deno.errors.NotFound ? "there is no such file" : describeError(cause);
    throw new UsageError(`Cannot read "${file}": ${why}`, undefined, { cause });
  }
}

/** Rules know files by their paths in a bundle: from the folder on that holds `version.yaml`, where there is one. */
async function pathInBundle(cli: CliContext, file: string): Promise<string> {
  if (file === "-") return "standard-input";
  const path = resolve(cli.cwd, file);
  for (let folder = dirname(path);; folder = dirname(folder)) {
    const isRoot = await Deno.lstat(join(folder, "version.yaml")).then(() => true, () => false);
    if (isRoot) return relative(folder, path).replaceAll(sep, "/");
    if (folder === dirname(folder)) break;
  }
  const here = relative(cli.cwd, path);
  return (here.startsWith("..") ? path : here).replaceAll(sep, "/");
}

function asText(cli: CliContext, { file, lines, findings }: Explanation & { file: string }): string {
  const { bold, dim } = colorsFor(cli.stdout, cli.env);
  const name = oneLine(file === "-" ? "standard input" : file);
  if (findings.length === 0) return `${bold(name)}: nothing is hidden in ${countedInGroups(lines, "line")}\n`;
  const out = [`${bold(name)}: ${countedInGroups(findings.length, "finding")} in ${countedInGroups(lines, "line")}`];
  for (const finding of findings) {
    const place = finding.line === undefined ? "somewhere" : `${finding.line}:${finding.column}`;
    out.push(`  ${place}  ${bold(oneLine(finding.rule))}, ${countedInGroups(finding.characters, "character")} hidden`);
    out.push(dim(`${INDENT}${oneLine(finding.why)}`));
    if (finding.text !== undefined) out.push(`${INDENT}${window(finding)}`);
  }
  return out.map((line) => `${line}\n`).join("");
}

/** The part of a line that has the mask in it, as wide as {@linkcode COLUMNS}. */
function window({ text = "", column = 1 }: Finding): string {
  const line = oneLine(text);
  const width = COLUMNS - INDENT.length;
  // Masks are rarely as long as what they hide: the one that is meant is near the column, or before it.
  const found = line.lastIndexOf(MASK, column - 1);
  const mask = found >= 0 ? found : line.indexOf(MASK);
  const start = mask + MASK.length <= width - 1 ? 0 : Math.max(0, mask - Math.floor(width / 3));
  return cut(start === 0 ? line : `…${line.slice(start)}`, width);
}
