import { httpLoadBalancer } from "../../../src/analyze/kinds/host/http_load_balancer.ts";
import { tcpConnect } from "../../../src/analyze/kinds/host/tcp_connect.ts";
import { tcpLoadBalancer } from "../../../src/analyze/kinds/host/tcp_load_balancer.ts";
import { tcpPortStatus } from "../../../src/analyze/kinds/host/tcp_port_status.ts";
import { udpPortStatus } from "../../../src/analyze/kinds/host/udp_port_status.ts";
import { testBehaviour, testConditions, testMistakes } from "../host_kind.ts";
import { fail, pass, warn } from "../judge_kind.ts";

const statuses = [
  "address-in-use",
  "connection-refused",
  "connection-timeout",
  "connected",
  "error",
  "bind-permission-denied",
  "invalid-address",
];
const kinds = [
  [tcpLoadBalancer, "tcpLoadBalancer/tcpLoadBalancer.json"],
  [httpLoadBalancer, "httpLoadBalancer/httpLoadBalancer.json"],
  [tcpPortStatus, "tcpPortStatus/tcpPortStatus.json"],
  [udpPortStatus, "udpPortStatus/udpPortStatus.json"],
  [tcpConnect, "connect/connect.json"],
] as const;

for (const [kind, file] of kinds) {
  const path = `host-collectors/${file}`;
  testConditions(kind, path, [
    ...statuses.map((status) => [status, { status, message: "" }, true] as const),
    ["connected", { status: "error" }, false],
    ["connect", { status: "connected" }, false],
    ["  connected ", { status: "connected" }, true],
    ["of-a-later-version", { status: "of-a-later-version" }, true],
  ]);
  testMistakes(kind, [
    ["= connected", "it is not a status"],
    ["connected || error", "it is not a status"],
  ]);
  testBehaviour(kind, [
    ["takes the first outcome that matches", { outcomes: [fail("error"), warn("connected", "1"), pass("connected")] }, {
      [path]: { status: "connected" },
    }, ["warn: 1"]],
    ["says what the collector said when no outcome matches", { outcomes: [pass("connected")] }, {
      [path]: { status: "error", message: "no route to host" },
    }, ["skipped/no-outcome-matched: No outcome of the spec matched the status error (no route to host)"]],
    ["fails without a status", { outcomes: [pass()] }, { [path]: { message: "x" } }, [
      `throws: ${path} of the bundle has no "status"`,
    ]],
    ["fails on a status that is hidden", { outcomes: [pass()] }, { [path]: { status: "***HIDDEN***" } }, [
      `throws: ${path} of the bundle has no "status": redaction has hidden it`,
    ]],
  ]);
}
