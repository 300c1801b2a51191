import { deepStrictEqual, match, strictEqual } from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { systemClock } from "../../src/core/clock.ts";
import type { Actor } from "../../src/schedule/audit.ts";
import { AuditLog, readAuditLog } from "../../src/store/audit_log.ts";

const actor: Actor = { user: "ann", host: "h1", command: "schedule create" };

async function withLog(body: (path: string, log: AuditLog) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    const path = join(folder, "audit.jsonl");
    await body(path, new AuditLog(path, actor, systemClock));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function faults(path: string): Promise<[line: number, fault: string][]> {
  return (await Array.fromAsync(readAuditLog(path))).flatMap(({ line, fault }) =>
    fault === undefined ? [] : [[line, fault] as [number, string]]
  );
}

const CHANGED = /changed/, MISSING = /^record \d+ is missing/, NO_RECORD = /^it is no record/;

const tampering: [name: string, change: (lines: string[]) => string[], expect: [line: number, fault: RegExp][]][] = [
  ["nothing", (lines) => lines, []],
  ["a word of a record", (lines) => lines.with(1, lines[1]!.replace("job-1", "job-9")), [[2, CHANGED]]],
  ["a record taken out", (lines) => lines.toSpliced(1, 1), [[2, MISSING]]],
  ["the first one taken out", (lines) => lines.slice(1), [[1, MISSING]]],
  ["two that change places", (lines) => [lines[0]!, lines[2]!, lines[1]!, lines[3]!], [
    [2, MISSING],
    [3, MISSING],
    [4, MISSING],
  ]],
  ["a record put in between", (lines) => lines.toSpliced(2, 0, lines[1]!), [[3, MISSING]]],
  ["a line that says nothing", (lines) => lines.toSpliced(2, 0, '{"seq":'), [[3, NO_RECORD]]],
  ["a seal of another record", (lines) => lines.with(1, resealed(lines[1]!, lines[0]!)), [[2, CHANGED], [3, CHANGED]]],
];

function resealed(line: string, other: string): string {
  return JSON.stringify({ ...JSON.parse(line), seal: JSON.parse(other).seal });
}

for (const [name, change, expect] of tampering) {
  Deno.test(`readAuditLog() finds what was changed: ${name}`, () =>
    withLog(async (path, log) => {
      for (let i = 0; i < 4; i++) await log.append({ action: "run", job: "nightly", jobId: `job-${i}` });
      const lines = (await Deno.readTextFile(path)).trimEnd().split("\n");
      await Deno.writeTextFile(path, change(lines).join("\n") + "\n");
      const found = await faults(path);
      deepStrictEqual(found.map(([line]) => line), expect.map(([line]) => line), JSON.stringify(found));
      for (const [i, [, fault]] of expect.entries()) match(found[i]![1], fault);
    }));
}

Deno.test("AuditLog goes on behind a record that was cut off, and it is told", () =>
  withLog(async (path, log) => {
    await log.append({ action: "create", job: "a" });
    const whole = await Deno.readTextFile(path);
    await Deno.writeTextFile(path, whole + whole.slice(0, 30)); // killed in the middle of a write
    await log.append({ action: "delete", job: "a" });
    const [first, cut, last] = await Array.fromAsync(readAuditLog(path));
    deepStrictEqual([first!.record!.seq, cut!.record, last!.record!.seq], [1, undefined, 2]);
    deepStrictEqual([first!.fault, last!.fault], [undefined, undefined]);
    match(cut!.fault!, NO_RECORD);
  }));

Deno.test("AuditLog finds the last record behind much that is none", () =>
  withLog(async (path, log) => {
    await log.append({ action: "create", job: "a" });
    await Deno.writeTextFile(path, ("x".repeat(999) + "\n").repeat(400), { append: true });
    await log.append({ action: "delete", job: "a" });
    const records = (await Array.fromAsync(readAuditLog(path))).filter(({ record }) => record !== undefined);
    deepStrictEqual(records.map(({ record, fault }) => [record!.seq, fault]), [[1, undefined], [2, undefined]]);
  }));

Deno.test({
  name: "AuditLog takes records of several processes at once, for its owner only",
  ignore: Deno.build.os === "windows",
}, () =>
  withLog(async (path) => {
    const module = fileURLToPath(new URL("../../src/store/audit_log.ts", import.meta.url));
    const script = `import { AuditLog } from ${JSON.stringify("file://" + module)};
      const log = new AuditLog(${JSON.stringify(path)}, ${JSON.stringify(actor)}, { now: () => new Date() });
      for (let i = 0; i < 25; i++) await log.append({ action: "run", job: Deno.args[0] });`;
    const run = (name: string) =>
      new Deno.Command(Deno.execPath(), {
        args: ["eval", "--no-config", script, name],
        stdout: "null",
      }).output();
    const ended = await Promise.all(["a", "b", "c"].map(run));
    deepStrictEqual(ended.map(({ success }) => success), [true, true, true]);
    const records = await Array.fromAsync(readAuditLog(path));
    deepStrictEqual(records.filter(({ fault }) => fault !== undefined), []);
    strictEqual(records.length, 75);
    strictEqual((await Deno.stat(path)).mode! & 0o777, 0o600);
  }));

Deno.test("readAuditLog() of a log that is not there is empty", () =>
  withLog(async (path) => deepStrictEqual(await faults(path), [])));
