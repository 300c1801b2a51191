import type { Insight } from "./insight.ts";
import { certificates } from "./checks/certificates.ts";
import { containerConfig } from "./checks/container_config.ts";
import { crashLoops } from "./checks/crash_loops.ts";
import { cronJobs } from "./checks/cron_jobs.ts";
import { deprecatedApis } from "./checks/deprecated_apis.ts";
import { disruptionBudgets } from "./checks/disruption_budgets.ts";
import { imagePulls } from "./checks/image_pulls.ts";
import { jobs } from "./checks/jobs.ts";
import { nodes } from "./checks/nodes.ts";
import { oomKills } from "./checks/oom_kills.ts";
import { pendingPods } from "./checks/pending_pods.ts";
import { probes } from "./checks/probes.ts";
import { quotas } from "./checks/quotas.ts";
import { services } from "./checks/services.ts";
import { stuckPods } from "./checks/stuck_pods.ts";
import { unreadyPods } from "./checks/unready_pods.ts";
import { volumes } from "./checks/volumes.ts";
import { webhooks } from "./checks/webhooks.ts";
import { workloads } from "./checks/workloads.ts";

/** All checks of the built-in insight, causes before what follows from them: the first that names a cause tells of it. */
export const insights: readonly Insight[] = [
  nodes,
  volumes,
  quotas,
  imagePulls,
  crashLoops,
  oomKills,
  containerConfig,
  pendingPods,
  stuckPods,
  probes,
  unreadyPods,
  jobs,
  cronJobs,
  certificates,
  // What follows, where a cause above is found.
  workloads,
  services,
  webhooks,
  disruptionBudgets,
  deprecatedApis,
];
