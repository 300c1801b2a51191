import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { join } from "node:path";
import { SIMULATE_IMAGE } from "../../scripts/test_cluster/simulated_kubelet.ts";
import { clusterCollectors } from "../../src/collect/registry.ts";
import { connectKube } from "../../src/kube/connect.ts";
import { createLimitedAccount, type LimitedAccount } from "../fixtures/service_account.ts";
import { BINARY, type Ended, Sandbox } from "./program.ts";

const ASSETS = Deno.env.get("KUBEBUILDER_ASSETS");
const ADMIN = Deno.env.get("TEST_KUBECONFIG");
const FACTS = Deno.env.get("TEST_CLUSTER_FACTS");
const ignore = BINARY === undefined || ADMIN === undefined || FACTS === undefined;

const head = "apiVersion: troubleshoot.sh/v1beta2\nkind: SupportBundle\nmetadata: {name: rbac}\nspec:\n  collectors:\n";

interface Rule {
  apiGroups: string[];
  resources: string[];
  verbs: string[];
}

interface Role {
  kind: string;
  metadata: { name: string; namespace?: string };
  rules?: Rule[];
}

const specs: [name: string, arguments_: string[], collectors: string][] = [
  ["the whole cluster", [], "    - clusterResources: {}\n"],
  ["two namespaces", [], "    - clusterResources: {namespaces: [shop, billing]}\n"],
  ["--namespace", ["-n", "shop"], "    - clusterResources: {}\n"],
  [
    "logs, objects and commands",
    [],
    "    - clusterResources: {exclude: true}\n" +
    "    - logs: {name: web, namespace: shop, selector: [app=web]}\n" +
    "    - logs: {name: all, selector: [app=gateway]}\n" +
    "    - secret: {namespace: shop, name: web-secret}\n" +
    "    - secret: {namespaces: [shop, ops], selector: ['*']}\n" +
    "    - configMap: {namespace: billing, name: invoices-config, includeAllData: true}\n" +
    "    - configMap: {selector: [app=web]}\n" +
    "    - exec: {name: where, namespace: ops, selector: [app=gateway], command: [pwd]}\n",
  ],
  ["what --auto finds", ["--auto", "--include-namespaces", "s*,billing", "--discovery-profile", "standard"], ""],
  ["all that --auto finds", ["--auto", "--include-system-namespaces"], ""],
];
for (const [name, flags, collectors] of specs) {
  Deno.test({
    name: `support-bundle rbac, for ${name}: an account with exactly these roles is forbidden nothing`,
    ignore,
    fn: async () => {
      await using sandbox = await Sandbox.create();
      await using account = await createLimitedAccount(ADMIN!);
      const spec = collectors === "" ? [] : [await sandbox.write("spec.yaml", head + collectors)];
      const roles = await rolesFor(sandbox, account, [...spec, ...flags]);

      await account.apply(roles);
      const ran = await runAs(sandbox, account, [...spec, ...flags], "all");
      deepStrictEqual(ran.forbidden, []);
      strictEqual(ran.ended.code, 0, ran.ended.stderr);
      ok(!/lacks|left out/.test(ran.ended.stderr), ran.ended.stderr);
      const dry = await sandbox.run([...spec, ...flags, "--dry-run"], { env: { KUBECONFIG: account.kubeconfig } });
      ok(!/lacks/.test(dry.stderr), dry.stderr);
    },
  });
}

