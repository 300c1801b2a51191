import { certificate } from "../../../src/analyze/kinds/host/certificate.ts";
import { testBehaviour, testConditions, testMistakes } from "../host_kind.ts";
import { fail, pass } from "../judge_kind.ts";

const path = "host-collectors/certificate/certificate.json";
const statuses = ["valid", "missing", "switched", "encrypted", "mismatch", "invalid"].map((word) => `key-pair-${word}`);

testConditions(certificate, path, [
  ...statuses.map((status) => [status, `${status}\n`, true] as const),
  ["key-pair-valid", "key-pair-invalid", false],
  ["key-pair", "key-pair-valid", false],
]);

testMistakes(certificate, [["== key-pair-valid", "it is not a status"]]);

testBehaviour(certificate, [
  [
    "shows the status when no outcome matches",
    { outcomes: [pass("key-pair-valid")] },
    { [path]: " key-pair-missing " },
    [
      "skipped/no-outcome-matched: No outcome of the spec matched the status key-pair-missing",
    ],
  ],
  ["takes a file of blanks for a missing one", { outcomes: [fail()] }, { [path]: " \n" }, [
    `skipped/file-missing: The bundle does not have ${path}, or it is empty`,
  ]],
  ["fails on a status that is hidden", { outcomes: [pass()] }, { [path]: "***HIDDEN***" }, [
    `throws: The status in ${path} of the bundle is gone: redaction has hidden it`,
  ]],
]);
