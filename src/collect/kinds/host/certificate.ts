import { readFile } from "node:fs/promises";
import { bundlePath } from "../../../bundle/bundle_path.ts";
import { textEntry } from "../../../bundle/entry.ts";
import { describeError, SupportBundleError } from "../../../core/errors.ts";
import { defineCollector } from "../../collector.ts";
import { textField } from "../../text_field.ts";
import { type KeyPairStatus, keyPairStatus } from "./key_pair_status.ts";

export const certificate = defineCollector({
  kind: "certificate",
  where: "host",
  summary: "Whether a certificate and a private key on this machine belong together; neither is taken along",
  title: ({ collectorName }) => collectorName || "Certificate Key Pair",
  fields: () => ({
    certificatePath: textField().describe("File with the certificate, as PEM"),
    keyPath: textField().describe("File with the private key, as PEM"),
  }),
  async *collect({ certificatePath, keyPath, collectorName }) {
    const { status, why } = await readPair(certificatePath, keyPath);
    const path = bundlePath("host-collectors/certificate", `${collectorName || "certificate"}.json`);
    yield textEntry(path, status, certificatePath);
    if (status !== "key-pair-valid") {
      throw new SupportBundleError(`The key "${keyPath}" and the certificate "${certificatePath}": ${why ?? status}`, {
        code: "KEY_PAIR",
      });
    }
  },
});

async function readPair(certificatePath: string, keyPath: string): Promise<{ status: KeyPairStatus; why?: string }> {
  const texts: string[] = [];
  for (const path of [certificatePath, keyPath]) {
    try {
      texts.push(await readFile(path, "utf8"));
    } catch (error) {
      const gone = ["ENOENT", "ENOTDIR"].includes((error as { code?: string }).code ?? "");
      return { status: gone ? "key-pair-missing" : "key-pair-invalid", why: describeError(error) };
    }
  }
  return { status: keyPairStatus(texts[0]!, texts[1]!) };
}
