import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { ClusterSpecs, kubeconfig, REDACTOR, SPEC } from "../spec/cluster_specs.ts";
import { startSpecServer } from "../spec/spec_server.ts";
import { BINARY, Sandbox } from "./program.ts";

const ignore = BINARY === undefined;
const HOST = "apiVersion: troubleshoot.sh/v1beta3\nkind: HostCollector\nspec: {collectors: [{memory: {}}]}\n";

const refused: [name: string, args: string[], code: number, message: RegExp][] = [
  ["a Secret and no cluster", ["secret/shop/spec"], 2, /Cannot read the spec secret\/shop\/spec: No cluster is conf/],
  ["no spec and no cluster", [], 2, /No spec was named, and the cluster cannot be searched.*--auto.*--kubeconfig/s],
  ["no spec, and told not to search", ["--load-cluster-specs=false"], 1, /No spec was named.*--auto/s],
  ["half a Secret", ["secret/spec"], 2, /no such file.*secret\/NAMESPACE\/NAME/s],
  ["a file: URL", ["file:///etc/hostname"], 2, /file:\/\/ cannot be read.*by its path/s],
  ["a server that is not there", ["http://127.0.0.1:9/a?token=t0k3n"], 2, /spec http:\/\/127\.0\.0\.1:9\/a: /],
];
for (const [name, args, code, message] of refused) {
  Deno.test({
    name: `support-bundle with ${name} ends with ${code} and one message`,
    ignore,
    fn: async () => {
      await using sandbox = await Sandbox.create();
      const ended = await sandbox.run(args);
      match(ended.stderr, message);
      ok(!ended.stderr.includes("t0k3n"));
      strictEqual(ended.stderr.match(/Error:/g)?.length, 1, ended.stderr);
      deepStrictEqual([ended.code, ended.stdout], [code, ""]);
    },
  });
}

Deno.test({
  name: "support-bundle reads the newer spec at uri, and goes on with the given one when there is none",
  ignore,
  fn: async () => {
    const bundle = (uri: string, kind: string) =>
      `apiVersion: troubleshoot.sh/v1beta2\nkind: SupportBundle\nspec: {${uri} hostCollectors: [{${kind}: {}}]}\n`;
    await using server = startSpecServer({ "/newer.yaml": bundle("", "memory") });
    await using sandbox = await Sandbox.create();
    const run = (path: string, args: string[] = [], env = {}) =>
      sandbox.run(["-", "--dry-run", ...args], { stdin: bundle(`uri: "${server.base}${path}",`, "cpu"), env });
    const newer = await run("/newer.yaml");
    match(newer.stdout, /- memory: \{\}/);
    ok(!/cpu/.test(newer.stdout), "the whole spec is replaced");
    for (const path of ["/status/500", "/to?file%3A%2F%2F%2Fetc%2Fhostname"]) {
      const given = await run(path);
      deepStrictEqual([given.code, /- cpu: \{\}/.test(given.stdout)], [0, true]);
      match(
        given.stderr,
        /^Warning: standard input:3:\d+: Cannot download the spec .*; the spec as it was given is used\n$/,
      );
    }
    const asked = server.requests.length;
    match((await run("/newer.yaml", ["--no-uri"])).stdout, /cpu/);
    match((await run("/newer.yaml", [], { TROUBLESHOOT_NO_URI: "true" })).stdout, /cpu/);
    strictEqual(server.requests.length, asked);
  },
});

