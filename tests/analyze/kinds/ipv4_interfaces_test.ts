import { ipv4Interfaces } from "../../../src/analyze/kinds/host/ipv4_interfaces.ts";
import { testBehaviour, testConditions, testMistakes } from "../host_kind.ts";
import { fail } from "../judge_kind.ts";

const path = "host-collectors/system/ipv4Interfaces.json";
const two = [{ Name: "eth0", Flags: 51 }, { Name: "eth1", Flags: 51 }];

testConditions(ipv4Interfaces, path, [
  ["count = 2", two, true],
  ["count == 2", two, true],
  ["count === 1", two, false],
  ["count < 2", two, false],
  ["count <= 2", two, true],
  ["count > 1", two, true],
  ["count >= 3", two, false],
  ["count == 0", null, true],
  ["count == 0", [], true],
]);

testMistakes(ipv4Interfaces, [
  [">= 1", "it is not a name, an operator and a number"],
  ["number >= 1", '"number" cannot be compared here'],
  ["count != 1", '"!=" is not an operator here'],
  ["count >= one", '"one" is not an integer'],
]);

testBehaviour(ipv4Interfaces, [
  ["counts them when no outcome matches", { outcomes: [fail("count = 0")] }, { [path]: two }, [
    "skipped/no-outcome-matched: No outcome of the spec matched 2 interfaces with an IPv4 address",
  ]],
  ["fails on what is no list", { outcomes: [fail()] }, { [path]: { length: 3 } }, [
    `throws: ${path} of the bundle does not hold a list of JSON objects`,
  ]],
]);
