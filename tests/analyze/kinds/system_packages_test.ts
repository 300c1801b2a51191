import { systemPackages } from "../../../src/analyze/kinds/host/system_packages.ts";
import { type BehaviourRow, testBehaviour, testMistakes } from "../host_kind.ts";
import { fail, pass, warn } from "../judge_kind.ts";

const path = "host-collectors/system/packages-packages.json";
const dpkg =
  "Package: nfs-common\nStatus: install ok installed\nInstalled-Size: 1024\nVersion: 1:2.6.1\n lower: no\nEmpty:\n";
const rpm = "Name        : nfs-utils\nVersion     : 2.5.4\nInstall Date: Mon 02 Mar 2026\n";
const installed = { name: "nfs-common", details: dpkg, exitCode: "0" };
const absent = { name: "fio", details: "", exitCode: "1", error: "package 'fio' is not installed\n" };
const file = (packages: unknown, os = "ubuntu", osVersion = "22.04") => ({ [path]: { os, osVersion, packages } });

/** `[template of when or message, package, what it renders to]` */
const rendered: [template: string, item: object, text: string][] = [
  ["{{ .Name }} {{ .IsInstalled }}", installed, "nfs-common true"],
  [
    "{{ .Name }} {{ .IsInstalled }} {{ .ExitCode }} {{ .Error }}",
    absent,
    "fio false 1 package 'fio' is not installed\n",
  ],
  ["{{ .IsInstalled }}", { ...installed, details: "package fio is not installed" }, "false"],
  ["{{ .IsInstalled }}", { ...installed, details: "No matching Packages to list" }, "false"],
  ["{{ .IsInstalled }}", { ...installed, exitCode: "1" }, "false"],
  ["{{ .IsInstalled }}", { ...installed, error: "warning" }, "false"],
  ["{{ .OS }} {{ .OSVersion }} {{ .OSVersionMajor }} {{ .OSVersionMinor }}", installed, "ubuntu 22.04 22 4"],
  ["{{ .Status }}, {{ .InstalledSize }}, {{ .Version }}", installed, "install ok installed, 1024, 1:2.6.1"],
  ["{{ .Version }} {{ .InstallDate }}", { ...installed, details: rpm }, "2.5.4 Mon 02 Mar 2026"],
  ["{{ .lower }}{{ .Empty }}", installed, "<no value><no value>"],
  ["{{ .IsInstalled }}", { ...absent, details: "IsInstalled: true" }, "false"],
];
testBehaviour(
  systemPackages,
  rendered.map(([template, item, text]) => [
    `renders ${template} of ${JSON.stringify(item)}`,
    {
      outcomes: [pass(undefined, template)],
    },
    file([item]),
    [`pass: ${text}`],
  ]),
);

/** `[when, package, whether it holds]` */
const conditions: [when: string, item: object, holds: boolean][] = [
  ["{{ .IsInstalled }}", installed, true],
  ["{{ not .IsInstalled }}", installed, false],
  ['{{ and (eq .OS "ubuntu") (ge .OSVersionMajor 20) .IsInstalled }}', installed, true],
  ['{{ eq .Version "1:2.6.1" }}', installed, true],
  ["  {{ if .IsInstalled }}1{{ else }}0{{ end }} ", installed, true],
  ["true", absent, true],
  ["0", installed, false],
];
testBehaviour(
  systemPackages,
  conditions.map((
    [when, item, holds],
  ): BehaviourRow => [
    `${when} ${holds ? "holds" : "does not hold"} of ${JSON.stringify(item)}`,
    {
      outcomes: [pass(when), fail()],
    },
    file([item]),
    [holds ? "pass: P" : "fail: F"],
  ]),
);

testMistakes(systemPackages, [
  ["{{ .IsInstalled", "an action {{ is not closed"],
  ["installed", "it is neither true nor false"],
]);

testBehaviour(systemPackages, [
  [
    "judges each package",
    { outcomes: [pass("{{ .IsInstalled }}", "{{ .Name }}"), warn(undefined, "no {{ .Name }}")] },
    {
      ...file([installed, absent, { ...installed, name: "git" }]),
    },
    ["pass: nfs-common", "warn: no fio", "pass: git"],
  ],
  ["takes the first outcome that matches", { outcomes: [fail("{{ .IsInstalled }}", "1"), pass("true", "2")] }, {
    ...file([installed, absent]),
  }, ["fail: 1", "pass: 2"]],
  ["says so for a package that no outcome matches", { outcomes: [fail("{{ not .IsInstalled }}")] }, {
    ...file([installed, absent]),
  }, [
    "skipped/no-outcome-matched: No outcome of the spec matched the package nfs-common, which is installed",
    "fail: F",
  ]],
  ["says so when there are no packages", { outcomes: [fail()] }, file(null), [
    `skipped/no-outcome-matched: No outcome of the spec matched ${path}, in which there are no packages`,
  ]],
  [
    "tells of a package whose condition is no boolean, and judges the others",
    {
      outcomes: [fail("{{ if .IsInstalled }}{{ .Name }}{{ else }}true{{ end }}")],
    },
    file([installed, absent]),
    [
      'error: "{{ if .IsInstalled }}{{ .Name }}{{ else }}true{{ end }}" gave "nfs-common" for nfs-common, which is neither true nor false',
      "fail: F",
    ],
  ],
  ["tells of a message that cannot be rendered", { outcomes: [fail(undefined, "{{ .Name.First }}")] }, file([absent]), [
    'error: Cannot use the template "{{ .Name.First }}": .First is asked of a string',
  ]],
  ["refuses a message that cannot be read", { outcomes: [pass(), fail("true", "{{ .Name | nope }}")] }, {}, [
    'throws: Cannot use the template "{{ .Name | nope }}": there is no function "nope"',
  ]],
  ["bounds loops", { outcomes: [fail(undefined, "{{ range .Name }}x{{ end }}")] }, file([absent]), [
    'error: Cannot use the template "{{ range .Name }}x{{ end }}": range cannot go over a string',
  ]],
  ["fails on packages that are no list", { outcomes: [pass()] }, file({}), [
    `throws: "packages" in ${path} of the bundle does not hold a list of JSON objects`,
  ]],
]);
