import { UPLOAD_INTERRUPTED } from "../core/upload_codes.ts";
import { EXIT } from "../core/exit_codes.ts";
import { abandonDelivery, deliverArchive } from "../pipeline/deliver.ts";
import { deliveryRequestSchema } from "../pipeline/delivery_request.ts";
import { toUploadError } from "../pipeline/judge_run.ts";
import type { PipelineEvent } from "../pipeline/report.ts";
import { UploadError } from "../upload/upload_error.ts";
import { asksCluster } from "../pipeline/upload_plan.ts";
import type { KubeClient, KubeOptions } from "../kube/kube_client.ts";
import type { CliContext } from "./cli_context.ts";
import { watchDaemon } from "./daemon_watch.ts";
import { readSecret } from "./read_secret.ts";

/** Delivers a bundle for the daemon: a request as JSON on standard input, events as JSON lines on standard output, the last of
 * them how it went. The daemon tries again what failed: here each destination is tried once. */
export async function runDelivery(cli: CliContext): Promise<void> {
  using _watch = watchDaemon(cli);
  const emit = (event: PipelineEvent) => void cli.stdout.write(JSON.stringify(event) + "\n");
  const startedAt = cli.clock.now().getTime();
  const took = () => Math.max(0, cli.clock.now().getTime() - startedAt);
  try {
    const { action, archive, plan, facts, kube } = deliveryRequestSchema.parse(JSON.parse(await cli.stdin.readAll()));
    const context = {
      clock: cli.clock,
      env: cli.env,
      secret: readSecret(cli, kube),
      signal: cli.signal,
      attempts: 1,
      kube: asksCluster(plan) ? await cluster(cli, kube) : undefined,
      keepResumeFile: true,
      progress: (subject: string, done: number, total: number) =>
        emit({ type: "progress", stage: "upload", subject, message: "sending", done, total }),
      log: (level: "info" | "warn", message: string) => emit({ type: "log", level, component: "uploader", message }),
    };
    if (action === "abandon") return await abandonDelivery(archive, plan, facts, context);
    const { url, fallbackReason } = await deliverArchive(archive, plan, facts, context);
    emit({ type: "delivery", url, error: fallbackReason && toUploadError(fallbackReason), durationMs: took() });
  } catch (error) {
    const failure = cli.signal.aborted
      ? new UploadError("The upload was interrupted", {
        transient: true,
        code: UPLOAD_INTERRUPTED,
        hint: "It goes on from where it was",
      })
      : error;
    emit({ type: "delivery", error: toUploadError(failure), durationMs: took() });
    cli.exitCode = cli.signal.aborted ? EXIT.interrupted : EXIT.upload;
  }
}

/** The client is not closed: the process ends with what it is for. */
async function cluster(cli: CliContext, options: Record<string, unknown>): Promise<KubeClient> {
  const { connectKube } = await import("../kube/connect.ts");
  return connectKube(options as KubeOptions, { ...cli.env }, { clock: cli.clock });
}
