import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { join } from "node:path";
import { openDaemonLog } from "../../src/daemon/daemon_log.ts";
import { temporaryState } from "./temporary_state.ts";

async function linesOf(path: string): Promise<Record<string, unknown>[]> {
  return (await Deno.readTextFile(path)).trimEnd().split("\n").map((line) => JSON.parse(line));
}

Deno.test("daemon log writes a JSON object a line, with the fields that were bound", async () => {
  await using state = await temporaryState();
  const file = join(state.logs, "daemon.log");
  const log = await openDaemonLog({ level: "info", file, rotateSize: 1_000_000 });
  const bound = log.with({ component: "executor", job: "nightly" }).with({ execution: "e-1" });
  bound.warn("upload {retry}", { attempt: 2 });
  log.debug("not wanted");
  log.info("plain");
  await log.close();
  const [first, second, ...rest] = await linesOf(file);
  const { time, ...fields } = first!;
  ok(!Number.isNaN(Date.parse(time as string)));
  deepStrictEqual(fields, {
    level: "warn",
    component: "executor",
    job: "nightly",
    execution: "e-1",
    message: "upload {retry}",
    attempt: 2,
  });
  deepStrictEqual([second!.level, second!.component, second!.message], ["info", "daemon", "plain"]);
  deepStrictEqual(rest, []);
});

Deno.test("daemon log starts a new file when the old one would be too large, and keeps a few", async () => {
  await using state = await temporaryState();
  const file = join(state.logs, "daemon.log");
  const log = await openDaemonLog({ level: "info", file, rotateSize: 2_000 });
  for (let i = 0; i < 300; i++) log.info(`line ${i}`);
  await log.close();
  const names = (await Array.fromAsync(Deno.readDir(state.logs))).map((it) => it.name);
  ok(names.length > 2 && names.length <= 6, String(names));
  for (const name of names) ok((await Deno.stat(join(state.logs, name))).size <= 2_000);
  strictEqual((await linesOf(file)).at(-1)!.message, "line 299");
});

Deno.test("daemon log can be opened anew with another level, and loggers follow", async () => {
  await using state = await temporaryState();
  const file = join(state.logs, "daemon.log");
  const log = await openDaemonLog({ level: "error", file, rotateSize: 1_000_000 });
  const bound = log.with({ component: "store" });
  bound.info("before");
  const again = await openDaemonLog({ level: "debug", file, rotateSize: 1_000_000 });
  bound.debug("after");
  await again.close();
  deepStrictEqual((await linesOf(file)).map((line) => line.message), ["after"]);
});
