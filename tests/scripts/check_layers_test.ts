import { deepStrictEqual } from "node:assert/strict";
import { findViolations, type Import, type SourceFile } from "../../scripts/check_layers.ts";

const behaviour: [name: string, files: SourceFile[], expect: string[]][] = [
  ["lets imports point down", [file("src/cli/a.ts", to("src/core/b.ts")), file("src/core/b.ts")], []],
  ["lets a folder import its own", [file("src/upload/registry.ts", to("src/upload/kinds/s3.ts"))], []],
  ["lets tests and scripts import anything", [file("tests/x_test.ts", to("src/cli/a.ts"))], []],
  [
    "refuses imports that point up, type-only ones too",
    [file("src/core/a.ts", to("src/cli/b.ts", { typeOnly: true }))],
    ["src/core/a.ts:3: core may not import cli (src/cli/b.ts)"],
  ],
  [
    "refuses dynamic imports that point up",
    [file("src/kube/a.ts", to("src/collect/b.ts", { dynamic: true }))],
    ["src/kube/a.ts:3: kube may not import collect (src/collect/b.ts)"],
  ],
  [
    "refuses imports between stages",
    [file("src/redact/a.ts", to("src/analyze/b.ts"))],
    ["src/redact/a.ts:3: redact may not import analyze (src/analyze/b.ts): stages hand each other bundle entries"],
  ],
  [
    "refuses the store to the pipeline",
    [file("src/pipeline/a.ts", to("src/store/b.ts"))],
    ["src/pipeline/a.ts:3: pipeline may not import store (src/store/b.ts)"],
  ],
  [
    "refuses tests to the program",
    [file("src/core/a.ts", to("tests/fixtures/b.ts"))],
    ["src/core/a.ts:3: the program may not import tests/fixtures/b.ts"],
  ],
  [
    "refuses a kind its registry",
    [file("src/upload/kinds/a.ts", to("src/upload/registry.ts"))],
    ["src/upload/kinds/a.ts:3: a kind may not import its registry"],
  ],
  [
    "refuses cycles at run time",
    [file("src/core/b.ts", to("src/core/a.ts")), file("src/core/a.ts", to("src/core/b.ts"))],
    ["src/core/a.ts:3: imports form a cycle: src/core/a.ts → src/core/b.ts → src/core/a.ts"],
  ],
  [
    "lets types refer to each other",
    [file("src/core/a.ts", to("src/core/b.ts")), file("src/core/b.ts", to("src/core/a.ts", { typeOnly: true }))],
    [],
  ],
  [
    "refuses a heavy package at start-up",
    [file("src/kube/a.ts", { ...to("x"), specifier: "@kubernetes/client-node", target: undefined })],
    ['src/kube/a.ts:3: "@kubernetes/client-node" is heavy: load it with await import(…) where it is first used'],
  ],
  [
    "refuses Deno KV outside the store, not in comments",
    [
      { path: "src/daemon/a.ts", text: "// Deno.openKv\nawait Deno.openKv(path);\n", imports: [] },
      { path: "src/store/a.ts", text: "await Deno.openKv(path);\n", imports: [] },
    ],
    ["src/daemon/a.ts:2: only src/store speaks to Deno KV"],
  ],
  [
    "refuses long files",
    [
      { path: "src/core/a.ts", text: "x\n".repeat(400), imports: [] },
      { path: "src/core/b.ts", text: "x\n".repeat(401), imports: [] },
    ],
    ["src/core/b.ts:401: 401 lines: more than 400"],
  ],
  [
    "refuses a folder without a layer",
    [file("src/utils/a.ts")],
    ["src/utils/a.ts:1: the folder utils has no layer: give it one in MAY_IMPORT"],
  ],
];

for (const [name, files, expect] of behaviour) {
  Deno.test(`findViolations() ${name}`, () => {
    deepStrictEqual(findViolations(files).map((v) => `${v.path}:${v.line}: ${v.message}`), expect);
  });
}

function file(path: string, ...imports: Import[]): SourceFile {
  return { path, text: "", imports };
}

function to(target: string, options: Partial<Import> = {}): Import {
  return { specifier: `./${target}`, target, line: 3, dynamic: false, typeOnly: false, ...options };
}
