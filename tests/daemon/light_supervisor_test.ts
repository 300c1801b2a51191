import { deepStrictEqual, ok } from "node:assert/strict";
import { fileURLToPath } from "node:url";

/** What the supervisor must not have in memory: it lives beside the workloads it watches, for months. */
const HEAVY =
  /\/src\/(?:kube|collect|redact|analyze|upload|spec|daemon\/status_page)\/|run_pipeline\.ts|@kubernetes|@aws-sdk|@smithy|prom-client|modern-tar|re2js|commander|\/yaml@/;

interface Graph {
  roots: string[];
  redirects: Record<string, string>;
  modules: { specifier: string; dependencies?: { isDynamic?: boolean; code?: { specifier?: string } }[] }[];
}

/** Everything that is loaded together with a module. */
async function staticImports(path: string): Promise<string[]> {
  const { stdout } = await new Deno.Command(Deno.execPath(), { args: ["info", "--json", path] }).output();
  const graph: Graph = JSON.parse(new TextDecoder().decode(stdout));
  const modules = new Map(graph.modules.map((module) => [module.specifier, module]));
  const found = new Set<string>();
  const visit = (specifier: string) => {
    if (found.has(specifier)) return;
    found.add(specifier);
    for (const { isDynamic, code } of modules.get(graph.redirects[specifier] ?? specifier)?.dependencies ?? []) {
      if (!isDynamic && code?.specifier !== undefined) visit(code.specifier);
    }
  };
  visit(graph.roots[0]!);
  return [...found];
}

Deno.test("the daemon loads nothing heavy", async () => {
  const loaded = await staticImports(fileURLToPath(new URL("../../src/daemon/daemon.ts", import.meta.url)));
  ok(loaded.some((specifier) => specifier.endsWith("/src/store/kv_job_store.ts")), "the graph was read");
  deepStrictEqual(loaded.filter((specifier) => HEAVY.test(specifier)), []);
});

Deno.test("whoever nudges the daemon loads next to nothing", async () => {
  const loaded = await staticImports(fileURLToPath(new URL("../../src/daemon/control_client.ts", import.meta.url)));
  deepStrictEqual(loaded.filter((specifier) => specifier.startsWith("npm:")), []);
});
