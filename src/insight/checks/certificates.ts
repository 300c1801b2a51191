import { X509Certificate } from "node:crypto";
import { Buffer } from "node:buffer";
import type { AnalyzerResult } from "../../analyze/analyzer.ts";
import { affectedBy } from "../affected.ts";
import type { ClusterFiles } from "../cluster_files.ts";
import { command } from "../command.ts";
import type { Insight } from "../insight.ts";
import { below, clip, condition, list, text, time } from "../loose.ts";

const DAY_MS = 86_400_000;
const SOON_MS = 14 * DAY_MS;
const COLLECTED = "certificates/certificates.json";
const WEBHOOKS = [
  ["validating-webhook-configurations", "ValidatingWebhookConfiguration"],
  ["mutating-webhook-configurations", "MutatingWebhookConfiguration"],
] as const;

export const certificates: Insight = {
  id: "certificate",
  title: "Certificates that have expired",
  reads: ["validating-webhook-configurations", "mutating-webhook-configurations"],
  when:
    "A certificate is past its end (a failure) or ends within 14 days (a warning): those of the certificates collector, of cert-manager, and of the authorities of " +
    "webhooks. A cert-manager Certificate is not ready. Nothing is said where nothing tells when the bundle was collected",
  says: "Whose certificate it is, and when it ends",
  nextStep: "How to renew it",
  async *inspect(cluster) {
    const now = await cluster.now();
    if (now === undefined) return;
    yield* collected(cluster, now);
    yield* certManager(cluster, now);
    yield* authorities(cluster, now);
  },
};

async function* collected(cluster: ClusterFiles, now: number): AsyncGenerator<AnalyzerResult> {
  for (const each of list(await cluster.json(COLLECTED))) {
    const [secret, configMap] = [text(below(each, "source", "secret")), text(below(each, "source", "configMap"))];
    const namespace = text(below(each, "source", "namespace"));
    const object = { kind: secret === "" ? "ConfigMap" : "Secret", namespace, name: secret || configMap };
    for (const certificate of list(each.certificateChain)) {
      const end = time(certificate.notAfter);
      if (end === undefined) cluster.note(COLLECTED, "it has certificates of which it does not say when they end");
      const state = end === undefined ? undefined : stateAt(end, now);
      if (state === undefined) continue;
      yield {
        ...found(`${object.kind} ${namespace}/${object.name}`, text(certificate.certificate), state, end!),
        involvedObject: { ...object, apiVersion: "v1" },
        cause: `certificate/${object.kind}/${namespace}/${object.name}/${text(certificate.certificate)}`,
        explanation: `Its subject is ${clip(text(certificate.subject), 200) || "not known"}. ${MEANING}`,
        nextStep:
          command`kubectl get ${object.kind.toLowerCase()} -n ${namespace} ${object.name}: renew what is in it, and restart what uses it`,
        ...affectedBy([object]),
        evidence: [{ path: COLLECTED }],
      };
    }
  }
}

async function* certManager(cluster: ClusterFiles, now: number): AsyncGenerator<AnalyzerResult> {
  for await (const stored of cluster.objects("custom-resources/certificates.cert-manager.io", "Certificate")) {
    const { value, namespace, name } = stored;
    const ready = condition(value, "Ready");
    const written = below(value, "status", "notAfter");
    const end = time(written);
    if (written !== undefined && end === undefined) {
      cluster.note(stored.path, "status.notAfter of a certificate is no time");
    }
    const state = end === undefined ? undefined : stateAt(end, now);
    const object = { kind: "Certificate", namespace, name };
    const common = {
      involvedObject: { ...object, apiVersion: "cert-manager.io/v1" },
      cause: `certificate/cert-manager/${namespace}/${name}`,
      nextStep:
        command`kubectl describe certificate -n ${namespace} ${name}; kubectl get certificaterequests,orders,challenges -n ${namespace}`,
      ...affectedBy([object]),
    };
    const failing = ready?.value.status === "False" && !await cluster.isYoung(value, 10 * 60_000);
    // cert-manager renews in time: what ends soon is a matter only where it cannot.
    if (state === "expired" || (state === "soon" && failing)) {
      yield {
        ...common,
        ...found(`Certificate ${namespace}/${name}`, "", state, end!),
        explanation: `cert-manager has not renewed it${
          failing ? `: ${clip(text(ready!.value.message))}` : ""
        }. ${MEANING}`,
        evidence: await cluster.evidence({ ...stored, keys: ["status", "notAfter"] }),
      };
    } else if (failing) {
      yield {
        ...common,
        title: `Certificate ${namespace}/${name} is not issued`,
        outcome: {
          status: "warn",
          message: `Certificate ${namespace}/${name} is not ready: ${clip(text(ready.value.message))}`,
        },
        explanation: "cert-manager has been asked for this certificate and has not got it.",
        evidence: await cluster.evidence({ ...stored, keys: ["status", "conditions", ready.index] }),
      };
    }
  }
}

async function* authorities(cluster: ClusterFiles, now: number): AsyncGenerator<AnalyzerResult> {
  for (const [folder, kind] of WEBHOOKS) {
    for await (const stored of cluster.objects(folder, kind)) {
      for (const [index, webhook] of list(stored.value.webhooks).entries()) {
        const end = bundleEnd(text(below(webhook, "clientConfig", "caBundle")));
        const state = end === undefined ? undefined : stateAt(end, now);
        if (state === undefined) continue;
        const object = { kind, name: stored.name };
        yield {
          ...found(`authority of the webhook ${text(webhook.name)}`, "", state, end!),
          involvedObject: { ...object, apiVersion: "admissionregistration.k8s.io/v1" },
          cause: `certificate/${kind}/${stored.name}`,
          explanation: `The API server does not trust the webhook without it${
            webhook.failurePolicy === "Ignore" ? "" : ", and refuses the requests that the webhook should see"
          }.`,
          nextStep:
            command`Let the webhook's software renew its certificates, and check caBundle: kubectl get ${kind.toLowerCase()} ${stored.name} -o yaml`,
          ...affectedBy([object]),
          evidence: await cluster.evidence({ ...stored, keys: ["webhooks", index, "clientConfig", "caBundle"] }),
        };
      }
    }
  }
}

const MEANING = "Whoever checks certificates does not connect once it is expired.";

function found(whose: string, file: string, state: "expired" | "soon", end: number) {
  const name = file === "" ? whose : `${whose} (${file})`;
  const at = new Date(end).toISOString();
  return {
    title: state === "expired" ? `Certificate expired: ${name}` : `Certificate ends soon: ${name}`,
    outcome: state === "expired"
      ? { status: "fail" as const, message: `The certificate of ${name} expired at ${at}` }
      : { status: "warn" as const, message: `The certificate of ${name} ends at ${at}` },
  };
}

function stateAt(end: number, now: number): "expired" | "soon" | undefined {
  return end <= now ? "expired" : end - now < SOON_MS ? "soon" : undefined;
}

/** When the last certificate of a bundle of authorities ends: one that is valid suffices. */
function bundleEnd(base64: string): number | undefined {
  let pem: string;
  try {
    pem = atob(base64);
  } catch {
    return undefined; // redacted, or nothing
  }
  const ends: number[] = [];
  for (const part of pem.split(/(?<=-----END CERTIFICATE-----)/).slice(0, 50)) {
    if (!part.includes("BEGIN CERTIFICATE")) continue;
    try {
      ends.push(Date.parse(new X509Certificate(Buffer.from(part, "latin1")).validTo));
    } catch {
      return undefined; // one that cannot be read may be the one that counts
    }
  }
  return ends.length === 0 ? undefined : Math.max(...ends);
}
