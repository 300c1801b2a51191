import * as z from "zod";
import { type Entry, jsonEntry, missing } from "../../../bundle/entry.ts";
import { describeError } from "../../../core/errors.ts";
import { KubeNotFoundError } from "../../../kube/errors.ts";
import { type CollectContext, defineCollector } from "../../collector.ts";
import { describeCertificate } from "../../describe_certificate.ts";
import { textField } from "../../text_field.ts";
import { parseCertificates } from "../../x509_certificate.ts";
import { missingReason, rethrowFatal } from "./kube_failure.ts";

const PATH = "certificates/certificates.json";
const TITLE = "certificates";

function sourceFields(what: string) {
  return z.array(z.object({
    name: textField().describe(`Name of the ${what}`),
    namespaces: z.array(textField()).default([]).describe("Namespaces to look in; none: nothing is collected"),
  })).optional().describe(`${what}s whose PEM certificates are read`);
}

/** One object in the bundle's form. */
interface CertificateSource {
  source: { secret?: string; configMap?: string; namespace: string };
  errors?: string[];
  certificateChain?: unknown[];
}

interface Wanted {
  kind: "secret" | "configMap";
  name: string;
  namespace: string;
}

/** Facts of certificates in Secrets and ConfigMaps; keys and other data are not taken along. */
export const certificates = defineCollector({
  kind: "certificates",
  where: "cluster",
  summary: "Subjects, names and validity of the certificates in Secrets and ConfigMaps",
  title: TITLE,
  fields: () => ({ secrets: sourceFields("Secret"), configMaps: sourceFields("ConfigMap") }),
  needs: (config) =>
    wantedObjects(config).map(({ kind, name, namespace }) => ({
      verb: "get",
      resource: resourceOf(kind),
      name,
      namespace,
    })),
  async *collect(config, context): AsyncGenerator<Entry> {
    const found: CertificateSource[] = [];
    const wanted = wantedObjects(config);
    try {
      for (const object of wanted) {
        const { source, failure } = await readObject(object, context);
        found.push(source);
        if (failure !== undefined) yield missing(TITLE, missingReason(failure), describeError(failure));
      }
    } catch (error) {
      if (found.length > 0) yield jsonEntry(PATH, found, { indent: "\t" });
      throw error;
    }
    if (wanted.length === 0) yield missing(TITLE, "empty", "The spec names no object with a namespace");
    yield jsonEntry(PATH, found, { indent: "\t" });
  },
});

type CertificatesConfig = Partial<Record<"secrets" | "configMaps", { name: string; namespaces: string[] }[]>>;

function wantedObjects({ secrets = [], configMaps = [] }: CertificatesConfig): Wanted[] {
  const of = (kind: Wanted["kind"], entries: { name: string; namespaces: string[] }[]) =>
    entries.flatMap(({ name, namespaces }) => namespaces.map((namespace) => ({ kind, name, namespace })));
  return [...of("secret", secrets), ...of("configMap", configMaps)];
}

function resourceOf(kind: Wanted["kind"]): string {
  return kind === "secret" ? "secrets" : "configmaps";
}

async function readObject(
  { kind, name, namespace }: Wanted,
  { kube, clock, signal }: CollectContext,
): Promise<{ source: CertificateSource; failure?: unknown }> {
  const source = { [kind]: name, namespace };
  let data: Record<string, string>;
  try {
    const path = `/api/v1/namespaces/${encodeURIComponent(namespace)}/${resourceOf(kind)}/${encodeURIComponent(name)}`;
    data = (await kube.get(path, { signal })).data ?? {};
  } catch (error) {
    rethrowFatal(error, signal);
    // That it does not exist is an answer.
    const failure = error instanceof KubeNotFoundError ? {} : { failure: error };
    return { source: { source, errors: [describeError(error)] }, ...failure };
  }
  const errors: string[] = [];
  const chain: unknown[] = [];
  const now = clock.now();
  for (const key of Object.keys(data).sort()) {
    try {
      const pem = kind === "secret" ? latin1(data[key]!) : data[key]!;
      const certificates = await parseCertificates(pem);
      if (certificates.length === 0) errors.push(`no certificates in ${key}`);
      chain.push(...certificates.map((facts) => describeCertificate(key, facts, now)));
    } catch (error) {
      errors.push(`${key}: ${describeError(error)}`);
    }
  }
  return {
    source: {
      source,
      ...(errors.length > 0 ? { errors } : {}),
      ...(chain.length > 0 ? { certificateChain: chain } : {}),
    },
  };
}

/** A Secret's value as text in which PEM, which is ASCII, can be found. */
function latin1(base64: string): string {
  return new TextDecoder("latin1").decode(Uint8Array.fromBase64(base64));
}
