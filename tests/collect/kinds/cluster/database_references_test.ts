import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { redis } from "../../../../src/collect/kinds/cluster/redis.ts";
import { connectKube } from "../../../../src/kube/connect.ts";
import type { KubeClient } from "../../../../src/kube/kube_client.ts";
import { hasOpenssl, makeCertificates } from "../../../fixtures/certificates.ts";
import { startRedis, TEST_REDIS } from "../../../fixtures/redis_server.ts";
import { randomHex } from "../../../fixtures/server_process.ts";
import { collectAll } from "../../collect_all.ts";

const kubeconfig = Deno.env.get("TEST_KUBECONFIG");

/** Runs a test with objects in a namespace of its own. */
async function withObjects(
  objects: Record<string, unknown>[],
  test: (kube: KubeClient, namespace: string) => Promise<void>,
) {
  const kube = connectKube({ kubeconfig }, Deno.env.toObject());
  const namespace = `databases-${randomHex(4)}`;
  try {
    await kube.create("/api/v1/namespaces", { apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } });
    for (const object of objects) {
      const resource = object.kind === "Secret" ? "secrets" : "configmaps";
      await kube.create(`/api/v1/namespaces/${namespace}/${resource}`, { apiVersion: "v1", ...object });
    }
    await test(kube, namespace);
  } finally {
    await kube.delete(`/api/v1/namespaces/${namespace}`);
    kube.close();
    await new Promise((resolve) => setTimeout(resolve, 0)); // closing waits for the opened transport
  }
}

Deno.test({
  name: "databases read uri and certificates from Secrets and ConfigMaps (needs a cluster, redis-server and openssl)",
  ignore: !kubeconfig || TEST_REDIS === undefined || !hasOpenssl,
  async fn(t) {
    const { ca, client, ...rest } = await makeCertificates();
    const server = await startRedis({ ca, client, ...rest }, { clientCertificate: true });
    const uri = `rediss://:${server.password}@127.0.0.1:${server.tlsPort}`;
    const clientTexts = { clientCert: client.cert, clientKey: client.key };
    try {
      await withObjects([
        { kind: "Secret", metadata: { name: "db" }, stringData: { uri: `${uri}\n` } },
        { kind: "Secret", metadata: { name: "tls" }, stringData: { cacert: ca, ...clientTexts } },
        { kind: "ConfigMap", metadata: { name: "ca" }, data: { "ca.crt": ca } },
      ], async (kube, namespace) => {
        const from = (name: string, key: string, more = {}) => ({ name, key, ...more });
        const connected: [string, Record<string, unknown>, string | undefined][] = [
          ["by tls.secret", {
            uri: { valueFrom: { secretKeyRef: from("db", "uri") } },
            tls: { secret: { name: "tls" } },
          }, namespace],
          ["by single references", {
            uri: { valueFrom: { secretKeyRef: from("db", "uri", { namespace }) } },
            tls: {
              cacert: { valueFrom: { configMapKeyRef: from("ca", "ca.crt", { namespace }) } },
              clientCert: { valueFrom: { secretKeyRef: from("tls", "clientCert", { namespace }) } },
              clientKey: { value: client.key },
            },
          }, undefined],
        ];
        for (const [name, config, cliNamespace] of connected) {
          await t.step(name, async () => {
            const { files, missing } = await collectAll(redis, config, { kube, namespace: cliNamespace });
            strictEqual(JSON.parse(files["redis/redis.json"]!).isConnected, true, files["redis/redis.json"]);
            deepStrictEqual(missing, []);
          });
        }
        await t.step("and say which one is not there", async () => {
          const config = { uri: { valueFrom: { secretKeyRef: from("nope", "uri") } }, collectorName: "main" };
          const { files, missing } = await collectAll(redis, config, { kube, namespace });
          const { isConnected, error } = JSON.parse(files["redis/main.json"]!);
          strictEqual(isConnected, false);
          match(error, new RegExp(`^Cannot read uri from Secret "${namespace}/nope": .*not found`));
          deepStrictEqual(missing, [{ type: "missing", path: "redis/main", reason: "failed", message: error }]);
        });
        await t.step("and never quote what a wrong key holds", async () => {
          const config = { uri: { valueFrom: { secretKeyRef: from("tls", "clientKey", { namespace }) } } };
          const { files } = await collectAll(redis, config, { kube });
          ok(!files["redis/redis.json"]!.includes(client.key.split("\n")[1]!));
          match(files["redis/redis.json"]!, /Cannot read the uri/);
        });
        await t.step("and say that one is forbidden", async () => {
          const nobody = connectKube(
            { kubeconfig, as: `system:serviceaccount:${namespace}:nobody` },
            Deno.env.toObject(),
          );
          try {
            const config = { uri: { valueFrom: { secretKeyRef: from("db", "uri") } } };
            const { missing } = await collectAll(redis, config, { kube: nobody, namespace });
            deepStrictEqual(missing.map(({ path, reason }) => [path, reason]), [["redis", "forbidden"]]);
          } finally {
            nobody.close();
            await new Promise((resolve) => setTimeout(resolve, 0));
          }
        });
      });
    } finally {
      await server.stop();
    }
  },
});
