import { deepStrictEqual } from "node:assert/strict";
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
