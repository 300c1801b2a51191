import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import type { CollectContext, Collector } from "../../../src/collect/collector.ts";
import { collectAll } from "../collect_all.ts";

/** What a database kind is to say of a server: its version, or why it could not log in. */
export type Expected = { version: RegExp; variables?: Record<string, string>; error?: RegExp } | { error: RegExp };

/** One config, and what the kind's file says then. */
export type Case = readonly [name: string, config: Record<string, unknown>, expect: Expected];

export interface DatabaseContent {
  isConnected: boolean;
  error?: string;
  version?: string;
  variables?: Record<string, string>;
}

/** Runs the kind and reads its one file. */
export async function databaseContent(
  kind: Collector,
  config: Record<string, unknown>,
  context: Partial<CollectContext> = {},
): Promise<{ content: DatabaseContent; text: string }> {
  const { files, entries } = await collectAll(kind, config, context);
  const path = `${kind.kind}/${config.collectorName ?? kind.kind}.json`;
  deepStrictEqual(Object.keys(files), [path]);
  for (const entry of entries) {
    if (entry.type === "file") ok(!entry.source?.includes("@") || kind.kind === "mssql", "the source shows no address");
  }
  const text = files[path]!;
  const content = JSON.parse(text);
  strictEqual(
    text.replace(/\\u00(3c|3e|26)/g, (_, hex) => String.fromCharCode(parseInt(hex, 16))),
    JSON.stringify(content),
  );
  return { content, text };
}

/** Runs a case. `secrets` must not be in the file. */
export async function checkCase(kind: Collector, [, config, expect]: Case, secrets: string[]): Promise<void> {
  const { content, text } = await databaseContent(kind, config);
  const note = `got ${text}`;
  if ("version" in expect) {
    strictEqual(content.isConnected, true, note);
    match(content.version ?? "", expect.version, note);
  } else {
    deepStrictEqual([content.isConnected, content.version], [false, undefined], note);
  }
  if (expect.error === undefined) strictEqual(content.error, undefined, note);
  else match(content.error ?? "", expect.error, note);
  deepStrictEqual(content.variables, "variables" in expect ? expect.variables : undefined, note);
  for (const secret of secrets) ok(!text.includes(secret), `a secret is in ${text}`);
}
