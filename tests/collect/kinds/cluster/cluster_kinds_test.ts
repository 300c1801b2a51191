import { deepStrictEqual, match, ok, rejects, strictEqual } from "node:assert/strict";
import { configMap } from "../../../../src/collect/kinds/cluster/config_map.ts";
import { exec } from "../../../../src/collect/kinds/cluster/exec.ts";
import { logs } from "../../../../src/collect/kinds/cluster/logs.ts";
import { secret } from "../../../../src/collect/kinds/cluster/secret.ts";
import { connectKube } from "../../../../src/kube/connect.ts";
import type { KubeClient, KubeOptions } from "../../../../src/kube/kube_client.ts";
import type { ClusterFacts } from "../../../../scripts/test_cluster/seed_objects.ts";
import { collectAll } from "../../collect_all.ts";

const kubeconfig = Deno.env.get("TEST_KUBECONFIG");
const factsFile = Deno.env.get("TEST_CLUSTER_FACTS");
const ignore = !kubeconfig || !factsFile;

/** What is known of the cluster. */
function clusterFacts(): ClusterFacts {
  return JSON.parse(Deno.readTextFileSync(factsFile!));
}

function cluster(name: string, test: (kube: KubeClient) => Promise<void>, options: KubeOptions = {}) {
  Deno.test({
    name,
    ignore,
    async fn() {
      const kube = connectKube({ kubeconfig, ...options }, Deno.env.toObject());
      try {
        await test(kube);
      } finally {
        kube.close();
        await new Promise((resolve) => setTimeout(resolve, 0)); // closing waits for the opened transport
      }
    },
  });
}

// One pod of this name in each namespace that has apps.
const DB = "statefulset.kubernetes.io/pod-name=db-0";
const real = "cluster-resources/pods/logs";
const nobody = { as: "system:serviceaccount:shop:nobody" };

cluster("logs writes the log below cluster-resources, and a link to it under its name", async (kube) => {
  const config = { name: "app/db", selector: [DB], namespace: "shop" };
  const { files, links, missing, entries } = await collectAll(logs, config, { kube });
  deepStrictEqual(Object.keys(files), [`${real}/shop/db-0/main.log`]);
  deepStrictEqual(links, { "app/db/db-0/main.log": `${real}/shop/db-0/main.log` });
  deepStrictEqual(missing, []);
  const [file] = entries;
  ok(file?.type === "file");
  ok(file.bytes > 1000);
  strictEqual(file.source, "GET /api/v1/namespaces/shop/pods/db-0/log?container=main&tailLines=10000");
  strictEqual(file.truncated, undefined);
});

cluster("logs asks once a container that never restarted, and lists pods once", async (kube) => {
  await collectAll(logs, { selector: [DB], namespace: "shop" }, { kube });
  strictEqual(kube.usage.requests, 2);
});

cluster("logs without a name puts links at the root, and the first of two namespaces has the link", async (kube) => {
  const { files, links } = await collectAll(logs, { selector: [DB] }, { kube });
  ok(Object.keys(files).length > 1);
  deepStrictEqual(links, { "db-0/main.log": Object.keys(files)[0] });
});

cluster("logs takes the log of a container that waits for its next start", async (kube) => {
  const { crashing: { namespace, app } } = clusterFacts();
  const { files, missing } = await collectAll(logs, { selector: [`app=${app}`], namespace }, { kube });
  ok(Object.keys(files).length > 0);
  deepStrictEqual(missing, []);
});

cluster("logs says that a container has not started, which is no shortfall", async (kube) => {
  const { unpullable: { namespace, app } } = clusterFacts();
  const config = { name: "x", selector: [`app=${app}`], namespace };
  const { files, missing } = await collectAll(logs, config, { kube });
  const why = "The container is waiting to start: ImagePullBackOff";
  ok(missing.length > 0);
  for (const { path, reason, message } of missing) {
    match(path, new RegExp(`^${real}/${namespace}/.*/main\\.log$`));
    deepStrictEqual([reason, message], ["not-started", why]);
  }
  const errors = Object.entries(files);
  strictEqual(errors.length, missing.length);
  for (const [path, text] of errors) {
    match(path, /^x\/.*\/main-errors\.json$/);
    deepStrictEqual(JSON.parse(text), [why]);
  }
});

