import { kernelConfigs } from "../../../src/analyze/kinds/host/kernel_configs.ts";
import { testBehaviour } from "../host_kind.ts";
import { fail, pass, warn } from "../judge_kind.ts";

const path = "host-collectors/system/kernel-configs.json";
const files = { [path]: { CONFIG_BPF: "y", CONFIG_VXLAN: "m", CONFIG_NFS_V4: "n" } };
const outcomes = [pass(undefined, "all"), fail(undefined, "no {{ .ConfigsNotFound }}")];

/** `[selected, verdict]` */
const selections: [selected: string[], verdict: string][] = [
  [["CONFIG_BPF=y"], "pass: all"],
  [["CONFIG_BPF=m"], "fail: no CONFIG_BPF=m"],
  [["CONFIG_BPF=ym", "CONFIG_VXLAN=my"], "pass: all"],
  [["CONFIG_NFS_V4=n"], "pass: all"],
  [["CONFIG_NFS_V4=ym", "CONFIG_BPF=y", "CONFIG_X=y"], "fail: no CONFIG_NFS_V4=ym, CONFIG_X=y"],
];
testBehaviour(
  kernelConfigs,
  selections.map((
    [selectedConfigs, verdict],
  ) => [`judges ${selectedConfigs}`, { selectedConfigs, outcomes }, files, [verdict]]),
);

const hint = "throws: Cannot read the selected config";
testBehaviour(kernelConfigs, [
  ...["BPF=y", "CONFIG_BPF", "CONFIG_BPF=", "CONFIG_BPF=x", "CONFIG_bpf=y", " CONFIG_BPF=y", "CONFIG_BPF = y"].map((
    text,
  ) =>
    [`refuses ${text}`, { selectedConfigs: [text], outcomes }, files, [
      `${hint} "${text}": it is not an option`,
    ]] as const
  ),
  ["refuses to look for nothing", { outcomes }, files, [
    "throws: Cannot read the field selectedConfigs: it names no options",
  ]],
  [
    "gives when and warn no role",
    {
      selectedConfigs: ["CONFIG_BPF=y"],
      outcomes: [warn(), fail("whatever", "f"), pass("whatever", "p")],
    },
    files,
    ["pass: p"],
  ],
  [
    "puts the list into the message wherever it is named, as it is",
    {
      selectedConfigs: ["CONFIG_X=y"],
      outcomes: [fail(undefined, "{{.ConfigsNotFound}} {{ .ConfigsNotFound }} $& {{ .Other }}")],
    },
    files,
    ["fail: CONFIG_X=y CONFIG_X=y $& {{ .Other }}"],
  ],
  [
    "says so when there is no outcome for what it found",
    { selectedConfigs: ["CONFIG_X=y"], outcomes: [pass()] },
    files,
    [
      "skipped/no-outcome-matched: No outcome of the spec matched a kernel without CONFIG_X=y",
    ],
  ],
  ["fails on a value that is hidden", { selectedConfigs: ["CONFIG_X=y"], outcomes }, {
    [path]: { CONFIG_X: "***HIDDEN***" },
  }, [
    `throws: ${path} of the bundle has no "CONFIG_X": redaction has hidden it`,
  ]],
  ["does not find what objects inherit", { selectedConfigs: ["CONFIG_X=y"], outcomes }, { [path]: "{}" }, [
    "fail: no CONFIG_X=y",
  ]],
]);
