import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { isOrphan, MANAGED_BY, marked, runIdOf } from "../../src/collect/object_mark.ts";
import type { KubeObject } from "../../src/kube/kube_client.ts";

const expiresAt = new Date("2026-03-02T01:00:00Z");
const late = new Date("2026-03-02T01:00:00Z");
const early = new Date("2026-03-02T00:59:59Z");
const plain: KubeObject = { metadata: { name: "x" } };
const ours = marked(plain, { runId: "run-1", expiresAt });
const without = (key: "labels" | "annotations") => ({ ...ours, metadata: { ...ours.metadata, [key]: undefined } });
const annotated = (text: string): KubeObject => ({
  metadata: {
    ...ours.metadata,
    annotations: Object.fromEntries(
      Object.entries(ours.metadata.annotations!).map((
        [name, value],
      ) => [name, name.endsWith("expires-at") ? text : value]),
    ),
  },
});

const behaviour: [string, KubeObject, Date, boolean][] = [
  ["isOrphan() takes what has expired", ours, late, true],
  ["isOrphan() leaves the objects of a run in progress", ours, early, false],
  ["isOrphan() leaves objects without marks", plain, late, false],
  [
    "isOrphan() leaves what other tools label alike",
    { metadata: { name: "x", labels: { ...MANAGED_BY } } },
    late,
    false,
  ],
  ["isOrphan() leaves what has lost its label", without("labels"), late, false],
  ["isOrphan() leaves what has lost its annotations", without("annotations"), late, false],
  [
    "isOrphan() leaves what something else owns",
    {
      metadata: { ...ours.metadata, ownerReferences: [{ kind: "ReplicaSet", name: "web" }] },
    },
    late,
    false,
  ],
  ["isOrphan() leaves an expiry that cannot be read", annotated("soon"), late, false],
  ["isOrphan() leaves an empty expiry", annotated(""), late, false],
];
for (const [name, object, now, expected] of behaviour) {
  Deno.test(name, () => strictEqual(isOrphan(object, now), expected));
}

Deno.test("marked() keeps what the manifest says, and the run can be read back", () => {
  const object = marked({
    kind: "Pod",
    metadata: { name: "x", labels: { a: "b" }, annotations: { c: "d" } },
    spec: {},
  }, { runId: "run-1", expiresAt });
  strictEqual(object.metadata.labels?.a, "b");
  strictEqual(object.metadata.annotations?.c, "d");
  strictEqual(runIdOf(object), "run-1");
  deepStrictEqual([object.kind, object.spec], ["Pod", {}]);
});