Deno.test({
  name: "support-bundle rbac --load-cluster-specs grants what the specs in the cluster need, and finding them",
  ignore,
  fn: async () => {
    await using sandbox = await Sandbox.create();
    await using account = await createLimitedAccount(ADMIN!);
    const { namespace } = account;
    await account.apply([{
      apiVersion: "v1",
      kind: "Secret",
      metadata: { name: "spec", namespace, labels: { "troubleshoot.sh/kind": "support-bundle" } },
      stringData: {
        "support-bundle-spec": `${head}    - clusterResources: {exclude: true}\n    - logs: {namespace: shop}\n`,
      },
    }]);
    const roles = await rolesFor(sandbox, account, ["--load-cluster-specs", "-n", namespace]);
    await account.apply(roles);
    const ran = await runAs(sandbox, account, ["-n", namespace], "found");
    deepStrictEqual(ran.forbidden, []);
    strictEqual(ran.ended.code, 0, ran.ended.stderr);
    match(ran.ended.stderr, /Specs found in the cluster/);
  },
});

/** One spec for each kind that reads or makes something in the cluster; pods as the simulated kubelet plays them. */
const kinds: [kind: string, collector: string][] = [
  [
    "certificates",
    "certificates: {secrets: [{name: web-secret, namespaces: [shop]}], configMaps: [{name: lost, namespaces: [ops]}]}",
  ],
  ["copy", "copy: {name: c, namespace: ops, selector: [app=gateway], containerPath: /etc/hostname}"],
  ["customMetrics", "customMetrics: {metricRequests: [{resourceMetricName: pods/requests, namespace: shop}]}"],
  ["dns", `dns: {image: ${SIMULATE_IMAGE}succeed}`],
  ["helm", "helm: {namespace: shop}"],
  ["nodeMetrics", "nodeMetrics: {}"],
  ["registryImages", "registryImages: {images: [], namespace: shop, imagePullSecret: {name: pull}}"],
  ["run", `run: {name: r, namespace: quiet, image: ${SIMULATE_IMAGE}succeed}`],
  [
    "runPod",
    `runPod: {name: p, namespace: quiet, podSpec: {containers: [{name: x, image: ${SIMULATE_IMAGE}succeed}]}}`,
  ],
  [
    "runPod with a pull secret",
    `runPod: {name: p, namespace: quiet, podSpec: {containers: [{name: x, image: ${SIMULATE_IMAGE}succeed}]}, ` +
    `imagePullSecret: {name: made, type: kubernetes.io/dockerconfigjson, data: {.dockerconfigjson: ${
      btoa('{"auths":{}}')
    }}}}`,
  ],
  [
    "runDaemonSet",
    `runDaemonSet: {name: d, namespace: quiet, podSpec: {containers: [{name: x, image: ${SIMULATE_IMAGE}restart}]}}`,
  ],
  ["supportBundleMetadata", "supportBundleMetadata: {namespace: shop}"],
  ["sysctl", `sysctl: {namespace: quiet, image: ${SIMULATE_IMAGE}succeed}`],
  ["copyFromHost", "copyFromHost: {namespace: quiet, image: example.com/sleeper, hostPath: /etc/hostname}"],
  ["collectd", "collectd: {namespace: quiet, image: example.com/sleeper, hostPath: /etc/hostname}"],
  ["ceph", "ceph: {namespace: ops}"],
  ["longhorn", "longhorn: {namespace: ops}"],
  ["sonobuoy", "sonobuoy: {namespace: ops}"],
  ["goldpinger", `goldpinger: {namespace: quiet, image: ${SIMULATE_IMAGE}succeed}`],
  ["etcd", "etcd: {}"],
  ["data, as facts on images", "data: {name: image-facts-quiet, data: ''}"],
];
for (const [name, collector] of kinds) {
  Deno.test({
    name: `support-bundle rbac, for ${name}: the API server refuses nothing to an account with exactly these roles`,
    ignore: ignore || !clusterCollectors.some(({ kind }) => collector.startsWith(`${kind}:`)),
    fn: async () => {
      await using sandbox = await Sandbox.create();
      await using account = await createLimitedAccount(ADMIN!);
      const spec = await sandbox.write(
        "spec.yaml",
        `${head}    - clusterResources: {exclude: true}\n    - ${collector}\n`,
      );
      await account.apply(await rolesFor(sandbox, account, [spec]));
      const ran = await runAs(sandbox, account, [spec, "--collector-timeout", "30s"], "all");
      deepStrictEqual(ran.forbidden, []);
    },
  });
}

