import { deepStrictEqual, equal, match, ok } from "node:assert/strict";
import { createLimitedAccount } from "../fixtures/service_account.ts";
import { openApi } from "../kube/api_gateway.ts";
import { BINARY, Sandbox, until } from "./program.ts";

const ADMIN = Deno.env.get("TEST_KUBECONFIG") ?? "";

Deno.test({
  name:
    "support-bundle diff tells an image that was changed and a pod that was deleted in a real cluster, and no noise",
  ignore: BINARY === undefined || ADMIN === "",
  fn: async () => {
    await using sandbox = await Sandbox.create();
    await using account = await createLimitedAccount(ADMIN);
    const { namespace } = account;
    const api = await openApi(ADMIN);
    const containers = [{ name: "web", image: "example.com/web:1" }];
    const labels = { app: "web" };
    try {
      await account.apply([
        { apiVersion: "v1", kind: "Pod", metadata: { name: "lone", namespace }, spec: { containers } },
        {
          apiVersion: "apps/v1",
          kind: "Deployment",
          metadata: { name: "web", namespace },
          spec: {
            replicas: 2,
            selector: { matchLabels: labels },
            template: { metadata: { labels }, spec: { containers } },
          },
        },
      ]);
      const path = `/apis/apps/v1/namespaces/${namespace}/deployments/web`;
      // deno-lint-ignore no-explicit-any -- an object of the API
      const read = async () => await api.send("GET", path) as any;
      const rolledOut = (image: string) =>
        until(`a rollout of ${image}`, async () => {
          const { metadata, spec, status } = await read();
          const done = status.observedGeneration === metadata.generation && status.readyReplicas === 2 &&
            status.updatedReplicas === 2 && status.replicas === 2;
          return done && spec.template.spec.containers[0].image === image ? true : undefined;
        });
      const spec = await sandbox.write(
        "spec.yaml",
        JSON.stringify({
          apiVersion: "troubleshoot.sh/v1beta2",
          kind: "SupportBundle",
          metadata: { name: "diff" },
          spec: { collectors: [{ clusterResources: { namespaces: [namespace] } }] },
        }),
      );
      const collect = async (name: string) => {
        const ended = await sandbox.run([spec, "-o", name, "--kubeconfig", ADMIN, "--interactive=false"]);
        equal(ended.code, 0, ended.stderr);
      };
      // deno-lint-ignore no-explicit-any -- the report
      const compare = async (old: string, current: string): Promise<any> => {
        const ended = await sandbox.run(["diff", `${old}.tar.gz`, `${current}.tar.gz`, "--format", "json"]);
        equal(ended.code, 0, ended.stderr);
        return JSON.parse(ended.stdout);
      };
      await rolledOut("example.com/web:1");
      await collect("before");
      await collect("again");
      const still = await compare("before", "again");
      // deno-lint-ignore no-explicit-any -- the report
      const loud = (list: any[]) => list.filter(({ quiet, namespace: of }) => quiet !== true && of === namespace);
      for (const list of ["added", "removed", "changed"]) deepStrictEqual(loud(still.objects[list]), [], list);
      deepStrictEqual(still.objects.notCompared, []);
      ok(still.objects.unchanged > 10);

      await api.send("DELETE", `/api/v1/namespaces/${namespace}/pods/lone?gracePeriodSeconds=0`);
      await until("the end of the pod", async () => {
        const { items } = await api.send("GET", `/api/v1/namespaces/${namespace}/pods`) as {
          items: { metadata: { name: string } }[];
        };
        return items.some(({ metadata }) => metadata.name === "lone") ? undefined : true;
      });
      const deployment = await read();
      deployment.spec.template.spec.containers[0].image = "example.com/web:2";
      await api.send("PUT", path, deployment);
      await rolledOut("example.com/web:2");
      await collect("after");

      const { objects } = await compare("before", "after");
      ok(objects.removed.some((it: { kind: string; name: string }) => it.kind === "Pod" && it.name === "lone"));
      const [changed, ...others] = loud(objects.changed);
      deepStrictEqual([changed.kind, changed.name, others], ["Deployment", "web", []]);
      deepStrictEqual(changed.fields.filter(({ category }: { category: string }) => category === "image"), [{
        path: "spec.template.spec.containers[web].image",
        category: "image",
        before: "example.com/web:1",
        after: "example.com/web:2",
      }]);
      const text = await sandbox.run(["diff", "before.tar.gz", "after.tar.gz", "--exit-code"]);
      equal(text.code, 3, text.stderr);
      match(
        text.stdout,
        new RegExp(`\nImages\n  ~ Deployment ${namespace}/web +web: example.com/web:1 → example.com/web:2\n`),
      );
      match(text.stdout, new RegExp(`Pods of ${namespace}/web +2 replaced\n`));
      match(text.stdout, new RegExp(`- Pod ${namespace}/ +lone\n`));
    } finally {
      api.close();
    }
  },
});
