import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { join } from "node:path";
import { connectKube } from "../../src/kube/connect.ts";
import type { KubeObject } from "../../src/kube/kube_client.ts";
import { BINARY, Sandbox, until } from "./program.ts";

const KUBECONFIG = Deno.env.get("TEST_KUBECONFIG");
const ASSETS = Deno.env.get("KUBEBUILDER_ASSETS");
const ignore = BINARY === undefined || KUBECONFIG === undefined || ASSETS === undefined;
const EXPIRES = "support-bundle.troubleshoot.sh/expires-at";

/** A namespace with what the test puts there, and the program on its way to collect from a pod that never ends. */
async function withRunningPod(
  test: (run: {
    start(): Deno.ChildProcess;
    pods(): Promise<KubeObject[]>;
    kubectl(...args: string[]): Promise<void>;
  }) => Promise<void>,
): Promise<void> {
  await using sandbox = await Sandbox.create();
  const kube = connectKube({ kubeconfig: KUBECONFIG }, {});
  const namespace = `t-${crypto.randomUUID().slice(0, 8)}`;
  await kube.create("/api/v1/namespaces", { metadata: { name: namespace } });
  const spec = await sandbox.write(
    "spec.yaml",
    `apiVersion: troubleshoot.sh/v1beta2
kind: SupportBundle
metadata: {name: runs-a-pod}
spec:
  collectors:
    - clusterResources: {exclude: true}
    - runPod:
        name: slow
        namespace: ${namespace}
        timeout: 30s
        podSpec: {containers: [{name: main, image: "example.com/forever:1"}]}
`,
  );
  try {
    await test({
      start: () => sandbox.spawn([spec, "--interactive=false"], { env: { KUBECONFIG: KUBECONFIG! } }),
      async pods() {
        const all: KubeObject[] = [];
        for await (const { items } of kube.list(`/api/v1/namespaces/${namespace}/pods`)) all.push(...items);
        return all.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
      },
      async kubectl(...args) {
        const { success, stderr } = await new Deno.Command(join(ASSETS!, "kubectl"), {
          args: ["--kubeconfig", KUBECONFIG!, "-n", namespace, ...args],
        }).output();
        ok(success, new TextDecoder().decode(stderr));
      },
    });
  } finally {
    await kube.delete(`/api/v1/namespaces/${namespace}`);
    kube.close();
  }
}

async function ended(child: Deno.ChildProcess): Promise<string> {
  const { code, stdout, stderr } = await child.output();
  return `${code}\n${new TextDecoder().decode(stdout)}\n${new TextDecoder().decode(stderr)}`;
}

Deno.test({
  name: "a killed program leaves its pod, and the next run removes it once it has expired, and nothing else",
  ignore,
  fn: () =>
    withRunningPod(async ({ start, pods, kubectl }) => {
      await kubectl(
        "run",
        "somebody-else",
        "--image=example.com/forever:1",
        "--labels=app.kubernetes.io/managed-by=troubleshoot.sh",
      );
      const killed = start();
      const left = await until("the pod", async () => (await pods()).find(({ metadata }) => metadata.name === "slow"));
      killed.kill("SIGKILL");
      await ended(killed);
      ok(left.metadata.annotations?.[EXPIRES]);
      strictEqual((await pods()).length, 2);

      // A run in the meantime works beside it.
      const second = start();
      const named = await until("the second pod", async () => {
        return (await pods()).find(({ metadata }) => metadata.name.startsWith("slow-"));
      });
      ok((await pods()).some(({ metadata }) => metadata.uid === left.metadata.uid));
      second.kill("SIGKILL");
      await ended(second);

      // As if the time of the first had passed.
      await kubectl("annotate", "--overwrite", "pod", "slow", `${EXPIRES}=2020-01-01T00:00:00Z`);
      const third = start();
      await until("the sweep", async () => {
        const uids = (await pods()).map(({ metadata }) => metadata.uid);
        return uids.includes(left.metadata.uid as string) ? undefined : true;
      });
      // Under another name where that of the first is not free yet.
      const others = ["somebody-else", named.metadata.name];
      await until("the third pod", async () => (await pods()).find(({ metadata }) => !others.includes(metadata.name)));
      third.kill("SIGINT");
      await ended(third);
      const names = (await pods()).map(({ metadata }) => metadata.name).sort();
      deepStrictEqual(names, [named.metadata.name, "somebody-else"]);
    }),
});

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  Deno.test({
    name: `${signal} in the middle of a run removes the pod`,
    ignore: ignore || Deno.build.os === "windows",
    fn: () =>
      withRunningPod(async ({ start, pods }) => {
        const child = start();
        await until("the pod", async () => (await pods()).at(0));
        child.kill(signal);
        const said = await ended(child);
        deepStrictEqual((await pods()).map(({ metadata }) => metadata.name), [], said);
      }),
  });
}
