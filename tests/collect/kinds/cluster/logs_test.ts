import { deepStrictEqual, ok, rejects, strictEqual } from "node:assert/strict";
import { logEntry } from "../../../../src/collect/kinds/cluster/log_body.ts";
import { type LogLimits, logQuery } from "../../../../src/collect/kinds/cluster/log_limits.ts";
import { logTargets } from "../../../../src/collect/kinds/cluster/log_targets.ts";
import { logs } from "../../../../src/collect/kinds/cluster/logs.ts";
import { mapAhead } from "../../../../src/collect/kinds/cluster/map_ahead.ts";
import type { KubeClient, KubeListPage, KubeObject } from "../../../../src/kube/kube_client.ts";
import { ManualClock } from "../../../manual_clock.ts";
import { collectAll, noKube } from "../../collect_all.ts";

const now = new Date("2026-03-02T12:00:00Z");
const since = new Date("2026-03-01T00:00:00.500Z");
const sinceTime = "2026-02-01T00:00:00Z";

const queries: [string, LogLimits | undefined, Date | undefined, ReturnType<typeof logQuery>][] = [
  ["only lines without limits", undefined, undefined, { tailLines: 10_000 }],
  ["both defaults for empty limits", {}, undefined, { tailLines: 10_000, limitBytes: 5_000_000 }],
  ["zero as absent", { maxLines: 0, maxBytes: 0 }, undefined, { tailLines: 10_000, limitBytes: 5_000_000 }],
  ["its own lines and bytes", { maxLines: 7, maxBytes: 8 }, undefined, { tailLines: 7, limitBytes: 8 }],
  ["an age before lines", { maxLines: 7, maxAge: "2h" }, undefined, { sinceTime: "2026-03-02T10:00:00Z" }],
  ["a time before an age", { sinceTime, maxAge: "2h" }, undefined, { sinceTime }],
  ["the command line before all", { sinceTime, maxLines: 7 }, since, { sinceTime: "2026-03-01T00:00:00Z" }],
  ["the command line without limits", undefined, since, { sinceTime: "2026-03-01T00:00:00Z" }],
  ["no unreadable age", { maxAge: "soon", maxLines: 7 }, undefined, { tailLines: 7, limitBytes: 5_000_000 }],
  ["no unreadable time", { sinceTime: "soon", maxAge: "1h" }, undefined, { sinceTime: "2026-03-02T11:00:00Z" }],
];
for (const [name, limits, from, expect] of queries) {
  Deno.test(`logQuery() takes ${name}`, () => deepStrictEqual(logQuery(limits, from, now), expect));
}

/** A pod with one container of each sort; statuses by name. */
function pod(name: string, statuses: Record<string, unknown> = {}, spec: Record<string, unknown> = {}): KubeObject {
  const running = { state: { running: {} }, restartCount: 0 };
  return {
    metadata: { name, namespace: "ns" },
    spec: {
      nodeName: "node",
      initContainers: [{ name: "init" }],
      containers: [{ name: "main" }],
      ephemeralContainers: [{ name: "debug" }],
      ...spec,
    },
    status: {
      containerStatuses: [{ name: "main", ...running, ...statuses.main as object }],
      initContainerStatuses: [{ name: "init", ...running, ...statuses.init as object }],
    },
  };
}

const waiting = (reason: string) => ({ state: { waiting: { reason } } });
const targets: [string, KubeObject, string[], [container: string, restarted: boolean, absent?: string][]][] = [
  ["takes regular containers, then init ones, ephemeral ones never", pod("p"), [], [["main", false], ["init", false]]],
  ["takes what is named, ephemeral ones too", pod("p"), ["debug", "main"], [["debug", false], ["main", false]]],
  ["knows a name that the pod does not have", pod("p"), ["x"], [["x", false, "failed"]]],
  ["knows a restart by its count", pod("p", { main: { restartCount: 1 } }), ["main"], [["main", true]]],
  ["knows a restart by the last state", pod("p", { init: { lastState: { terminated: {} } } }), ["init"], [[
    "init",
    true,
  ]]],
  ["knows what has not started", pod("p", { main: waiting("PodInitializing") }), ["main"], [[
    "main",
    false,
    "not-started",
  ]]],
  ["takes what waits for its next start", pod("p", { main: { ...waiting("CrashLoopBackOff"), restartCount: 2 } }), [
    "main",
  ], [["main", true]]],
  ["knows a pod without a node", pod("p", {}, { nodeName: undefined }), ["main"], [["main", false, "not-started"]]],
];
for (const [name, object, names, expect] of targets) {
  Deno.test(`logTargets() ${name}`, () => {
    const found = logTargets(object, names);
    deepStrictEqual(
      found.map(({ container, restarted, absent }) =>
        absent ? [container, restarted, absent.reason] : [container, restarted]
      ),
      expect,
    );
  });
}

