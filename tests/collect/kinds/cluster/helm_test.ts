import { deepStrictEqual, match, ok, rejects, strictEqual } from "node:assert/strict";
import { Buffer } from "node:buffer";
import { randomBytes } from "node:crypto";
import { gzipSync } from "node:zlib";
import { helm } from "../../../../src/collect/kinds/cluster/helm.ts";
import { collectAll, collectContext, type Collection } from "../../collect_all.ts";
import { clusterTest, NOBODY, type TestObject } from "./with_objects.ts";

interface Revision {
  name: string;
  version: number;
  status: string;
  namespace?: string;
  config?: unknown;
  kind?: "Secret" | "ConfigMap";
  /** In the place of the record. */
  payload?: string;
}

/** A revision as Helm 3 stores it. */
function stored(
  { name, version, status, namespace = "quiet", config, kind = "Secret", payload }: Revision,
): TestObject {
  const release = {
    name,
    info: {
      first_deployed: "2024-05-01T10:00:00Z",
      last_deployed: `2024-05-01T10:00:0${version % 10}.5Z`,
      deleted: "",
      description: "done",
      status,
      notes: "Thank you",
    },
    chart: {
      metadata: { name: "web-chart", version: `1.0.${version}`, appVersion: "7.1", apiVersion: "v2" },
      lock: null,
      templates: [{ name: "templates/x.yaml", data: Buffer.from("kind: X").toString("base64") }],
      values: { replicas: 1, image: { repository: "web", tag: "1" } },
      schema: null,
      files: [],
    },
    config: config ?? null,
    manifest: "---\nkind: X\n",
    version,
    namespace,
  };
  const text = payload ?? gzipSync(JSON.stringify(release)).toString("base64");
  return {
    apiVersion: "v1",
    kind,
    metadata: {
      name: `sh.helm.release.v1.${name}.v${version}`,
      namespace,
      labels: { owner: "helm", name, status, version: String(version), modifiedAt: "1714557600" },
    },
    ...(kind === "Secret"
      ? { type: "helm.sh/release.v1", data: { release: Buffer.from(text).toString("base64") } }
      : { data: { release: text } }),
  };
}

const reasons = ({ missing }: Collection) => missing.map(({ path, reason }) => [path, reason]);

clusterTest("helm writes a file for each namespace, with the history of each release", async ({ kube, create }) => {
  await create(
    stored({ name: "web", version: 9, status: "superseded" }),
    stored({ name: "web", version: 10, status: "deployed" }),
    stored({ name: "db", version: 1, status: "failed", namespace: "ops" }),
  );
  const { files, missing, entries } = await collectAll(helm, {}, { kube });
  deepStrictEqual(missing, []);
  deepStrictEqual(Object.keys(files), ["helm/ops.json", "helm/quiet.json"]);
  const expect = [{
    releaseName: "web",
    chart: "web-chart",
    chartVersion: "1.0.10",
    appVersion: "7.1",
    namespace: "quiet",
    releaseHistory: [
      { revision: "9", date: "2024-05-01 10:00:09.5 +0000 UTC", status: "superseded" },
      { revision: "10", date: "2024-05-01 10:00:00.5 +0000 UTC", status: "deployed" },
    ],
  }];
  strictEqual(files["helm/quiet.json"], JSON.stringify(expect, null, "\t"));
  ok(entries[0]?.type === "file");
  strictEqual(entries[0].source, "GET /api/v1/namespaces/ops/{secrets,configmaps}?labelSelector=owner=helm");
});

const latest: [status: string, listed: boolean, isPending?: true][] = [
  ["deployed", true],
  ["failed", true],
  ["pending-install", true, true],
  ["pending-upgrade", true, true],
  ["pending-rollback", true, true],
  ["uninstalling", true],
  ["uninstalled", false],
  ["superseded", false],
];
for (const [status, listed, isPending] of latest) {
  clusterTest(`helm ${listed ? "lists" : "leaves out"} a release that is ${status}`, async ({ kube, create }) => {
    await create(
      stored({ name: "web", version: 1, status: "deployed" }),
      stored({ name: "web", version: 2, status }),
    );
    const all = await collectAll(helm, { namespace: "quiet" }, { kube });
    deepStrictEqual(Object.keys(all.files), listed ? ["helm/quiet.json"] : []);
    deepStrictEqual(reasons(all), listed ? [] : [["helm", "empty"]]);
    const named = await collectAll(helm, { namespace: "quiet", releaseName: "web" }, { kube });
    deepStrictEqual(Object.keys(named.files), ["helm/quiet/web.json"]);
    const [{ releaseHistory }] = JSON.parse(named.files["helm/quiet/web.json"]!);
    deepStrictEqual([releaseHistory[1].status, releaseHistory[1].isPending], [status, isPending]);
  });
}

clusterTest("helm takes one release from every namespace that has it", async ({ kube, create }) => {
  await create(
    stored({ name: "web", version: 1, status: "deployed" }),
    stored({ name: "web", version: 1, status: "deployed", namespace: "ops" }),
    stored({ name: "other", version: 1, status: "deployed" }),
  );
  const { files } = await collectAll(helm, { releaseName: "web" }, { kube });
  deepStrictEqual(Object.keys(files), ["helm/ops/web.json", "helm/quiet/web.json"]);
  strictEqual(JSON.parse(files["helm/quiet/web.json"]!).length, 1);
});