const refused = [ // name, arguments, what stderr says
  ["nothing to grant for", [], /No spec was named/],
  ["an unknown format", ["--auto", "-o", "xml"], /no format "xml"/],
  ["a name that is none", ["--auto", "--name", "My Role"], /"My Role" is not a name/],
  ["an account without a namespace", ["--auto", "--service-account", "x"], /"x" is not namespace\/name/],
] as const;
for (const [name, args, message] of refused) {
  Deno.test({
    name: `support-bundle rbac refuses ${name}`,
    ignore: BINARY === undefined,
    fn: async () => {
      await using sandbox = await Sandbox.create();
      const ended = await sandbox.run(["rbac", ...args]);
      match(ended.stderr, message);
      deepStrictEqual([ended.code, ended.stdout], [1, ""]);
    },
  });
}

Deno.test({
  name: "support-bundle rbac --auto without a cluster says so, since the namespaces are not known",
  ignore: BINARY === undefined,
  fn: async () => {
    await using sandbox = await Sandbox.create();
    const ended = await sandbox.run(["rbac", "--auto", "--server", "https://127.0.0.1:1"]);
    match(ended.stderr, /127\.0\.0\.1:1/);
    deepStrictEqual([ended.code, ended.stdout], [6, ""]);
  },
});

Deno.test({
  name: "support-bundle rbac without a cluster prints what is known, and warns of what is not",
  ignore: BINARY === undefined,
  fn: async () => {
    await using sandbox = await Sandbox.create();
    const spec = await sandbox.write("spec.yaml", `${head}    - clusterResources: {}\n`);
    const ended = await sandbox.run(["rbac", spec]);
    strictEqual(ended.code, 0, ended.stderr);
    match(ended.stderr, /leave out custom resources/);
    match(ended.stdout, /^kind: ClusterRole$/m);
  },
});

Deno.test({
  name: "support-bundle rbac prints YAML that kubectl apply takes",
  ignore: ignore || ASSETS === undefined,
  fn: async () => {
    await using sandbox = await Sandbox.create();
    const spec = await sandbox.write(
      "spec.yaml",
      `${head}    - clusterResources: {namespaces: [shop]}\n    - secret: {namespace: ops, name: gateway-secret}\n`,
    );
    const args = ["rbac", spec, "--service-account", "ops/collector"];
    const roles = await sandbox.run(args, { env: { KUBECONFIG: ADMIN! } });
    const kubectl = new Deno.Command(join(ASSETS!, "kubectl"), {
      args: ["--kubeconfig", ADMIN!, "apply", "--dry-run=server", "-o", "name", "-f", "-"],
      stdin: "piped",
      stdout: "piped",
    }).spawn();
    await new Blob([roles.stdout]).stream().pipeTo(kubectl.stdin);
    const { code, stdout } = await kubectl.output();
    strictEqual(code, 0);
    deepStrictEqual(new TextDecoder().decode(stdout).trim().split("\n"), [
      "clusterrole.rbac.authorization.k8s.io/support-bundle",
      "clusterrolebinding.rbac.authorization.k8s.io/support-bundle",
      "role.rbac.authorization.k8s.io/support-bundle",
      "rolebinding.rbac.authorization.k8s.io/support-bundle",
      "role.rbac.authorization.k8s.io/support-bundle",
      "rolebinding.rbac.authorization.k8s.io/support-bundle",
    ]);
  },
});

