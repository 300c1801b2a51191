import { strictEqual } from "node:assert/strict";
import { fileURLToPath } from "node:url";

/** Runs in a process of its own: only there can the test collect garbage. */
const PROGRAM = `
import { anySignal } from "${new URL("../../src/core/any_signal.ts", import.meta.url)}";
const source = new AbortController();
function listen(depth) {
  let signal = source.signal;
  for (let i = 0; i < depth; i++) signal = anySignal(signal, new AbortController().signal);
  signal.addEventListener("abort", () => console.log(depth));
}
for (const depth of [1, 2, 3]) listen(depth);
for (let i = 0; i < 5; i++) {
  globalThis.gc();
  await new Promise((resolve) => setTimeout(resolve, 1));
}
source.abort();
`;

Deno.test("anySignal() fires although nothing but its listener refers to it", async () => {
  const folder = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(`${folder}/program.ts`, PROGRAM);
    const config = fileURLToPath(new URL("../../deno.json", import.meta.url));
    const args = ["run", "-A", "--config", config, "--v8-flags=--expose-gc", `${folder}/program.ts`];
    const { stdout } = await new Deno.Command(Deno.execPath(), { args }).output();
    strictEqual(new TextDecoder().decode(stdout), "1\n2\n3\n");
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
