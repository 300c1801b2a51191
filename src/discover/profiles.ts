/** How much `--auto` looks at. Later ones gather what earlier ones do, and more. */
export const DISCOVERY_PROFILES = ["minimal", "standard", "comprehensive", "paranoid"] as const;
export type ProfileName = (typeof DISCOVERY_PROFILES)[number];

/** What a profile gathers, beside the state of the cluster, which all of them do. */
export interface Profile {
  /** One sentence for docs and help. */
  summary: string;
  /** Longest time for looking around before the run. */
  limitMs: number;
  /** Log of every container; absent: only the last 500 lines of pods that are not well, as `clusterResources` has them. */
  logs?: { maxLines: number; maxBytes: number };
  /** Files for each ConfigMap, and for each Secret without its values. */
  dataObjects: boolean;
  /** Objects of the KOTS admin console and of kURL. */
  kots: boolean;
  /** Facts about container images, from their registries. */
  images: boolean;
  /** Helm releases; `values`: with the values that they were installed with. */
  helm?: { values: boolean };
  /** What each node's kubelet measures. */
  nodeMetrics: boolean;
}

const MEGABYTE = 1_000_000;

export const PROFILES: Readonly<Record<ProfileName, Profile>> = {
  minimal: {
    summary: "the state of the cluster, and the end of the logs of pods that are not well",
    limitMs: 15_000,
    dataObjects: false,
    kots: false,
    images: false,
    nodeMetrics: false,
  },
  standard: {
    summary: "also the logs of all pods, ConfigMaps, and that Secrets exist",
    limitMs: 30_000,
    logs: { maxLines: 10_000, maxBytes: 5 * MEGABYTE },
    dataObjects: true,
    kots: true,
    images: false,
    nodeMetrics: false,
  },
  comprehensive: {
    summary: "longer logs, Helm releases, and facts about container images",
    limitMs: 60_000,
    logs: { maxLines: 50_000, maxBytes: 20 * MEGABYTE },
    dataObjects: true,
    kots: true,
    images: true,
    helm: { values: false },
    nodeMetrics: false,
  },
  paranoid: {
    summary: "the longest logs, Helm values, and what kubelets measure",
    limitMs: 120_000,
    logs: { maxLines: 200_000, maxBytes: 50 * MEGABYTE },
    dataObjects: true,
    kots: true,
    images: true,
    helm: { values: true },
    nodeMetrics: true,
  },
};