Deno.test({
  name: "support-bundle rbac prints nothing superfluous: without any one of the rules, something is missing",
  ignore,
  fn: async () => {
    await using sandbox = await Sandbox.create();
    await using account = await createLimitedAccount(ADMIN!);
    const spec = await sandbox.write(
      "spec.yaml",
      head + "    - clusterResources: {exclude: true}\n" +
        "    - logs: {name: web, namespace: shop, selector: [app=web]}\n" +
        "    - secret: {namespace: shop, name: web-secret}\n" +
        "    - configMap: {selector: [app=web]}\n" +
        "    - exec: {name: where, namespace: ops, selector: [app=gateway], command: [pwd]}\n",
    );
    const roles = await rolesFor(sandbox, account, [spec]);
    const single = roles.flatMap((role, at) =>
      (role.rules ?? []).flatMap((rule, index) =>
        rule.resources.flatMap((resource) => rule.verbs.map((verb) => ({ at, index, resource, verb })))
      )
    );
    ok(single.length >= 6, JSON.stringify(single));
    for (const { at, index, resource, verb } of single) {
      const weaker = structuredClone(roles);
      const { rules } = weaker[at]!;
      const [rule] = rules!.splice(index, 1);
      for (const kept of rule!.resources) {
        const verbs = kept === resource ? rule!.verbs.filter((one) => one !== verb) : rule!.verbs;
        if (verbs.length > 0) rules!.push({ ...rule!, resources: [kept], verbs });
      }
      await account.apply(weaker);
      const ran = await runAs(sandbox, account, [spec], `without-${verb}-${resource.replace("/", "-")}-${at}`);
      ok(ran.forbidden.length > 0, `without ${verb} ${resource} nothing was missing`);
      const dry = await sandbox.run([spec, "--dry-run"], { env: { KUBECONFIG: account.kubeconfig } });
      match(dry.stderr, new RegExp(`lacks 1 of \\d+ permissions[^]*${verb} ${resource}`));
      await account.revoke();
    }
  },
});

async function rolesFor(sandbox: Sandbox, account: LimitedAccount, args: string[]): Promise<Role[]> {
  const { code, stdout, stderr } = await sandbox.run(
    ["rbac", ...args, "-o", "json", "--name", account.namespace, "--service-account", account.serviceAccount],
    { env: { KUBECONFIG: ADMIN! } },
  );
  strictEqual(code, 0, stderr);
  return JSON.parse(stdout).items;
}

async function runAs(
  sandbox: Sandbox,
  account: LimitedAccount,
  args: string[],
  output: string,
): Promise<{ ended: Ended; forbidden: string[] }> {
  const before = await refusals();
  const ended = await sandbox.run([...args, "-o", output, "--interactive=false"], {
    env: { KUBECONFIG: account.kubeconfig },
  });
  const refused = await refusals() - before;
  const files = await sandbox.unpack(sandbox.path(`${output}.tar.gz`));
  const manifest = JSON.parse(files.get("MANIFEST.json")!);
  const forbidden = manifest.missing.filter(({ reason }: { reason: string }) => reason === "forbidden")
    .map(({ path, message }: { path: string; message: string }) => `${path}: ${message}`);
  for (const [path, text] of files) {
    if (path !== "MANIFEST.json" && /answered 403|is forbidden: User/.test(text)) forbidden.push(`${path}: ${text}`);
  }
  // Discovery asks for KOTS in the whole cluster, and takes no for an answer.
  if (refused > 0 && forbidden.length === 0 && !args.includes("--auto")) {
    forbidden.push(`${refused} requests, of which the bundle says nothing`);
  }
  return { ended, forbidden };
}

/** How many requests the API server's authorizers have not let pass so far. Admission, which refuses new objects in a
 * namespace that is being deleted, comes later. */
async function refusals(): Promise<number> {
  const kube = connectKube({ kubeconfig: ADMIN }, {});
  try {
    const text = await new Response(await kube.stream("/metrics")).text();
    const counts = text.matchAll(/^authorization_attempts_total\{result="(?:denied|no-opinion)"\} (\d+)$/gm);
    return [...counts].reduce((sum, [, count]) => sum + Number(count), 0);
  } finally {
    kube.close();
  }
}
