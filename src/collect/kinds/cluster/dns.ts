import { type Entry, jsonEntry, missing, type MissingEntry, textEntry } from "../../../bundle/entry.ts";
import { describeError } from "../../../core/errors.ts";
import { KubeNotFoundError } from "../../../kube/errors.ts";
import type { KubeObject } from "../../../kube/kube_client.ts";
import { type CollectContext, defineCollector } from "../../collector.ts";
import { type CreatedObjects, withCreatedObjects } from "../../created_objects.ts";
import { timeoutMs } from "../../deadline.ts";
import { lifetimeMs } from "../../lifetime.ts";
import { textField } from "../../text_field.ts";
import { DNS_SCRIPT, readDnsReport } from "./dns_script.ts";
import { missingReason, rethrowFatal } from "./kube_failure.ts";
import { latestPod } from "./pods/latest_pod.ts";
import { launchPod } from "./pods/launch_pod.ts";
import { explainPod } from "./pods/pod_events.ts";
import { podLogText } from "./pods/pod_log.ts";
import { PodTimeoutError } from "./pods/pod_timeout.ts";
import { waitForPod } from "./pods/wait_for_pod.ts";

const DEFAULT_IMAGE = "registry.k8s.io/e2e-test-images/agnhost:2.39";
const DEFAULT_TIMEOUT_MS = 60_000;
const CONTAINER = "dns";
const SYSTEM = "/api/v1/namespaces/kube-system";

export const dns = defineCollector({
  kind: "dns",
  where: "cluster",
  summary: "How names are resolved in pods, and what the cluster's DNS service consists of",
  title: "dns",
  fields: () => ({
    image: textField().default(DEFAULT_IMAGE).describe("Image with sh, cat and dig"),
    nonResolvable: textField().default("*").describe("A name that has no address, to see what is answered then"),
    timeout: textField().optional().describe("Longest time until the pod has ended (60s)"),
  }),
  needs: () => {
    const own = ["create", "get", "delete"].map((verb) => ({ verb, resource: "pods", namespace: "default" }));
    const system = ["services", "endpoints", "configmaps"].map((resource) => ({
      verb: "get",
      resource,
      namespace: "kube-system",
    }));
    return [
      ...own,
      { verb: "get", resource: "pods", subresource: "log", namespace: "default" },
      { verb: "get", resource: "services", namespace: "default" },
      { verb: "list", resource: "pods", namespace: "kube-system" },
      ...system,
    ];
  },
  async *collect(config, context): AsyncGenerator<Entry> {
    const { kube, clock, signal } = context;
    const limitMs = lifetimeMs(timeoutMs(config.timeout) ?? DEFAULT_TIMEOUT_MS, context);
    const run = new DnsRun(config.image || DEFAULT_IMAGE, config.nonResolvable || "*", limitMs, context);
    await run.askCluster();
    yield* withCreatedObjects(kube, { clock, signal, title: "dns", lifetimeMs: limitMs }, async function* (objects) {
      await run.askPod(objects);
    });
    yield* run.entries();
  },
});

