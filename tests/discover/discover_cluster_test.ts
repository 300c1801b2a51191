import { deepStrictEqual, match, ok, rejects, strictEqual } from "node:assert/strict";
import { systemClock } from "../../src/core/clock.ts";
import { discover, type DiscoverContext, type Discovery } from "../../src/discover/discover.ts";
import { type DiscoveryOptions, discoveryOptionsSchema } from "../../src/discover/discovery_options.ts";
import { connectKube } from "../../src/kube/connect.ts";
import type { KubeClient } from "../../src/kube/kube_client.ts";
import { createLimitedAccount } from "../fixtures/service_account.ts";
import { refusal, startGateway } from "../kube/api_gateway.ts";
import { ManualClock } from "../manual_clock.ts";

const ADMIN = Deno.env.get("TEST_KUBECONFIG") ?? "";
const FACTS = Deno.env.get("TEST_CLUSTER_FACTS") ?? "";
const REVIEWS = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews";

function clusterTest(name: string, fn: () => Promise<void>): void {
  Deno.test({ name, ignore: ADMIN === "" || FACTS === "", fn });
}

async function look(
  kube: KubeClient,
  options: Partial<DiscoveryOptions> = {},
  more: Partial<DiscoverContext> = {},
): Promise<Discovery> {
  try {
    return await discover({ ...discoveryOptionsSchema.parse({}), ...options }, {
      kube,
      clock: systemClock,
      signal: new AbortController().signal,
      ...more,
    });
  } finally {
    kube.close();
  }
}

const asAdmin = (server?: string) => connectKube({ kubeconfig: ADMIN, server }, {});
const kinds = ({ collectors }: Discovery) => collectors.map(({ unit }) => unit.kind);

clusterTest("discover() finds the namespaces of a real cluster, without those of the system", async () => {
  const { namespaces } = JSON.parse(await Deno.readTextFile(FACTS)) as { namespaces: string[] };
  const found = await look(asAdmin());
  for (const name of namespaces) ok(found.namespaces.names.includes(name), name);
  ok(!found.namespaces.names.some((name) => name.startsWith("kube-")), found.namespaces.names.join());
  deepStrictEqual(found.warnings, []);
  deepStrictEqual(found.forbidden, []);
  const every = await look(asAdmin(), { includeSystemNamespaces: true });
  ok(every.namespaces.names.includes("kube-system"));
});

clusterTest(
  "discover() asks little: one list of namespaces, the filtered lists for KOTS, and one review for each verb",
  async () => {
    await using gateway = await startGateway(ADMIN, () => undefined);
    const found = await look(asAdmin(gateway.server));
    ok(found.namespaces.names.length >= 5);
    const paths = gateway.requests.map(({ path }) => path);
    strictEqual(paths.filter((path) => path.startsWith("/api/v1/namespaces?")).length, 1, paths.join("\n"));
    // Logs (2), ConfigMaps, Secrets, and the four of the cluster's state.
    strictEqual(paths.filter((path) => path === REVIEWS).length, 8, paths.join("\n"));
    strictEqual(paths.length, 1 + 11 + 8, paths.join("\n"));
  },
);

clusterTest("discover() leaves out, namespace by namespace, what an account may not read", async () => {
  await using account = await createLimitedAccount(ADMIN);
  const name = account.namespace;
  const subjects = [{ kind: "ServiceAccount", name: "collector", namespace: name }];
  const roleRef = (kind: string) => ({ apiGroup: "rbac.authorization.k8s.io", kind, name });
  const apiVersion = "rbac.authorization.k8s.io/v1";
  await account.apply([
    { apiVersion, kind: "ClusterRole", metadata: { name }, rules: [rule(["namespaces"], "list")] },
    { apiVersion, kind: "ClusterRoleBinding", metadata: { name }, roleRef: roleRef("ClusterRole"), subjects },
    ...["shop", "ops"].flatMap((namespace) => [
      {
        apiVersion,
        kind: "Role",
        metadata: { name, namespace },
        rules: [
          rule(["configmaps"], "list"),
          ...namespace === "shop" ? [rule(["pods", "pods/log"], "get", "list")] : [],
        ],
      },
      { apiVersion, kind: "RoleBinding", metadata: { name, namespace }, roleRef: roleRef("Role"), subjects },
    ]),
  ]);
  const limited = () => connectKube({ kubeconfig: account.kubeconfig }, {});
  const found = await look(limited(), { includeNamespaces: ["shop", "ops", "billing"] });
  deepStrictEqual(kinds(found).slice(0, 2), ["clusterInfo", "clusterResources"]);
  const namespacesOf = (kind: string) =>
    found.collectors.filter(({ unit }) => unit.kind === kind)
      .flatMap(({ config }) => config.namespaces ?? [config.namespace]);
  deepStrictEqual(namespacesOf("logs"), ["shop"]);
  deepStrictEqual(namespacesOf("configMap"), ["ops", "shop"]);
  deepStrictEqual(namespacesOf("secret"), []);
  deepStrictEqual(found.forbidden.map(({ collector }) => collector.entry.config.collectorName), [
    "logs/billing",
    "logs/ops",
    "configmaps/billing",
    "secrets/billing",
    "secrets/ops",
    "secrets/shop",
  ]);

  const unchecked = await look(limited(), { includeNamespaces: ["shop", "ops"], rbacCheck: false });
  deepStrictEqual(unchecked.forbidden, []);
  ok(kinds(unchecked).includes("secret"));
});

