import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { createLimitedAccount } from "../fixtures/service_account.ts";
import { BINARY, Sandbox } from "./program.ts";

const ADMIN = Deno.env.get("TEST_KUBECONFIG");
const FACTS = Deno.env.get("TEST_CLUSTER_FACTS");
const ignore = BINARY === undefined || ADMIN === undefined || FACTS === undefined;
const env = { KUBECONFIG: ADMIN ?? "" };

const refused = [ // name, arguments, what stderr says
  ["a profile that there is not", ["--auto", "--discovery-profile", "standart"], /no profile "standart"[^]*standard\?/],
  ["such a profile without --auto, too", ["x.yaml", "--discovery-profile", "all"], /no profile "all"/],
  ["images without --auto", ["x.yaml", "--include-images"], /--include-images needs --auto/],
  ["a pattern that matches nothing ever", ["--auto", "--exclude-namespaces", "A?"], /no namespace can match "A\?"/],
] as const;
for (const [name, args, message] of refused) {
  Deno.test({
    name: `support-bundle refuses ${name}, with 1`,
    ignore: BINARY === undefined,
    fn: async () => {
      await using sandbox = await Sandbox.create();
      const ended = await sandbox.run([...args]);
      match(ended.stderr, message);
      deepStrictEqual([ended.code, ended.stdout], [1, ""]);
      deepStrictEqual([...Deno.readDirSync(sandbox.folder)], []);
    },
  });
}

interface Bundle {
  files: Map<string, string>;
  // deno-lint-ignore no-explicit-any -- MANIFEST.json, as it is read elsewhere
  manifest: any;
  stderr: string;
}

async function collect(sandbox: Sandbox, args: string[], more = env, code = 0): Promise<Bundle> {
  const ended = await sandbox.run([...args, "-o", "x"], { env: more });
  strictEqual(ended.code, code, ended.stderr);
  const { archivePath } = JSON.parse(ended.stdout); // nothing but the result
  const files = await sandbox.unpack(archivePath);
  return { files, manifest: JSON.parse(files.get("MANIFEST.json")!), stderr: ended.stderr };
}

/** Namespaces of which the bundle has files in a folder. */
function namespacesIn({ files }: Bundle, folder: string): string[] {
  const found = [...files.keys()].filter((path) => path.startsWith(`${folder}/`))
    .map((path) => path.slice(folder.length + 1).split("/")[0]!.replace(/\.json$/, ""));
  return [...new Set(found)].sort();
}

Deno.test({
  name:
    "support-bundle --auto collects cluster, logs, ConfigMaps and the existence of Secrets, and no system namespace's",
  ignore,
  fn: async () => {
    const facts = JSON.parse(await Deno.readTextFile(FACTS!));
    await using sandbox = await Sandbox.create();
    const bundle = await collect(sandbox, ["--auto"]);
    match(bundle.stderr, /^Auto-discovery \(foundational-only, standard\): \d+ of \d+ namespaces, \d+ collectors$/m);
    const withPods = facts.namespaces.filter((name: string) => name !== "quiet");
    for (const folder of ["cluster-resources/pods/logs", "configmaps", "secrets"]) {
      const found = namespacesIn(bundle, folder);
      for (const name of withPods) ok(found.includes(name), `${folder} of ${name}`);
      ok(!found.includes("kube-system"), folder);
    }
    ok(namespacesIn(bundle, "cluster-resources/pods").includes("kube-system"), "the state is the whole cluster's");
    const secret = JSON.parse(bundle.files.get("secrets/shop/web-secret.json")!);
    deepStrictEqual(secret, {
      namespace: "shop",
      name: "web-secret",
      key: "",
      secretExists: true,
      keyExists: false,
    });
    const config = JSON.parse(bundle.files.get("configmaps/shop/web-config.json")!);
    strictEqual(config.data.feature, "on");
    ok(!bundle.files.has("skipped-collectors.json"));
    for (const [path, text] of bundle.files) {
      for (const planted of facts.planted) ok(!text.includes(planted), `${path} has a planted value`);
    }
    const pods = JSON.parse(bundle.files.get("cluster-resources/pods/shop.json")!).items;
    const [pod] = pods.filter(({ metadata }: { metadata: { name: string } }) => /^web-/.test(metadata.name));
    ok(
      bundle.manifest.links.some(({ path }: { path: string }) => path === `${pod.metadata.name}/main.log`),
      "links lie in the root, as peers have them",
    );
  },
});

Deno.test({
  name: "support-bundle --auto --include-namespaces takes nothing from any other, not even the cluster's state",
  ignore,
  fn: async () => {
    await using sandbox = await Sandbox.create();
    const bundle = await collect(sandbox, ["--auto", "--include-namespaces", "s*p,op*", "--exclude-namespaces", "*ps"]);
    for (const folder of ["cluster-resources/pods/logs", "cluster-resources/pods", "configmaps", "secrets"]) {
      deepStrictEqual(namespacesIn(bundle, folder).filter((name) => name !== "logs"), ["shop"], folder);
    }
  },
});

