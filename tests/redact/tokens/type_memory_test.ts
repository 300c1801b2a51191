import { deepStrictEqual, equal } from "node:assert/strict";
import { join } from "node:path";
import { loadTypes, saveTypes } from "../../../src/redact/tokens/type_memory.ts";

const A = "AAAAAAAAAAAA", B = "BBBBBBBBBBBB", C = "CCCCCCCCCCCC";

Deno.test("types are kept beside what other runs kept, which came first", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const path = join(folder, "types.json");
    deepStrictEqual([...await loadTypes(path)], []);
    await saveTypes(path, new Map([[A, "PASSWORD"], [B, "KEY"]]));
    await saveTypes(path, new Map([[B, "TOKEN"], [C, "GENERIC"]]));
    deepStrictEqual(Object.fromEntries(await loadTypes(path)), { [A]: "PASSWORD", [B]: "KEY", [C]: "GENERIC" });
    equal((await Deno.stat(path)).mode! & 0o777, 0o600);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("the file of types has an end, and one that cannot be read is as good as none", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const path = join(folder, "types.json");
    const hash = (i: number) => i.toString(16).toUpperCase().padStart(12, "0");
    await saveTypes(path, new Map(Array.from({ length: 60_000 }, (_, i) => [hash(i), "KEY"])));
    const kept = await loadTypes(path);
    equal(kept.size, 50_000);
    equal(kept.has(hash(59_999)), true);
    await Deno.writeTextFile(path, '{"schemaVersion":1,"types":{"x":"KEY"}}');
    deepStrictEqual([...await loadTypes(path)], []);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
