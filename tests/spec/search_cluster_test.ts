import { deepStrictEqual, match, ok, rejects, strictEqual } from "node:assert/strict";
import { connectKube } from "../../src/kube/connect.ts";
import { type LoadOptions, loadSpecs } from "../../src/spec/load_spec.ts";
import { type ClusterSearch, searchCluster } from "../../src/spec/search_cluster.ts";
import { ManualClock } from "../manual_clock.ts";
import { refusal, startGateway } from "../kube/api_gateway.ts";
import { ClusterSpecs, kubeconfig, REDACTOR, SPEC, withKube } from "./cluster_specs.ts";
import { startSpecServer } from "./spec_server.ts";

const clusterTest = (name: string, fn: (t: Deno.TestContext) => Promise<void>) =>
  Deno.test({ name, ignore: kubeconfig === "", fn });
const LIST = (...resources: string[]) => [{ resources, verbs: ["list"] }];

/** Two namespaces with labelled specs; the label's value is this test's own. */
async function seed(cluster: ClusterSpecs) {
  const [a, b] = [await cluster.namespace("a"), await cluster.namespace("b")];
  const sh = { "troubleshoot.sh/kind": cluster.id };
  const io = { "troubleshoot.io/kind": cluster.id, tier: "x" };
  await cluster.secret(
    a,
    "one",
    { "support-bundle-spec": SPEC("one"), "redactor-spec": REDACTOR, other: SPEC("no") },
    sh,
  );
  await cluster.configMap(a, "one", { data: { "support-bundle-spec": SPEC("map") } }, sh);
  await cluster.secret(a, "unlabelled", { "support-bundle-spec": SPEC("unlabelled") });
  await cluster.configMap(b, "two", { data: { "support-bundle-spec": SPEC("two") } }, { ...sh, ...io });
  await cluster.secret(a, "old", { "preflight.yaml": SPEC("old") }, io);
  const selector = [`troubleshoot.sh/kind=${cluster.id},troubleshoot.io/kind=${cluster.id}`];
  return { a, b, selector };
}

clusterTest("searchCluster() finds specs by label, in order, and each once", async (t) => {
  await using cluster = await ClusterSpecs.create();
  const { a, b, selector } = await seed(cluster);
  const all = [
    `secret/${a}/one/support-bundle-spec`,
    `configmap/${a}/one/support-bundle-spec`,
    `secret/${a}/one/redactor-spec`,
    `configmap/${b}/two/support-bundle-spec`,
    `secret/${a}/old/preflight.yaml`,
  ];
  const searches: [name: string, search: ClusterSearch, found: string[]][] = [
    ["both labels", { selector }, all],
    ["one label", { selector: [`troubleshoot.sh/kind=${cluster.id}`] }, all.slice(0, 4)],
    ["with a further requirement", { selector: [...selector, "tier=x"] }, all.slice(3)],
    ["in one namespace", { selector, namespace: b }, all.slice(3, 4)],
    ["nothing", { selector: ["troubleshoot.sh/kind=nothing-has-this"] }, []],
  ];
  for (const [name, search, expected] of searches) {
    await t.step(name, () =>
      withKube({}, async (kube) => {
        const { texts, warnings } = await searchCluster(kube, search);
        deepStrictEqual([texts.map(({ name }) => name), warnings], [expected, []]);
        ok(kube.usage.requests <= 4, "one list for each label and resource, however many namespaces there are");
      }));
  }
  await t.step("the default labels are not those of this test", () =>
    withKube({}, async (kube) => {
      const { texts } = await searchCluster(kube, {});
      ok(texts.every(({ name }) => !name.includes(cluster.id)));
    }));
  await t.step(
    "refuses a selector that the API server cannot read",
    () =>
      withKube({}, (kube) =>
        rejects(() => searchCluster(kube, { selector: ["a==b=c"] }), {
          exitCode: 2,
          transient: false,
          message: /^The cluster cannot be searched for specs: .*answered 400/,
        })),
  );
  await t.step("refuses a selector that would mean every Secret", () =>
    withKube({}, async (kube) => {
      await rejects(() => searchCluster(kube, { selector: [""] }), { exitCode: 2, message: /names no label/ });
      strictEqual(kube.usage.requests, 0);
    }));
});

