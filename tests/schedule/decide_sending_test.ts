import { deepStrictEqual, strictEqual } from "node:assert/strict";
import {
  afterFailure,
  afterSuccess,
  decideSending,
  type Sending,
  type SendingPolicy,
  UNBOUNDED,
} from "../../src/schedule/decide_sending.ts";
import { type NotifierState, notifierStateSchema } from "../../src/schedule/notice.ts";

const NOW = new Date("2026-03-02T12:00:00Z"); // a Monday
const ago = (seconds: number) => new Date(NOW.getTime() - seconds * 1000).toISOString();
const ahead = (seconds: number) => ago(-seconds);
const state = (changes: Partial<NotifierState> = {}) => notifierStateSchema.parse({ target: "named:ops", ...changes });
const policy = (changes: Partial<SendingPolicy> = {}): SendingPolicy => ({ ...UNBOUNDED, ...changes });
/** Notices `a`, `b` … of so many seconds ago. */
const waiting = (...seconds: number[]) =>
  seconds.map((s, i) => ({ target: "named:ops", id: "abcdefgh"[i]!, atMs: NOW.getTime() - s * 1000 }));
const send = (...ids: string[]): Sending => ({ do: "send", ids });
const hold = (why: (Sending & { do: "hold" })["why"], until: string): Sending => ({
  do: "hold",
  until: new Date(until),
  why,
});

type Row = [
  name: string,
  secondsAgo: number[],
  policy: Partial<SendingPolicy>,
  state: Partial<NotifierState>,
  expect: Sending,
];
const QUIET = { quietHours: ["Mon 11:00-13:00"] };
const rows: Row[] = [
  ["has nothing to do where nothing waits", [], {}, {}, { do: "nothing" }],
  ["sends what has just come", [0], {}, {}, send("a")],
  ["sends what came at the same time one by one", [1, 0], {}, {}, send("a")],
  ["tells what was held back in one message", [60, 30, 0], {}, {}, send("a", "b", "c")],
  ["waits for the window of a group", [100, 10], { groupWindowMs: 300_000 }, {}, hold("group", ahead(200))],
  ["takes along what came in the window", [300, 10, 0], { groupWindowMs: 300_000 }, {}, send("a", "b", "c")],
  ["does not wait for the window of a clock that was set back", [-86_400], { groupWindowMs: 300_000 }, {}, send("a")],
  ["holds back in quiet hours", [0], QUIET, {}, hold("quiet-hours", ahead(3600))],
  ["holds back in quiet hours what was begun, too", [900], QUIET, { sending: ["a"] }, hold("quiet-hours", ahead(3600))],
  ["tells of every run in quiet hours", [0], { ...QUIET, everyRun: true }, {}, send("a")],
  ["tells of every run by itself, oldest first", [900, 0], { everyRun: true, groupWindowMs: 9e6 }, {}, send("a")],
  ["waits after a failure", [900], {}, { retryAt: ahead(30) }, hold("retry", ahead(30))],
  [
    "waits after a failure of every run, too",
    [9],
    { everyRun: true },
    { retryAt: ahead(30) },
    hold("retry", ahead(30)),
  ],
  ["tries again when its time has come", [900], {}, { retryAt: ago(0) }, send("a")],
  ["does not wait for the retry of a clock that was set back", [900], {}, { retryAt: ahead(3601) }, send("a")],
  ["sends what was begun again as it was", [900, 900, 0], {}, { sending: ["a", "b"] }, send("a", "b")],
  ["goes on when what was begun is gone", [0], {}, { sending: ["x"] }, send("a")],
  ["keeps to a limit", [5], { maxPerHour: 2 }, { sentAt: [ago(1800), ago(60)] }, hold("rate-limit", ahead(1800))],
  ["counts the last hour alone", [5], { maxPerHour: 2 }, { sentAt: [ago(3600), ago(60)] }, send("a")],
  [
    "tells what a limit held back in one message",
    [1900, 5],
    { maxPerHour: 1 },
    { sentAt: [ago(3600)] },
    send("a", "b"),
  ],
  ["counts nothing that lies ahead", [5], { maxPerHour: 1 }, { sentAt: [ahead(60)] }, send("a")],
];
Deno.test("decideSending() keeps jobs apart where a notifier has a state for each", () => {
  const ids = ["job-1-20260302T100000Z", "job-2-20260302T110000Z", "job-1-20260302T110000Z"];
  const pending = ids.map((id, i) => ({ target: "named:ops", id, atMs: NOW.getTime() - 100_000 + i }));
  deepStrictEqual(decideSending(pending, state(), policy({ perJob: true }), NOW), send(ids[0]!, ids[2]!));
  deepStrictEqual(decideSending(pending, state(), policy(), NOW), send(...ids));
});

