import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { describeApp, findKotsApps } from "../../src/discover/kots_apps.ts";
import { connectKube } from "../../src/kube/connect.ts";
import type { KubeObject } from "../../src/kube/kube_client.ts";
import { createLimitedAccount } from "../fixtures/service_account.ts";
import { startGateway } from "../kube/api_gateway.ts";

const ADMIN = Deno.env.get("TEST_KUBECONFIG") ?? "";
const signal = new AbortController().signal;

const object = (name: string, labels: Record<string, string> = {}, annotations: Record<string, string> = {}) =>
  ({ metadata: { name, namespace: "ns", labels, annotations } }) as KubeObject;
const NOTHING = { services: [], secrets: [], configMaps: [] };

const names: [name: string, namespace: string, deployment: KubeObject | undefined, expected: string][] = [
  ["its label", "ns", object("kotsadm", { "kots.io/app": "shop", "app.kubernetes.io/name": "x" }), "shop"],
  ["the generic label", "ns", object("kotsadm", { "app.kubernetes.io/name": "shop" }), "shop"],
  ["no generic label that names the console", "ns", object("kotsadm", { "app.kubernetes.io/name": "kotsadm" }), "ns"],
  ["its annotation", "ns", object("kotsadm", {}, { "kots.io/app-title": "The Shop" }), "The Shop"],
  ["the namespace", "ns", object("kotsadm"), "ns"],
  ["no namespace that says nothing", "default", object("kotsadm"), "kots-application"],
  ["the namespace where there is no Deployment", "default", undefined, "default"],
];
for (const [name, namespace, deployment, expected] of names) {
  Deno.test(`describeApp() calls the application by ${name}`, () =>
    strictEqual(describeApp(namespace, { deployment, ...NOTHING }).name, expected));
}

Deno.test("describeApp() picks the console's objects by name, label and annotation, and no others", () => {
  deepStrictEqual(
    describeApp("ns", {
      services: [object("kotsadm"), object("kotsadm-x", { app: "kotsadm" }), object("web")],
      secrets: [
        object("kotsadm-session"),
        object("labelled", { "kots.io/kotsadm": "true" }),
        object("annotated", {}, { "kots.io/secret-type": "registry" }),
        object("app-secret", { "kots.io/kotsadm": "false" }),
      ],
      configMaps: [object("kotsadm-postgres"), object("kube-root-ca.crt")],
    }),
    {
      name: "ns",
      namespace: "ns",
      hasDeployment: false,
      secrets: ["annotated", "kotsadm-session", "labelled"],
      configMaps: ["kotsadm-postgres"],
      serviceCount: 2,
    },
  );
});

Deno.test({
  name: "findKotsApps() finds a console of the cluster, and asks a server that has none eleven times",
  ignore: ADMIN === "",
  fn: async () => {
    await using gateway = await startGateway(ADMIN, () => undefined);
    const kube = connectKube({ kubeconfig: ADMIN, server: gateway.server }, {});
    try {
      const before = await findKotsApps(kube, undefined, signal);
      deepStrictEqual(before, []);
      strictEqual(gateway.requests.length, 11);
      ok(gateway.requests.every(({ path }) => /(?:label|field)Selector=/.test(path)), "each list is filtered");

      await using account = await createLimitedAccount(ADMIN);
      const { namespace } = account;
      const metadata = (name: string, labels = {}) => ({ name, namespace, labels });
      const selector = { matchLabels: { app: "kotsadm" } };
      await account.apply([
        {
          apiVersion: "apps/v1",
          kind: "Deployment",
          metadata: metadata("kotsadm", { "kots.io/app": "shop" }),
          spec: {
            replicas: 0,
            selector,
            template: {
              metadata: { labels: selector.matchLabels },
              spec: { containers: [{ name: "kotsadm", image: "example.com/console:1" }] },
            },
          },
        },
        {
          apiVersion: "v1",
          kind: "Secret",
          metadata: metadata("kotsadm-password"),
          stringData: { passwordBcrypt: "x" },
        },
        { apiVersion: "v1", kind: "Secret", metadata: metadata("other") },
        { apiVersion: "v1", kind: "ConfigMap", metadata: metadata("kotsadm-config") },
        { apiVersion: "v1", kind: "Service", metadata: metadata("kotsadm"), spec: { ports: [{ port: 80 }] } },
      ]);
      const expected = {
        name: "shop",
        namespace,
        hasDeployment: true,
        secrets: ["kotsadm-password"],
        configMaps: ["kotsadm-config"],
        serviceCount: 1,
      };
      deepStrictEqual(await findKotsApps(kube, undefined, signal), [expected]);
      deepStrictEqual(await findKotsApps(kube, [namespace], signal), [expected]);
      deepStrictEqual(await findKotsApps(kube, ["shop"], signal), []);

      const limited = connectKube({ kubeconfig: account.kubeconfig }, {});
      deepStrictEqual(await findKotsApps(limited, undefined, signal), [], "who may not look finds nothing");
      limited.close();
    } finally {
      kube.close();
    }
  },
});
