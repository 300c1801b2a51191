import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { deliveryIdOf } from "../../src/daemon/outbox_message.ts";
import type { TellItem } from "../../src/daemon/tell_protocol.ts";
import type { Notifier } from "../../src/notify/notifier.ts";
import { notifiers } from "../../src/notify/registry.ts";
import { namedTarget } from "../../src/schedule/notice.ts";
import { sampleExecution, sampleJob } from "./sample_job.ts";
import { runsOf, senderStage, START } from "./sender_stage.ts";
import { until } from "./until.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DEAD = `${Deno.hostname()}|${2 ** 22 + 7}|boot:1|abcd`;

Deno.test("notification sender tells what the outbox has, and notes that down", () =>
  senderStage(async ({ define, ends, start, store, messages, empty, counted, lines }) => {
    define("ops");
    const id = await ends();
    start();
    await empty();
    const [sent, ...more] = messages();
    deepStrictEqual([sent!.path, sent!.message.summary, sent!.message.sentAt, more], [
      "/ops",
      "run 0 failed",
      START,
      [],
    ]);
    strictEqual(sent!.id, deliveryIdOf(namedTarget("ops"), [id]));
    await until("the note", async () => (await store.getExecution(id))!.notifications.length > 0);
    deepStrictEqual((await store.getExecution(id))!.notifications, [
      { to: "ops", kind: "webhook", status: "sent", at: START },
    ]);
    strictEqual((await store.getExecution(id))!.status, "failed");
    await until("the line", async () => (await store.readLogs(id)).length > 0);
    deepStrictEqual((await store.readLogs(id)).map(({ component, message }) => [component, message]), [
      ["notifier", "told ops"],
    ]);
    const [state] = await store.notifierStates();
    deepStrictEqual([state!.lastSuccess, state!.failures, state!.sending], [START, 0, []]);
    deepStrictEqual(counted, ["webhook sent"]);
    ok(lines.some(({ component, to, job }) => component === "notifier" && to === "ops" && job === "nightly"));
  }));

Deno.test("notification sender keeps nothing of a place that only a job names", () =>
  senderStage(async ({ ends, start, store, server, messages, empty }) => {
    await ends("", { kind: "webhook", url: `${server.url}/direct` });
    start();
    await empty();
    deepStrictEqual(messages().map(({ path }) => path), ["/direct"]);
    deepStrictEqual(await store.notifierStates(), []);
  }));

Deno.test("notification sender loses nothing of ten runs while a notifier is down, and tells each once and in order", () =>
  senderStage(async ({ define, ends, start, answer, advance, messages, server, empty, store, clock, counted }) => {
    define("ops");
    answer.status = 410; // which nobody tries again at once
    start();
    for (let i = 0; i < 10; i++) {
      await ends();
      if (i > 0) await advance(HOUR);
      await until(`try ${i + 1}`, async () => {
        const [state] = await store.notifierStates();
        return state?.claim === null && state.failures === i + 1;
      });
    }
    const [failing] = await store.notifierStates();
    deepStrictEqual([failing!.failingSince, failing!.label], [START, "ops"]);
    match(failing!.lastError, /410/);
    const first = server.received.map(({ headers }) => headers.get("x-support-bundle-delivery"));
    strictEqual(new Set(first).size, 1, "the first message is sent again as it was");

    answer.status = 200;
    await advance(HOUR);
    await empty();
    deepStrictEqual(messages().map(({ message }) => runsOf(message)), [["0"], [
      "1",
      "2",
      "3",
      "4",
      "5",
      "6",
      "7",
      "8",
      "9",
    ]]);
    strictEqual(messages()[0]!.id, first[0]);
    const [state] = await store.notifierStates();
    deepStrictEqual([state!.failures, state!.failingSince, state!.lastError], [0, null, ""]);
    strictEqual(state!.lastSuccess, clock.now().toISOString());
    deepStrictEqual([counted[0], counted.at(-1)], ["webhook failed", "webhook sent"]);
  }));

Deno.test("notification sender gives up after a day, says so, and goes on with what is newer", () =>
  senderStage(async ({ define, ends, start, answer, advance, store, counted, lines, messages, empty }) => {
    define("ops");
    answer.status = 400;
    const id = await ends();
    start({ pollMs: 25 * HOUR });
    const failures = async (count: number) =>
      void await until(`failure ${count}`, async () => {
        const [state] = await store.notifierStates();
        return state?.claim === null && state.failures >= count;
      });
    await failures(1);
    await advance(23 * HOUR);
    await failures(2);
    const newer = await ends();
    await advance(2 * HOUR);
    await until("the end", async () => (await store.getNotices(namedTarget("ops"), [id])).length === 0);
    await until("the note", async () => (await store.getExecution(id))!.notifications[0]?.status === "given-up");
    ok(lines.some(({ level, message }) => level === "error" && message.startsWith("given up")));
    ok(counted.includes("webhook given-up"));
    answer.status = 200;
    await advance(2 * HOUR);
    await empty();
    deepStrictEqual(messages().map(({ message }) => message.execution?.id), [newer]);
  }));

