import { deepStrictEqual } from "node:assert/strict";
import { stringify } from "yaml";
import { longhorn } from "../../../src/analyze/kinds/cluster/longhorn.ts";
import { longhornManifest } from "../../../src/collect/kinds/cluster/longhorn_manifest.ts";
import { pass, resultsOf, verdictsOf } from "../judge_kind.ts";

/** A file in the form of Kubernetes. */
const canonical = (name: string, spec: object, status: object = {}) => stringify({ metadata: { name }, spec, status });
/** A file with Go's names in lower case. */
const lowered = (name: string, spec: object, status: object = {}) => stringify({ objectmeta: { name }, spec, status });
/** A file as our own collector writes it. */
const collected = (name: string, spec: object, status: object = {}) =>
  stringify(longhornManifest({ metadata: { name }, spec, status } as never, "X", "longhorn.io/v1beta1"));

const ready = { conditions: [{ type: "Ready", status: "False" }, { type: "Schedulable", status: "True" }] };
const unready = { conditions: { Schedulable: { type: "Schedulable", status: "False" } } };
const DIR = "longhorn/longhorn-system";
const node = { [`${DIR}/nodes/n1.yaml`]: canonical("n1", {}, ready) };
const sums = (volume: string, replica: string) => `${DIR}/volumes/${volume}/replicachecksums/${replica}.txt`;
const md5 = (c: string) => c.repeat(32);
const HEALTHY = "pass: Longhorn is healthy";

const behaviour: [name: string, files: Record<string, unknown>, expected: string[]][] = [
  ["passes", {
    ...node,
    [`${DIR}/volumes/v.yaml`]: canonical("v", { numberOfReplicas: 3 }),
    [`${DIR}/replicas/r.yaml`]: canonical("r", { failedAt: "", desireState: "running" }, { currentState: "running" }),
    [`${DIR}/engines/e.yaml`]: canonical("e", { desireState: "stopped" }, { currentState: "stopped" }),
  }, [HEALTHY]],
  ["passes files of the original's form", {
    [`${DIR}/nodes/n1.yaml`]: lowered("n1", {}, { conditions: { Schedulable: { status: "True" } } }),
    [`${DIR}/volumes/v.yaml`]: lowered("v", { numberofreplicas: 2 }),
    [`${DIR}/replicas/r.yaml`]: lowered("r", { instancespec: { desirestate: "running" }, failedat: "" }, {
      instancestatus: { currentstate: "running" },
    }),
  }, [HEALTHY]],
  ["passes files of our own collector", {
    [`${DIR}/nodes/n1.yaml`]: collected("n1", {}, ready),
    [`${DIR}/volumes/v.yaml`]: collected("v", { numberOfReplicas: 2, size: "1073741824" }),
    [`${DIR}/replicas/r.yaml`]: collected("r", { desireState: "running" }, { currentState: "running" }),
  }, [HEALTHY]],
  ["warns of a node that is not schedulable", { [`${DIR}/nodes/n1.yaml`]: canonical("n1", {}, unready) }, [
    "warn: Longhorn node is not schedulable",
  ]],
  ["warns of a node that does not say so", { [`${DIR}/nodes/n1.yaml`]: canonical("n1", {}, { conditions: null }) }, [
    "warn: Node schedulable status not found",
  ]],
  ["warns of a replica that failed", {
    ...node,
    [`${DIR}/replicas/r.yaml`]: lowered("r", { failedat: "2026-01-01T00:00:00Z" }),
  }, [
    "warn: Longhorn replica r failed at 2026-01-01T00:00:00Z",
  ]],
  ["warns of a replica in another state", {
    ...node,
    [`${DIR}/replicas/r.yaml`]: canonical("r", { desireState: "running" }, { currentState: "error" }),
  }, ['warn: Longhorn replica r current status "error", should be "running"']],
  ["warns of an engine in another state", {
    ...node,
    [`${DIR}/engines/e.yaml`]: collected("e", { desireState: "running" }, { currentState: "stopped" }),
  }, ['warn: Longhorn engine e current status "stopped", should be "running"']],
  ["warns of a volume with one replica", {
    ...node,
    [`${DIR}/volumes/v.yaml`]: canonical("v", { numberOfReplicas: 1 }),
  }, [
    "warn: Longhorn volume with low replicas",
  ]],
  ["warns of replicas that differ", {
    ...node,
    [sums("v", "a")]: `${md5("a")}  x.img\n${md5("b")}  x.meta\n`,
    [sums("v", "b")]: `${md5("b")}  x.meta\n${md5("c")}  x.img\n`,
    [sums("w", "a")]: `${md5("a")}  x.img\n${md5("b")}  x.meta\n`,
    [sums("w", "b")]: `${md5("b")}  /data/x.meta\n${md5("A")} *x.img\n`,
    [sums("x", "a")]: `${md5("a")}  x.img\n`,
  }, ["warn: Replica corruption detected"]],
  ["does not compare with a replica of which nothing was read", {
    ...node,
    [sums("v", "a")]: `${md5("a")}  x.img\n`,
    [sums("v", "b")]: "bash: md5sum: not found\n",
  }, [HEALTHY]],
  ["tells that checksums are hidden", { ...node, [sums("v", "a")]: "***HIDDEN***  x.img\n" }, [
    `error: The value in ${sums("v", "a")} cannot be judged: redaction has hidden it`,
  ]],
  ["tells that a state is hidden", {
    ...node,
    [`${DIR}/replicas/r.yaml`]: "metadata:\n  name: r\nspec:\n  desireState: ***HIDDEN***\n",
  }, [`error: The value in ${DIR}/replicas/r.yaml cannot be judged: redaction has hidden it`]],
  ["tells that a number is hidden", {
    ...node,
    [`${DIR}/volumes/v.yaml`]: canonical("v", { numberOfReplicas: "***HIDDEN***" }),
  }, [
    `error: The value in ${DIR}/volumes/v.yaml cannot be judged: redaction has hidden it`,
  ]],
  ["takes no missing number for a low one", { ...node, [`${DIR}/volumes/v.yaml`]: canonical("v", {}) }, [
    `error: ${DIR}/volumes/v.yaml of the bundle does not say how many replicas the volume has`,
  ]],
  ["goes on after files that it cannot read", {
    [`${DIR}/nodes/a.yaml`]: "a: [",
    [`${DIR}/nodes/b.yaml`]: "- 1",
    [`${DIR}/nodes/c.yaml`]: "",
    [`${DIR}/nodes/d.yaml`]: canonical("d", {}, unready),
  }, [
    `error: Cannot read ${DIR}/nodes/a.yaml of the bundle as YAML: it is not valid YAML`,
    `error: ${DIR}/nodes/b.yaml of the bundle is no object`,
    `skipped/file-missing: The bundle does not have ${DIR}/nodes/c.yaml, or it is empty`,
    "warn: Longhorn node is not schedulable",
  ]],
  ["does not stumble over odd forms", {
    [`${DIR}/nodes/a.yaml`]: "metadata: 1\nspec: []\nstatus: {conditions: [null, 1]}",
  }, [
    "warn: Node schedulable status not found",
  ]],
  ["says which files are missing", {}, [
    `skipped/file-missing: The bundle does not have ${DIR}/nodes/*, or it is empty`,
  ]],
  ["misses the nodes beside other files", { [`${DIR}/volumes/v.yaml`]: canonical("v", { numberOfReplicas: 2 }) }, [
    `skipped/file-missing: The bundle does not have ${DIR}/nodes/*, or it is empty`,
  ]],
];
for (const [name, files, expected] of behaviour) {
  Deno.test(`longhorn ${name}`, async () =>
    deepStrictEqual(await verdictsOf(longhorn, { outcomes: [pass("x")] }, files), expected));
}

