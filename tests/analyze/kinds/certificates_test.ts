import { deepStrictEqual } from "node:assert/strict";
import { certificates, certificatesAnalyzer } from "../../../src/analyze/kinds/cluster/certificates.ts";
import { systemClock } from "../../../src/core/clock.ts";
import { fail, pass, resultsOf, verdictsOf, warn } from "../judge_kind.ts";

const PATH = "certificates/certificates.json";
const judged = certificatesAnalyzer({ ...systemClock, now: () => new Date("2026-01-01T00:00:00Z") });
const certificate = (name: string, notAfter: string, isValid: unknown = true) => ({
  certificate: name,
  notAfter,
  isValid,
});
const late = certificate("tls.crt", "2027-01-01T00:00:00Z");
const soon = certificate("tls.crt", "2026-01-20T00:00:00Z");
const over = certificate("old.crt", "2025-01-01T00:00:00Z", false);
const secret = { secret: "web", namespace: "shop" };
const configMap = { configMap: "ca", namespace: "kube-system" };
const chain = (...certificateChain: unknown[]) => ({ [PATH]: [{ source: secret, certificateChain }] });
const outcomes = [
  pass(undefined, "is valid"),
  warn("notAfter < Today + 30 days", "ends"),
  fail("notAfter < Today", "is over"),
];
const WEB = "obtained from web secret within shop namespace";
const CA = "obtained from ca configmap within kube-system namespace";

const behaviour: [name: string, outcomes: unknown[], files: Record<string, unknown>, expected: string[]][] = [
  ["passes the valid", outcomes, chain(late), [`pass: tls.crt is valid, ${WEB}`]],
  ["warns of those that soon are over", outcomes, chain(soon), [`warn: tls.crt ends in 30 days, ${WEB}`]],
  ["fails those that are over", outcomes, chain(over), [`fail: old.crt is over, ${WEB}`]],
  ["has one result for each certificate", outcomes, chain(late, late, late), [
    `pass: tls.crt is valid, ${WEB}`,
    `pass: tls.crt is valid, ${WEB}`,
    `pass: tls.crt is valid, ${WEB}`,
  ]],
  ["keeps the order of the chain", outcomes, chain(late, over, soon), [
    `pass: tls.crt is valid, ${WEB}`,
    `fail: old.crt is over, ${WEB}`,
    `warn: tls.crt ends in 30 days, ${WEB}`,
  ]],
  ["has no pass beside a warning, in whatever order", outcomes.toReversed(), chain(soon), [
    `warn: tls.crt ends in 30 days, ${WEB}`,
  ]],
  [
    "tells each warning",
    [warn("notAfter < Today + 365 days"), warn("notAfter < Today + 7 days"), pass()],
    chain(soon),
    [
      `warn: tls.crt W in 365 days, ${WEB}`,
    ],
  ],
  ["warns up to the last second", [warn("notAfter < Today + 19 days"), pass()], chain(soon), [
    `pass: tls.crt P, ${WEB}`,
  ]],
  ["needs no blanks in the condition", [warn("notAfter<Today+20days")], chain(soon), [
    `warn: tls.crt W in 20 days, ${WEB}`,
  ]],
  ["names each source", outcomes, {
    [PATH]: [{ source: secret, certificateChain: [late] }, { source: configMap, certificateChain: [over] }],
  }, [`pass: tls.crt is valid, ${WEB}`, `fail: old.crt is over, ${CA}`]],
  ["tells of an object without certificates", outcomes, {
    [PATH]: [{ source: secret, errors: ["not found"] }, { source: configMap }],
  }, [`error: No certificate was ${WEB}: not found`, `error: No certificate was ${CA}: it has none`]],
  ["does not stumble over an object without a source", outcomes, { [PATH]: [{ certificateChain: [late] }] }, [
    "pass: tls.crt is valid, obtained from an object without a name",
  ]],
  ["does not stumble over what is no object", outcomes, { [PATH]: [null, 7] }, [
    "error: No certificate was obtained from an object without a name: it has none",
    "error: No certificate was obtained from an object without a name: it has none",
  ]],
  ["goes on after a certificate that says nothing", outcomes, chain(null, { certificate: "a" }, late), [
    `error: ${PATH} does not say whether a certificate is valid`,
    `error: ${PATH} does not say whether a is valid`,
    `pass: tls.crt is valid, ${WEB}`,
  ]],
  ["tells that the end is hidden", outcomes, chain(certificate("a", "***HIDDEN***")), [
    `error: The value in ${PATH} cannot be judged: redaction has hidden it`,
  ]],
  ["tells that there is no end", outcomes, chain(certificate("a", "soon")), [
    `error: ${PATH} has no time at which a certificate ends`,
  ]],
  ["needs no end without a warning", [pass()], chain(certificate("a", "")), [`pass: a P, ${WEB}`]],
  ["says so when no outcome is for some", [pass()], chain(late, over), [
    `pass: tls.crt P, ${WEB}`,
    "skipped/no-outcome-matched: No outcome of the spec matched 1 of 2 certificates",
  ]],
  ["says so when there are none", outcomes, { [PATH]: [] }, [
    `skipped/no-outcome-matched: No outcome of the spec matched ${PATH}: it has no certificates`,
  ]],
  ["says which file is missing", outcomes, {}, [
    `skipped/file-missing: The bundle does not have ${PATH}, or it is empty`,
  ]],
  ["fails on a file of another form", outcomes, { [PATH]: {} }, [`throws: ${PATH} of the bundle is not a list`]],
  ["does not warn without days", [warn(), warn("notAfter < Today"), pass()], chain(soon), [`pass: tls.crt P, ${WEB}`]],
  ["refuses days that cannot be read", [warn("notAfter < Today + some days")], {}, [
    'throws: Cannot read the condition "notAfter < Today + some days": it does not say when to warn',
  ]],
  ["refuses another condition for warnings", [warn("notBefore < Today")], {}, [
    'throws: Cannot read the condition "notBefore < Today": it does not say when to warn',
  ]],
];
for (const [name, outcomes, files, expected] of behaviour) {
  Deno.test(`certificates ${name}`, async () =>
    deepStrictEqual(await verdictsOf(judged, { outcomes }, files), expected));
}

Deno.test("certificates says where to read on, and where it read", async () =>
  deepStrictEqual(
    (await resultsOf(judged, { outcomes: [fail("", "F", "https://x")] }, chain(over)))
      .map(({ uri, evidence }) => [uri, evidence]),
    [["https://x", [{ path: PATH }]]],
  ));

Deno.test("certificates goes by the clock", async () => {
  const later = certificatesAnalyzer({ ...systemClock, now: () => new Date("2026-12-31T00:00:00Z") });
  deepStrictEqual(await verdictsOf(later, { outcomes }, chain(late)), [`warn: tls.crt ends in 30 days, ${WEB}`]);
});

Deno.test("certificates honours checkName", () => {
  const titles = [{ checkName: "C" }, {}].map((config) => certificates.title(certificates.schema.parse(config)));
  deepStrictEqual(titles, ["C", "Certificates Verification"]);
});