Deno.test("notification sender holds back in quiet hours over midnight, and tells all in one message at their end", () =>
  senderStage(async ({ define, ends, start, advance, clock, messages, empty, server }) => {
    define("ops", { quietHours: ["22:00-07:00"], timezone: "Europe/Berlin" });
    await clock.set("2026-03-28T21:30:00Z"); // 22:30; in that night, clocks go forward
    start();
    await ends();
    await advance(HOUR);
    await ends();
    await clock.set("2026-03-29T04:59:59Z");
    await ends();
    strictEqual(server.received.length, 0);
    await advance(1000);
    await empty();
    deepStrictEqual(messages().map(({ message }) => runsOf(message)), [["0", "1", "2"]]);
    deepStrictEqual(messages()[0]!.message.earlier!.map(({ at, status, events }) => [at, status, events]), [
      ["2026-03-28T21:30:00.000Z", "failed", ["failure"]],
      ["2026-03-28T22:30:00.000Z", "failed", ["failure"]],
    ]);
  }));

Deno.test("notification sender groups what comes in a window", () =>
  senderStage(async ({ define, ends, start, advance, messages, empty, server }) => {
    define("ops", { groupWindow: "5m" });
    start();
    await ends();
    await advance(4 * MINUTE);
    await ends();
    strictEqual(server.received.length, 0);
    await advance(MINUTE);
    await empty();
    deepStrictEqual(messages().map(({ message }) => runsOf(message)), [["0", "1"]]);
  }));

Deno.test("notification sender keeps to a limit, and tells the rest with the next message", () =>
  senderStage(async ({ define, ends, start, advance, messages, empty, store }) => {
    define("ops", { maxPerHour: 2 });
    start();
    for (let i = 0; i < 5; i++) await ends();
    await until("two messages", async () => messages().length === 2 && (await store.pendingNotices()).length === 3);
    await advance(59 * MINUTE);
    strictEqual(messages().length, 2);
    await advance(MINUTE);
    await empty();
    deepStrictEqual(messages().map(({ message }) => runsOf(message)), [["0"], ["1"], ["2", "3", "4"]]);
  }));

Deno.test("notification senders of several daemons tell each message once", () =>
  senderStage(async ({ define, ends, start, messages, empty, advance }) => {
    for (const name of ["a", "b", "c"]) define(name);
    for (let i = 0; i < 3; i++) start();
    for (let i = 0; i < 3; i++) for (const name of ["a", "b", "c"]) await ends(name);
    await advance(31_000);
    await empty();
    const runs = messages().flatMap(({ message }) => runsOf(message)).sort();
    deepStrictEqual(runs, Array.from({ length: 9 }, (_, i) => String(i)));
  }));

Deno.test("notification sender sends again as it was what a killed daemon had begun", () =>
  senderStage(async ({ define, ends, start, messages, empty, store, clock, server }) => {
    define("ops");
    const ids = [await ends(), await ends()];
    const claimed = (await store.claimNotifier(namedTarget("ops"), DEAD, clock.now(), HOUR))!;
    ok(await store.settleNotifier(claimed, { ...claimed, sending: ids }, []));
    const later = await ends();
    start();
    await empty();
    strictEqual(server.received.length, 2, "nobody waits for the claim of the dead to run out");
    deepStrictEqual(messages().map(({ id }) => id), [
      deliveryIdOf(namedTarget("ops"), ids),
      deliveryIdOf(namedTarget("ops"), [later]),
    ]);
  }));

Deno.test("notification sender lets one that hangs keep nobody waiting, and leaves no process behind", () =>
  senderStage(async ({ define, ends, start, server, messages, store, answer, lines }) => {
    define("ops");
    define("slow");
    answer.status = undefined;
    const slow = await ends("slow");
    const sender = start({ limitMs: 4_000 });
    await until("the hanging request", () => server.received.length === 1);
    answer.status = 200;
    await ends("ops");
    await until("the other", () => messages().some(({ path }) => path === "/ops"));
    strictEqual((await store.getExecution(slow))!.notifications.length, 0, "it hangs still");
    await until("the limit", async () => (await store.getExecution(slow))!.notifications.length > 0);
    match((await store.getExecution(slow))!.notifications[0]!.error!, /gave no answer: it did not end within 4 s/);
    await sender.stop();
    ok(lines.some(({ level, to }) => level === "warn" && to === "slow"));
  }));

