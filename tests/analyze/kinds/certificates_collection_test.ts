import { deepStrictEqual } from "node:assert/strict";
import { certificatesCollectionAnalyzer } from "../../../src/analyze/kinds/host/certificates_collection.ts";
import { ManualClock } from "../../manual_clock.ts";
import { testBehaviour } from "../host_kind.ts";
import { fail, pass, resultsOf, warn } from "../judge_kind.ts";

const analyzer = certificatesCollectionAnalyzer(new ManualClock("2026-03-02T00:00:00Z"));
const path = "host-collectors/certificatesCollection/certificatesCollection.json";
const chain = (...ends: string[]) =>
  ends.map((notAfter) => ({ certificate: "", isValid: notAfter > "2026-03-02", notAfter: `${notAfter}T00:00:00Z` }));
const file = (certificateChain: unknown, message = "cert-valid", certificatePath = "/a.pem") => ({
  certificatePath,
  certificateChain,
  message,
});
const outcomes = [
  pass(undefined, "Valid"),
  fail(undefined, "Not valid"),
  warn("notAfter < Today + 30 days", "Ends"),
];

testBehaviour(analyzer, [
  ["judges the valid", { outcomes }, { [path]: [file(chain("2027-01-01"))] }, ["pass: Valid, obtained from /a.pem"]],
  ["judges those that are not", { outcomes }, { [path]: [file(chain("2026-01-01"))] }, [
    "fail: Not valid, obtained from /a.pem",
  ]],
  [
    "warns of those that end soon, and does not say that they pass, wherever the pass stands",
    {
      outcomes: [pass(undefined, "1"), outcomes[2], pass(undefined, "2")],
    },
    { [path]: [file(chain("2026-03-31"))] },
    ["warn: Ends in 30 days, obtained from /a.pem"],
  ],
  ["does not warn on the last day before", { outcomes }, { [path]: [file(chain("2026-04-01"))] }, [
    "pass: Valid, obtained from /a.pem",
  ]],
  ["judges each certificate of a chain once", { outcomes }, {
    [path]: [file(chain("2027-01-01", "2027-01-01", "2027-01-01")), file(chain("2026-03-10"), "cert-valid", "/b.pem")],
  }, [
    "pass: Valid, obtained from /a.pem",
    "pass: Valid, obtained from /a.pem",
    "pass: Valid, obtained from /a.pem",
    "warn: Ends in 30 days, obtained from /b.pem",
  ]],
  ["fails where there is no certificate", { outcomes: [pass()] }, { [path]: [file(undefined, "cert-missing")] }, [
    "fail: Certificate is missing, cannot be obtained from /a.pem",
  ]],
  ["fails where a file holds none", { outcomes }, { [path]: [file(undefined, "cert-invalid")] }, [
    "fail: Not valid, obtained from /a.pem",
  ]],
  [
    "fails where a file holds none, without an outcome",
    { outcomes: [pass()] },
    { [path]: [file([], "cert-invalid")] },
    [
      "fail: Certificate is invalid, obtained from /a.pem",
    ],
  ],
  ["warns when there is nothing to judge", { outcomes }, { [path]: [] }, ["warn: no results"]],
  ["warns when there is nothing to judge, as null", { outcomes }, { [path]: "null" }, ["warn: no results"]],
  ["says so when no outcome matches", { outcomes: [fail()] }, { [path]: [file(chain("2027-01-01"))] }, [
    "skipped/no-outcome-matched: No outcome of the spec matched the certificate obtained from /a.pem",
  ]],
  ["tells of a file without certificates", { outcomes }, { [path]: [file(null), file(chain("2027-01-01"))] }, [
    "error: No certificate was obtained from /a.pem",
    "pass: Valid, obtained from /a.pem",
  ]],
  ["tells of what is hidden, and judges the others", { outcomes }, {
    [path]: [
      file([{ isValid: true, notAfter: "***HIDDEN***" }]),
      file([{ isValid: "***HIDDEN***" }]),
      file(chain("2027-01-01")),
    ],
  }, [
    `error: The value in ${path} cannot be judged: redaction has hidden it`,
    `error: ${path} does not say whether a certificate is valid`,
    "pass: Valid, obtained from /a.pem",
  ]],
  ["refuses a warning that does not say when", { outcomes: [pass(), warn("notAfter < 30 days")] }, {}, [
    'throws: Cannot read the condition "notAfter < 30 days": it does not say when to warn',
  ]],
]);

Deno.test("certificatesCollection says where to read on, whatever the verdict", async () => {
  const uris = [pass(undefined, "P", "https://p"), fail(undefined, "F", "https://f")];
  const results = await resultsOf(analyzer, { outcomes: uris }, {
    [path]: [file(chain("2027-01-01")), file(chain("2026-01-01")), file(undefined, "cert-missing")],
  });
  deepStrictEqual(results.map(({ uri }) => uri), ["https://p", "https://f", "https://f"]);
});
