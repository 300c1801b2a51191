import type { StageOutcome } from "../bundle/manifest.ts";
import { describeError, errorCode } from "../core/errors.ts";
import type { RunFacts } from "./judge_run.ts";
import type { PipelineContext } from "./run_pipeline.ts";

/** Times a stage and records how it ended. What it throws is kept in `run.failure`, and the result is undefined. */
export async function stage<T>(
  run: RunFacts,
  name: StageOutcome["stage"],
  context: PipelineContext,
  action: () => Promise<T>,
  shortOf: (result: T) => { code: string; message: string } | undefined = () => undefined,
): Promise<T | undefined> {
  const started = context.clock.now().getTime();
  const took = () => context.clock.now().getTime() - started;
  context.emit({ type: "progress", stage: name, subject: name, message: "started" });
  try {
    const result = await action();
    const short = shortOf(result);
    record(run, { stage: name, status: short === undefined ? "ok" : "partial", ...short, durationMs: took() }, context);
    return result;
  } catch (error) {
    context.abort.throwIfAborted();
    run.failure = error;
    const message = describeError(error);
    record(run, { stage: name, status: "failed", code: errorCode(error), message, durationMs: took() }, context);
    return undefined;
  }
}

/** Takes down how a stage ended, and tells it. */
export function record(run: RunFacts, outcome: StageOutcome, context: PipelineContext): void {
  run.stages.push(outcome);
  context.emit({ type: "stage", outcome });
}
