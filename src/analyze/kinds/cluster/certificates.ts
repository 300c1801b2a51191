import { type Clock, systemClock } from "../../../core/clock.ts";
import { SupportBundleError } from "../../../core/errors.ts";
import { type AnalyzerResult, defineAnalyzer, outcomesField } from "../../analyzer.ts";
import { type CertificateOutcome, judgeCertificate, readCertificateOutcomes } from "../../certificate_outcomes.ts";
import { fileMissing, noOutcomeMatched, notJudged } from "../../outcome_engine.ts";
import { ParsedFiles } from "../../parsed_files.ts";
import { textIn } from "../../stored_objects.ts";

const PATH = "certificates/certificates.json";

export const certificates = certificatesAnalyzer(systemClock);

/** @param clock says which day it is when certificates that end soon are looked for */
export function certificatesAnalyzer(clock: Clock) {
  return defineAnalyzer({
    kind: "certificates",
    where: "cluster",
    summary: "Tells which certificates are valid, which soon are no more, and which are not",
    fields: () => ({
      outcomes: outcomesField().describe(
        "pass: for the valid, fail: for the others; warn: with when: notAfter < Today + 30 days",
      ),
    }),
    title: ({ checkName }) => checkName || "Certificates Verification",
    validate: ({ outcomes }) => void readCertificateOutcomes(outcomes),
    async *analyze(config, bundle) {
      const outcomes = readCertificateOutcomes(config.outcomes);
      const file = await ParsedFiles.of(bundle).json(PATH);
      if (file === undefined) {
        yield fileMissing(PATH);
        return;
      }
      if (!Array.isArray(file)) {
        throw new SupportBundleError(`${PATH} of the bundle is not a list`, { code: "ANALYZER_INPUT" });
      }
      const now = clock.now();
      let [all, unmatched] = [0, 0];
      for (const object of file) {
        for (const results of judgeObject(outcomes, object, now)) {
          all++;
          if (results.length === 0) unmatched++;
          yield* results;
        }
      }
      if (unmatched > 0 || all === 0) {
        yield noOutcomeMatched(all === 0 ? `${PATH}: it has no certificates` : `${unmatched} of ${all} certificates`, {
          evidence: [{ path: PATH }],
        });
      }
    },
  });
}

/** The results of each certificate in a Secret or ConfigMap. */
function* judgeObject(outcomes: CertificateOutcome[], object: unknown, now: Date): Iterable<AnalyzerResult[]> {
  const evidence = [{ path: PATH }];
  const { certificateChain: chain, errors } = (object ?? {}) as Record<string, unknown>;
  const from = `obtained from ${sourceOf(object)}`;
  const certificates = Array.isArray(chain) ? chain : [];
  if (certificates.length === 0) {
    const why = Array.isArray(errors) ? errors.filter((error) => typeof error === "string").join("; ") : "";
    yield [notJudged(`No certificate was ${from}: ${why || "it has none"}`, { evidence })];
  }
  for (const certificate of certificates) {
    try {
      const name = textIn(certificate, "certificate");
      yield judgeCertificate(outcomes, certificate, { now, name, from, path: PATH });
    } catch (error) {
      yield [notJudged(error, { evidence })];
    }
  }
}

function sourceOf(object: unknown): string {
  const [secret, configMap, namespace] = ["secret", "configMap", "namespace"].map((f) => textIn(object, "source", f));
  if (!secret && !configMap) return "an object without a name";
  return `${secret ? `${secret} secret` : `${configMap} configmap`} within ${namespace} namespace`;
}
