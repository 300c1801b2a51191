import { hostSysctl } from "../../../src/analyze/kinds/host/sysctl.ts";
import { testBehaviour, testConditions, testMistakes } from "../host_kind.ts";
import { fail, pass } from "../judge_kind.ts";

const path = "host-collectors/system/sysctl.json";
const settings = {
  "net.ipv4.ip_forward": "1",
  "vm.max_map_count": "65530",
  "fs.file-max": "9223372036854775807",
  "net.ipv4.tcp_rmem": "4096\t131072\t6291456",
  "kernel.hostname": "h1",
  "kernel.panic": 10,
  "kernel.hidden": "***HIDDEN***",
};

testConditions(hostSysctl, path, [
  ["net.ipv4.ip_forward = 1", settings, true],
  ["net.ipv4.ip_forward == 1", settings, true],
  ["net.ipv4.ip_forward === 0", settings, false],
  ["net.ipv4.ip_forward  =  1", settings, true],
  ["net/ipv4/ip_forward = 1", settings, true],
  ["net.ipv4.ip_forward = 01", settings, false],
  ["vm.max_map_count < 262144", settings, true],
  ["vm.max_map_count <= 65530", settings, true],
  ["vm.max_map_count > 65530", settings, false],
  ["vm.max_map_count >= 65530", settings, true],
  ["fs.file-max >= 9223372036854775807", settings, true],
  ["fs.file-max < 9223372036854775807", settings, false],
  ["net.ipv4.tcp_rmem = 4096 131072 6291456", settings, true],
  ["kernel.hostname = h1", settings, true],
  ["kernel.panic > 9", settings, true],
]);

testMistakes(hostSysctl, [
  ["net.ipv4.ip_forward", "it is not a key, an operator and a value"],
  ["net.ipv4.ip_forward=1", "it is not a key, an operator and a value"],
  ["net.ipv4.ip_forward != 1", "it is not a key, an operator and a value"],
  ["net.ipv4.ip_forward => 1", "it is not a key, an operator and a value"],
  ["vm.max_map_count > many", '"many" is not an integer'],
]);

testBehaviour(hostSysctl, [
  ["fails on a setting that is not there", { outcomes: [pass("a.b = 1")] }, { [path]: settings }, [
    `throws: ${path} of the bundle has no setting "a.b"`,
  ]],
  ["fails on one that objects inherit", { outcomes: [pass("constructor = 1")] }, { [path]: settings }, [
    `throws: ${path} of the bundle has no setting "constructor"`,
  ]],
  ["fails on an order of texts", { outcomes: [pass("kernel.hostname > 1")] }, { [path]: settings }, [
    `throws: The setting kernel.hostname of ${path} is no integer: "h1"`,
  ]],
  ["fails on a value that is hidden", { outcomes: [pass("kernel.hidden = 1")] }, { [path]: settings }, [
    `throws: The setting kernel.hidden of ${path} was hidden by redaction`,
  ]],
  ["does not ask what comes after the outcome that matches", {
    outcomes: [pass("kernel.hostname = h1"), fail("a.b = 1")],
  }, {
    [path]: settings,
  }, ["pass: P"]],
]);
