import { bundlePath } from "../../../bundle/bundle_path.ts";
import { defineAnalyzer, outcomesField, textField } from "../../analyzer.ts";
import { flagOf, type HostData, judgeHostData } from "../../host_data.ts";
import { judgeTemplated, templatedOutcomes } from "../../templated_outcomes.ts";
import { isRecord, textIn } from "../../stored_objects.ts";
import { Struct } from "../../template/values.ts";

export const networkNamespaceConnectivity = defineAnalyzer({
  kind: "networkNamespaceConnectivity",
  where: "host",
  summary: "Whether two network namespaces of the host can reach each other",
  fields: () => ({
    collectorName: textField().describe("Name of the networkNamespaceConnectivity collector"),
    outcomes: outcomesField().describe(
      "pass: they can; fail: they cannot. when plays no role. Messages know .FromCIDR .ToCIDR .ErrorMessage",
    ),
  }),
  title,
  validate(config) {
    pathOf(config);
    templatedOutcomes(config.outcomes, () => () => true);
  },
  analyze(config, bundle) {
    const outcomes = templatedOutcomes(config.outcomes, () => () => true).map((outcome) => ({
      ...outcome,
      holds: (success: boolean) => outcome.status === (success ? "pass" : "fail"),
    }));
    return judgeHostData(bundle, pathOf(config), title(config), (data) => {
      const success = flagOf(data, "success");
      const what = `the namespaces, which ${success ? "reach" : "do not reach"} each other`;
      return judgeTemplated(outcomes, success, templateData(data, success), what, { evidence: [{ path: data.path }] });
    });
  },
});

function title({ checkName }: { checkName?: string }): string {
  return checkName || "Network Namespace Connectivity";
}

function pathOf({ collectorName }: { collectorName?: string }): string {
  return bundlePath("system", `${collectorName || "networkNamespaceConnectivity"}.json`);
}

/** By the names that messages use, and the names in the file. */
const ERRORS = {
  FromCIDRCreation: "from_cidr_creation",
  ToCIDRCreation: "to_cidr_creation",
  UDPClient: "udp_client",
  UDPServer: "udp_server",
  TCPClient: "tcp_client",
  TCPServer: "tcp_server",
};

function templateData({ value }: HostData, success: boolean): Struct {
  const errors = Object.fromEntries(
    Object.entries(ERRORS).map(([name, field]) => [name, textIn(value, "errors", field)]),
  );
  const logs = isRecord(value.output) && Array.isArray(value.output.logs) ? value.output.logs : [];
  return Struct.of("network namespace connectivity", {
    FromCIDR: textIn(value, "from_cidr"),
    ToCIDR: textIn(value, "to_cidr"),
    Success: success,
    ErrorMessage: Object.values(errors).filter((error) => error !== "").join("; "),
    Output: Struct.of("output", { Logs: logs.map(String) }),
    Errors: Struct.of("errors", errors),
  });
}
