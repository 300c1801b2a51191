import { match, strictEqual } from "node:assert/strict";
import { executableTarget, withNamedExports } from "../../scripts/build.ts";

const calls: [name: string, text: string, expect: string][] = [
  [
    "gives names to a chunk that is a CommonJS package",
    'const{parse:a}=await import("./dist-ABC.js");',
    'const{parse:a}=await import("./dist-ABC.js").then(m=>({...m.default,default:m.default}));',
  ],
  ["leaves other chunks alone", 'await import("./start-ABC.js")', 'await import("./start-ABC.js")'],
  ["leaves built-in modules alone", 'await import("node:os")', 'await import("node:os")'],
  ["leaves static imports alone", 'import{a}from"./dist-ABC.js"', 'import{a}from"./dist-ABC.js"'],
];
for (const [name, text, expect] of calls) {
  Deno.test(`withNamedExports() ${name}`, () => strictEqual(withNamedExports(text, ["dist-ABC.js"]), expect));
}

Deno.test("executableTarget() knows what runs here", async () => {
  using file = await Deno.open(Deno.execPath());
  const head = new Uint8Array(64);
  await file.read(head);
  strictEqual(executableTarget(head), Deno.build.target);
});

Deno.test("executableTarget() knows nothing of other files", () => {
  strictEqual(executableTarget(new TextEncoder().encode("#!/bin/sh\n".padEnd(64))), undefined);
  strictEqual(executableTarget(new Uint8Array(3)), undefined);
});

const binary = Deno.env.get("TEST_BINARY");

const commands: [name: string, args: string[], expect: RegExp][] = [
  ["starts", ["version"], /\d+\.\d+\.\d+/],
  // Settings are read with a CommonJS package, loaded when it is needed.
  ["loads packages when it needs them", ["schedule", "list"], /no jobs/],
];
for (const [name, args, expect] of commands) {
  Deno.test({
    name: `the binary ${name}`,
    ignore: binary === undefined,
    async fn() {
      const folder = await Deno.makeTempDir();
      try {
        const { code, stdout, stderr } = await new Deno.Command(binary!, {
          args,
          env: { TROUBLESHOOT_SCHEDULER_DIR: folder },
        }).output();
        const text = new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
        match(text, expect);
        strictEqual(code, 0, text);
      } finally {
        await Deno.remove(folder, { recursive: true });
      }
    },
  });
}