Deno.test({
  name: "support-bundle --auto --discovery-profile minimal has only the logs of pods that are not well",
  ignore,
  fn: async () => {
    const facts = JSON.parse(await Deno.readTextFile(FACTS!));
    await using sandbox = await Sandbox.create();
    const bundle = await collect(sandbox, ["--auto", "--discovery-profile", "minimal"]);
    deepStrictEqual(
      namespacesIn(bundle, "cluster-resources/pods/logs"),
      [
        facts.crashing.namespace,
        facts.unpullable.namespace,
      ].sort(),
    );
    deepStrictEqual([...namespacesIn(bundle, "configmaps"), ...namespacesIn(bundle, "secrets")], []);
    ok(namespacesIn(bundle, "cluster-resources/pods").length > 5);
  },
});

Deno.test({
  name: "support-bundle --auto with patterns that match nothing warns, and takes nothing from any namespace",
  ignore,
  fn: async () => {
    await using sandbox = await Sandbox.create();
    const bundle = await collect(sandbox, ["--auto", "--include-namespaces", "shp-*"]);
    match(bundle.stderr, /no namespace matches "shp-\*"/);
    match(bundle.stderr, /No namespace is left/);
    ok(bundle.files.has("cluster-info/cluster_version.json"));
    ok(bundle.files.has("host-collectors/system/memory.json"));
    deepStrictEqual([...bundle.files.keys()].filter((path) => /shop|billing|kube-system/.test(path)), []);
  },
});

Deno.test({
  name: "support-bundle SPEC --auto runs every kind of the spec beside what it finds",
  ignore,
  fn: async () => {
    await using sandbox = await Sandbox.create();
    const spec = await sandbox.write(
      "spec.yaml",
      "apiVersion: troubleshoot.sh/v1beta2\nkind: SupportBundle\nspec:\n  collectors:\n" +
        "    - data: {name: mine.txt, data: hello}\n" +
        "    - exec: {name: where, namespace: ops, selector: [app=gateway], command: [pwd]}\n",
    );
    const bundle = await collect(sandbox, [spec, "--auto", "-n", "shop"]);
    match(bundle.stderr, /^Auto-discovery \(yaml-augmented, standard\): namespace shop, /m);
    strictEqual(bundle.files.get("mine.txt"), "hello");
    ok([...bundle.files.keys()].some((path) => /^where\/ops\/gateway-.*-stdout\.txt$/.test(path)));
    deepStrictEqual(namespacesIn(bundle, "secrets"), ["shop"]);
  },
});

Deno.test({
  name: "support-bundle --auto says in the bundle and on standard error what its account may not read",
  ignore,
  fn: async () => {
    await using sandbox = await Sandbox.create();
    await using account = await createLimitedAccount(ADMIN!);
    const limited = { KUBECONFIG: account.kubeconfig };
    const bundle = await collect(sandbox, ["--auto", "-n", "shop"], limited, 5);
    match(bundle.stderr, /3 collectors are left out/);
    match(bundle.stderr, / {2}secret in shop: may not list secrets$/m);
    for (const line of bundle.stderr.split("\n").filter((line) => /^ {2}\w+ in /.test(line))) {
      ok(line.length <= 80, line);
    }
    const skipped = JSON.parse(bundle.files.get("skipped-collectors.json")!);
    deepStrictEqual(
      skipped.map(({ collector, reason }: { collector: string; reason: string }) => [collector, reason]),
      [
        ["logs/logs/shop", "insufficient RBAC permissions"],
        ["configmap/configmaps/shop", "insufficient RBAC permissions"],
        ["secret/secrets/shop", "insufficient RBAC permissions"],
      ],
    );
    match(skipped[2].errors[0], /action "list" is not allowed on resource "secrets" in the "shop" namespace$/);
    const missing = bundle.manifest.missing.find(({ path }: { path: string }) => path === "secret/secrets/shop");
    strictEqual(missing.reason, "forbidden");

    const strict = await sandbox.run(["--auto", "-n", "shop", "--collect-without-permissions=false"], { env: limited });
    match(strict.stderr, /action "list" is not allowed on resource "secrets"/);
    strictEqual(strict.code, 6);

    const dry = await sandbox.run(["--auto", "-n", "shop", "--dry-run"], { env: limited });
    match(dry.stderr, /This account lacks \d+ of \d+ permissions/);
    match(dry.stderr, / {2}list [^]*in namespace shop/);
    const again = await sandbox.run(["-", "--dry-run"], { stdin: dry.stdout, env: limited });
    strictEqual(again.code, 0, again.stderr);
  },
});

Deno.test({
  name: "support-bundle --auto --dry-run says nothing of permissions without a cluster, and ends",
  ignore: BINARY === undefined,
  fn: async () => {
    await using sandbox = await Sandbox.create();
    const dry = await sandbox.run(["--auto", "--load-cluster-specs=false", "--dry-run"]);
    deepStrictEqual([dry.code, dry.stderr], [0, ""]);
    match(dry.stdout, /clusterResources: \{\}/);
    const unreachable = await sandbox.run(
      ["--auto", "--load-cluster-specs=false", "--dry-run", "--server", "https://127.0.0.1:1"],
    );
    deepStrictEqual([unreachable.code, unreachable.stderr], [0, ""]);
  },
});
