import { deepStrictEqual } from "node:assert/strict";
import { certificates } from "../../../src/insight/checks/certificates.ts";
import { type Any, bundleOf, causesOf, made, NOW } from "../cluster_fixture.ts";

const inDays = (days: number) => new Date(NOW.getTime() + days * 86_400_000).toISOString();
const collected = (notAfter: unknown) => ({
  "certificates/certificates.json": [
    { source: { secret: "tls", namespace: "shop" }, certificateChain: [{ certificate: "tls.crt", notAfter }] },
    { source: { configMap: "none", namespace: "shop" }, errors: ["x"] },
  ],
});
const ofCertManager = (status: Any) => ({
  "cluster-resources/custom-resources/certificates.cert-manager.io/shop.json": [
    made("Certificate", "shop/web", { status }),
  ],
});
const notReady = { conditions: [{ type: "Ready", status: "False", message: "order failed" }] };
const SECRET = "certificate/Secret/shop/tls/tls.crt";
const MANAGED = "certificate/cert-manager/shop/web";
/** Of a self-signed authority, valid from 2020-01-01 to 2020-01-31. */
const EXPIRED_CA = await Deno.readTextFile(new URL("expired_ca.pem", import.meta.url));
const hook = (caBundle: string) =>
  bundleOf({
    "validating-webhook-configurations": [made("ValidatingWebhookConfiguration", "guard", {
      webhooks: [{ name: "a.example.com", clientConfig: { caBundle } }],
    })],
  });

const behaviour: [name: string, files: Record<string, unknown>, expected: string[]][] = [
  ["says nothing of one that lasts", collected(inDays(14.1)), []],
  ["warns of one that ends soon", collected(inDays(13)), [`warn ${SECRET}`]],
  ["tells of one that has expired", collected(inDays(-1)), [`fail ${SECRET}`]],
  ["says nothing of one whose end is hidden", collected("***HIDDEN***"), []],
  ["says nothing of one that cert-manager will renew in time", ofCertManager({ notAfter: inDays(5) }), []],
  ["warns when it cannot", ofCertManager({ notAfter: inDays(5), ...notReady }), [`warn ${MANAGED}`]],
  ["tells of one that cert-manager let expire", ofCertManager({ notAfter: inDays(-1) }), [`fail ${MANAGED}`]],
  ["warns of one that was never issued", ofCertManager(notReady), [`warn ${MANAGED}`]],
  ["tells of the expired authority of a webhook", hook(btoa(EXPIRED_CA)), [
    "fail certificate/ValidatingWebhookConfiguration/guard",
  ]],
  ["says nothing of what is no certificate", hook(btoa("x")), []],
  ["says nothing of an authority that is hidden", hook("***HIDDEN***"), []],
];
for (const [name, files, expected] of behaviour) {
  Deno.test(`certificate: ${name}`, async () => deepStrictEqual(await causesOf(certificates, files), expected));
}
