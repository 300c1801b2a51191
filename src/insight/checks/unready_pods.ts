import { exitReason } from "../exit_reason.ts";
import { command } from "../command.ts";
import type { Insight } from "../insight.ts";
import { logTail, tailText } from "../log_tail.ts";
import { clip } from "../loose.ts";
import { podsOf, troubledPods, troubleFinding, whereOf } from "../trouble_finding.ts";

export const unreadyPods: Insight = {
  id: "not-ready",
  title: "Other pods that are not well",
  reads: ["pods"],
  when:
    "A pod is not ready for more than a minute and nothing says why, a pod without an owner has failed, or pods were evicted. Failed pods " +
    "that a controller has replaced are left alone, and so are those of Jobs",
  says: "What is known: the reason of the pod, its exit code, its last lines",
  nextStep: "Where to look",
  async *inspect(cluster) {
    for (const kind of ["not-ready", "failed", "evicted"] as const) {
      for (const group of await troubledPods(cluster, kind)) {
        const { trouble, first } = group;
        const tail = kind === "evicted" ? undefined : await logTail(cluster, first, trouble.container ?? "");
        const reason = clip([trouble.reason, trouble.message].filter(Boolean).join(": "));
        const ended = kind === "failed" ? exitReason(trouble.exitCode) : "";
        yield troubleFinding(cluster, group, {
          ...TEXTS[kind],
          title: kind === "evicted"
            ? `Evicted from ${first.node || first.namespace}`
            : `${TEXTS[kind].title}: ${whereOf(group)}`,
          status: kind === "not-ready" ? "fail" : "warn",
          message: `${podsOf(group)}: ${[reason, ended].filter(Boolean).join("; ")}${tailText(tail)}`,
          nextStep: kind === "evicted"
            ? command`kubectl describe node ${first.node}: look for what ran out, and set requests and limits for it`
            : command`kubectl describe pod -n ${first.namespace} ${first.name}`,
          evidence: tail && [{ path: tail.path, line: tail.firstLine }],
        });
      }
    }
  },
};

const TEXTS = {
  "not-ready": { title: "Not ready", explanation: "The pod runs, but does not count as able to serve." },
  failed: { title: "Failed", explanation: "The pod ended with an error, and nothing starts it again." },
  evicted: {
    title: "Evicted",
    explanation:
      "The node ran short of memory, disk or process ids, and ended pods to help itself. Their remains stay until deleted.",
  },
} as const;
