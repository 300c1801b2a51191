import { defineHostAnalyzer, type HostAnalyzerDefinition } from "./host_analyzer.ts";
import { objectIn, textOf } from "./host_data.ts";
import { statusCondition } from "./status_word.ts";

const STATUSES = [
  "connected",
  "connection-refused",
  "connection-timeout",
  "address-in-use",
  "bind-permission-denied",
  "invalid-address",
  "error",
];

interface NetworkStatus {
  status: string;
  /** What the collector said of it. */
  message: string;
}

/** A kind that is asked whether a connection could be made.
 * @param folder of its files, which is also their name when the collector has none */
export function defineNetworkStatus(
  { folder, ...definition }: Pick<HostAnalyzerDefinition<unknown>, "kind" | "summary" | "title"> & { folder: string },
) {
  const condition = statusCondition(STATUSES);
  return defineHostAnalyzer<NetworkStatus>({
    ...definition,
    path: (name) => `${folder}/${name || folder}.json`,
    when: STATUSES.join(", "),
    condition(when) {
      const holds = condition(when);
      return ({ status }) => holds(status);
    },
    read(file) {
      const data = objectIn(file);
      const status = textOf(data, "status");
      if (status === "") throw new Error(`${file.path} of the bundle has no "status"`);
      return { status, message: String(data.value.message ?? "") };
    },
    show: ({ status, message }) => `the status ${status}${message === "" ? "" : ` (${message})`}`,
  });
}
