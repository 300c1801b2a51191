import { connectKube } from "../../src/kube/connect.ts";
import type { KubeClient, KubeOptions } from "../../src/kube/kube_client.ts";
import type { ManualClock } from "../manual_clock.ts";

/** The test cluster's, "" where there is none. */
export const kubeconfig = Deno.env.get("TEST_KUBECONFIG") ?? "";

export function clusterTest(name: string, fn: () => Promise<void>): void {
  Deno.test({ name, ignore: kubeconfig === "", fn });
}

export async function withKube(options: KubeOptions, use: (kube: KubeClient) => Promise<void>, clock?: ManualClock) {
  const kube = connectKube({ kubeconfig, ...options }, {}, { clock });
  try {
    await use(kube);
  } finally {
    kube.close();
  }
}