const limited = [
  ["lines", { maxLines: 5 }, { limit: "5 lines" }, (text: string) => strictEqual(text.split("\n").length, 6)],
  ["bytes, at the end of a line", { maxBytes: "1000" }, { limit: "1000 bytes" }, (text: string) => {
    ok(text.length > 0 && text.length <= 1000 && text.endsWith("\n"));
  }],
] as const;
for (const [name, limits, truncated, check] of limited) {
  cluster(`logs cuts at a number of ${name}, and says so`, async (kube) => {
    const { entries } = await collectAll(logs, { selector: [DB], namespace: "shop", limits }, { kube });
    const [file] = entries;
    ok(file?.type === "file");
    deepStrictEqual(file.truncated, truncated);
    check(file.text);
  });
}

cluster("logs takes the command line's time before the limits of the spec", async (kube) => {
  const config = { selector: [DB], namespace: "shop", limits: { maxLines: 5 } };
  const { entries } = await collectAll(logs, config, { kube, since: new Date("2026-01-02T03:04:05.678Z") });
  ok(entries[0]?.type === "file");
  match(entries[0].source!, /log\?container=main&sinceTime=2026-01-02T03%3A04%3A05Z$/);
});

cluster("logs with timestamps begins lines with them", async (kube) => {
  const { files } = await collectAll(logs, { selector: [DB], namespace: "shop", timestamps: "true" }, {
    kube,
  });
  match(Object.values(files)[0]!, /^\d{4}-\d\d-\d\dT/);
});

cluster("logs names a container that a pod does not have, without asking for it", async (kube) => {
  const config = { name: "n", selector: [DB], namespace: "shop", containerNames: ["main", "sidecar"] };
  const { files, missing } = await collectAll(logs, config, { kube });
  deepStrictEqual(Object.keys(files), [`${real}/shop/db-0/main.log`, "n/db-0/sidecar-errors.json"]);
  deepStrictEqual(missing.map(({ path, reason }) => [path, reason]), [[`${real}/shop/db-0/sidecar.log`, "failed"]]);
  strictEqual(kube.usage.requests, 2);
});

cluster("logs says when no pod matches", async (kube) => {
  const { files, missing } = await collectAll(logs, { selector: ["app=none"] }, { kube });
  deepStrictEqual([files, missing.map(({ path, reason }) => [path, reason])], [{}, [["logs/app=none", "empty"]]]);
});

cluster("logs that may not list pods writes errors.json below its name", async (kube) => {
  const { files, missing } = await collectAll(logs, { name: "app", collectorName: "c", selector: ["a=b"] }, { kube });
  deepStrictEqual(Object.keys(files), ["app/errors.json"]);
  deepStrictEqual(missing.map(({ path, reason }) => [path, reason]), [["logs/c", "forbidden"]]);
}, nobody);

cluster("logs fails as a whole when the cluster cannot be reached", async (kube) => {
  await rejects(collectAll(logs, { selector: ["a=b"] }, { kube }), { code: "KUBE_UNREACHABLE" });
}, { server: "https://127.0.0.1:1" });

