import { subnetAvailable } from "../../../src/analyze/kinds/host/subnet_available.ts";
import { subnetContainsIP } from "../../../src/analyze/kinds/host/subnet_contains_ip.ts";
import { strictEqual } from "node:assert/strict";
import { testBehaviour, testConditions, testMistakes } from "../host_kind.ts";
import { fail, pass, resultsOf, verdictsOf } from "../judge_kind.ts";

const path = "host-collectors/subnetAvailable/result.json";
const found = (status: string) => ({ CIDRRangeAlloc: "10.0.0.0/8", desiredCIDR: 22, status });

testConditions(subnetAvailable, path, [
  ["a-subnet-is-available", found("a-subnet-is-available"), true],
  ["subnet-available", found("a-subnet-is-available"), true],
  ["a-subnet-is-available", found("subnet-available"), true],
  ["subnet-available", found("no-subnet-available"), false],
  ["no-subnet-available", found("no-subnet-available"), true],
  ["no-subnet-available", found("a-subnet-is-available"), false],
]);
testMistakes(subnetAvailable, [["= subnet-available", "it is not a status"]]);
testBehaviour(subnetAvailable, [
  ["fails without a status", { outcomes: [pass()] }, { [path]: {} }, [
    `throws: ${path} of the bundle has no "status"`,
  ]],
]);

const contained: [cidr: string, ip: string, inside: boolean][] = [
  ["10.0.0.0/8", "10.1.2.3", true],
  ["10.0.0.0/8", "11.1.2.3", false],
  ["10.1.2.3/8", "10.200.0.1", true],
  ["0.0.0.0/0", "8.8.8.8", true],
  ["10.1.2.3/32", "10.1.2.3", true],
  ["10.1.2.3/32", "10.1.2.4", false],
  ["10.1.2.2/31", "10.1.2.3", true],
  ["fd00::/8", "fd12::1", true],
  ["fd00::/8", "fe12::1", false],
  ["fd00::/8", "10.0.0.1", false],
  ["10.0.0.0/8", "fd00::1", false],
  ["10.0.0.0/8", "::ffff:10.1.1.1", true],
];
for (const [cidr, ip, inside] of contained) {
  Deno.test(`subnetContainsIP tells that ${ip} is ${inside ? "inside" : "outside"} ${cidr}`, async () => {
    const outcomes = [pass("true"), fail("false")];
    const verdicts = await verdictsOf(subnetContainsIP, { cidr, ip, outcomes }, {});
    strictEqual(verdicts.join(), inside ? "pass: P" : "fail: F");
  });
}

const good = { cidr: "10.0.0.0/8", ip: "10.0.0.1" };
testMistakes(subnetContainsIP, [
  ["yes", "it is neither true nor false"],
  ["= true", "it is neither true nor false"],
], good);
testBehaviour(subnetContainsIP, [
  ["matches without a when", { ...good, outcomes: [pass()] }, {}, ["pass: P"]],
  ["says so when no outcome matches", { ...good, outcomes: [fail("false")] }, {}, [
    "skipped/no-outcome-matched: No outcome of the spec matched 10.0.0.1, which lies inside 10.0.0.0/8",
  ]],
  ["needs a cidr", { ip: "10.0.0.1" }, {}, ["throws: Cannot read the field cidr: it is missing"]],
  ["needs an ip", { cidr: "10.0.0.0/8" }, {}, ["throws: Cannot read the field ip: it is missing"]],
]);

const refused: [field: "cidr" | "ip", values: string[], problem: string][] = [
  [
    "cidr",
    [
      "10.0.0.0",
      "10.0.0.0/33",
      "10.0.0.0/",
      "10.0.0.0/8/8",
      "10.0.0/8",
      "010.0.0.0/8",
      "fd00::/129",
      "x/8",
      "10.0.0.0/-1",
    ],
    "it is not a subnet",
  ],
  ["ip", ["10.0.0", "10.0.0.256", "host", "fe80::1%eth0", "10.0.0.1/8"], "it is not an IP address"],
];
for (const [field, values, problem] of refused) {
  testBehaviour(
    subnetContainsIP,
    values.map((value) => [`refuses the ${field} ${value}`, { ...good, [field]: value, outcomes: [pass()] }, {}, [
      `throws: Cannot read the ${field} "${value}": ${problem}`,
    ]]),
  );
}

Deno.test("subnetContainsIP has its title, that of the spec, and the uri of the outcome", async () => {
  strictEqual(subnetContainsIP.title(subnetContainsIP.schema.parse({})), "Subnet Contains IP");
  strictEqual(subnetContainsIP.title(subnetContainsIP.schema.parse({ checkName: "C" })), "C");
  const [result] = await resultsOf(subnetContainsIP, { ...good, outcomes: [pass("true", "P", "https://x")] }, {});
  strictEqual(result!.uri, "https://x");
});
