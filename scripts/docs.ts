/** Writes docs/collectors.md, docs/analyzers.md and docs/insight.md, and the tables and messages of docs/notifiers.md, from the registries: kinds, fields, types, defaults and
 * descriptions are those that specs are checked against, and checks say themselves what they do.
 *
 *   deno task docs            writes them
 *   deno task docs --check    fails when one is not up to date */
import { fileURLToPath } from "node:url";
import { renderAnalyzersDoc } from "./docs/analyzers.ts";
import { renderCollectorsDoc } from "./docs/collectors.ts";
import { renderNotifiersDoc } from "./docs/notifiers.ts";
import { renderInsightDoc } from "./insight_doc.ts";

/** The documents, by name below `docs/`. */
export const DOCUMENTS: readonly { name: string; path: string; render(): string | Promise<string> }[] = [
  { name: "collectors.md", path: pathOf("collectors.md"), render: renderCollectorsDoc },
  { name: "analyzers.md", path: pathOf("analyzers.md"), render: renderAnalyzersDoc },
  { name: "insight.md", path: pathOf("insight.md"), render: renderInsightDoc },
  {
    name: "notifiers.md",
    path: pathOf("notifiers.md"),
    render: async () => renderNotifiersDoc(await Deno.readTextFile(pathOf("notifiers.md"))),
  },
];

function pathOf(name: string): string {
  return fileURLToPath(new URL(`../docs/${name}`, import.meta.url));
}

if (import.meta.main) {
  const check = Deno.args.includes("--check");
  for (const { name, path, render } of DOCUMENTS) {
    const text = await render();
    if (!check) {
      await Deno.writeTextFile(path, text);
      console.error(`docs/${name} written`);
    } else if (await Deno.readTextFile(path).catch(() => "") !== text) {
      console.error(`docs/${name} is not up to date: run \`deno task docs\``);
      Deno.exitCode = 1;
    }
  }
}