/** What is found, step by step: a step that fails is a line of the report. */
class DnsRun {
  readonly #report: string[] = [];
  readonly #missing: MissingEntry[] = [];
  readonly #found = {
    kubernetesClusterIP: "",
    podResolvConf: "",
    query: {
      kubernetes: { name: "kubernetes", address: "" },
      nonResolvableDomain: { name: "", address: "" },
    },
    kubeDNSPods: [""],
    kubeDNSService: "",
    kubeDNSEndpoints: "",
  };

  constructor(
    readonly image: string,
    nonResolvable: string,
    readonly limitMs: number,
    readonly context: CollectContext,
  ) {
    this.#found.query.nonResolvableDomain.name = nonResolvable;
  }

  *entries(): Generator<Entry> {
    yield textEntry("dns/debug.txt", this.#report.join("\n") + "\n");
    yield jsonEntry("dns/debug.json", this.#found, { indent: 0 });
    yield* this.#missing;
  }

  async askCluster(): Promise<void> {
    const found = this.#found;
    await this.#step("cluster IP of the service kubernetes", async () => {
      const service = await this.#get("/api/v1/namespaces/default/services/kubernetes");
      return found.kubernetesClusterIP = service.spec?.clusterIP ?? "";
    });
    await this.#step("running DNS pods", async () => {
      const names = await this.#runningPods();
      if (names.length > 0) found.kubeDNSPods = names;
      return names.join(", ");
    });
    await this.#step("cluster IP of the service kube-dns", async () => {
      const service = await this.#get(`${SYSTEM}/services/kube-dns`);
      return found.kubeDNSService = service.spec?.clusterIP ?? "";
    });
    await this.#step("endpoints of kube-dns", async () => {
      const { subsets } = await this.#get(`${SYSTEM}/endpoints/kube-dns`);
      return found.kubeDNSEndpoints = addressesOf(subsets).join(", ");
    });
    await this.#step("Corefile of the ConfigMap coredns", async () => {
      const { data } = await this.#get(`${SYSTEM}/configmaps/coredns`);
      return `\n${data?.Corefile ?? ""}`;
    });
    await this.#step("ConfigMap kube-dns", async () => {
      const { data } = await this.#get(`${SYSTEM}/configmaps/kube-dns`);
      return JSON.stringify(data ?? {});
    });
  }

  async askPod(objects: CreatedObjects): Promise<void> {
    const { query } = this.#found;
    await this.#step("names as a pod sees them", async () => {
      const text = await this.#podOutput(objects);
      const { resolvConf, kubernetes, nonResolvable } = readDnsReport(text);
      this.#found.podResolvConf = resolvConf;
      query.kubernetes.address = kubernetes;
      query.nonResolvableDomain.address = nonResolvable;
      return `\n${text}`;
    });
  }

  async #podOutput(objects: CreatedObjects): Promise<string> {
    const { kube, clock, signal } = this.context;
    const namespace = "default";
    let pod = await launchPod(objects, {
      namespace,
      generateName: "troubleshoot-dns-",
      labels: { "troubleshoot-role": "dns-collector" },
      spec: {
        automountServiceAccountToken: false,
        containers: [{
          name: CONTAINER,
          image: this.image,
          command: ["sh", "-c", DNS_SCRIPT, "sh", this.#found.query.nonResolvableDomain.name],
        }],
      },
    }, clock);
    try {
      const onPoll = (polled: KubeObject) => pod = polled;
      await waitForPod(kube, pod, { until: "ended", clock, signal: objects.signal, onPoll });
    } catch (error) {
      signal.throwIfAborted();
      if (!objects.expired) throw error;
      pod = await latestPod(kube, pod, signal);
      throw new PodTimeoutError("the pod did not end", this.limitMs, await explainPod(kube, pod, signal));
    }
    return await podLogText(kube, { namespace, pod: pod.metadata.name, container: CONTAINER }, signal);
  }

  /** Adds a finding, or why there is none. What does not exist is a finding, too. */
  async #step(what: string, find: () => Promise<string>): Promise<void> {
    try {
      this.#report.push(`=== ${what}: ${await find() || "none"}`);
    } catch (error) {
      rethrowFatal(error, this.context.signal);
      const absent = error instanceof KubeNotFoundError;
      this.#report.push(`=== ${what}: ${absent ? "it does not exist" : describeError(error)}`);
      if (absent) return;
      const reason = error instanceof PodTimeoutError ? "timed-out" : missingReason(error);
      this.#missing.push(missing("dns/debug.json", reason, `${what}: ${describeError(error)}`));
    }
  }

  #get(path: string): Promise<KubeObject> {
    return this.context.kube.get(path, { signal: this.context.signal });
  }

  async #runningPods(): Promise<string[]> {
    const { kube, signal } = this.context;
    const names: string[] = [];
    for await (const page of kube.list(`${SYSTEM}/pods`, { labelSelector: "k8s-app=kube-dns", signal })) {
      const running = page.items.filter(({ status }) => status?.phase === "Running");
      names.push(...running.map(({ metadata }) => metadata.name));
    }
    return names;
  }
}

interface EndpointSubset {
  addresses?: { ip: string }[];
  ports?: { port: number }[];
}

/** Each address with the first port of its subset. */
function addressesOf(subsets: EndpointSubset[] | undefined): string[] {
  return (subsets ?? []).flatMap(({ addresses, ports }) =>
    (addresses ?? []).map(({ ip }) => ports?.[0] === undefined ? ip : `${ip}:${ports[0].port}`)
  );
}
