import { exitReason, logHint } from "../exit_reason.ts";
import { command } from "../command.ts";
import type { Insight } from "../insight.ts";
import { logTail, tailText } from "../log_tail.ts";
import { clip } from "../loose.ts";
import { podsOf, troubledPods, troubleFinding, whereOf } from "../trouble_finding.ts";

export const crashLoops: Insight = {
  id: "crash-loop",
  title: "Containers that restart again and again",
  reads: ["pods"],
  when:
    "A container waits in CrashLoopBackOff, or has restarted five times and the last time within an hour. One that was killed for memory, " +
    "or by a failing probe, is told of there",
  says: "The exit code and what it means, the last lines of the log, and what they give away",
  nextStep: "The command that shows the log of the run before",
  async *inspect(cluster) {
    for (const group of await troubledPods(cluster, "crash-loop")) {
      const { trouble, first } = group;
      const tail = await logTail(cluster, first, trouble.container ?? "");
      const ended = exitReason(trouble.exitCode, trouble.signal);
      const hint = logHint(tail?.lines ?? [trouble.message]);
      const own = trouble.message === "" ? "" : ` It said: ${clip(trouble.message)}`;
      yield troubleFinding(cluster, group, {
        title: `Restarts again and again: ${whereOf(group)}`,
        status: group.acute ? "fail" : "warn",
        message: `${podsOf(group)}: container ${trouble.container} restarted ${trouble.restarts} times` +
          `${ended === "" ? "" : `; ${ended}`}.${own}${tailText(tail)}`,
        explanation: [
          group.acute
            ? "The container ends soon after each start, and Kubernetes waits longer before each new one."
            : "The container runs at the moment, but it ended several times, the last time within an hour.",
          hint,
        ].filter(Boolean).join(" "),
        nextStep: command`kubectl logs -n ${first.namespace} ${first.name} -c ${trouble.container} --previous`,
        evidence: tail && [{ path: tail.path, line: tail.firstLine }],
      });
    }
  },
};