/** A body of these chunks, that then ends, fails, or never goes on. */
function chunks(texts: string[], end: "end" | "fail" | "hang" = "end", signal?: AbortSignal) {
  const body = texts.map((text) => new TextEncoder().encode(text));
  return new ReadableStream<Uint8Array>({
    start: (controller) => signal?.addEventListener("abort", () => controller.error(signal.reason), { once: true }),
    pull(controller) {
      const chunk = body.shift();
      if (chunk !== undefined) controller.enqueue(chunk);
      else if (end === "end") controller.close();
      else if (end === "fail") controller.error(new TypeError("connection reset"));
      else return new Promise(() => {});
    },
  });
}

const bodies: [string, string[], { tailLines?: number; limitBytes?: number }, "end" | "fail", string, string?][] = [
  ["passes a log on as it is", ["a\nb", "c\nd"], { tailLines: 9 }, "end", "a\nbc\nd"],
  ["marks a log of as many lines as were asked for", ["a\nb\n"], { tailLines: 2 }, "end", "a\nb\n", "2 lines"],
  [
    "cuts a log at the end of a line where the bytes ran out",
    ["aaa\nbb", "b"],
    { limitBytes: 7 },
    "end",
    "aaa\n",
    "7 bytes",
  ],
  ["keeps a single line that the bytes cut", ["aaaaaaa"], { limitBytes: 7 }, "end", "aaaaaaa", "7 bytes"],
  ["keeps whole lines of a stream that breaks", ["a\nb", "c\nhalf"], {}, "fail", "a\nbc\n", "broken"],
  ["passes an empty log on", [], { tailLines: 9, limitBytes: 9 }, "end", ""],
];
for (const [name, texts, query, end, expect, limit] of bodies) {
  Deno.test(`logEntry() ${name}`, async () => {
    const entry = await logEntry({ path: "p", body: chunks(texts, end) }, query, () => "broken");
    strictEqual(await new Response(entry.body as ReadableStream<Uint8Array<ArrayBuffer>>).text(), expect);
    deepStrictEqual(entry.truncated, limit === undefined ? undefined : { limit });
  });
}

Deno.test("logEntry() holds no more than a megabyte back", async () => {
  const piece = "x".repeat(600_000);
  const entry = await logEntry({ path: "p", body: chunks([piece, piece], "hang") }, {}, () => "");
  const reader = entry.body.getReader();
  strictEqual((await reader.read()).value!.length, 600_000);
  await reader.cancel();
});

/** A cluster that answers from memory, for what a healthy server cannot be made to do. */
function stubKube(pods: KubeObject[], stream: KubeClient["stream"]): KubeClient {
  return Object.assign(Object.create(noKube), {
    async *list(): AsyncGenerator<KubeListPage> {
      yield { kind: "PodList", apiVersion: "v1", metadata: {}, items: pods };
    },
    stream,
  });
}

const real = "cluster-resources/pods/logs/ns";

Deno.test("logs asks for the previous log of a restarted container alone, and passes its absence over", async () => {
  const asked: string[] = [];
  const restarted = { main: { restartCount: 1 }, init: { restartCount: 1 } };
  const kube = stubKube([pod("calm"), pod("busy", restarted)], (path, { query } = {}) => {
    asked.push(`${path.split("/").at(-2)}/${query!.container}${query!.previous ? "/previous" : ""}`);
    if (query!.previous && query!.container === "init") return Promise.reject(new Error("gone"));
    return Promise.resolve(chunks([query!.previous ? "before\n" : "now\n"]));
  });
  const { files, links, missing } = await collectAll(logs, { name: "n" }, { kube });
  deepStrictEqual(asked.toSorted(), [
    "busy/init",
    "busy/init/previous",
    "busy/main",
    "busy/main/previous",
    "calm/init",
    "calm/main",
  ]);
  strictEqual(files[`${real}/busy/main-previous.log`], "before\n");
  strictEqual(files[`${real}/busy/main.log`], "now\n");
  strictEqual(links["n/busy/main-previous.log"], `${real}/busy/main-previous.log`);
  ok(!(`${real}/busy/init-previous.log` in files));
  deepStrictEqual(missing, []);
});