Deno.test({
  name: "support-bundle collects by specs of the cluster: a Secret, a ConfigMap, and those that it finds",
  ignore: ignore || kubeconfig === "",
  fn: async (t) => {
    await using cluster = await ClusterSpecs.create();
    const ns = await cluster.namespace("e2e");
    const label = { "troubleshoot.sh/kind": cluster.id };
    const secret = crypto.randomUUID();
    await cluster.secret(
      ns,
      "s",
      { "support-bundle-spec": `${SPEC("from-secret")}---\n${HOST}`, password: secret },
      label,
    );
    await cluster.configMap(
      ns,
      "c",
      { data: { "support-bundle-spec": SPEC("from-map"), "redactor-spec": REDACTOR } },
      label,
    );
    const env = { KUBECONFIG: kubeconfig };
    const selector = `troubleshoot.sh/kind=${cluster.id}`;
    await using sandbox = await Sandbox.create();
    await sandbox.write("host.yaml", HOST);
    const dryRun = async (...args: string[]) => {
      const ended = await sandbox.run([...args, "--dry-run"], { env });
      strictEqual(ended.code, 0, ended.stderr);
      ok(!ended.stdout.includes(secret));
      const names = [...ended.stdout.matchAll(/name: (from-\w+)/g)].map(([, name]) => name);
      return { ...ended, names, redacts: ended.stdout.includes("merged-redactors-spec") };
    };
    const runs: [name: string, args: string[], names: string[], redacts: boolean][] = [
      ["a Secret", [`secret/${ns}/s`], ["from-secret"], false],
      ["a ConfigMap", [`configmap/${ns}/c`], ["from-map"], true],
      ["a key", [`configmap/${ns}/c/support-bundle-spec`], ["from-map"], false],
      ["--redactors", [`secret/${ns}/s`, "--redactors", `configmap/${ns}/c/redactor-spec`], ["from-secret"], true],
      ["the search", ["-l", selector], ["from-secret", "from-map"], true],
      ["the search in a namespace", ["-l", selector, "-n", "default", "host.yaml", "--load-cluster-specs"], [], false],
      [
        "the search beside a file",
        ["host.yaml", "--load-cluster-specs", "-l", selector],
        ["from-secret", "from-map"],
        true,
      ],
    ];
    for (const [name, args, names, redacts] of runs) {
      await t.step(name, async () => {
        const ended = await dryRun(...args);
        deepStrictEqual([ended.names, ended.redacts], [names, redacts]);
      });
    }
    await t.step("says which specs it found", async () => {
      match((await dryRun("-l", selector)).stderr, new RegExp(`^Specs found in the cluster: secret/${ns}/s/`));
    });
    await t.step("says that a selector alone has no effect beside a file", async () => {
      match((await dryRun("host.yaml", "-l", selector)).stderr, /--selector has no effect.*--load-cluster-specs/);
    });
    await t.step("an account with few rights", async () => {
      const config = await cluster.account(ns, { [ns]: [{ resources: ["secrets"], verbs: ["list"] }] });
      const args = ["-l", selector, "-o", "few", "--kubeconfig", config];
      const ended = await sandbox.run(args);
      strictEqual(ended.code, 5, ended.stderr); // it may not read most of the cluster
      match(ended.stderr, /Warning: ConfigMaps may not be listed in namespace/);
      const files = await sandbox.unpack(JSON.parse(ended.stdout).archivePath);
      strictEqual(files.get("from-secret"), "x");
      ok(files.has("host-collectors/system/memory.json"));
    });
    await t.step("nothing with this label", async () => {
      const ended = await sandbox.run(["-l", "a=nothing-has-this"], { env });
      strictEqual(ended.code, 1);
      match(ended.stderr, /none was found in the cluster with the label a=nothing-has-this/);
    });
    await t.step("a scheduled job reads them at each run", async () => {
      const create = [
        "schedule",
        "create",
        "j",
        "--every",
        "1h",
        "-s",
        `secret/${ns}/s`,
        "--load-cluster-specs",
        "-l",
        selector,
      ];
      strictEqual((await sandbox.run([...create, "--kubeconfig", kubeconfig])).code, 0);
      strictEqual((await sandbox.run(["schedule", "daemon", "start"])).code, 0);
      try {
        const ended = await sandbox.run(["schedule", "run", "j", "--wait"]);
        strictEqual(ended.code, 0, ended.stdout + ended.stderr);
        const [execution] = await sandbox.json(["schedule", "history", "j", "--logs"]);
        const files = await sandbox.unpack(execution.bundlePath);
        const hidden = "***HIDDEN***"; // by the Redactor beside them
        deepStrictEqual([files.get("from-secret"), files.get("from-map")], [hidden, hidden]);
        ok(JSON.stringify(execution.logs).includes("Specs found in the cluster"), JSON.stringify(execution.logs));
      } finally {
        await sandbox.run(["schedule", "daemon", "stop"]);
      }
    });
  },
});
