import { deepStrictEqual, match, ok, rejects, strictEqual } from "node:assert/strict";
import { createdObjects, withCreatedObjects } from "../../src/collect/created_objects.ts";
import { marked } from "../../src/collect/object_mark.ts";
import { sweepOrphans } from "../../src/collect/orphan_sweep.ts";
import type { Entry } from "../../src/bundle/entry.ts";
import { textEntry } from "../../src/bundle/entry.ts";
import { systemClock } from "../../src/core/clock.ts";
import { KubeUnreachableError } from "../../src/kube/errors.ts";
import type { KubeClient, KubeObject } from "../../src/kube/kube_client.ts";
import { ManualClock } from "../manual_clock.ts";
import { clusterCase, listAll } from "./cluster_case.ts";

const never = new AbortController().signal;
const options = () => ({ clock: systemClock, signal: never });
const maps = (namespace: string) => `/api/v1/namespaces/${namespace}/configmaps`;
const pods = (namespace: string) => `/api/v1/namespaces/${namespace}/pods`;
const map = (name: string): KubeObject => ({ apiVersion: "v1", kind: "ConfigMap", metadata: { name } });
const pod = (name: string): KubeObject => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name },
  spec: { containers: [{ name: "main", image: "example.com/x:1" }] },
});
/** The names in a collection, but for what the cluster itself puts there. */
async function names(kube: KubeClient, collection: string): Promise<string[]> {
  const all = (await listAll(kube, collection)).map(({ metadata }) => metadata.name);
  return all.filter((name) => name !== "kube-root-ca.crt");
}
/** The client, but for some calls. */
function altered(kube: KubeClient, calls: Partial<KubeClient>): KubeClient {
  return new Proxy(kube, {
    get(target, key) {
      const own = Reflect.get(calls, key) ?? Reflect.get(target, key);
      return typeof own === "function" ? own.bind(target) : own;
    },
  });
}
const lost = () => Promise.reject(new KubeUnreachableError("The answer broke off"));

clusterCase("createdObjects() removes what it created when its scope ends, and nothing else", async (kube, ns) => {
  await kube.create(maps(ns), map("somebody-else"));
  {
    await using objects = createdObjects(kube, options());
    await objects.create(maps(ns), map("one"));
    await objects.create(pods(ns), pod("two"));
    deepStrictEqual((await names(kube, maps(ns))).sort(), ["one", "somebody-else"]);
    deepStrictEqual(await names(kube, pods(ns)), ["two"]);
  }
  deepStrictEqual(await names(kube, maps(ns)), ["somebody-else"]);
  deepStrictEqual(await names(kube, pods(ns)), []);
});

clusterCase("createdObjects() marks with run, expiry and label", async (kube, ns) => {
  const clock = new ManualClock("2026-03-02T00:00:00Z");
  await using objects = createdObjects(kube, { clock, signal: never, lifetimeMs: 60_000 });
  const { metadata } = await objects.create(maps(ns), map("one"));
  deepStrictEqual(metadata.labels, { "app.kubernetes.io/managed-by": "troubleshoot.sh" });
  deepStrictEqual(metadata.annotations, {
    "support-bundle.troubleshoot.sh/run-id": objects.runId,
    "support-bundle.troubleshoot.sh/expires-at": "2026-03-02T00:08:00.000Z",
  });
});

clusterCase("createdObjects() makes up names that begin as wished", async (kube, ns) => {
  await using objects = createdObjects(kube, options());
  const made = [1, 2].map(() => objects.create(maps(ns), { metadata: { generateName: "wish-" } }));
  const [a, b] = (await Promise.all(made)).map(({ metadata }) => metadata.name);
  match(a!, /^wish-[a-z2-9]{8}$/);
  ok(a !== b);
});

clusterCase("createdObjects() leaves the object of another owner whose name it wanted", async (kube, ns) => {
  await kube.create(maps(ns), map("taken"));
  {
    await using objects = createdObjects(kube, options());
    await rejects(objects.create(maps(ns), map("taken")), { status: 409 });
    const { requests } = kube.usage;
    await objects.removeAll();
    strictEqual(kube.usage.requests, requests); // it was refused: there is nothing to look for
  }
  deepStrictEqual(await names(kube, maps(ns)), ["taken"]);
});

clusterCase("createdObjects() leaves an object that took the name of a removed one", async (kube, ns) => {
  {
    await using objects = createdObjects(kube, options());
    await objects.create(maps(ns), map("one"));
    await kube.delete(`${maps(ns)}/one`);
    await kube.create(maps(ns), map("one"));
  }
  deepStrictEqual(await names(kube, maps(ns)), ["one"]);
});

clusterCase("createdObjects() removes after an abort, without the aborted signal", async (kube, ns) => {
  const abort = new AbortController();
  const objects = createdObjects(kube, { clock: systemClock, signal: abort.signal });
  await objects.create(maps(ns), map("one"));
  abort.abort(new Error("stopped"));
  await rejects(objects.create(maps(ns), map("two")), { message: "stopped" });
  deepStrictEqual(await objects.removeAll(), []);
  deepStrictEqual(await names(kube, maps(ns)), []);
});

