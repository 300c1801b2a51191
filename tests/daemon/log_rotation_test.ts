import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { join } from "node:path";
import { openDaemonLog } from "../../src/daemon/daemon_log.ts";
import { boundDaemonOutput, daemonOutputFile } from "../../src/daemon/daemon_output.ts";
import { decideLogRotation, type LogFile, logFiles, LogRotation, rotatedFiles } from "../../src/daemon/log_rotation.ts";
import { ManualClock } from "../manual_clock.ts";
import { recordingLog } from "./fake_log.ts";
import { temporaryState } from "./temporary_state.ts";

const NOW = new Date("2026-03-31T00:00:00Z");
const HOUR = 3_600_000;
const before = (hours: number) => new Date(NOW.getTime() - hours * HOUR);
const file = (number: number, began: number, ended: number): LogFile => ({
  number,
  beganAt: before(began),
  endedAt: before(ended),
});

const behaviour: [name: string, files: LogFile[], ageHours: number, expect: { rotate: boolean; remove: number[] }][] = [
  ["leaves young files alone", [file(0, 23, 0), file(1, 47, 23)], 168, { rotate: false, remove: [] }],
  ["begins a new file after a day", [file(0, 25, 0)], 168, { rotate: true, remove: [] }],
  ["begins a new file sooner where nothing is kept for a day", [file(0, 7, 0)], 6, { rotate: true, remove: [] }],
  ["removes by the last line of a file", [file(2, 400, 169), file(1, 200, 25)], 168, { rotate: false, remove: [2] }],
  ["never removes the one that is written to", [file(0, 500, 400)], 168, { rotate: true, remove: [] }],
  ["does nothing without a log", [], 168, { rotate: false, remove: [] }],
];

for (const [name, files, ageHours, expect] of behaviour) {
  Deno.test(`decideLogRotation() ${name}`, () =>
    deepStrictEqual(decideLogRotation(files, ageHours * HOUR, NOW), expect));
}

const numbers: [ageHours: number | undefined, expect: number][] = [[undefined, 5], [6, 6], [168, 12], [24 * 365, 100]];

for (const [ageHours, expect] of numbers) {
  Deno.test(`rotatedFiles() keeps ${expect} files for ${ageHours} hours`, () =>
    strictEqual(rotatedFiles(ageHours && ageHours * HOUR), expect));
}

Deno.test("log rotation moves a day's log away, removes old ones, and the log goes on", async () => {
  await using state = await temporaryState();
  const path = join(state.logs, "daemon.log");
  const line = (time: Date) => `{"time":"${time.toISOString()}","level":"info","message":"old"}\n`;
  const files: [name: string, text: string, changed: Date][] = [
    ["daemon.log", line(before(25)), before(0)],
    ["daemon.log.1", line(before(49)), before(25)],
    ["daemon.log.2", line(before(300)), before(200)],
    ["daemon.log.bak", "not ours", before(900)],
    ["daemon.out", "not ours", before(900)],
  ];
  for (const [name, text, changed] of files) {
    await Deno.writeTextFile(join(state.logs, name), text);
    await Deno.utime(join(state.logs, name), changed, changed);
  }
  const open = () => openDaemonLog({ level: "info", file: path, rotateSize: 1_000_000 });
  const log = await open();
  log.info("before");
  const clock = new ManualClock(NOW);
  const rotation = new LogRotation({
    clock,
    log,
    settings: () => ({ file: path, ageMs: 168 * HOUR }),
    boundOutput: () => Promise.resolve(undefined),
    reopen: open,
  });
  rotation.start();
  await clock.untilSleeping();
  log.info("after");
  await rotation.stop();
  await rotation.stop(); // twice is harmless
  await log.close();
  const messages = async (name: string) =>
    (await Deno.readTextFile(join(state.logs, name))).trimEnd().split("\n").map((it) => JSON.parse(it).message);
  const names = (await Array.fromAsync(Deno.readDir(state.logs))).map(({ name }) => name).sort();
  deepStrictEqual(names, ["daemon.log", "daemon.log.1", "daemon.log.2", "daemon.log.bak", "daemon.out"]);
  deepStrictEqual(await messages("daemon.log"), ["after"]);
  deepStrictEqual(await messages("daemon.log.1"), ["old", "before"]);
  deepStrictEqual((await logFiles(path)).map(({ number }) => number).sort(), [0, 1, 2]);
});

const outputs: [name: string, bytes: number | undefined, expect: { said: number | undefined; left: string }][] = [
  ["empties what is too large, and its writer goes on", 10_000_001, { said: 10_000_001, left: "crash" }],
  ["leaves the rest alone", 3, { said: undefined, left: "\0\0\0crash" }],
  ["does nothing without a file", undefined, { said: undefined, left: "crash" }],
];

for (const [name, bytes, expect] of outputs) {
  Deno.test(`boundDaemonOutput() ${name}`, async () => {
    await using state = await temporaryState();
    const path = daemonOutputFile(state);
    if (bytes !== undefined) await Deno.writeFile(path, new Uint8Array(bytes));
    const early = bytes === undefined ? undefined : await Deno.open(path, { append: true });
    const said = await boundDaemonOutput(state);
    using writer = early ?? await Deno.open(path, { append: true, create: true });
    await writer.write(new TextEncoder().encode("crash"));
    deepStrictEqual({ said, left: await Deno.readTextFile(path) }, expect);
  });
}

Deno.test("log rotation bounds the output of a daemon whose log has no age, and says so", async () => {
  const clock = new ManualClock(NOW);
  const { log, lines } = recordingLog();
  const sizes = [11_000_000, undefined];
  const boundOutput = () => Promise.resolve(sizes.shift());
  const rotation = new LogRotation({ clock, log, settings: () => ({}), boundOutput, reopen: () => Promise.reject() });
  rotation.start();
  await clock.untilSleeping();
  await clock.advance(HOUR);
  await clock.untilSleeping();
  await rotation.stop();
  deepStrictEqual(lines.map(({ message }) => message), ["emptied daemon.out, which had grown too large"]);
  strictEqual(sizes.length, 0);
});