clusterTest("helm takes the values of each revision on request", async ({ kube, create }) => {
  await create(
    stored({ name: "web", version: 1, status: "superseded" }),
    stored({ name: "web", version: 2, status: "deployed", config: { image: { tag: "2" }, extra: [1] } }),
  );
  const { files } = await collectAll(helm, { namespace: "quiet", collectValues: "true" }, { kube });
  const [{ releaseHistory }] = JSON.parse(files["helm/quiet.json"]!);
  deepStrictEqual(releaseHistory.map(({ values }: { values: unknown }) => values), [
    { image: { repository: "web", tag: "1" }, replicas: 1 },
    { extra: [1], image: { repository: "web", tag: "2" }, replicas: 1 },
  ]);
});

clusterTest("helm stops taking values at 20 MB of them, and says so", async ({ kube, create }) => {
  const config = { filler: "x".repeat(11_000_000) };
  for (const version of [1, 2, 3]) {
    await create(stored({ name: "web", version, status: "deployed", config: version === 3 ? {} : config }));
  }
  const { files, entries } = await collectAll(helm, { namespace: "quiet", collectValues: true }, { kube });
  const [{ releaseHistory }] = JSON.parse(files["helm/quiet.json"]!);
  deepStrictEqual(releaseHistory.map((each: object) => "values" in each), [true, false, true]);
  ok(entries[0]?.type === "file");
  deepStrictEqual(entries[0].truncated, { limit: "20000000 bytes of values" });
});

clusterTest("helm reads releases that are stored in ConfigMaps", async ({ kube, create }) => {
  await create(stored({ name: "web", version: 1, status: "deployed", kind: "ConfigMap" }));
  const { files, missing } = await collectAll(helm, { namespace: "quiet" }, { kube });
  deepStrictEqual(missing, []);
  strictEqual(JSON.parse(files["helm/quiet.json"]!)[0].releaseName, "web");
});

clusterTest("helm does without a revision that cannot be read, and says so", async ({ kube, create }) => {
  await create(
    stored({ name: "bad", version: 1, status: "deployed", payload: "%%%" }),
    stored({ name: "web", version: 1, status: "superseded" }),
    stored({
      name: "web",
      version: 2,
      status: "deployed",
      payload: gzipSync(Buffer.alloc(2 ** 27)).toString("base64"),
    }),
  );
  const found = await collectAll(helm, { namespace: "quiet" }, { kube });
  deepStrictEqual(Object.keys(found.files), ["helm/quiet.json", "helm/errors.json"]);
  const [{ releaseName, releaseHistory }, ...others] = JSON.parse(found.files["helm/quiet.json"]!);
  deepStrictEqual([releaseName, releaseHistory.length, others], ["web", 1, []]);
  deepStrictEqual(reasons(found), [["helm", "failed"], ["helm", "failed"]]);
  const errors = JSON.parse(found.files["helm/errors.json"]!);
  deepStrictEqual(errors, found.missing.map(({ message }) => message));
  match(errors[0]!, /^quiet\/bad revision 1: Cannot read the Helm release/);
  match(errors[1]!, /^quiet\/web revision 2: Cannot read the Helm release: unpacked, its record has more than/);
});

clusterTest("helm does not load records that it does not show", async ({ kube, create }) => {
  const config = { filler: randomBytes(300_000).toString("hex") };
  await create(stored({ name: "web", version: 1, status: "uninstalled", config }));
  await collectAll(helm, { namespace: "quiet" }, { kube });
  ok(kube.usage.bytes > 0 && kube.usage.bytes < 50_000, `${kube.usage.bytes} bytes`);
});

clusterTest("helm writes no file where there is no release", async ({ kube }) => {
  const found = await collectAll(helm, { namespace: "quiet" }, { kube });
  deepStrictEqual([found.files, reasons(found)], [{}, [["helm", "empty"]]]);
});

clusterTest("helm writes an errors file for a release that does not exist", async ({ kube }) => {
  const found = await collectAll(helm, { releaseName: "nope" }, { kube });
  deepStrictEqual(found.files, { "helm/errors.json": '[\n  "There is no Helm release \\"nope\\""\n]' });
  deepStrictEqual(reasons(found), [["helm", "empty"]]);
});

clusterTest("helm that may not list writes an errors file alone", async ({ kube, create }) => {
  await create(stored({ name: "web", version: 1, status: "deployed" }));
  const found = await collectAll(helm, { namespace: "quiet" }, { kube });
  deepStrictEqual(Object.keys(found.files), ["helm/errors.json"]);
  strictEqual(JSON.parse(found.files["helm/errors.json"]!).length, 2);
  deepStrictEqual(reasons(found), [["helm", "forbidden"], ["helm", "forbidden"]]);
}, NOBODY);

clusterTest("helm fails when the cluster cannot be reached, and leaves an errors file", async ({ kube }) => {
  const paths: string[] = [];
  await rejects(async () => {
    for await (const entry of helm.collect(helm.schema.parse({}), collectContext({ kube }))) paths.push(entry.path);
  }, { code: "KUBE_UNREACHABLE" });
  deepStrictEqual(paths, ["helm/errors.json"]);
}, { server: "https://127.0.0.1:1" });