Deno.test("logs keeps what came of a log whose stream breaks, with an errors file", async () => {
  const kube = stubKube([pod("p", {}, { initContainers: [] })], () => Promise.resolve(chunks(["a\nb\nc"], "fail")));
  const { files, entries } = await collectAll(logs, { name: "n" }, { kube });
  strictEqual(files[`${real}/p/main.log`], "a\nb\n");
  deepStrictEqual(JSON.parse(files["n/p/main-errors.json"]!), ["connection reset"]);
  ok(entries[0]?.type === "file");
  deepStrictEqual(entries[0].truncated, { limit: "connection lost" });
});

Deno.test("logs ends after 60 seconds: what came stays, and the rest is timed out", async () => {
  const clock = new ManualClock(now);
  const pods = Array.from({ length: 10 }, (_, i) => pod(`p${i}`, {}, { initContainers: [] }));
  const kube = stubKube(pods, (path, { signal } = {}) => {
    signal!.throwIfAborted();
    // One line every ten seconds, and half of one: nobody falls silent.
    return Promise.resolve(path.includes("/p1/") ? dripping(clock, signal!) : chunks(["zero\n"]));
  });
  const running = collectAll(logs, { name: "n" }, { kube, clock });
  await clock.advance(59_999);
  ok(clock.sleeping > 0);
  await clock.advance(1);
  const { files, entries, missing } = await running;
  strictEqual(files[`${real}/p0/main.log`], "zero\n");
  strictEqual(files[`${real}/p8/main.log`], "zero\n", "what was under way");
  strictEqual(files[`${real}/p1/main.log`], "drip\n".repeat(5));
  const cut = entries.find((entry) => entry.type === "file" && entry.path === `${real}/p1/main.log`);
  ok(cut?.type === "file");
  deepStrictEqual(cut.truncated, { limit: "deadline" });
  deepStrictEqual(missing.map(({ path, reason }) => [path, reason]), [[`${real}/p9/main.log`, "timed-out"]]);
  ok("n/p9/main-errors.json" in files);
  strictEqual(clock.sleeping, 0);
});

/** Whole lines, one in ten seconds, and the beginning of the next. */
function dripping(clock: ManualClock, signal: AbortSignal): ReadableStream<Uint8Array> {
  return new ReadableStream({
    async pull(controller) {
      await clock.sleep(10_000, signal);
      if (signal.aborted) controller.error(signal.reason);
      else controller.enqueue(new TextEncoder().encode("drip\n"));
    },
  }, { highWaterMark: 0 });
}

Deno.test("logs asks a kubelet no more that twice gave no answer within 15 seconds, and has the logs of all others", async () => {
  const clock = new ManualClock(now);
  const on = (name: string, nodeName: string) => pod(name, {}, { initContainers: [], nodeName });
  const dead = ["d0", "d1", "d2", "d3"].map((name) => on(name, "dead"));
  const alive = ["a0", "a1", "a2"].map((name) => on(name, "alive"));
  const asked: string[] = [];
  const kube = stubKube([...dead.slice(0, 2), ...alive, ...dead.slice(2)], (path, { signal } = {}) => {
    const name = path.split("/").at(-2)!;
    asked.push(name);
    if (name.startsWith("a")) return Promise.resolve(chunks([`${name}\n`]));
    // One kubelet does not begin, or begins and falls silent.
    return name === "d1"
      ? Promise.resolve(chunks(["had\nha"], "hang", signal))
      : new Promise((_resolve, reject) => signal!.addEventListener("abort", () => reject(signal!.reason)));
  });
  const first = collectAll(logs, { name: "n" }, { kube, clock });
  await clock.advance(15_000);
  const { files, entries, missing } = await first;
  for (const name of ["a0", "a1", "a2"]) strictEqual(files[`${real}/${name}/main.log`], `${name}\n`);
  strictEqual(files[`${real}/d1/main.log`], "had\n");
  const broken = entries.find((entry) => entry.type === "file" && entry.path === `${real}/d1/main.log`);
  ok(broken?.type === "file");
  deepStrictEqual(broken.truncated, { limit: "no answer" });
  deepStrictEqual(missing.map(({ path, reason, message }) => [path.split("/").at(-2), reason, message]), [
    ["d0", "timed-out", 'The kubelet of node "dead" did not answer for 15 s'],
    ["d2", "timed-out", 'The kubelet of node "dead" did not answer for 15 s'],
    ["d3", "timed-out", 'The kubelet of node "dead" did not answer for 15 s'],
  ]);
  strictEqual(clock.sleeping, 0, "the collector has ended, long before its deadline");

  const many = Array.from({ length: 20 }, (_, i) => on(`d${i + 4}`, "dead"));
  asked.length = 0;
  const second = collectAll(logs, { name: "n" }, { kube: stubKube([...many, ...alive], kube.stream), clock });
  // The eight that were under way, and one more that took the place of the first of them.
  await clock.advance(30_000);
  const found = await second;
  deepStrictEqual(asked, [...many.slice(0, 9).map(({ metadata }) => metadata.name), "a0", "a1", "a2"]);
  strictEqual(found.missing.length, 20);
  strictEqual(found.missing.at(-1)!.message, 'The kubelet of node "dead" does not answer: it is not asked any more');
  strictEqual(found.files[`${real}/a2/main.log`], "a2\n");
});

