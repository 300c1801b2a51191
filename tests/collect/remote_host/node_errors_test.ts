import { deepStrictEqual } from "node:assert/strict";
import { NodeErrors } from "../../../src/collect/remote_host/node_errors.ts";

const now = () => new Date("2026-03-02T12:00:00Z");

const rows: [titles: string[], files: string[]][] = [
  [["CPU Info"], ["CPU Info-error.json"]],
  [["CPU Info", "CPU Info"], ["CPU Info-error.json", "CPU Info-error-2.json"]],
  [["copy/logs"], ["copy/logs-error.json"]],
  [["../../up"], ["_/_/up-error.json"]],
  [["a\0b"], ["a_b-error.json"]],
];
for (const [titles, files] of rows) {
  Deno.test(`NodeErrors names the files of ${JSON.stringify(titles)}`, () => {
    const errors = new NodeErrors("n1", now);
    const entries = titles.flatMap((title) => [...errors.of(title, "failed", "broken")]);
    deepStrictEqual(
      entries.filter(({ type }) => type === "file").map(({ path }) => path),
      files.map((file) => `host-collectors/n1/errors/${file}`),
    );
  });
}

Deno.test("NodeErrors keeps what a command printed out of the manifest", () => {
  const [missing, file] = [...new NodeErrors("n1", now).of("CPU Info", "failed", "exit 2", "token hunter2")];
  deepStrictEqual(missing, {
    type: "missing",
    path: "host-collectors/n1/CPU Info",
    reason: "failed",
    message: "CPU Info on node n1: exit 2",
  });
  const text = file?.type === "file" ? new TextDecoder().decode(file.bytes) : "";
  deepStrictEqual(JSON.parse(text), {
    collector: "CPU Info",
    error: "exit 2: token hunter2",
    timestamp: "2026-03-02T12:00:00.000Z",
  });
});
