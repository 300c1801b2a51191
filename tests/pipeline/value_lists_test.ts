import { deepStrictEqual, equal, match, rejects, throws } from "node:assert/strict";
import { join } from "node:path";
import { readValueLists, valueListReference } from "../../src/pipeline/value_lists.ts";

const references: [text: string, reference: string][] = [
  ["-", "-"],
  ["env:VALUES", "env:VALUES"],
  ["list.txt", "file:/here/list.txt"],
  ["../list.txt", "file:/list.txt"],
  ["/a/list.txt", "file:/a/list.txt"],
  ["file:/a/list.txt", "file:/a/list.txt"],
  ["file:///a/list.txt", "file:/a/list.txt"],
  ["file:list.txt", "file:/here/list.txt"],
];
for (const [text, reference] of references) {
  Deno.test(`valueListReference() makes "${reference}" of "${text}"`, () =>
    equal(valueListReference(text, "/here"), reference));
}

for (const text of ["", "file:", "env:", "env:1a", "env:A B"]) {
  Deno.test(`valueListReference() refuses "${text}"`, () => {
    throws(() => valueListReference(text, "/here"), { code: "USAGE" });
  });
}

async function read(text: string | Uint8Array, mode = 0o600) {
  const folder = await Deno.makeTempDir();
  const path = join(folder, "list");
  try {
    await Deno.writeFile(path, typeof text === "string" ? new TextEncoder().encode(text) : text, { mode });
    await Deno.chmod(path, mode);
    return await readValueLists([`file:${path}`], { env: {} });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

const lists: [name: string, text: string, values: string[]][] = [
  ["each line is a value", "one1\ntwo2\n", ["one1", "two2"]],
  ["lines end as they may", "one1\r\ntwo2\rthree", ["one1", "two2", "three"]],
  ["empty lines are none", "\n\none1\n\n", ["one1"]],
  ["there are no comments", "# one\n; two\n", ["# one", "; two"]],
  ["blanks are part of it", " one \n\ttwo2\n", [" one ", "\ttwo2"]],
  ["a value counts once", "one1\none1\n", ["one1"]],
  ["a byte order mark is none", "\ufeffone1\n", ["one1"]],
  ["short ones are left out", "one\none1\n", ["one1"]],
];
for (const [name, text, values] of lists) {
  Deno.test(`readValueLists(): ${name}`, async () => deepStrictEqual((await read(text)).values, values));
}

Deno.test("readValueLists() reads all of several lists", async () => {
  const options = { env: { A: "one1\ntwo2" }, stdin: () => Promise.resolve("three\n") };
  deepStrictEqual((await readValueLists(["env:A", "-", "env:A"], options)).values, ["one1", "two2", "three"]);
  deepStrictEqual(await readValueLists([], options), { values: [], warnings: [] });
});

Deno.test("readValueLists() warns of short values without naming them, and of lists that others may read", async () => {
  const { warnings } = await read("q9\nz8\none1\n", 0o640);
  equal(warnings.length, 2);
  match(warnings[0]!, /^Others than its owner may read .*chmod 600/);
  match(warnings[1]!, /^2 of 3 values/);
  equal(/q9|z8|one1/.test(warnings.join().replace(/".*?"/g, "")), false);
});

const failures: [name: string, reference: string, shows: RegExp][] = [
  ["a file that is not there", "file:/nowhere/list", /"\/nowhere\/list", does not exist/],
  ["a folder", "file:/", /"\/", is not a file/],
  ["a variable that is not set", "env:NOT_SET", /NOT_SET, which is not set/],
];
for (const [name, reference, shows] of failures) {
  Deno.test(`readValueLists() fails on ${name}`, async () => {
    await rejects(readValueLists([reference], { env: {} }), (error: Error & { code: string }) => {
      equal(error.code, "VALUE_LIST");
      match(error.message, shows);
      return true;
    });
  });
}

Deno.test("readValueLists() fails on a list that is none", async () => {
  await rejects(read(new Uint8Array(9 << 20)), { code: "VALUE_LIST" });
});
