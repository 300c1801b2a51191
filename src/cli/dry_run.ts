import { withTimeLimit } from "../core/time_limit.ts";
import { type AccessNeed, checkAccess, describeNeeds } from "../kube/access.ts";
import { connectKube } from "../kube/connect.ts";
import type { KubeClient, KubeOptions } from "../kube/kube_client.ts";
import type { PipelineRequest } from "../pipeline/request.ts";
import type { LoadedSpec } from "../spec/load_spec.ts";
import { printSpec } from "../spec/print_spec.ts";
import type { CliContext } from "./cli_context.ts";
import { neededPermissions } from "./needed_permissions.ts";
import { colorsFor } from "./render/color.ts";

const REVIEW_MS = 10_000;
const MAX_LINES = 20;
const WIDTH = 100;

/** `--dry-run`: the merged spec on standard output, with the permissions that it needs as comments, and on standard error
 * those that the account lacks. Without a cluster, nothing is said about the account. */
export async function showDryRun(cli: CliContext, request: PipelineRequest, spec: LoadedSpec): Promise<void> {
  const kube = connectKube(request.kube as KubeOptions, { ...cli.env }, { clock: cli.clock });
  try {
    const { needs } = await neededPermissions(spec, { kube, namespace: request.namespace, signal: cli.signal });
    await cli.stdout.write(permissionComments(needs) + printSpec(spec));
    await warnOfLacking(cli, kube, needs);
  } finally {
    kube.close();
  }
}

/** Names on standard error the permissions that the account lacks; nothing where that cannot be found out. */
export async function warnOfLacking(cli: CliContext, kube: KubeClient, needs: readonly AccessNeed[]): Promise<void> {
  const lacking = await lackingPermissions(kube, needs, cli.signal);
  if (lacking.length === 0) return;
  const { yellow } = colorsFor(cli.stderr, cli.env);
  const lines = permissionLines(lacking, "  ");
  const rest = lines.length - MAX_LINES;
  await cli.stderr.write(
    `${yellow("Warning:")} This account lacks ${lacking.length} of ${needs.length} permissions; it may not\n` +
      lines.slice(0, MAX_LINES).map((line) => `${line}\n`).join("") +
      (rest > 0 ? `  and ${rest} lines more\n` : "") +
      "  `support-bundle rbac` prints the roles that allow all of it\n",
  );
}

/** What the account may not do. Nothing when that cannot be found out. */
async function lackingPermissions(
  kube: KubeClient,
  needs: readonly AccessNeed[],
  signal: AbortSignal,
): Promise<AccessNeed[]> {
  if (needs.length === 0) return [];
  try {
    const answers = await withTimeLimit(REVIEW_MS, signal, (signal) => checkAccess(kube, needs, signal));
    return answers.filter(({ allowed }) => !allowed).map(({ need }) => need);
  } catch {
    signal.throwIfAborted();
    return [];
  }
}

/** Needs in words, broken into lines. */
export function permissionLines(needs: readonly AccessNeed[], indent: string): string[] {
  return describeNeeds(needs).flatMap((line) => wrap(line, indent, WIDTH));
}

function permissionComments(needs: readonly AccessNeed[]): string {
  if (needs.length === 0) return "";
  const lines = permissionLines(needs, "#   ");
  return `# Permissions that this needs:\n${lines.join("\n")}\n`;
}

/** Breaks a line between words. What follows is indented once more. */
function wrap(text: string, indent: string, width: number): string[] {
  const lines: string[] = [];
  let line = indent;
  for (const word of text.split(" ")) {
    const empty = line.trimEnd() === indent.trimEnd();
    if (!empty && line.length + word.length > width) {
      lines.push(line.trimEnd());
      line = `${indent}  `;
    }
    line += `${word} `;
  }
  return [...lines, line.trimEnd()];
}
