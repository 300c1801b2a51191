import { counted } from "../core/counted.ts";
import { anySignal } from "../core/any_signal.ts";
import { connectKube } from "../kube/connect.ts";
import type { KubeOptions } from "../kube/kube_client.ts";
import { UPLOAD_INTERRUPTED } from "../core/upload_codes.ts";
import { UploadError } from "../upload/upload_error.ts";
import { deliverArchive, type Delivered } from "./deliver.ts";
import type { RunFacts } from "./judge_run.ts";
import type { PipelineContext } from "./run_pipeline.ts";
import { asksCluster } from "./upload_plan.ts";

/** Why the bundle of a run is not uploaded, although that was asked for. */
export function whyNotUploaded(
  { request, quarantine, stages }: RunFacts,
): { code?: string; message: string } | undefined {
  if (quarantine !== undefined) return { message: "the bundle is held back" };
  if (stages.some(({ stage, status }) => stage === "sign" && status === "failed")) {
    return { message: "it could not be signed" };
  }
  const behind = request.upload?.behind ?? 0;
  if (behind === 0) return undefined;
  return { code: "UPLOAD_BEHIND", message: `waits behind ${counted(behind, "earlier bundle")}` };
}

/** Hands the archive of a run to its destination. The local file stays. */
export async function uploadBundle(run: RunFacts, context: PipelineContext): Promise<Delivered> {
  const { request, archive, startedAt } = run;
  const { spool, labels = {}, ...plan } = request.upload!;
  // What is spooled goes on from where it is; everybody else waits for the result.
  const kube = asksCluster(plan)
    ? connectKube(request.kube as KubeOptions, { ...context.env }, { clock: context.clock })
    : undefined;
  const signal = spool ? anySignal(context.abort, context.stop) : context.abort;
  try {
    return await deliverArchive(archive!, plan, {
      job: request.job?.name,
      execution: request.execution?.id ?? request.rootName,
      cluster: run.clusterName,
      at: request.execution?.scheduledAt ?? startedAt.toISOString(),
      started: startedAt.toISOString(),
      labels,
      metadata: request.metadata ?? {},
    }, {
      clock: context.clock,
      env: context.env,
      secret: context.secret,
      signal,
      kube,
      progress: (subject, done, total) =>
        context.emit({ type: "progress", stage: "upload", subject, message: "sending", done, total }),
      log: (level, message) => context.emit({ type: "log", level, component: "uploader", message }),
    });
  } catch (error) {
    context.abort.throwIfAborted();
    if (!signal.aborted) throw error;
    throw new UploadError("The upload was interrupted", {
      transient: true,
      code: UPLOAD_INTERRUPTED,
      hint: "It goes on from where it was",
    });
  } finally {
    kube?.close();
  }
}
