import { resumePath } from "../../../bundle/resume_path.ts";
import { describeError } from "../../../core/errors.ts";
import type { Execution } from "../../../schedule/execution.ts";
import type { JobStore } from "../../../store/job_store.ts";
import type { CliContext } from "../../cli_context.ts";
import { readSecret } from "../../read_secret.ts";
import { currentPlan } from "./waiting_uploads.ts";

/** Frees what has arrived of a bundle at its destination, where anything has. What cannot be freed is a warning. */
export async function freeUpload(cli: CliContext, store: JobStore, execution: Execution): Promise<void> {
  const { bundlePath: path, bundleSize: bytes, bundleSha256: sha256, companions, upload } = execution;
  if (!await Deno.stat(resumePath(path)).then(() => true, () => false)) return;
  const plan = await currentPlan(store, execution);
  if (plan === null) return;
  const { abandonDelivery } = await import("../../../pipeline/deliver.ts");
  const facts = {
    job: execution.jobName,
    execution: execution.id,
    cluster: upload.cluster || undefined,
    at: execution.scheduledAt,
    labels: {},
    metadata: {},
  };
  const warn = (message: string) => cli.stderr.write(`Warning: ${message}\n`);
  try {
    await abandonDelivery({ path, bytes, sha256, companions }, plan, facts, {
      clock: cli.clock,
      env: cli.env,
      secret: readSecret(cli),
      signal: cli.signal,
      progress: () => {},
      log: (_, message) => void warn(message),
    });
  } catch (error) {
    await warn(`what has arrived at the destination may still be there: ${describeError(error)}`);
  }
}
