import { deepStrictEqual, match, strictEqual } from "node:assert/strict";
import { EXIT } from "../../../src/core/exit_codes.ts";
import { ClusterSpecs, kubeconfig, SPEC } from "../../spec/cluster_specs.ts";
import { CliHarness } from "./cli_harness.ts";

const JOB = ["create", "x", "--every", "1h"];

Deno.test("schedule create keeps specs of the cluster as they are named, though no cluster answers", async () => {
  await using harness = await CliHarness.create();
  const result = await harness.run([
    ...JOB,
    "-s",
    "secret/shop/spec",
    "-s",
    "configmap/shop/spec/a.yaml",
    "-o",
    "json",
  ]);
  strictEqual(result.code, EXIT.ok, result.message);
  deepStrictEqual(JSON.parse(result.stdout).specFiles, ["secret/shop/spec", "configmap/shop/spec/a.yaml"]);
  match(
    result.stderr,
    /Warning: Cannot read the spec secret\/shop\/spec: No cluster is configured; it could not be check/,
  );
  match(result.stderr, /Warning: Cannot read the spec configmap\/shop\/spec/);
});

Deno.test("schedule create takes what is no object of the cluster for a file", async () => {
  await using harness = await CliHarness.create();
  for (const text of ["secret/spec", "./secret/shop/spec", "secret/a/b/c/d"]) {
    const result = await harness.run([...JOB, "-s", text]);
    strictEqual(result.code, EXIT.spec);
    match(result.message, /no such file/);
    match(result.hint, /secret\/NAMESPACE\/NAME/);
  }
});

Deno.test("schedule create, describe and modify know specs that are found in the cluster", async () => {
  await using harness = await CliHarness.create();
  const created = await harness.run([...JOB, "--load-cluster-specs", "-l", "app=x", "-l", "tier=y", "-o", "json"]);
  strictEqual(created.code, EXIT.ok, created.message);
  const { loadClusterSpecs, selector, autoDiscovery } = JSON.parse(created.stdout);
  deepStrictEqual([loadClusterSpecs, selector, autoDiscovery], [true, ["app=x", "tier=y"], false]);
  match(created.stderr, /Warning: The cluster cannot be searched for specs: .*; it could not be checked/);
  match(
    (await harness.run(["describe", "x"])).stdout,
    /^Collects: +the specs in the cluster with the labels app=x,tier=y$/m,
  );

  const modified = await harness.json(["modify", "x", "--load-cluster-specs=false", "--auto", "--selector", ""]);
  deepStrictEqual([modified.loadClusterSpecs, modified.selector, modified.autoDiscovery], [false, [], true]);
  const refused = await harness.run([...JOB, "--auto", "-l", "app=x"]);
  strictEqual(refused.code, EXIT.failure);
  match(refused.message, /--selector means nothing without --load-cluster-specs/);
});

Deno.test({
  name: "schedule create checks what the cluster hands out",
  ignore: kubeconfig === "",
  fn: async (t) => {
    await using cluster = await ClusterSpecs.create();
    const ns = await cluster.namespace("jobs");
    await cluster.secret(ns, "good", { "support-bundle-spec": SPEC("good") });
    await cluster.secret(ns, "typo", { "support-bundle-spec": SPEC("typo").replace("{data:", "{dataa:") });
    await cluster.secret(ns, "none", { a: "b" });
    const cases: [name: string, code: number, message: RegExp, stderr: RegExp][] = [
      ["good", EXIT.ok, /^$/, /^(?![^]*Warning)/],
      ["lost", EXIT.ok, /^$/, /Warning: Cannot read the spec .*there is no Secret "lost".*it could not be checked/],
      ["typo", EXIT.spec, /\/typo\/support-bundle-spec:5:\d+: There is no collector "dataa"/, /^$/],
      ["none", EXIT.spec, /\/none holds no spec/, /^$/],
    ];
    for (const [name, code, message, stderr] of cases) {
      await t.step(name, async () => {
        await using harness = await CliHarness.create();
        const result = await harness.run([...JOB, "-s", `secret/${ns}/${name}`, "--kubeconfig", kubeconfig]);
        strictEqual(result.code, code, result.message);
        match(result.message, message);
        match(result.stderr, stderr);
      });
    }
  },
});