clusterCase("createdObjects() removes an object whose creation was aborted half way", async (kube, ns) => {
  const abort = new AbortController();
  const asked = Promise.withResolvers<void>();
  const goOn = Promise.withResolvers<void>();
  const slow = altered(kube, {
    async create<T>(path: string, body: unknown, options = {}) {
      asked.resolve();
      await goOn.promise;
      return await kube.create<T>(path, body, options);
    },
  });
  const objects = createdObjects(slow, { clock: systemClock, signal: abort.signal });
  const creation = rejects(objects.create(maps(ns), map("late")), { message: "stopped" });
  await asked.promise;
  abort.abort(new Error("stopped"));
  await creation;
  goOn.resolve();
  deepStrictEqual(await objects.removeAll(), []);
  deepStrictEqual(await names(kube, maps(ns)), []);
});

clusterCase("createdObjects() removes an object of which only the answer was lost", async (kube, ns) => {
  const lossy = altered(kube, {
    async create<T>(path: string, body: unknown, options = {}): Promise<T> {
      await kube.create(path, body, options);
      return await lost();
    },
  });
  const objects = createdObjects(lossy, options());
  await rejects(objects.create(maps(ns), { metadata: { generateName: "x-" } }), { code: "KUBE_UNREACHABLE" });
  strictEqual((await names(kube, maps(ns))).length, 1);
  deepStrictEqual(await objects.removeAll(), []);
  deepStrictEqual(await names(kube, maps(ns)), []);
});

clusterCase("createdObjects() leaves another owner's object when its own creation got no answer", async (kube, ns) => {
  await kube.create(maps(ns), map("taken"));
  const objects = createdObjects(altered(kube, { create: lost }), options());
  await rejects(objects.create(maps(ns), map("taken")), { code: "KUBE_UNREACHABLE" });
  deepStrictEqual(await objects.removeAll(), []);
  deepStrictEqual(await names(kube, maps(ns)), ["taken"]);
});

clusterCase("createdObjects() removes pods that take long to end by force, after 60 s", async (kube, ns) => {
  const clock = new ManualClock();
  const objects = createdObjects(kube, { clock, signal: never });
  // A pod on no node of the simulation: its kubelet never confirms the end.
  const slow = { ...pod("slow"), spec: { ...pod("slow").spec, nodeName: "node-that-is-gone" } };
  await objects.create(pods(ns), slow);
  const removal = objects.removeAll();
  for (let second = 0; second < 59; second++) {
    await clock.untilSleeping();
    await clock.advance(1000);
  }
  await clock.untilSleeping();
  ok((await kube.get(`${pods(ns)}/slow`)).metadata.deletionTimestamp);
  await clock.advance(1000);
  deepStrictEqual(await removal, []);
  deepStrictEqual(await names(kube, pods(ns)), []);
});

clusterCase("createdObjects() does not wait for the end of pods once it is aborted", async (kube, ns) => {
  const abort = new AbortController();
  const objects = createdObjects(kube, { clock: new ManualClock(), signal: abort.signal });
  await objects.create(pods(ns), { ...pod("slow"), spec: { ...pod("slow").spec, nodeName: "node-that-is-gone" } });
  abort.abort();
  deepStrictEqual(await objects.removeAll(), []);
  ok((await kube.get(`${pods(ns)}/slow`)).metadata.deletionTimestamp);
  await kube.delete(`${pods(ns)}/slow`, { query: { gracePeriodSeconds: 0 } });
});

clusterCase(
  "createdObjects() ends its signal with the lifetime, and creates no more after the removal",
  async (kube, ns) => {
    const clock = new ManualClock();
    const objects = createdObjects(kube, { clock, signal: never, lifetimeMs: 5000 });
    await clock.advance(4999);
    deepStrictEqual([objects.signal.aborted, objects.expired], [false, false]);
    await clock.advance(1);
    deepStrictEqual([objects.signal.aborted, objects.expired], [true, true]);
    await objects.removeAll();
    const others = createdObjects(kube, options());
    await others.removeAll();
    await rejects(others.create(maps(ns), map("late")), /no more can be created/);
  },
);

clusterCase("createdObjects() says what it could not remove, and how to", async (kube, ns) => {
  const clock = new ManualClock();
  let deletions = 0;
  const cut = altered(kube, { delete: () => (deletions++, lost()) });
  const objects = createdObjects(cut, { clock, signal: never });
  await objects.create(maps(ns), map("stays"));
  const removal = objects[Symbol.asyncDispose]();
  const failed = rejects(removal, {
    code: "OBJECTS_LEFT",
    message: new RegExp(
      `^"configmaps" "stays" in namespace "${ns}" was created for this run and could not be removed ` +
        `\\(The answer broke off\\)\\. Remove it with: kubectl delete configmaps stays -n ${ns}$`,
    ),
  });
  for (let retry = 0; retry < 2; retry++) {
    await clock.untilSleeping();
    await clock.advance(1000);
  }
  await failed;
  strictEqual(deletions, 3);
  await kube.delete(`${maps(ns)}/stays`);
});

