import { deepStrictEqual, match, rejects, strictEqual } from "node:assert/strict";
import { Buffer } from "node:buffer";
import { certificates } from "../../../../src/collect/kinds/cluster/certificates.ts";
import { ManualClock } from "../../../manual_clock.ts";
import { collectAll, type Collection } from "../../collect_all.ts";
import { CertificateMaker, HAS_OPENSSL } from "../../openssl.ts";
import { clusterTest, NOBODY, type TestObject } from "./with_objects.ts";

const PATH = "certificates/certificates.json";
const found = ({ files }: Collection) => JSON.parse(files[PATH]!);
const base64 = (text: string) => Buffer.from(text).toString("base64");

function secret(name: string, data: Record<string, string>, namespace = "quiet"): TestObject {
  const encoded = Object.fromEntries(Object.entries(data).map(([key, text]) => [key, base64(text)]));
  return { apiVersion: "v1", kind: "Secret", metadata: { name, namespace }, data: encoded };
}
function configMap(name: string, data: Record<string, string>, namespace = "quiet"): TestObject {
  return { apiVersion: "v1", kind: "ConfigMap", metadata: { name, namespace }, data };
}

/** A test with a CA and a certificate that it signed. */
function certificateTest(
  name: string,
  test: (
    cluster: Parameters<Parameters<typeof clusterTest>[1]>[0] & Record<"ca" | "leaf", { pem: string; key: string }>,
  ) => Promise<void>,
): void {
  if (!HAS_OPENSSL) return Deno.test({ name: `${name} (needs openssl)`, ignore: true, fn() {} });
  clusterTest(name, async (cluster) => {
    await using maker = await CertificateMaker.create();
    const ca = await maker.make("ca", { subject: "/O=Acme/CN=Test CA", ca: true });
    const leaf = await maker.make("leaf", { subject: "/CN=web", names: "DNS:web.quiet.svc,DNS:web", issuer: "ca" });
    await test({ ...cluster, ca, leaf });
  });
}