const namedSecret = { name: "web-secret", namespace: "shop" };
const namedMap = { name: "web-config", namespace: "shop" };
/** What the cluster holds: made anew for each of its runs. */
interface Held {
  password: string;
  conf: string;
}
const objects: [string, typeof secret | typeof configMap, unknown, string, (held: Held) => unknown][] = [
  [
    "secret shows that it exists, and no value",
    secret,
    namedSecret,
    "secrets/shop/web-secret.json",
    () => secretOf({ key: "" }),
  ],
  [
    "secret shows that a key exists, and no value",
    secret,
    { ...namedSecret, key: "password" },
    "secrets/shop/web-secret/password.json",
    () => secretOf({ key: "password", keyExists: true }),
  ],
  [
    "secret shows a value on request",
    secret,
    { ...namedSecret, key: "password", includeValue: true },
    "secrets/shop/web-secret/password.json",
    ({ password }) => secretOf({ key: "password", keyExists: true, value: password }),
  ],
  [
    "secret says that a key is missing",
    secret,
    { ...namedSecret, key: "nope", includeValue: true },
    "secrets/shop/web-secret/nope.json",
    () => secretOf({ key: "nope" }),
  ],
  [
    "secret shows all values on request, in the object's own file",
    secret,
    { ...namedSecret, key: "password", includeAllData: "true" },
    "secrets/shop/web-secret.json",
    ({ password }) => secretOf({ key: "password", data: { password } }),
  ],
  [
    "configMap shows that it exists",
    configMap,
    namedMap,
    "configmaps/shop/web-config.json",
    () => mapOf({ key: "", data: null }),
  ],
  [
    "configMap shows a value and all of them",
    configMap,
    { ...namedMap, key: "feature", includeValue: true, includeAllData: true },
    "configmaps/shop/web-config/feature.json",
    ({ conf }) => mapOf({ key: "feature", keyExists: true, value: "on", data: { "app.conf": conf, feature: "on" } }),
  ],
  [
    "configMap without a namespace asks that of the context, and leaves it out of the path",
    configMap,
    { name: "kube-root-ca.crt" },
    "configmaps/kube-root-ca.crt.json",
    () => mapOf({ namespace: "", name: "kube-root-ca.crt", key: "", data: null }),
  ],
];
function secretOf({ key, ...rest }: Record<string, unknown>) {
  return { ...{ namespace: "shop", name: "web-secret", key, secretExists: true, keyExists: false }, ...rest };
}
function mapOf({ key, ...rest }: Record<string, unknown>) {
  return { ...{ namespace: "shop", name: "web-config", key, configMapExists: true, keyExists: false }, ...rest };
}
for (const [name, collector, config, path, expect] of objects) {
  cluster(name, async (kube) => {
    const { data } = await kube.get("/api/v1/namespaces/shop/secrets/web-secret");
    const password = atob(data.password);
    const conf = (await kube.get("/api/v1/namespaces/shop/configmaps/web-config")).data["app.conf"];
    const { files, missing } = await collectAll(collector, config, { kube });
    deepStrictEqual(Object.keys(files), [path]);
    strictEqual(files[path], JSON.stringify(expect({ password, conf }), null, 2));
    deepStrictEqual(missing, []);
  });
}

cluster("secret without a namespace asks that of the command line", async (kube) => {
  const { files } = await collectAll(secret, { name: "web-secret" }, { kube, namespace: "shop" });
  strictEqual(JSON.parse(files["secrets/web-secret.json"]!).secretExists, true);
});

const absent = [
  ["secret", secret, "secrets", "secretExists"],
  ["configMap", configMap, "configmaps", "configMapExists"],
] as const;
for (const [kind, collector, folder, exists] of absent) {
  cluster(`${kind} that does not exist writes its file and an errors file`, async (kube) => {
    const { files, missing } = await collectAll(collector, { name: "nope", namespace: "shop", key: "k" }, { kube });
    deepStrictEqual(Object.keys(files), [`${folder}/shop/nope/k.json`, `${folder}-errors/shop/nope/k.json`]);
    strictEqual(JSON.parse(files[`${folder}/shop/nope/k.json`]!)[exists], false);
    match(JSON.parse(files[`${folder}-errors/shop/nope/k.json`]!)[0], /"nope" not found/);
    deepStrictEqual(missing, []);
  });

  cluster(`${kind} that is forbidden writes an errors file alone`, async (kube) => {
    const { files, missing } = await collectAll(collector, { selector: ["app=x", "a!=*"], namespace: "shop" }, {
      kube,
    });
    deepStrictEqual(Object.keys(files), [`${folder}-errors/shop/app-x-a!-all.json`]);
    deepStrictEqual(missing.map(({ path, reason }) => [path, reason]), [[`${folder}/shop`, "forbidden"]]);
  }, nobody);

  cluster(`${kind} by selector over all namespaces has the namespace in path and file`, async (kube) => {
    const { files } = await collectAll(collector, { selector: ["app in (web, invoices)"] }, { kube });
    const ending = kind === "secret" ? "secret" : "config";
    const paths = [`${folder}/billing/invoices-${ending}.json`, `${folder}/shop/web-${ending}.json`];
    deepStrictEqual(Object.keys(files), paths);
    strictEqual(JSON.parse(files[paths[0]!]!).namespace, "billing");
  });

  cluster(`${kind} with the selector * takes every object`, async (kube) => {
    const { files } = await collectAll(collector, { selector: ["*"], namespace: "shop" }, { kube });
    const ending = kind === "secret" ? "secret" : "config";
    for (const app of ["api", "cart", "web"]) ok(`${folder}/shop/${app}-${ending}.json` in files);
  });

  Deno.test(`${kind} fails without name and selector`, async () => {
    await rejects(collectAll(collector, { selector: [] }), { code: "SPEC_VALUE" });
  });
}

