import { deepStrictEqual, ok, rejects, strictEqual } from "node:assert/strict";
import type { Entry, FileEntry } from "../../src/bundle/entry.ts";
import { EntryQueue } from "../../src/collect/kinds/cluster/cluster_resources/entry_queue.ts";
import { byNamespace, ListSplitter } from "../../src/collect/kinds/cluster/cluster_resources/list_splitter.ts";
import type { KubeObject } from "../../src/kube/kube_client.ts";
import { parseRawList, type RawListPage } from "../../src/kube/raw_list.ts";

const page = (...items: [namespace: string, name: string][]): RawListPage =>
  pageOf(items.map(([namespace, name]) => ({ metadata: { ...(namespace ? { namespace } : {}), name } })));

function pageOf(items: object[]): RawListPage {
  const metadata = { resourceVersion: "7", continue: "next" };
  return parseRawList(new TextEncoder().encode(JSON.stringify({ kind: "PodList", apiVersion: "v1", metadata, items })));
}

interface Handed {
  entry: Entry;
  bytes?: number;
  passed?: () => void;
}

function splitter(options: { format?: "list" | "array"; maxBytes?: number; wanted?: string[] } = {}) {
  const handed: Handed[] = [];
  const files = new ListSplitter({
    format: options.format ?? "list",
    source: "GET /x",
    maxBytes: options.maxBytes ?? 1e6,
    pathOf: (part) => `${part}.json`,
    wanted: options.wanted && Promise.resolve(new Set(options.wanted)),
    emit: (entry, bytes, passed) => {
      handed.push({ entry, bytes, passed });
      return Promise.resolve();
    },
  });
  const add = (one: RawListPage) => files.add(one, byNamespace(one.items));
  const read = async ({ entry }: Handed) =>
    await new Response((entry as FileEntry).body as ReadableStream<Uint8Array<ArrayBuffer>>).text();
  return { files, handed, add, read, paths: () => handed.map(({ entry }) => entry.path) };
}
const names = (text: string) => JSON.parse(text).items.map((item: KubeObject) => item.metadata.name);

Deno.test("ListSplitter writes a List of each namespace, with kinds stamped", async () => {
  const { files, handed, add, read, paths } = splitter();
  await add(page(["a", "1"], ["b", "2<&>"]));
  await add(page(["b", "3"]));
  strictEqual(handed.length, 0);
  await files.finish(page(), ["a", "b", "empty"]);
  deepStrictEqual(paths(), ["a.json", "b.json", "empty.json"]);
  const [a, b, empty] = await Promise.all(handed.map(read));
  const metadata = { resourceVersion: "7" };
  const pod = (namespace: string, name: string) => ({ kind: "Pod", apiVersion: "v1", metadata: { namespace, name } });
  const list = (...items: object[]) => ({ kind: "PodList", apiVersion: "v1", metadata, items });
  strictEqual(a, JSON.stringify(list(pod("a", "1")), null, 2));
  strictEqual(
    b,
    JSON.stringify(list(pod("b", "2XYZ"), pod("b", "3")), null, 2).replace("XYZ", "\\u003c\\u0026\\u003e"),
  );
  strictEqual(empty, JSON.stringify(list(), null, 2));
  deepStrictEqual(handed.map(({ bytes }) => bytes), [a!.length, b!.length, empty!.length]);
});

Deno.test("ListSplitter writes plain arrays of objects as they are", async () => {
  const { files, handed, add, read } = splitter({ format: "array" });
  await add(page(["", "1"]));
  await add(page(["", "2"]));
  await files.finish(page(), []);
  strictEqual(
    await read(handed[0]!),
    JSON.stringify([{ metadata: { name: "1" } }, { metadata: { name: "2" } }], null, 2),
  );
});

const stamped: [behaviour: string, item: object, expect: object][] = [
  ["keeps the kind of an object that has one", { kind: "Own", apiVersion: "own/v1", metadata: { name: "a" } }, {
    kind: "Own",
    apiVersion: "own/v1",
    metadata: { name: "a" },
  }],
  ["stamps an object without anything", {}, { kind: "Pod", apiVersion: "v1" }],
  [
    "keeps who changed the object, and leaves out the map of each field",
    { metadata: { name: "a", managedFields: [{ manager: "m", fieldsV1: { "f:x": {} }, time: "t" }], uid: "u" } },
    {
      kind: "Pod",
      apiVersion: "v1",
      metadata: { name: "a", managedFields: [{ manager: "m", time: "t" }], uid: "u" },
    },
  ],
  ["leaves a field of that name alone elsewhere", { spec: { fieldsV1: { a: 1 } } }, {
    kind: "Pod",
    apiVersion: "v1",
    spec: { fieldsV1: { a: 1 } },
  }],
];
for (const [behaviour, item, expect] of stamped) {
  Deno.test(`ListSplitter ${behaviour}`, async () => {
    const { files, handed, add, read } = splitter();
    await add(pageOf([item, item]));
    await files.finish(page(), []);
    const list = { kind: "PodList", apiVersion: "v1", metadata: { resourceVersion: "7" }, items: [expect, expect] };
    strictEqual(await read(handed[0]!), JSON.stringify(list, null, 2));
  });
}

