import { deepStrictEqual, match, strictEqual } from "node:assert/strict";
import { BINARY, Sandbox } from "./program.ts";

const behaviour: [name: string, env: Record<string, string>, args: string[], made: string[]][] = [
  ["a variable sets a flag", { TROUBLESHOOT_OUTPUT: "a" }, [], ["a.tar.gz"]],
  ["a flag wins over its variable", { TROUBLESHOOT_OUTPUT: "a" }, ["-o", "b"], ["b.tar.gz"]],
  ["a variable sets a switch", { TROUBLESHOOT_DRY_RUN: "true" }, ["-o", "b"], []],
];
for (const [name, env, args, made] of behaviour) {
  Deno.test({
    name: `support-bundle: ${name}`,
    ignore: BINARY === undefined,
    async fn() {
      await using sandbox = await Sandbox.create();
      await sandbox.write(
        "spec.yaml",
        "apiVersion: troubleshoot.sh/v1beta2\nkind: HostCollector\nspec: {collectors: [{memory: {}}]}\n",
      );
      await sandbox.run(["spec.yaml", ...args, "--interactive=false"], { env });
      const found = [...Deno.readDirSync(sandbox.folder)].map(({ name }) => name).filter((name) =>
        name.endsWith(".gz")
      );
      deepStrictEqual(found, made);
    },
  });
}

const ofRedact: [name: string, env: Record<string, string>, args: string[], printed: RegExp][] = [
  ["a variable sets a flag", { TROUBLESHOOT_TOKENIZE: "true" }, ["in"], /^Redacted support bundle: .*\nTokenization\n/],
  [
    "--explain takes no heed of those for bundles",
    { TROUBLESHOOT_TOKENIZE: "true" },
    ["--explain", "a.log"],
    /nothing is hidden/,
  ],
];
for (const [name, env, args, printed] of ofRedact) {
  Deno.test({
    name: `support-bundle redact: ${name}`,
    ignore: BINARY === undefined,
    async fn() {
      await using sandbox = await Sandbox.create();
      await Deno.mkdir(sandbox.path("in"));
      await sandbox.write("in/version.yaml", "apiVersion: troubleshoot.sh/v1beta2\n");
      await sandbox.write("a.log", "harmless\n");
      const variables = { ...env, TROUBLESHOOT_TOKENIZATION_STATS: "true" };
      const { code, stdout, stderr } = await sandbox.run(["redact", ...args], { env: variables });
      strictEqual(code, 0, stderr);
      match(stdout + stderr, printed);
    },
  });
}