/** The client does not wait for the server's answer to its close; the sanitizers do. */
const webSocketClosed = () => new Promise((resolve) => setTimeout(resolve, 200));

const inPod = { name: "out", selector: [DB], namespace: "shop" };
cluster("exec writes both outputs under the container's name", async (kube) => {
  const config = { ...inPod, command: ["sh", "-c"], args: ["echo out; echo err >&2"] };
  const { files, entries } = await collectAll(exec, config, { kube });
  deepStrictEqual(files, {
    "out/shop/db-0/main-stdout.txt": "out\n",
    "out/shop/db-0/main-stderr.txt": "err\n",
  });
  ok(entries[0]?.type === "file");
  strictEqual(entries[0].source, "exec shop/db-0/main");
});

cluster("exec names files after the collector, and records an exit code", async (kube) => {
  const { files, missing } = await collectAll(
    exec,
    { ...inPod, collectorName: "chk", command: ["sh", "-c", "exit 3"] },
    {
      kube,
    },
  );
  deepStrictEqual(Object.keys(files), ["out/shop/db-0/chk-errors.json"]);
  match(files["out/shop/db-0/chk-errors.json"]!, /exit (code|status) 3/);
  deepStrictEqual(missing, []);
});

cluster("exec cuts output at 10 MB and says so", async (kube) => {
  const { entries } = await collectAll(exec, { ...inPod, command: ["head", "-c", "10500000", "/dev/zero"] }, { kube });
  const [file] = entries;
  ok(file?.type === "file");
  deepStrictEqual([file.bytes, file.truncated], [10_000_000, { limit: "10000000 bytes" }]);
});

cluster("exec fails at its timeout", async (kube) => {
  const config = { ...inPod, command: ["sleep", "60"], timeout: "300ms" };
  await rejects(collectAll(exec, config, { kube }), { code: "TIMEOUT", message: /within 300ms/ });
  await webSocketClosed();
});

cluster("exec obeys an abort", async (kube) => {
  const signal = AbortSignal.timeout(300);
  await rejects(collectAll(exec, { ...inPod, command: ["sleep", "60"] }, { kube, signal }), { name: "TimeoutError" });
  await webSocketClosed();
});

cluster("exec says when no pod matches", async (kube) => {
  const { files, missing } = await collectAll(exec, { selector: ["app=none"], command: ["true"] }, { kube });
  deepStrictEqual([files, missing.map(({ path, reason }) => [path, reason])], [{}, [["exec/app=none", "empty"]]]);
});

cluster("exec that may not list pods writes its errors file at the root", async (kube) => {
  const { files, missing } = await collectAll(exec, { ...inPod, command: ["true"] }, { kube });
  deepStrictEqual(Object.keys(files), ["out-errors.json"]);
  strictEqual(missing[0]!.reason, "forbidden");
}, nobody);

cluster("exec in a container that the pod does not have writes its errors file", async (kube) => {
  const { files, missing } = await collectAll(exec, { ...inPod, containerName: "nope", command: ["true"] }, { kube });
  deepStrictEqual(Object.keys(files), ["out/shop/db-0/nope-errors.json"]);
  strictEqual(missing.length, 1);
});

Deno.test("exec fails without a command", async () => {
  await rejects(collectAll(exec, inPod), { code: "SPEC_VALUE" });
});