clusterTest("searchCluster() finds for an account with few rights what the account may see", async (t) => {
  await using cluster = await ClusterSpecs.create();
  const { a, b, selector } = await seed(cluster);
  const inA = [
    `secret/${a}/one/support-bundle-spec`,
    `configmap/${a}/one/support-bundle-spec`,
    `secret/${a}/one/redactor-spec`,
    `secret/${a}/old/preflight.yaml`,
  ];
  const mapsOnly = [`configmap/${a}/one/support-bundle-spec`, `configmap/${b}/two/support-bundle-spec`];
  const accounts: [string, Parameters<ClusterSpecs["account"]>[1], string, ClusterSearch, string[], RegExp[]][] = [
    ["one namespace and the list of all", { "*": LIST("namespaces"), [a]: LIST("secrets", "configmaps") }, a, {}, inA, [
      /^Secrets and ConfigMaps may not be listed in \d+ of \d+ namespaces \(.*, …\): specs there were not found$/,
    ]],
    ["its own namespace alone", { [a]: LIST("secrets", "configmaps") }, a, {}, inA, [
      new RegExp(`^The namespaces may not be listed, so specs were searched for in namespace "${a}" only`),
    ]],
    ["ConfigMaps of the whole cluster", { "*": LIST("configmaps", "namespaces") }, a, {}, mapsOnly, [
      /^Secrets may not be listed in (\d+) of \1 namespaces/,
    ]],
    ["another namespace than was asked for", { [a]: LIST("secrets", "configmaps") }, a, { namespace: b }, [], [
      new RegExp(`^Secrets and ConfigMaps may not be listed in namespace "${b}": specs there were not found$`),
    ]],
    ["nothing at all", {}, b, {}, [], [
      /^The namespaces may not be listed/,
      new RegExp(`^Secrets and ConfigMaps may not be listed in namespace "${b}"`),
    ]],
  ];
  for (const [name, rights, context, search, found, expected] of accounts) {
    await t.step(name, async () => {
      const config = await cluster.account(a, rights, context);
      await withKube({ kubeconfig: config }, async (kube) => {
        const { texts, warnings } = await searchCluster(kube, { selector, ...search });
        deepStrictEqual(texts.map(({ name }) => name), found);
        strictEqual(warnings.length, expected.length, warnings.join("\n"));
        expected.forEach((pattern, i) => match(warnings[i]!, pattern));
      });
    });
  }
  await t.step("credentials that are not accepted are a failure, not an empty cluster", async () => {
    const config = await cluster.account(a, {}, a);
    const text = await Deno.readTextFile(config);
    await Deno.writeTextFile(config, text.replace(/"token":"[^"]+"/, '"token":"outdated"'));
    await withKube(
      { kubeconfig: config },
      (kube) =>
        rejects(() => searchCluster(kube, { selector }), { exitCode: 2, message: /answered 401, it does not accept/ }),
    );
  });
});

clusterTest("searchCluster() keeps what it had when the API server fails later", async () => {
  await using cluster = await ClusterSpecs.create();
  const { a, selector } = await seed(cluster);
  await using gateway = await startGateway(
    kubeconfig,
    (request) => new URL(request.url).pathname.endsWith("/configmaps") ? refusal(500) : undefined,
  );
  const kube = connectKube({ server: gateway.server }, {});
  try {
    const { texts, warnings } = await searchCluster(kube, { selector });
    strictEqual(texts[0]!.name, `secret/${a}/one/support-bundle-spec`);
    match(warnings.join("\n"), /^The cluster was not searched for specs to the end: .*answered 500/);
  } finally {
    kube.close();
  }
});

clusterTest("loadSpecs() collects by the specs it finds, and says which", async (t) => {
  await using cluster = await ClusterSpecs.create();
  const { a, selector } = await seed(cluster);
  const load = (options: Partial<LoadOptions>) =>
    withKube({}, (kube) => loadSpecs({ sources: [], cwd: "/", kube, search: { selector }, ...options }));
  const names = ({ collectors }: Awaited<ReturnType<typeof load>>) =>
    collectors.filter(({ unit }) => unit.kind === "data").map(({ config }) => config.name);

  await t.step("alone", async () => {
    const spec = await load({});
    deepStrictEqual(names(spec), ["one", "map", "two", "old"]);
    strictEqual(spec.redactors.length, 1);
    match(spec.notes.join(), new RegExp(`^Specs found in the cluster: secret/${a}/one/support-bundle-spec, `));
  });
  await t.step("behind those that were named", async () => {
    const spec = await load({ sources: ["-"], stdin: () => Promise.resolve(SPEC("named")) });
    deepStrictEqual(names(spec), ["named", "one", "map", "two", "old"]);
  });
  await t.step("none", async () => {
    await rejects(load({ search: { selector: ["a=nothing-has-this"] } }), {
      code: "NO_SPEC",
      exitCode: 1,
      message: "No spec was named, and none was found in the cluster with the label a=nothing-has-this",
      hint: /--auto/,
    });
  });
  await t.step("none, beside those that were named", async () => {
    const search = { selector: ["a=nothing-has-this"] };
    const spec = await load({ sources: ["-"], stdin: () => Promise.resolve(SPEC("named")), search });
    deepStrictEqual(names(spec), ["named"]);
    match(spec.notes.join(), /^No spec was found in the cluster with the label a=nothing-has-this$/);
  });
  await t.step("goes on without one that cannot be used", async () => {
    const labels = { "troubleshoot.sh/kind": cluster.id };
    await cluster.configMap(a, "broken", { data: { "support-bundle-spec": "a: b: c" } }, labels);
    await cluster.configMap(
      a,
      "typo",
      { data: { "support-bundle-spec": SPEC("t").replace("{data:", "{dataa:") } },
      labels,
    );
    const spec = await load({});
    deepStrictEqual(names(spec), ["one", "map", "two", "old"]);
    const warnings = spec.warnings.join("\n");
    match(
      warnings,
      /\/broken\/support-bundle-spec:1:\d+: This is not valid YAML: .*\(the spec was found in the cluster; it is ignored\)/,
    );
    match(warnings, /\/typo\/support-bundle-spec:5:17: There is no collector "dataa" \(the spec was found/);
    await rejects(load({ search: { selector: [...selector, "tier notin (x)", "only=typo"] } }), { code: "NO_SPEC" });
  });
  await t.step("is refused when nothing else is left", async () => {
    await cluster.secret(a, "alone", { "support-bundle-spec": "a: b: c" }, { alone: cluster.id });
    await rejects(load({ search: { selector: [`alone=${cluster.id}`] } }), {
      exitCode: 2,
      message: /\/alone\/.*not valid YAML/,
    });
  });
  await t.step("never goes on without a redactor", async () => {
    await cluster.secret(a, "rules", { "redactor-spec": REDACTOR.replace("removals", "removal") }, {
      "troubleshoot.sh/kind": cluster.id,
    });
    await rejects(load({}), {
      exitCode: 2,
      message: /\/rules\/redactor-spec:3:\d+: A redactor has no field "removal"/,
    });
  });
});

const unreachable: [name: string, options: Partial<LoadOptions>, error: object | undefined][] = [
  ["ends a run that has nothing else", {}, {
    exitCode: 2,
    transient: true,
    message: /^No spec was named, and the cluster cannot be searched for specs: /,
    hint: /^Name a spec file, or use --auto; .*For the cluster: /,
  }],
  ["ends a run that has nothing to collect", { redactorSources: ["-"], stdin: () => Promise.resolve(REDACTOR) }, {
    exitCode: 2,
    message: /^No spec was named, and the cluster cannot be searched/,
  }],
  ["is a warning beside specs that were named", { sources: ["-"], stdin: () => Promise.resolve(SPEC("x")) }, undefined],
  ["is a warning with --auto", { auto: true }, undefined],
  ["is a warning for what is read again later", { clusterLater: true }, undefined],
];
for (const [name, options, error] of unreachable) {
  Deno.test(`loadSpecs(): a cluster that cannot be searched ${name}`, async () => {
    const kube = connectKube({ server: "http://127.0.0.1:9" }, {});
    const loading = loadSpecs({ sources: [], cwd: "/", kube, search: {}, ...options });
    try {
      if (error !== undefined) return await rejects(loading, error);
      match((await loading).warnings.join("\n"), /^The cluster cannot be searched for specs: /);
    } finally {
      kube.close();
    }
  });
}

Deno.test("searchCluster() gives up a server that hangs", async () => {
  await using server = startSpecServer({}, "hang");
  const clock = new ManualClock();
  const kube = connectKube({ server: server.base }, {});
  try {
    const answer = rejects(() => searchCluster(kube, {}, { clock }), {
      exitCode: 2,
      transient: true,
      message: "The cluster cannot be searched for specs: The API server did not answer within 20 s",
    });
    while (server.requests.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    await clock.advance(20_000);
    await answer;
  } finally {
    kube.close();
  }
});