certificateTest(
  "certificates describes the chains in Secrets, then in ConfigMaps",
  async ({ kube, create, ca, leaf }) => {
    await create(
      secret("web-tls", { "tls.crt": leaf.pem + ca.pem, "tls.key": leaf.key }),
      configMap("trust", { "ca.crt": ca.pem }, "ops"),
      configMap("trust", { "ca.crt": ca.pem }),
    );
    const collection = await collectAll(certificates, {
      configMaps: [{ name: "trust", namespaces: ["quiet", "ops"] }],
      secrets: [{ name: "web-tls", namespaces: ["quiet"] }],
    }, { kube });
    deepStrictEqual(collection.missing, []);
    const [web, quiet, ops, ...more] = found(collection);
    deepStrictEqual(more, []);
    const times = (chain: { notBefore: string; notAfter: string }) => [chain.notAfter, chain.notBefore];
    for (const time of times(web.certificateChain[0])) match(time, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    const [leafAfter, leafBefore] = times(web.certificateChain[0]);
    const [caAfter, caBefore] = times(web.certificateChain[1]);
    const authority = {
      subject: "CN=Test CA,O=Acme",
      subjectAlternativeNames: null,
      issuer: "CN=Test CA,O=Acme",
      notAfter: caAfter,
      notBefore: caBefore,
      isValid: true,
      isCA: true,
    };
    const expect = [
      {
        source: { secret: "web-tls", namespace: "quiet" },
        errors: ["no certificates in tls.key"],
        certificateChain: [
          {
            certificate: "tls.crt",
            subject: "CN=web",
            subjectAlternativeNames: ["web.quiet.svc", "web"],
            issuer: "CN=Test CA,O=Acme",
            notAfter: leafAfter,
            notBefore: leafBefore,
            isValid: true,
            isCA: false,
          },
          { certificate: "tls.crt", ...authority },
        ],
      },
      {
        source: { configMap: "trust", namespace: "quiet" },
        certificateChain: [{ certificate: "ca.crt", ...authority }],
      },
      {
        source: { configMap: "trust", namespace: "ops" },
        certificateChain: [{ certificate: "ca.crt", ...authority }],
      },
    ];
    deepStrictEqual([web, quiet, ops], expect);
    strictEqual(collection.files[PATH], JSON.stringify(expect, null, "\t"));
  },
);

const DAY_MS = 86_400_000;
const ages: [string, afterDays: number, isValid: boolean][] = [
  ["has not begun", -1, false],
  ["is within its time", 1, true],
  ["has expired", 3, false],
];
for (const [what, afterDays, isValid] of ages) {
  certificateTest(
    `certificates calls a certificate that ${what} ${isValid ? "" : "in"}valid, by the clock it is given`,
    async ({ kube, create, ca }) => {
      await create(secret("ca", { "ca.crt": ca.pem }));
      const clock = new ManualClock(new Date(Date.now() + afterDays * DAY_MS));
      const config = { secrets: [{ name: "ca", namespaces: ["quiet"] }] };
      const [{ certificateChain }] = found(await collectAll(certificates, config, { kube, clock }));
      strictEqual(certificateChain[0].isValid, isValid);
    },
  );
}

certificateTest("certificates drops a key that cannot be read, and no other", async ({ kube, create, ca, leaf }) => {
  const broken = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
  await create(secret("mixed", { "a.crt": ca.pem, "b.crt": leaf.pem + broken, "c.bin": "\xff\0", "d.crt": leaf.pem }));
  const config = { secrets: [{ name: "mixed", namespaces: ["quiet"] }] };
  const collection = await collectAll(certificates, config, { kube });
  const [{ certificateChain, errors }] = found(collection);
  deepStrictEqual(certificateChain.map(({ certificate }: { certificate: string }) => certificate), ["a.crt", "d.crt"]);
  match(errors[0], /^b\.crt: Cannot read certificate 2: /);
  strictEqual(errors[1], "no certificates in c.bin");
  deepStrictEqual(collection.missing, []);
});

clusterTest("certificates notes an object that does not exist, and goes on", async ({ kube, create }) => {
  await create(configMap("there", {}));
  const config = {
    secrets: [{ name: "gone", namespaces: ["quiet", "no-such"] }],
    configMaps: [{ name: "there", namespaces: ["quiet"] }, { name: "nowhere" }],
  };
  const collection = await collectAll(certificates, config, { kube });
  const [first, second, third, ...more] = found(collection);
  deepStrictEqual([third, more], [{ source: { configMap: "there", namespace: "quiet" } }, []]);
  for (const { errors } of [first, second]) match(errors[0], /"gone" not found/);
  deepStrictEqual(collection.missing, []);
});

clusterTest("certificates that may not read writes the reason into file and manifest", async ({ kube }) => {
  const config = {
    secrets: [{ name: "s", namespaces: ["quiet"] }],
    configMaps: [{ name: "c", namespaces: ["quiet"] }],
  };
  const collection = await collectAll(certificates, config, { kube });
  strictEqual(found(collection).length, 2);
  deepStrictEqual(collection.missing.map(({ path, reason }) => [path, reason]), [
    ["certificates", "forbidden"],
    ["certificates", "forbidden"],
  ]);
}, NOBODY);

Deno.test("certificates without an object writes an empty list, and says why", async () => {
  const { files, missing } = await collectAll(certificates, { secrets: [{ name: "x" }], configMaps: [] });
  deepStrictEqual([files, missing.map(({ reason }) => reason)], [{ [PATH]: "[]" }, ["empty"]]);
});

clusterTest("certificates fails when the cluster cannot be reached", async ({ kube }) => {
  await rejects(collectAll(certificates, { secrets: [{ name: "x", namespaces: ["a"] }] }, { kube }), {
    code: "KUBE_UNREACHABLE",
  });
}, { server: "https://127.0.0.1:1" });
