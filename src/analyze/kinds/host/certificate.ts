import { defineHostAnalyzer } from "../../host_analyzer.ts";
import { isHidden } from "../../hidden.ts";
import { statusCondition } from "../../status_word.ts";

const STATUSES = ["missing", "switched", "encrypted", "mismatch", "invalid", "valid"].map((word) => `key-pair-${word}`);

export const certificate = defineHostAnalyzer<string>({
  kind: "certificate",
  summary: "Whether a certificate and its key belong together",
  title: "Certificate Key Pair",
  path: (name) => `certificate/${name || "certificate"}.json`,
  when: STATUSES.join(", "),
  condition: statusCondition(STATUSES),
  // The file is named like JSON, and holds one word.
  asText: true,
  read({ value, path }) {
    const status = String(value);
    if (isHidden(status)) throw new Error(`The status in ${path} of the bundle is gone: redaction has hidden it`);
    return status;
  },
  show: (status) => `the status ${status.slice(0, 100)}`,
});
