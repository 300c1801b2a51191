import { readFile } from "node:fs/promises";
import * as z from "zod";
import { bundlePath } from "../../../bundle/bundle_path.ts";
import { jsonEntry } from "../../../bundle/entry.ts";
import { describeCertificate } from "../../describe_certificate.ts";
import { defineCollector } from "../../collector.ts";
import { textField } from "../../text_field.ts";
import { parseCertificates } from "../../x509_certificate.ts";

export const certificatesCollection = defineCollector({
  kind: "certificatesCollection",
  where: "host",
  summary: "Subjects, names and validity of certificates in files of this machine",
  title: ({ collectorName }) => collectorName || "Host Certificates Collection",
  fields: () => ({ paths: z.array(textField()).describe("Files with certificates, as PEM") }),
  async *collect({ paths, collectorName }, { clock, signal }) {
    const found: unknown[] = [];
    for (const path of paths) {
      signal.throwIfAborted();
      found.push(await readFacts(path, clock.now()));
    }
    const file = bundlePath(
      "host-collectors/certificatesCollection",
      `${collectorName || "certificatesCollection"}.json`,
    );
    yield jsonEntry(file, found, { indent: "\t" });
  },
});

async function readFacts(certificatePath: string, now: Date) {
  let pem: string;
  try {
    pem = await readFile(certificatePath, "latin1");
  } catch (error) {
    const gone = ["ENOENT", "ENOTDIR"].includes((error as { code?: string }).code ?? "");
    return { certificatePath, message: gone ? "cert-missing" : "cert-invalid" };
  }
  try {
    const certificates = await parseCertificates(pem);
    if (certificates.length === 0) return { certificatePath, message: "cert-invalid" };
    const certificateChain = certificates.map((facts) => describeCertificate("", facts, now));
    return { certificatePath, certificateChain, message: "cert-valid" };
  } catch {
    return { certificatePath, message: "cert-invalid" };
  }
}