Deno.test("notification sender that is stopped leaves what it had begun to the next one", () =>
  senderStage(async ({ define, ends, start, server, store, answer, messages, empty }) => {
    define("ops");
    answer.status = undefined;
    const id = await ends();
    const first = start();
    await until("the request", () => server.received.length === 1);
    await first.stop();
    await first.stop();
    const [state] = await store.notifierStates();
    deepStrictEqual([state!.claim, state!.sending, state!.failures], [null, [id], 0]);
    answer.status = 200;
    start();
    await empty();
    const ids = server.received.map(({ headers }) => headers.get("x-support-bundle-delivery"));
    deepStrictEqual([ids.length, new Set(ids).size, messages().length], [2, 1, 1]);
  }));

Deno.test("notification sender leaves what is for a notifier that the settings do not have, for a day", () =>
  senderStage(async ({ define, ends, start, store, lines, advance, messages, empty, notifiers: known }) => {
    await ends("gone");
    define("ops");
    start();
    await until("the warning", () => lines.some(({ message }) => message.includes('no notifier "gone"')));
    await advance(23 * HOUR);
    strictEqual((await store.pendingNotices()).length, 1);
    await advance(2 * HOUR);
    await empty();
    ok(lines.some(({ level, message }) => level === "error" && message.includes("given up")));
    deepStrictEqual([messages(), Object.keys(known)], [[], ["ops"]]);
  }));

Deno.test("notification sender drops the oldest of too many, and says how many", () =>
  senderStage(async ({ define, ends, start, store, clock, advance, empty, messages }) => {
    define("ops", { quietHours: ["Mon"] });
    const id = await ends();
    for (let i = 0; i < 420; i += 20) {
      const notices = Array.from({ length: 20 }, (_, j) => ({
        schemaVersion: 1 as const,
        target: namedTarget("ops"),
        id: `gone-${i + j}`,
        at: new Date(Date.parse(START) + 1 + i + j).toISOString(),
        message: { events: ["failure"], status: "failed", summary: `run ${i + j} failed` },
      }));
      await store.updateExecution(id, (it) => it, undefined, undefined, () => notices);
    }
    start();
    await until("the bound", async () => (await store.pendingNotices()).length === 400);
    await clock.set("2026-03-02T23:59:59Z");
    await advance(1000);
    await empty();
    const runs = runsOf(messages()[0]!.message);
    deepStrictEqual([messages().length, runs.length, runs[0], runs[1], runs.at(-1)], [
      1,
      401,
      "21 earlier runs are not listed: too many waited to be told",
      "20",
      "419",
    ]);
  }));

Deno.test("notification sender tells those who want to know that a run begins, and waits for nobody", () =>
  senderStage(async ({ define, ends, start, store, clock }) => {
    // Known to this process alone; the child is a script that keeps what it is told, and never ends.
    const probe: Notifier = {
      ...notifiers[0]!,
      kind: "probe",
      everyRun: true,
      started: () => Promise.resolve(),
    };
    (notifiers as Notifier[]).push(probe);
    const file = await Deno.makeTempFile();
    try {
      define("ops");
      define("switch", { kind: "probe" });
      const sender = start({ command: { command: "/bin/sh", args: ["-c", `cat > ${file}; exec sleep 300`] } });
      const job = sampleJob({ notify: [{ notifier: "ops" }, { notifier: "switch" }] });
      const execution = sampleExecution({ retryCount: 1 }, job);
      const recipients = [
        { target: namedTarget("ops"), kind: "webhook" },
        { target: namedTarget("switch"), kind: "probe" },
      ];
      sender.started(recipients, job, execution);
      const { items } = JSON.parse(await until("the request", async () => await Deno.readTextFile(file) || undefined));
      deepStrictEqual(items.map(({ key, started }: TellItem) => [key, started]), [[namedTarget("switch"), {
        job: { id: job.id, name: "nightly" },
        execution: { id: execution.id, scheduledAt: execution.scheduledAt, attempt: 2 },
        startedAt: clock.now().toISOString(),
        host: Deno.hostname(),
      }]]);
      await ends("switch");
      await until("the look", () => sender.figures().waiting === 1);
      deepStrictEqual(await store.notifierStates(), [], "no end overtakes a beginning");
      await sender.stop();
    } finally {
      (notifiers as Notifier[]).pop();
      await Deno.remove(file);
    }
  }));