for (const [name, secondsAgo, changes, stateChanges, expect] of rows) {
  Deno.test(`decideSending() ${name}`, () =>
    deepStrictEqual(decideSending(waiting(...secondsAgo), state(stateChanges), policy(changes), NOW), expect));
}

/** Quiet hours over midnight, in a zone whose clocks go forward on 2026-03-29 and back on 2026-10-25, both at 01:00Z. */
const nights: [name: string, now: string, until: string | undefined][] = [
  ["are over before they begin", "2026-03-02T20:59:59Z", undefined],
  ["begin", "2026-03-02T21:00:00Z", "2026-03-03T06:00:00.000Z"],
  ["go on after midnight", "2026-03-03T05:59:59Z", "2026-03-03T06:00:00.000Z"],
  ["end", "2026-03-03T06:00:00Z", undefined],
  ["are an hour shorter when clocks go forward", "2026-03-28T21:00:00Z", "2026-03-29T05:00:00.000Z"],
  ["are an hour longer when clocks go back", "2026-10-24T20:00:00Z", "2026-10-25T06:00:00.000Z"],
];
for (const [name, at, until] of nights) {
  Deno.test(`decideSending() quiet hours over midnight ${name}`, () => {
    const now = new Date(at);
    const pending = [{ target: "named:ops", id: "a", atMs: now.getTime() }];
    const berlin = policy({ quietHours: ["22:00-07:00"], timezone: "Europe/Berlin" });
    deepStrictEqual(
      decideSending(pending, state(), berlin, now),
      until === undefined ? send("a") : hold("quiet-hours", until),
    );
  });
}

const failures: [name: string, state: Partial<NotifierState>, newestAgo: number, retryIn: number, giveUp: boolean][] = [
  ["tries again after a minute", {}, 0, 60, false],
  ["waits twice as long each time", { failures: 3, failingSince: ago(600) }, 600, 480, false],
  ["waits an hour at most", { failures: 30, failingSince: ago(80_000) }, 80_000, 3600, false],
  ["gives up after a day", { failures: 30, failingSince: ago(86_400) }, 86_400, 3600, true],
  ["gives what is newer its day", { failures: 30, failingSince: ago(90_000) }, 86_399, 3600, false],
  ["gives what was held back for days its day", {}, 200_000, 60, false],
];
for (const [name, changes, newestAgo, retryIn, giveUp] of failures) {
  Deno.test(`afterFailure() ${name}`, () => {
    const before = state({ sending: ["a"], ...changes });
    const after = afterFailure(before, "refused", NOW.getTime() - newestAgo * 1000, NOW);
    strictEqual(after.giveUp, giveUp);
    deepStrictEqual(after.state, {
      ...before,
      failures: before.failures + 1,
      failingSince: before.failingSince ?? NOW.toISOString(),
      lastError: "refused",
      retryAt: ahead(retryIn),
      sending: giveUp ? [] : ["a"],
    });
  });
}

Deno.test("afterSuccess() forgets failures, and remembers an hour", () => {
  const before = state({
    sending: ["a"],
    failures: 3,
    failingSince: ago(9),
    lastError: "x",
    retryAt: ago(1),
    dropped: 4,
  });
  deepStrictEqual(afterSuccess({ ...before, sentAt: [ago(3600), ago(3599)] }, NOW), {
    ...state(),
    sentAt: [ago(3599), NOW.toISOString()],
    lastSuccess: NOW.toISOString(),
  });
});
