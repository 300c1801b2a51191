import { deepStrictEqual, rejects, strictEqual } from "node:assert/strict";
import { ParsedFiles } from "../../src/analyze/parsed_files.ts";
import { MemoryBundle } from "./memory_bundle.ts";

Deno.test("ParsedFiles.of() shares what was parsed among all views of one bundle", async () => {
  const bundle = new MemoryBundle({ "a.json": { n: 1 } });
  const first = await ParsedFiles.of(bundle).json("a.json");
  const second = await ParsedFiles.of(ParsedFiles.of(bundle).until(new AbortController().signal)).json("a.json");
  deepStrictEqual(first, { n: 1 });
  strictEqual(first, second);
  strictEqual(bundle.reads.get("a.json"), 1);
});

Deno.test("ParsedFiles.of() keeps bundles apart", async () => {
  deepStrictEqual(await ParsedFiles.of(new MemoryBundle({ "a.json": { n: 1 } })).json("a.json"), { n: 1 });
  deepStrictEqual(await ParsedFiles.of(new MemoryBundle({ "a.json": { n: 2 } })).json("a.json"), { n: 2 });
});

Deno.test("json() forgets what was used longest ago when its text is too much", async () => {
  const mebibytes = (n: number) => `"${"x".repeat(n * 1024 * 1024 - 2)}"`;
  const bundle = new MemoryBundle({ "a": mebibytes(30), "b": mebibytes(30), "c": mebibytes(30), "d": mebibytes(65) });
  const files = ParsedFiles.of(bundle);
  for (const path of ["a", "b", "a", "c", "a", "b", "d", "d", "a"]) await files.json(path);
  deepStrictEqual(Object.fromEntries(bundle.reads), { a: 1, b: 2, c: 1, d: 2 });
});

const behaviour: [name: string, files: Record<string, unknown>, expected: unknown][] = [
  ["is undefined for a file that is missing", {}, undefined],
  ["is undefined for an empty file", { "a.json": " \n" }, undefined],
  ["is null for null", { "a.json": "null" }, null],
];

for (const [name, files, expected] of behaviour) {
  Deno.test(`json() ${name}`, async () =>
    strictEqual(await ParsedFiles.of(new MemoryBundle(files)).json("a.json"), expected));
}

Deno.test("json() fails on what is no JSON, by name", async () =>
  await rejects(ParsedFiles.of(new MemoryBundle({ "a.json": "{" })).json("a.json"), {
    code: "ANALYZER_INPUT",
    message: "Cannot read a.json of the bundle as JSON",
  }));

Deno.test("yaml() shares what was parsed, apart from JSON", async () => {
  const bundle = new MemoryBundle({ "a": "1", "empty": "\n", "bad": "[1" });
  const files = ParsedFiles.of(bundle);
  deepStrictEqual([await files.yaml("a"), await files.json("a"), await files.yaml("a")], [1n, 1, 1n]);
  strictEqual(bundle.reads.get("a"), 2);
  strictEqual(await files.yaml("empty"), undefined);
  strictEqual(await files.yaml("gone"), undefined);
  await rejects(files.yaml("bad"), {
    code: "ANALYZER_INPUT",
    message: "Cannot read bad of the bundle as YAML",
  });
});

Deno.test("until() stops reading once the signal is aborted", async () => {
  const stop = new AbortController();
  const files = ParsedFiles.of(new MemoryBundle({ "a.json": "1", "b.json": "2" })).until(stop.signal);
  strictEqual(await files.json("a.json"), 1);
  stop.abort();
  await rejects(async () => await files.json("b.json"), { name: "AbortError" });
  await rejects(async () => await files.find("*"), { name: "AbortError" });
  await rejects(async () => await files.read("b.json"), { name: "AbortError" });
});
