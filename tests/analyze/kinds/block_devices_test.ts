import { blockDevices } from "../../../src/analyze/kinds/host/block_devices.ts";
import { testBehaviour, testConditions, testMistakes } from "../host_kind.ts";
import { fail, pass } from "../judge_kind.ts";

const path = "host-collectors/system/block_devices.json";
const device = (name: string, more: object = {}) => ({
  name,
  kernel_name: name,
  parent_kernel_name: "",
  type: "disk",
  major: 8,
  minor: 0,
  size: 100,
  filesystem_type: "",
  mountpoint: "",
  serial: "",
  read_only: false,
  removable: false,
  ...more,
});
const part = (name: string, parent: string, more: object = {}) =>
  device(name, { type: "part", parent_kernel_name: parent, ...more });
const disks = [device("sda"), part("sda1", "sda", { mountpoint: "/" }), device("sdb"), device("sdc")];

testConditions(blockDevices, path, [
  [".* = 2", disks, true],
  [".* == 2", disks, true],
  [".* === 2", disks, true],
  [".* >= 3", disks, false],
  [".* > 1", disks, true],
  [".* <= 2", disks, true],
  [".* < 2", disks, false],
  ["sdb >= 1", disks, true],
  ["sda >= 1", disks, false],
  ["b = 1", disks, true],
  ["^b = 1", disks, false],
  ["^sd[bc]$ = 2", disks, true],
  ["(?i)SDB = 1", disks, true],
  ["sdb = 1", [device("sdb", { mountpoint: "/data" })], false],
  ["sdb = 1", [device("sdb", { filesystem_type: "ext4" })], false],
  ["sdb = 1", [device("sdb", { read_only: true })], false],
  ["sdb = 1", [device("sdb", { removable: true })], false],
  ["sdb = 1", [device("sdb", { type: "loop" })], false],
  ["sdb = 1", [device("sdb"), part("sdb1", "sdb")], false],
  ["sdb = 1", [device("sdb", { kernel_name: "dm-1" }), part("x", "sdb")], true],
  ["sdb = 1", [device("sdb", { kernel_name: "dm-1" }), part("x", "dm-1")], false],
  ["sdb1 = 1", [device("sdb"), part("sdb1", "sdb")], false],
  [".* = 0", null, true],
]);
testConditions(blockDevices, path, [["sdb1 = 1", [device("sdb"), part("sdb1", "sdb")], true]], {
  includeUnmountedPartitions: true,
});
testConditions(blockDevices, path, [
  ["vg = 1", [device("vg-a", { type: "lvm" })], true],
  ["sdb = 1", [device("sdb")], true],
  ["loop0 = 1", [device("loop0", { type: "loop" })], false],
], { additionalDeviceTypes: ["lvm"] });
testConditions(blockDevices, path, [
  ["sdb = 1", [device("sdb", { size: 100 })], true],
  ["sdb = 1", [device("sdb", { size: 99 })], false],
], { minimumAcceptableSize: 100 });
testConditions(blockDevices, path, [["sdb = 1", [device("sdb", { size: "***HIDDEN***" })], true]], {
  minimumAcceptableSize: 0,
});

testMistakes(blockDevices, [
  [".* 1", "it is not a pattern, an operator and a number"],
  [".* != 1", '"!=" is not an operator here'],
  [".* >= many", '"many" is not an integer'],
  ["( >= 1", "missing closing ): `(`"],
  ["(?=a) >= 1", "invalid or unsupported Perl syntax: `(?=`"],
]);

testBehaviour(blockDevices, [
  ["counts the devices when no outcome matches", { outcomes: [fail(".* = 0")] }, { [path]: disks }, [
    "skipped/no-outcome-matched: No outcome of the spec matched the 2 unused of 4 block devices",
  ]],
  ["fails where a size that counts is hidden", { outcomes: [pass()], minimumAcceptableSize: 1 }, {
    [path]: [device("sdb", { size: "***HIDDEN***" })],
  }, [`throws: ${path} of the bundle has no number "size": redaction has hidden it`]],
  ["fails where a name is hidden", { outcomes: [pass()] }, { [path]: [device("***HIDDEN***", { kernel_name: "b" })] }, [
    `throws: ${path} of the bundle has no "name": redaction has hidden it`,
  ]],
  ["fails on what is no list", { outcomes: [pass()] }, { [path]: [null] }, [
    `throws: ${path} of the bundle does not hold a list of JSON objects`,
  ]],
]);
