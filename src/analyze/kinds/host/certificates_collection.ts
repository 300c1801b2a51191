import { bundlePath } from "../../../bundle/bundle_path.ts";
import { type Clock, systemClock } from "../../../core/clock.ts";
import { type AnalyzerResult, defineAnalyzer, outcomesField, textField } from "../../analyzer.ts";
import { type CertificateOutcome, judgeCertificate, readCertificateOutcomes } from "../../certificate_outcomes.ts";
import { type HostData, judgeHostFile, listIn, textOf } from "../../host_data.ts";
import { noOutcomeMatched, notJudged, toResult } from "../../outcome_engine.ts";

export const certificatesCollection = certificatesCollectionAnalyzer(systemClock);

/** @param clock says which day it is when certificates that end soon are looked for */
export function certificatesCollectionAnalyzer(clock: Clock) {
  return defineAnalyzer({
    kind: "certificatesCollection",
    where: "host",
    summary: "Tells which certificates in files are valid, which soon are no more, and which are not",
    fields: () => ({
      collectorName: textField().describe("Name of the certificatesCollection collector"),
      outcomes: outcomesField().describe(
        "pass: for the valid, fail: for the others; warn: with when: notAfter < Today + 30 days",
      ),
    }),
    title,
    validate(config) {
      pathOf(config);
      readCertificateOutcomes(config.outcomes);
    },
    analyze(config, bundle) {
      const outcomes = readCertificateOutcomes(config.outcomes);
      const now = clock.now();
      return judgeHostFile(bundle, pathOf(config), title(config), (file) => {
        const results = listIn(file).flatMap((certificates) => judgeFile(outcomes, certificates, now));
        const more = { evidence: [{ path: file.path }] };
        return results.length > 0 ? results : toResult({ status: "warn", message: "no results" }, more);
      });
    },
  });
}

function title({ checkName }: { checkName?: string }): string {
  return checkName || "Host Certificates Collection";
}

function pathOf({ collectorName }: { collectorName?: string }): string {
  return bundlePath("certificatesCollection", `${collectorName || "certificatesCollection"}.json`);
}

/** The results for one file of certificates on the host. */
function judgeFile(outcomes: CertificateOutcome[], file: HostData, now: Date): AnalyzerResult[] {
  const evidence = [{ path: file.path }];
  const certificatePath = String(file.value.certificatePath ?? "");
  const from = `obtained from ${certificatePath}`;
  const failure = outcomes.find(({ status }) => status === "fail");
  try {
    const message = textOf(file, "message");
    if (message === "cert-missing") {
      const said = `Certificate is missing, cannot be ${from}`;
      return [toResult({ status: "fail", message: said, uri: failure?.uri }, { evidence })];
    }
    const { certificateChain: chain = [] } = file.value;
    const certificates = listIn({ ...file, value: chain }, "certificateChain");
    if (certificates.length === 0) {
      if (message !== "cert-invalid") return [notJudged(`No certificate was ${from}`, { evidence })];
      const said = `${failure?.message || "Certificate is invalid"}, ${from}`;
      return [toResult({ status: "fail", message: said, uri: failure?.uri }, { evidence })];
    }
    return certificates.flatMap(({ value, path }) => {
      const results = judgeCertificate(outcomes, value, { now, name: "", from, path });
      return results.length > 0 ? results : [noOutcomeMatched(`the certificate ${from}`, { evidence })];
    });
  } catch (error) {
    return [notJudged(error, { evidence })];
  }
}
