import { deepStrictEqual } from "node:assert/strict";
import { sysctl } from "../../../src/analyze/kinds/cluster/sysctl.ts";
import { fail, pass, resultsOf, verdictsOf, warn } from "../judge_kind.ts";

const files = {
  "sysctl/node-b":
    "/proc/sys/net/ipv4/ip_forward = 0\n/proc/sys/vm/max_map_count = 65530\n/proc/sys/net/ipv4/tcp_rmem = 4096\t131072\t6291456\n",
  "sysctl/node-a":
    "/proc/sys/net/ipv4/ip_forward = 1\n/proc/sys/vm/max_map_count = 262144\n/proc/sys/net/ipv4/empty = \n/proc/sys/vm/big = 18446744073692774399\nno setting\n",
};

const behaviour: [name: string, config: Record<string, unknown>, files: Record<string, unknown>, expected: string[]][] =
  [
    ["names the node", { outcomes: [fail("net.ipv4.ip_forward = 0")] }, files, ["fail: Node node-b: F"]],
    ["takes ==", { outcomes: [fail("net.ipv4.ip_forward == 1")] }, files, ["fail: Node node-a: F"]],
    ["takes ===", { outcomes: [fail("net.ipv4.ip_forward === 1")] }, files, ["fail: Node node-a: F"]],
    ["names all nodes, sorted", { outcomes: [warn("vm.max_map_count < 300000")] }, files, [
      "warn: Nodes node-a, node-b: W",
    ]],
    ["takes <=", { outcomes: [warn("vm.max_map_count <= 65530")] }, files, ["warn: Node node-b: W"]],
    ["takes >", { outcomes: [warn("vm.max_map_count > 65530")] }, files, ["warn: Node node-a: W"]],
    ["takes >=", { outcomes: [pass("vm.max_map_count >= 65530")] }, files, ["pass: Nodes node-a, node-b: P"]],
    ["takes the first outcome that matches", { outcomes: [fail("vm.max_map_count < 1"), pass(), warn()] }, files, [
      "pass: P",
    ]],
    ["knows paths as keys", { outcomes: [fail("/proc/sys/net/ipv4/ip_forward = 0")] }, files, ["fail: Node node-b: F"]],
    [
      "compares lists whatever stands between",
      { outcomes: [pass("net.ipv4.tcp_rmem = 4096 131072  6291456")] },
      files,
      [
        "pass: Node node-b: P",
      ],
    ],
    ["compares numbers of 64 bits", { outcomes: [pass("vm.big > 18446744073692774398")] }, {
      "sysctl/a": files["sysctl/node-a"],
    }, ["pass: Node a: P"]],
    [
      "passes over nodes without the setting",
      { outcomes: [fail("net.ipv4.empty = 0"), pass("vm.big = 1"), warn()] },
      files,
      [
        "warn: W",
      ],
    ],
    ["does not order what a node does not have", { outcomes: [fail("vm.big > 1")] }, files, [
      "throws: node node-b has no setting vm.big",
    ]],
    ["does not order what is no number", { outcomes: [fail("net.x > 1")] }, { "sysctl/a": "/proc/sys/net/x = on\n" }, [
      'throws: The setting net.x of node a is no integer: "on"',
    ]],
    ["does not order what is hidden", { outcomes: [fail("net.x > 1")] }, {
      "sysctl/a": "/proc/sys/net/x = ***HIDDEN***\n",
    }, [
      "throws: The setting net.x of node a was hidden by redaction",
    ]],
    ["does not compare what is hidden", { outcomes: [fail("net.x = 1")] }, {
      "sysctl/a": "/proc/sys/net/x = ***HIDDEN***\n",
    }, [
      "throws: The setting net.x of node a was hidden by redaction",
    ]],
    ["says which files are missing", { outcomes: [pass()] }, { "sysctl/x/y": "" }, [
      "skipped/file-missing: The bundle does not have sysctl/*, or it is empty",
    ]],
    ["says so when no outcome matches", { outcomes: [fail("net.ipv4.ip_forward = 2")] }, files, [
      "skipped/no-outcome-matched: No outcome of the spec matched the settings of 2 nodes",
    ]],
    ["takes an entry without fail, warn and pass for nothing", { outcomes: [{ pass: null }, warn()] }, files, [
      "warn: W",
    ]],
    [
      "reads the fail of an entry that has several",
      {
        outcomes: [{ ...pass(), ...fail("net.ipv4.ip_forward = 0") }],
      },
      files,
      ["fail: Node node-b: F"],
    ],
    [
      "refuses !=, although an earlier outcome matches",
      { outcomes: [pass(), fail("net.ipv4.ip_forward != 0")] },
      files,
      [
        'throws: Cannot read the condition "net.ipv4.ip_forward != 0": it is not a key, an operator and a value',
      ],
    ],
    ["refuses an order of texts", { outcomes: [fail("net.x > on")] }, files, [
      'throws: Cannot read the condition "net.x > on": "on" is not an integer',
    ]],
    ["refuses an operator that is none", { outcomes: [fail("net.x <== 1")] }, files, [
      'throws: Cannot read the condition "net.x <== 1": "<==" is not an operator here',
    ]],
  ];
for (const [name, config, files, expected] of behaviour) {
  Deno.test(`sysctl ${name}`, async () => deepStrictEqual(await verdictsOf(sysctl, config, files), expected));
}

Deno.test("sysctl says where to read on, and in which line it read", async () =>
  deepStrictEqual(await resultsOf(sysctl, { outcomes: [pass("vm.max_map_count = 65530", "P", "https://x")] }, files), [{
    outcome: { status: "pass", message: "Node node-b: P" },
    uri: "https://x",
    evidence: [{ path: "sysctl/node-b", line: 2 }],
  }]));

Deno.test("sysctl keeps the uri of an outcome without a when", async () =>
  deepStrictEqual((await resultsOf(sysctl, { outcomes: [pass("", "P", "https://x")] }, files)).map(({ uri }) => uri), [
    "https://x",
  ]));

Deno.test("sysctl honours checkName", () => {
  const titles = [{ checkName: "C" }, {}].map((config) => sysctl.title(sysctl.schema.parse(config)));
  deepStrictEqual(titles, ["C", "Sysctl"]);
});