Deno.test("ListSplitter hands on nothing that is not wanted", async () => {
  const { files, add, paths } = splitter({ wanted: ["b"] });
  await add(page(["a", "1"], ["b", "2"]));
  await files.finish(page(), ["b"]);
  deepStrictEqual(paths(), ["b.json"]);
});

Deno.test("ListSplitter leaves nothing behind of a list that failed", async () => {
  const { files, handed, add } = splitter();
  await add(page(["a", "1"]));
  files.fail("broke off");
  strictEqual(handed.length, 0);
  ok(!files.has("a"));
});

Deno.test("ListSplitter hands on what it cannot hold: complete files, and a growing one", async () => {
  const { files, handed, add, read, paths } = splitter({ maxBytes: 400 });
  await add(page(["a", "1"], ["b", "2"]));
  deepStrictEqual(paths(), ["a.json", "b.json"]);
  ok(handed[0]!.bytes! > 0);
  strictEqual(handed[1]!.bytes, 0, "a growing file must not block the queue it stands in");
  deepStrictEqual(names(await read(handed[0]!)), ["1"]);

  // b grows while it is read, and c begins when b has ended. Adding waits for the reader.
  const reading = read(handed[1]!);
  await add(page(["b", "3"]));
  await add(page(["b", "4"], ["c", "5"]));
  await add(page(["a", "late"]));
  deepStrictEqual(names(await reading), ["2", "3", "4"]);
  await files.finish(page(), ["a", "b", "c", "d"]);
  deepStrictEqual(paths(), ["a.json", "b.json", "c.json", "d.json"]);
  deepStrictEqual(names(await read(handed[2]!)), ["5"]);
  deepStrictEqual([...files.late], [["a", 1]], "what came too late is told");
});

Deno.test("ListSplitter waits for a slow reader, and not for one that has moved on", async () => {
  const { handed, files, add } = splitter({ maxBytes: 150 });
  let added = false;
  const adding = add(page(["a", "1".repeat(200)])).then(() => added = true);
  await new Promise((resolve) => setTimeout(resolve, 0));
  strictEqual(handed.length, 1);
  ok(!added);
  handed[0]!.passed!();
  await adding;
  await add(page(["a", "2".repeat(200)]));
  deepStrictEqual((handed[0]!.entry as FileEntry).truncated, { limit: "not read to its end" });
  files.fail("over");
});

Deno.test("ListSplitter ends a growing file as JSON when its list fails, and says so", async () => {
  const { handed, files, add, read } = splitter({ maxBytes: 150 });
  const first = add(page(["a", "1"], ["a", "2"]));
  while (handed.length === 0) await new Promise((resolve) => setTimeout(resolve, 0));
  const text = read(handed[0]!);
  await first;
  files.fail("connection lost");
  deepStrictEqual(names(await text), ["1", "2"]);
  deepStrictEqual((handed[0]!.entry as FileEntry).truncated, { limit: "connection lost" });
  ok(files.has("a"));
});

const entry = (path: string): Entry => ({ type: "link", path, target: "x" });

Deno.test("EntryQueue hands on in order, and lets writers wait while it is full", async () => {
  const queue = new EntryQueue(10);
  await queue.push(entry("1"), 10);
  let welcome = false;
  const waiting = queue.push(entry("2"), 5).then(() => welcome = true);
  await queue.push(entry("3")); // holds nothing: never waits
  const reader = queue.read();
  strictEqual((await reader.next()).value?.path, "1");
  ok(!welcome);
  strictEqual((await reader.next()).value?.path, "2");
  await waiting;
  queue.end();
  deepStrictEqual((await Array.fromAsync(reader)).map(({ path }) => path), ["3"]);
});

Deno.test("EntryQueue.abort() frees writers, drops entries and fails the reader", async () => {
  const queue = new EntryQueue(1);
  let passed = 0;
  const waiting = queue.push(entry("1"), 5, () => passed++);
  queue.abort(new Error("lost"));
  await waiting;
  await queue.push(entry("2"), 5, () => passed++);
  strictEqual(passed, 2);
  await rejects(() => Array.fromAsync(queue.read()), /lost/);
});