Deno.test("logs has those of pods that are not well first, and the same files as without", async () => {
  const ready = { main: { ready: true } };
  const well = (name: string, namespace = "ns") => {
    const healthy = pod(name, ready, { initContainers: [] });
    return {
      ...healthy,
      metadata: { name, namespace },
      status: { ...healthy.status, phase: "Running", initContainerStatuses: [] },
    };
  };
  const ill = (name: string, namespace = "ns") => ({
    ...pod(name, { main: { ...waiting("CrashLoopBackOff"), restartCount: 3 } }, { initContainers: [] }),
    metadata: { name, namespace },
  });
  const asked: string[] = [];
  const kube = stubKube(
    [well("a"), well("db-0", "blue"), ill("crashing"), well("z"), ill("db-0", "green")],
    (path) => {
      const [, , , , namespace, , name] = path.split("/");
      if (!asked.includes(`${namespace}/${name}`)) asked.push(`${namespace}/${name}`);
      return Promise.resolve(chunks([`${namespace}/${name}\n`]));
    },
  );
  const { links } = await collectAll(logs, { name: "n" }, { kube });
  deepStrictEqual(asked, ["blue/db-0", "ns/crashing", "green/db-0", "ns/a", "ns/z"]);
  strictEqual(links["n/db-0/main.log"], "cluster-resources/pods/logs/blue/db-0/main.log", "the first in the list");
});

Deno.test("logs throws when the collector is aborted", async () => {
  const controller = new AbortController();
  const kube = stubKube([pod("p")], (_path, { signal } = {}) => {
    if (signal!.aborted) return Promise.reject(signal!.reason);
    queueMicrotask(() => controller.abort(new DOMException("stop", "AbortError")));
    return new Promise((_resolve, reject) => signal!.addEventListener("abort", () => reject(signal!.reason)));
  });
  await rejects(collectAll(logs, {}, { kube, signal: controller.signal }), { name: "AbortError" });
});

Deno.test("logs fetches eight containers at a time, and yields them in order", async () => {
  const pods = Array.from({ length: 30 }, (_, i) => pod(`p${String(i).padStart(2, "0")}`, {}, { initContainers: [] }));
  let open = 0;
  let most = 0;
  const kube = stubKube(pods, async () => {
    most = Math.max(most, ++open);
    await new Promise((resolve) => setTimeout(resolve, 1));
    open--;
    return chunks(["x\n"]);
  });
  const { files } = await collectAll(logs, {}, { kube });
  strictEqual(most, 8);
  deepStrictEqual(Object.keys(files), pods.map(({ metadata }) => `${real}/${metadata.name}/main.log`));
});

Deno.test("mapAhead() gives up what is under way when its reader stops", async () => {
  const discarded: number[] = [];
  const aborted: number[] = [];
  const results = mapAhead([1, 2, 3, 4, 5], 3, (item, signal) => {
    signal.addEventListener("abort", () => aborted.push(item));
    return Promise.resolve(item);
  }, (item) => void discarded.push(item));
  for await (const item of results) if (item === 1) break;
  deepStrictEqual([discarded, aborted], [[2, 3, 4], [1, 2, 3, 4]]);
});
