import { command } from "../command.ts";
import type { Insight } from "../insight.ts";
import { logTail, tailText } from "../log_tail.ts";
import { clip } from "../loose.ts";
import { podsOf, troubledPods, troubleFinding, whereOf } from "../trouble_finding.ts";

export const probes: Insight = {
  id: "probe",
  title: "Probes that fail",
  reads: ["pods", "events"],
  when:
    "A container is not ready for more than a minute or restarts again and again, and the kubelet reports a failing probe",
  says: "Which probe fails, with what answer; restarts that a liveness or startup probe causes",
  nextStep: "What to look at: the endpoint of the probe, its timeouts, the log",
  async *inspect(cluster) {
    for (const group of await troubledPods(cluster, "probe")) {
      const { trouble, first } = group;
      const failure = trouble.events.find(({ reason }) => reason === "Unhealthy")?.message ?? trouble.message;
      const kind = /^(Liveness|Readiness|Startup)/.exec(failure)?.[1]?.toLowerCase() ?? "readiness";
      const tail = await logTail(cluster, first, trouble.container ?? "");
      yield troubleFinding(cluster, group, {
        title: `${kind[0]!.toUpperCase()}${kind.slice(1)} probe fails: ${whereOf(group)}`,
        status: group.acute ? "fail" : "warn",
        message: `${podsOf(group)}: ${clip(failure)}` +
          (trouble.restarts ? ` (${trouble.restarts} restarts)` : "") + tailText(tail),
        explanation: kind === "readiness"
          ? "The container runs but says that it cannot serve, so no traffic is sent to it."
          : `The kubelet restarts the container because its ${kind} probe fails. The program may be well, and only slower than the probe allows.`,
        nextStep:
          command`kubectl describe pod -n ${first.namespace} ${first.name}: compare path, port and timeouts of the probe with what ` +
          "the program does",
        evidence: tail && [{ path: tail.path, line: tail.firstLine }],
      });
    }
  },
};
