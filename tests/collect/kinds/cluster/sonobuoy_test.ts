import { deepStrictEqual, rejects, strictEqual } from "node:assert/strict";
import { sonobuoy } from "../../../../src/collect/kinds/cluster/sonobuoy.ts";
import { type ServedExec, startExecServer } from "../../../kube/exec_server.ts";
import { collectAll, type Collected } from "../../collect_all.ts";
import { gzip, makeTar } from "./tar_maker.ts";

const results = await gzip(
  await makeTar([
    { name: "meta/", type: "directory" },
    { name: "meta/run.log", body: "started\n" },
    { name: "plugins/e2e/results/global/e2e.log", body: "x".repeat(500_000) },
    { name: "../../escaped", body: "x" },
  ]),
);

async function collect(config: object, run: (exec: ServedExec) => Promise<void> | void, status = 200) {
  const paths: string[] = [];
  const targets: string[] = [];
  await using server = startExecServer((exec) => {
    targets.push(`${exec.namespace}/${exec.pod}/${exec.container} ${exec.command.join(" ")}`);
    return run(exec);
  }, (_, path) => {
    paths.push(path);
    return Response.json(status === 200 ? { metadata: { name: "sonobuoy" } } : { message: "not found" }, { status });
  });
  const kube = server.connect();
  const entries: Collected[] = [];
  try {
    return { ...await collectAll(sonobuoy, config, { kube }), paths, targets, entries };
  } finally {
    kube.close();
  }
}

async function send(exec: ServedExec, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length; at += 1000) await exec.stdout(bytes.slice(at, at + 1000));
  exec.exit(0);
}

const namespaces: [config: object, namespace: string][] = [[{}, "sonobuoy"], [
  { namespace: "conformance" },
  "conformance",
]];
for (const [config, namespace] of namespaces) {
  Deno.test(`sonobuoy unpacks the results in the namespace ${namespace}`, async () => {
    const { files, missing, paths, targets } = await collect(config, (exec) => send(exec, results));
    deepStrictEqual(Object.keys(files), ["sonobuoy/meta/run.log", "sonobuoy/plugins/e2e/results/global/e2e.log"]);
    strictEqual(files["sonobuoy/meta/run.log"], "started\n");
    strictEqual(files["sonobuoy/plugins/e2e/results/global/e2e.log"]!.length, 500_000);
    deepStrictEqual(missing.map(({ path, reason }) => [path, reason]), [["sonobuoy", "failed"]]);
    deepStrictEqual(paths, [`/api/v1/namespaces/${namespace}/pods/sonobuoy`]);
    deepStrictEqual(targets, [`${namespace}/sonobuoy/kube-sonobuoy /sonobuoy splat /tmp/sonobuoy`]);
  });
}

Deno.test("sonobuoy fails without its pod", async () => {
  await rejects(collect({}, () => {}, 404), { code: "KUBE_NOT_FOUND" });
});

const failures: [name: string, run: (exec: ServedExec) => Promise<void> | void, message: RegExp][] = [
  ["when there are no results yet", (exec) => {
    exec.stderr("no tarballs found\n");
    exec.exit(1);
  }, /^Cannot read the results of Sonobuoy: .*exit status 1: no tarballs found$/],
  ["when they are damaged", (exec) => send(exec, results.slice(0, results.length / 2)), /^Cannot read the results/],
  ["when they are no archive", (exec) => send(exec, new Uint8Array(5000)), /^Cannot read the results/],
];
for (const [name, run, message] of failures) {
  Deno.test(`sonobuoy fails ${name}`, async () => {
    await rejects(collect({}, run), { code: "SONOBUOY", message });
  });
}