clusterCase("createdObjects() removes one object early, and what was left when asked again", async (kube, ns) => {
  let refuse = true;
  const clock = new ManualClock();
  const moody = altered(kube, {
    delete: (path, options) => refuse ? lost() : kube.delete(path, options),
  });
  const objects = createdObjects(moody, { clock, signal: never });
  const one = await objects.create(maps(ns), map("one"));
  await objects.create(maps(ns), map("two"));
  const early = objects.remove(one);
  for (let retry = 0; retry < 2; retry++) {
    await clock.untilSleeping();
    await clock.advance(1000);
  }
  await early;
  refuse = false;
  await objects.remove(one);
  deepStrictEqual(await names(kube, maps(ns)), ["two"]);
  deepStrictEqual(await objects.removeAll(), []);
  deepStrictEqual(await names(kube, maps(ns)), []);
});

async function* oneFile(): AsyncGenerator<Entry> {
  yield textEntry("a", "b");
}

clusterCase("withCreatedObjects() removes when its reader goes away", async (kube, ns) => {
  const entries = withCreatedObjects(kube, { ...options(), title: "t" }, async function* (objects) {
    await objects.create(maps(ns), map("one"));
    yield* oneFile();
    throw new Error("not reached");
  });
  for await (const _ of entries) break;
  deepStrictEqual(await names(kube, maps(ns)), []);
});

clusterCase("withCreatedObjects() removes after a failure, and passes it on", async (kube, ns) => {
  const entries = withCreatedObjects(kube, { ...options(), title: "t" }, async function* (objects) {
    await objects.create(maps(ns), map("one"));
    yield* oneFile();
    throw new Error("broken");
  });
  const paths: string[] = [];
  await rejects(async () => {
    for await (const { path } of entries) paths.push(path);
  }, { message: "broken" });
  deepStrictEqual(paths, ["a"]);
  deepStrictEqual(await names(kube, maps(ns)), []);
});

clusterCase("withCreatedObjects() yields what is left as missing, and then the failure itself", async (kube, ns) => {
  const denied = altered(kube, { delete: () => kube.get(`/api/v1/namespaces/${ns}/nothing/x`).then(() => {}) });
  const entries = withCreatedObjects(denied, { ...options(), title: "run/t" }, async function* (objects) {
    await objects.create(maps(ns), map("one"));
    yield* oneFile();
    throw new Error("broken");
  });
  const seen: Entry[] = [];
  await rejects(async () => {
    for await (const entry of entries) seen.push(entry);
  }, { message: "broken" });
  const [, left] = seen;
  ok(left?.type === "missing");
  deepStrictEqual([left.path, left.reason], ["run/t", "failed"]);
  match(left.message, /kubectl delete configmaps one -n /);
});

clusterCase("withCreatedObjects() says in words that the lifetime ended", async (kube, ns) => {
  const clock = new ManualClock();
  const options = { clock, signal: never, title: "t", lifetimeMs: 5000 };
  const entries = withCreatedObjects(kube, options, async function* (objects) {
    await objects.create(maps(ns), map("one"));
    await clock.advance(5000);
    await objects.create(maps(ns), map("two"));
    yield* oneFile();
  });
  await rejects(entries.next(), { code: "TIMEOUT", message: "timeout: not done within 5s" });
  deepStrictEqual(await names(kube, maps(ns)), []);
});

clusterCase("sweepOrphans() removes what has expired, and leaves all else", async (kube, ns) => {
  const mark = (expiresAt: string) => ({ runId: "killed", expiresAt: new Date(expiresAt) });
  const labelled = { labels: { "app.kubernetes.io/managed-by": "troubleshoot.sh" } };
  await kube.create(maps(ns), marked(map("expired"), mark("2026-03-02T00:00:00Z")));
  await kube.create(maps(ns), marked(map("in-progress"), mark("2026-03-02T00:00:01Z")));
  await kube.create(maps(ns), { ...map("other-tool"), metadata: { name: "other-tool", ...labelled } });
  await kube.create(maps(ns), map("somebody"));
  const removed = await sweepOrphans(kube, maps(ns), {
    clock: new ManualClock("2026-03-02T00:00:00Z"),
    signal: never,
  });
  deepStrictEqual(removed, ["expired"]);
  deepStrictEqual((await names(kube, maps(ns))).sort(), ["in-progress", "other-tool", "somebody"]);
});

clusterCase("createdObjects() sweeps a collection before its first object there, once", async (kube, ns) => {
  const past = { runId: "killed", expiresAt: new Date("2020-01-01T00:00:00Z") };
  await kube.create(maps(ns), marked(map("expired"), past));
  await using objects = createdObjects(kube, options());
  await objects.create(maps(ns), map("one"));
  deepStrictEqual(await names(kube, maps(ns)), ["one"]);
  const { requests } = kube.usage;
  await objects.create(maps(ns), map("two"));
  strictEqual(kube.usage.requests, requests + 1);
});

clusterCase("sweepOrphans() of what may not be listed does nothing", async (kube, ns) => {
  deepStrictEqual(await sweepOrphans(kube, maps(ns), options()), []);
}, { as: "system:serviceaccount:shop:nobody" });
