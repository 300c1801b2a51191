import { kernelModules } from "../../../src/analyze/kinds/host/kernel_modules.ts";
import { testBehaviour, testConditions, testMistakes } from "../host_kind.ts";
import { fail, pass, warn } from "../judge_kind.ts";

const path = "host-collectors/system/kernel_modules.json";
const modules = (statuses: Record<string, string>) =>
  Object.fromEntries(Object.entries(statuses).map(([name, status]) => [name, { size: 1, instances: 0, status }]));
const host = modules({ nf_nat: "loaded", overlay: "loadable", vxlan: "loading", "br_netfilter.ko": "loadable" });

testConditions(kernelModules, path, [
  ["nf_nat = loaded", host, true],
  ["nf_nat == loaded", host, true],
  ["nf_nat == loadable", host, false],
  ["nf_nat,overlay == loaded", host, false],
  ["nf_nat,overlay == loaded,loadable", host, true],
  ["nf_nat,zfs == loaded,loadable", host, false],
  ["vxlan == loading,unloading,unknown", host, true],
  ["br_netfilter == loadable", host, true],
  ["__proto__ == loaded", host, false],
  ["nf_nat != loaded", host, false],
  ["nf_nat != loadable", host, true],
  ["nf_nat <> loaded,loadable", host, false],
  ["nf_nat,vxlan != loadable,loading", host, false],
  ["nf_nat,overlay != unloading,unknown", host, true],
  ["nf_nat,zfs != loaded", host, true],
  ["zfs <> loaded,loadable", host, true],
]);

testMistakes(kernelModules, [
  ["nf_nat loaded", "it is not modules, an operator and statuses"],
  ["nf_nat, overlay == loaded", "it is not modules, an operator and statuses"],
  ["nf_nat > loaded", '">" is not an operator here'],
  [", == loaded", "a name is missing"],
  ["nf_nat == ,", "a name is missing"],
]);

const loaded = "nf_nat == loaded";
const never = "nf_nat == loading";
testBehaviour(kernelModules, [
  [
    "says each outcome that holds",
    { outcomes: [pass(loaded, "1"), warn(loaded, "2"), fail(never), fail(loaded, "3")] },
    {
      [path]: host,
    },
    ["pass: 1", "warn: 2", "fail: 3"],
  ],
  ["says a default pass after warnings, which do not speak against it", {
    outcomes: [pass(undefined, "D"), warn(loaded)],
  }, {
    [path]: host,
  }, ["warn: W", "pass: D"]],
  ["says no default pass after a failure", { outcomes: [fail(loaded), pass()] }, { [path]: host }, ["fail: F"]],
  ["says no default warning after a pass or a failure", { outcomes: [warn(), pass(loaded)] }, { [path]: host }, [
    "pass: P",
  ]],
  ["says no default failure after a pass", { outcomes: [fail(), pass(loaded)] }, { [path]: host }, ["pass: P"]],
  ["says a default failure after a warning", { outcomes: [fail(), warn(loaded)] }, { [path]: host }, [
    "warn: W",
    "fail: F",
  ]],
  ["says one default, the first that may be said", { outcomes: [warn(undefined, "1"), pass(undefined, "2")] }, {
    [path]: host,
  }, ["warn: 1"]],
  ["passes over a default that may not be said", { outcomes: [fail(), pass(undefined, "D"), pass(loaded)] }, {
    [path]: host,
  }, ["pass: P", "pass: D"]],
  ["fails on a module that is no object", { outcomes: [pass("x == loaded")] }, { [path]: { x: "loaded" } }, [
    `throws: The module "x" in ${path} of the bundle is not a JSON object`,
  ]],
  [
    "fails on a status that is hidden",
    { outcomes: [pass("x != loaded")] },
    { [path]: modules({ x: "***HIDDEN***" }) },
    [
      `throws: ${path} of the bundle has no "status": redaction has hidden it`,
    ],
  ],
]);
