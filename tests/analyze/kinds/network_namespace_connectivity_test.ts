import { networkNamespaceConnectivity } from "../../../src/analyze/kinds/host/network_namespace_connectivity.ts";
import { testBehaviour } from "../host_kind.ts";
import { fail, pass, warn } from "../judge_kind.ts";

const path = "host-collectors/system/networkNamespaceConnectivity.json";
const good = {
  from_cidr: "10.0.0.0/24",
  to_cidr: "10.0.1.0/24",
  errors: {},
  output: { logs: ["a", "b"] },
  success: true,
};
const bad = {
  ...good,
  errors: {
    from_cidr_creation: "e1",
    to_cidr_creation: "e2",
    udp_client: "e3",
    udp_server: "e4",
    tcp_client: "e5",
    tcp_server: "e6",
  },
  success: false,
};
const outcomes = [fail(undefined, "{{ .ErrorMessage }}"), pass(undefined, "{{ .FromCIDR }} to {{ .ToCIDR }}")];
const each = "FromCIDRCreation ToCIDRCreation UDPClient UDPServer TCPClient TCPServer".split(" ")
  .map((name) => `{{ .Errors.${name} }}`).join();

testBehaviour(networkNamespaceConnectivity, [
  ["passes where they reach each other", { outcomes }, { [path]: good }, ["pass: 10.0.0.0/24 to 10.0.1.0/24"]],
  ["fails where they do not", { outcomes }, { [path]: bad }, ["fail: e1; e2; e3; e4; e5; e6"]],
  ["knows each error", { outcomes: [fail(undefined, each)] }, { [path]: bad }, ["fail: e1,e2,e3,e4,e5,e6"]],
  [
    "knows what was logged",
    { outcomes: [pass(undefined, "{{ .Success }}:{{ range .Output.Logs }} {{ . }}{{ end }}")] },
    {
      [path]: good,
    },
    ["pass: true: a b"],
  ],
  [
    "knows no errors and logs where there are none",
    {
      outcomes: [pass(undefined, "{{ .Errors.UDPClient }}{{ .ErrorMessage }}{{ len .Output.Logs }}")],
    },
    { [path]: { success: true, output: null } },
    ["pass: 0"],
  ],
  ["gives when and warn no role", { outcomes: [warn(), fail("x"), pass("whatever it is")] }, { [path]: good }, [
    "pass: P",
  ]],
  ["says so when there is no outcome for it", { outcomes: [pass()] }, { [path]: bad }, [
    "skipped/no-outcome-matched: No outcome of the spec matched the namespaces, which do not reach each other",
  ]],
  ["fails on a message that asks for what there is not", { outcomes: [pass(undefined, "{{ .Nope }}")] }, {
    [path]: good,
  }, [
    'throws: Cannot use the template "{{ .Nope }}": network namespace connectivity has no field Nope',
  ]],
  ["fails where success is not told", { outcomes }, { [path]: { ...good, success: "***HIDDEN***" } }, [
    `throws: ${path} of the bundle has neither true nor false as "success": redaction has hidden it`,
  ]],
]);
