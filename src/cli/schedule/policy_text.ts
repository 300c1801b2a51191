import type { Job, OverlapPolicy } from "../../schedule/job.ts";
import { utcTime } from "../render/time.ts";
import { retentionText } from "./retention_flags.ts";

const OVERLAP: Readonly<Record<OverlapPolicy, string>> = {
  skip: "skip a run while the one before is not finished",
  "queue-one": "one run may wait for the one before to finish",
  "queue-all": "each run waits for the one before to finish",
  "cancel-running": "a new run ends the one before, and takes its place",
  allow: "allow runs side by side",
};

/** The policies of a job in words, for `renderFields`. */
export function policyFields(job: Job): [label: string, value: string | string[]][] {
  return [
    ["Overlap", OVERLAP[job.overlapPolicy]],
    ["Catch-up", catchUpText(job)],
    ...job.priority === 0 ? [] : [["Priority", String(job.priority)] as [string, string]],
    ...job.jitter === "" ? [] : [jitterField(job)],
    ...job.blackout.length === 0 ? [] : [["Blackout", job.blackout] as [string, string[]]],
    ...job.pauseAfterFailures === null ? [] : [pauseField(job.pauseAfterFailures, job.failuresInRow)],
    ["Retention", retentionText(job)],
    ...job.startAt === null ? [] : [["Not before", utcTime(new Date(job.startAt))] as [string, string]],
    ...job.endAt === null ? [] : [["Not after", utcTime(new Date(job.endAt))] as [string, string]],
  ];
}

function jitterField({ jitter, jitterMode }: Job): [string, string] {
  const how = jitterMode === "stable" ? "always as much on a host" : "another time each time";
  return ["Jitter", `starts up to ${jitter} later than due, ${how}`];
}

function pauseField(after: number, failures: number): [string, string] {
  return ["Pauses", `after ${after} failures in a row, of which there were ${failures}`];
}

function catchUpText({ catchUp: { policy, window } }: Job): string {
  switch (policy) {
    case "none":
      return "none: a missed run stays missed";
    case "latest":
      return `the latest missed run, up to ${window} late`;
    case "all":
      return `every missed run, up to ${window} late, the oldest first`;
  }
}