const places: [config: Record<string, unknown>, expected: string[]][] = [
  [{ namespace: "storage" }, [HEALTHY]],
  [{ namespace: "st*" }, ["skipped/file-missing: The bundle does not have longhorn/st\\*/nodes/*, or it is empty"]],
  [{ namespace: ".." }, ['throws: The path "longhorn/.." would lie outside the bundle']],
];
for (const [config, expected] of places) {
  Deno.test(`longhorn looks in the namespace ${config.namespace}`, async () =>
    deepStrictEqual(
      await verdictsOf(longhorn, config, { "longhorn/storage/nodes/n.yaml": canonical("n", {}, ready) }),
      expected,
    ));
}

const sick = {
  [`${DIR}/nodes/n1.yaml`]: canonical("n1", {}, unready),
  [`${DIR}/replicas/r1.yaml`]: lowered("", { failedat: "now" }),
  [`${DIR}/engines/e1.yaml`]: canonical("e1", { desireState: "running" }),
  [`${DIR}/volumes/v1.yaml`]: canonical("v1", { numberOfReplicas: 1 }),
  [sums("v1", "a")]: `${md5("a")}  x\n`,
  [sums("v1", "b")]: `${md5("b")}  x\n`,
};
const titles: [config: Record<string, unknown>, titles: string[]][] = [
  [{}, [
    "Longhorn Node Status: n1",
    "Longhorn Replica Status: r1",
    "Longhorn Engine Status: e1",
    "Longhorn Volume Status: v1",
    "Longhorn Volume Replica Corruption: v1",
  ]],
  [{ checkName: "Storage" }, Array(5).fill("Storage")],
];
for (const [config, expected] of titles) {
  Deno.test(`longhorn has the titles ${expected.join(", ")}`, async () => {
    const results = await resultsOf(longhorn, config, sick);
    deepStrictEqual(results.map(({ title }) => title), expected);
    deepStrictEqual(results.flatMap(({ evidence }) => evidence!.map(({ path }) => path)), [
      `${DIR}/nodes/n1.yaml`,
      `${DIR}/replicas/r1.yaml`,
      `${DIR}/engines/e1.yaml`,
      `${DIR}/volumes/v1.yaml`,
      sums("v1", "a"),
      sums("v1", "b"),
    ]);
  });
}

Deno.test("longhorn honours checkName where it passes", () =>
  deepStrictEqual([{ checkName: "C" }, {}].map((c) => longhorn.title(longhorn.schema.parse(c))), [
    "C",
    "Longhorn Health Status",
  ]));