clusterTest("discover() keeps to the context's namespace where an account may not list them", async () => {
  await using account = await createLimitedAccount(ADMIN);
  const found = await look(connectKube({ kubeconfig: account.kubeconfig }, {}));
  deepStrictEqual(found.namespaces.names, [account.namespace]);
  match(found.warnings.join("\n"), /cannot be listed \(forbidden\)/);
  deepStrictEqual(kinds(found), ["clusterInfo", "clusterResources"]);
  strictEqual(found.forbidden.length, 3);
});

clusterTest("discover() takes --namespace without listing any", async () => {
  await using gateway = await startGateway(ADMIN, () => undefined);
  const found = await look(asAdmin(gateway.server), {}, { namespace: "shop" });
  deepStrictEqual(found.namespaces.names, ["shop"]);
  ok(!gateway.requests.some(({ path }) => path.startsWith("/api/v1/namespaces?")));
});

clusterTest("discover() tries everything, with a warning, where permissions cannot be reviewed", async () => {
  await using gateway = await startGateway(
    ADMIN,
    ({ url }) => new URL(url).pathname === REVIEWS ? refusal(500) : undefined,
  );
  const found = await look(asAdmin(gateway.server), { includeNamespaces: ["shop"] });
  deepStrictEqual(found.forbidden, []);
  ok(kinds(found).includes("secret"));
  match(found.warnings.join("\n"), /permissions could not be checked .*everything is tried/);
});

const limits = [ // name, profile, the run's deadline, when it is over
  ["its profile's time", "standard", undefined, 30_000],
  ["a longer one's", "comprehensive", undefined, 60_000],
  ["the time of the run", "standard", 5_000, 5_000],
] as const;
for (const [name, profile, deadlineMs, limitMs] of limits) {
  clusterTest(`discover() ends with ${name}, and plans what needs no answer`, async () => {
    const hanging = Promise.withResolvers<void>();
    const clock = new ManualClock();
    const started = clock.now().getTime();
    await using gateway = await startGateway(ADMIN, ({ url }) => {
      if (new URL(url).pathname === "/api/v1/namespaces") return undefined;
      if (clock.now().getTime() === started) void clock.advance(limitMs);
      return hanging.promise.then(() => refusal(500));
    });
    const found = await look(asAdmin(gateway.server), { profile, includeNamespaces: ["shop"] }, { clock, deadlineMs });
    hanging.resolve();
    match(found.warnings.join("\n"), /KOTS was not looked for: no time was left/);
    match(found.warnings.join("\n"), /permissions could not be checked \(no time was left\)/);
    deepStrictEqual(kinds(found).slice(0, 5), ["clusterInfo", "clusterResources", "logs", "configMap", "secret"]);
  });
}

Deno.test("discover() without a cluster plans the state of the cluster, so that the run says what is wrong", async () => {
  const found = await look(connectKube({ server: "https://127.0.0.1:1" }, {}));
  deepStrictEqual(kinds(found), ["clusterInfo", "clusterResources"]);
  match(String(found.unreachable), /127\.0\.0\.1:1/);
});

Deno.test("discover() ends with the signal", async () => {
  const signal = AbortSignal.abort(new DOMException("stop", "AbortError"));
  await rejects(look(connectKube({ server: "https://127.0.0.1:1" }, {}), {}, { signal }), { name: "AbortError" });
});

function rule(resources: string[], ...verbs: string[]) {
  return { apiGroups: [""], resources, verbs };
}
