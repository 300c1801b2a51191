import { defineHostAnalyzer } from "../../host_analyzer.ts";
import { objectIn, textOf } from "../../host_data.ts";
import { statusCondition } from "../../status_word.ts";

const AVAILABLE = "a-subnet-is-available";
const statusIs = statusCondition([AVAILABLE, "no-subnet-available"]);

export const subnetAvailable = defineHostAnalyzer<string>({
  kind: "subnetAvailable",
  summary: "Whether the routes of this host leave a subnet of the wanted size free",
  title: "Subnet Available",
  path: (name) => `subnetAvailable/${name || "result"}.json`,
  when: `${AVAILABLE}, no-subnet-available`,
  condition: (when) => statusIs(oneSpelling(when)),
  read(file) {
    const status = textOf(objectIn(file), "status");
    if (status === "") throw new Error(`${file.path} of the bundle has no "status"`);
    return oneSpelling(status);
  },
  show: (status) => `the status ${status}`,
});

/** Specs and bundles know the same status by two names. */
function oneSpelling(status: string): string {
  return status === "subnet-available" ? AVAILABLE : status;
}
