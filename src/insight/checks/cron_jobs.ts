import { CronError } from "../../schedule/cron_expression.ts";
import { nextDues } from "../../schedule/next_due.ts";
import { affectedBy } from "../affected.ts";
import { command } from "../command.ts";
import type { Insight } from "../insight.ts";
import { below, clip, list, type Loose, number, text, time } from "../loose.ts";

/** What the controller may be late without anybody noticing. */
const GRACE_MS = 120_000;

export const cronJobs: Insight = {
  id: "cron-job",
  title: "CronJobs that do not fire",
  reads: ["cronjobs"],
  when:
    "At least two due times of a CronJob have passed since it last fired, or since it was made or changed. Suspended CronJobs are left alone, and so are schedules that cannot " +
    "be read here, and all of them where nothing tells when the bundle was collected",
  says:
    "When it fired last, how it is due, and what may keep it: a run that is still active with concurrencyPolicy Forbid, a short startingDeadlineSeconds",
  nextStep: "Where to look",
  async *inspect(cluster) {
    const now = await cluster.now();
    if (now === undefined) return;
    for await (const cronJob of cluster.objects("cronjobs", "CronJob")) {
      const { value, namespace, name } = cronJob;
      const spec = (key: string) => below(value, "spec", key);
      const schedule = text(spec("schedule"));
      const last = time(below(value, "status", "lastScheduleTime"));
      const since = Math.max(last ?? -Infinity, changedAt(value));
      if (spec("suspend") === true || !Number.isFinite(since) || schedule === "") continue;
      const missed = missedDues(schedule, text(spec("timeZone")) || "UTC", since, now - GRACE_MS);
      if (missed === undefined) cluster.note(cronJob.path, `the schedule "${clip(schedule, 60)}" cannot be read`);
      if (missed === undefined || missed.length < 2) continue;
      const active = list(below(value, "status", "active"));
      const held = text(spec("concurrencyPolicy")) === "Forbid" && active.length > 0;
      const deadline = number(spec("startingDeadlineSeconds"));
      const [event] = (await cluster.events()).of("CronJob", namespace, name);
      const object = { kind: "CronJob", namespace, name };
      yield {
        title: `CronJob ${namespace}/${name} does not fire`,
        outcome: {
          status: held ? "warn" : "fail",
          message:
            `CronJob ${namespace}/${name} (${schedule}) ${
              last === undefined ? "never fired" : `fired last at ${new Date(last).toISOString()}`
            }, and was due at ${missed[0]!.toISOString()} and later` +
            (event === undefined ? "" : `: ${clip(event.message)}`),
        },
        involvedObject: { ...object, apiVersion: "batch/v1" },
        cause: `cron-job/${namespace}/${name}`,
        explanation: held
          ? `Its Job ${text(active[0]!.name)} still runs, and concurrencyPolicy Forbid lets no other start.`
          : deadline !== undefined && deadline < 10
          ? "startingDeadlineSeconds is below ten seconds: the controller looks every ten seconds, and comes too late each time."
          : "Due times pass and no Job is made: the controller does not run, may not create Jobs, or has missed too many due times.",
        nextStep: held
          ? command`kubectl describe job -n ${namespace} ${
            text(active[0]!.name)
          }: find out why it does not end, and give it activeDeadlineSeconds`
          : command`kubectl describe cronjob -n ${namespace} ${name}; kubectl logs -n kube-system -l component=kube-controller-manager --tail=100`,
        ...affectedBy([object]),
        evidence: await cluster.evidence({ ...cronJob, keys: ["status"] }, ...event === undefined ? [] : [event]),
      };
    }
  },
};

/** When its schedule was written last, as far as is known: before that, it may have been suspended, or due at other times. */
function changedAt(value: Loose): number {
  const writes = list(below(value, "metadata", "managedFields")).filter(({ subresource }) => subresource !== "status");
  const times = [below(value, "metadata", "creationTimestamp"), ...writes.map((write) => write.time)];
  return Math.max(...times.map((at) => time(at) ?? -Infinity));
}

/** The first two due times of an interval; undefined for a schedule or time zone that cannot be read. */
function missedDues(schedule: string, timezone: string, after: number, until: number): Date[] | undefined {
  try {
    return nextDues([schedule], timezone, new Date(after), new Date(after), 2).filter((due) => due.getTime() <= until);
  } catch (error) {
    if (error instanceof CronError || error instanceof RangeError) return undefined;
    throw error;
  }
}
