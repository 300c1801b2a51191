import type { AccessNeed } from "../../kube/access.ts";
import { connectKube } from "../../kube/connect.ts";
import type { KubeOptions } from "../../kube/kube_client.ts";
import type { PipelineRequest } from "../../pipeline/request.ts";
import type { Job } from "../../schedule/job.ts";
import type { LoadedSpec } from "../../spec/load_spec.ts";
import type { CliContext } from "../cli_context.ts";
import { permissionLines, warnOfLacking } from "../dry_run.ts";
import { neededPermissions } from "../needed_permissions.ts";
import { colorsFor } from "../render/color.ts";
import { renderFields } from "../render/table.ts";
import { definitionFields } from "./describe.ts";
import { nextRunLines, scheduleLines } from "./schedule_text.ts";

const NEXT_RUNS = 5;
const MAX_NAMES = 10;

/** `--schedule-preview`: what a scheduled run of the job would collect if it were due now, from where, with which
 * permissions, and when it is due; on standard error the permissions that this account lacks. Without a cluster, nothing is
 * said about the account: the daemon may have another one. */
export async function showSchedulePreview(
  cli: CliContext,
  request: PipelineRequest,
  spec: LoadedSpec,
  job: Job,
): Promise<void> {
  const kube = connectKube(request.kube as KubeOptions, { ...cli.env }, { clock: cli.clock });
  try {
    const { needs } = await neededPermissions(spec, { kube, namespace: request.namespace, signal: cli.signal });
    await cli.stdout.write(
      "A scheduled run with these options would collect:\n\n" + renderFields([
        ["Collectors", kinds(spec.collectors.map(({ unit }) => unit.kind))],
        ["Host collectors", kinds(spec.hostCollectors.map(({ unit }) => unit.kind))],
        ...spec.unsupported.length === 0
          ? []
          : [["Not in this version", kinds(spec.unsupported.map(({ kind }) => kind))] as [string, string]],
        ["Analyzers", job.analyze ? String(spec.analyzers.length + spec.hostAnalyzers.length || "none") : "off"],
        ["Namespaces", namespaces(needs, request.namespace)],
        ...definitionFields(job, colorsFor(cli.stdout, cli.env)),
        ...job.schedules.length === 0
          ? [["Schedule", 'none yet: add --cron "0 2 * * *" to see when it is due'] as [string, string]]
          : [
            ...scheduleLines(job),
            ["Next runs", nextRunLines({ ...job, enabled: true }, cli.clock.now(), NEXT_RUNS)] as [string, string[]],
          ],
      ]) + (needs.length === 0 ? "" : `\nPermissions that it needs:\n${permissionLines(needs, "  ").join("\n")}\n`),
    );
    await warnOfLacking(cli, kube, needs);
  } finally {
    kube.close();
  }
}

/** `logs (3), secret`, in the order of first appearance. */
function kinds(all: string[]): string {
  const counts = new Map<string, number>();
  for (const kind of all) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  return [...counts].map(([kind, count]) => count === 1 ? kind : `${kind} (${count})`).join(", ") || "none";
}

/** @param only `--namespace` */
function namespaces(needs: readonly AccessNeed[], only: string | undefined): string {
  if (only !== undefined) return `${only} only`;
  if (needs.length === 0) return "none";
  const named = [...new Set(needs.flatMap(({ namespace }) => namespace === undefined ? [] : [namespace]))].sort();
  const more = named.length > MAX_NAMES ? ` and ${named.length - MAX_NAMES} more` : "";
  return [
    ...needs.some(({ namespace }) => namespace === undefined) ? ["the whole cluster"] : [],
    ...named.slice(0, MAX_NAMES),
  ].join(", ") + more;
}
