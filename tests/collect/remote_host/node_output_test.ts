import { deepStrictEqual, strictEqual, throws } from "node:assert/strict";
import { readNodeOutput } from "../../../src/collect/remote_host/node_output.ts";

const read = (text: string) => readNodeOutput("n1", new TextEncoder().encode(text));

const paths: [path: string, inBundle: string | undefined][] = [
  ["host-collectors/system/cpu.json", "host-collectors/n1/system/cpu.json"],
  ["/host-collectors/system/cpu.json", "host-collectors/n1/system/cpu.json"],
  ["system/cpu.json", "host-collectors/n1/system/cpu.json"],
  ["host-collectors/run-host/host-collectors/x", "host-collectors/n1/run-host/host-collectors/x"],
  ["/etc/passwd", "host-collectors/n1/etc/passwd"],
  ["__proto__", "host-collectors/n1/__proto__"],
  ["host-collectors/../../etc/passwd", undefined],
  ["..", undefined],
  ["a\\..\\..\\b", undefined],
  ["a\0b", undefined],
  ["host-collectors/", undefined],
  ["", undefined],
  ["x".repeat(1001), undefined],
];
for (const [path, inBundle] of paths) {
  Deno.test(`readNodeOutput() puts ${JSON.stringify(path.slice(0, 50))} at ${inBundle ?? "no place"}`, () => {
    const { files, refused } = read(`{${JSON.stringify(path)}: "text", "ok": "t"}`);
    const taken = files.filter(({ text }) => text === "text").map(({ path }) => path);
    deepStrictEqual(taken, inBundle === undefined ? [] : [inBundle]);
    strictEqual(files.length, taken.length + 1, "the other file is there");
    strictEqual(refused.length, inBundle === undefined ? 1 : 0);
  });
}

const unusable: [name: string, text: string, message: RegExp][] = [
  ["no JSON", "hunter2: command not found", /it is not JSON$/],
  ["nothing", "", /it is not JSON$/],
  ["JSON that is cut", '{"host-collectors/a": "hunter2', /it is not JSON$/],
  ["a list", '["hunter2"]', /it is not a JSON object$/],
  ["a text", '"hunter2"', /it is not a JSON object$/],
  ["null", "null", /it is not a JSON object$/],
  [
    "too many files",
    JSON.stringify(Object.fromEntries(Array.from({ length: 10_001 }, (_, i) => [i, ""]))),
    /10001 fil/,
  ],
];
for (const [name, text, message] of unusable) {
  Deno.test(`readNodeOutput() refuses ${name}, and repeats nothing of it`, () => {
    throws(() => read(text), (error: Error & { code?: string }) => {
      strictEqual(error.code, "REMOTE_OUTPUT");
      strictEqual(message.test(error.message), true, error.message);
      return !error.message.includes("hunter2");
    });
  });
}

Deno.test("readNodeOutput() takes no file that is no text, and the others", () => {
  const { files, refused } = read('{"a": {"b": 1}, "c": "text"}');
  deepStrictEqual(files, [{ path: "host-collectors/n1/c", text: "text" }]);
  deepStrictEqual(refused, ['The file "a" was not taken: it is no text']);
});
