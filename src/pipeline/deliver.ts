import { basename } from "node:path";
import { fillDestination } from "../upload/destination_template.ts";
import { findUploader, parseDestination } from "../upload/registry.ts";
import type { Delivery } from "../upload/uploader.ts";
import type { RunFacts } from "./judge_run.ts";
import type { PipelineContext } from "./run_pipeline.ts";

/** Hands the archive to its destination. The local file stays. */
export async function deliver(run: RunFacts, context: PipelineContext): Promise<Delivery> {
  const { request, archive } = run;
  const { url, options, credentials } = request.upload!;
  const filled = fillDestination(url, {
    job: request.job?.name ?? "manual",
    execution: request.execution?.id ?? request.rootName,
    cluster: String(request.kube.context ?? "default"),
    at: new Date(request.execution?.scheduledAt ?? run.startedAt),
  });
  const destination = parseDestination(filled, options, credentials);
  const file = { ...archive!, name: basename(archive!.path) };
  return await findUploader(destination.url).upload(file, destination, {
    signal: context.abort,
    env: context.env,
    secret: context.secret,
    progress: (sent) =>
      context.emit({
        type: "progress",
        stage: "upload",
        subject: `${destination.url.protocol}//${destination.url.host}`,
        message: "sending",
        done: sent,
        total: file.bytes,
      }),
  });
}
