import { deepStrictEqual, match, ok, rejects, strictEqual } from "node:assert/strict";
import { join } from "node:path";
import { type LoadedSpec, type LoadOptions, loadSpecs } from "../../src/spec/load_spec.ts";
import { printSpec } from "../../src/spec/print_spec.ts";

function load(text: string, options: Partial<LoadOptions> = {}): Promise<LoadedSpec> {
  return loadSpecs({ sources: ["-"], cwd: "/", stdin: () => Promise.resolve(text), ...options });
}

const head = (kind: string, version = "troubleshoot.sh/v1beta2") => `apiVersion: ${version}\nkind: ${kind}\n`;
const counts = (spec: LoadedSpec) => ({
  collectors: spec.collectors.filter(({ place }) => place !== "default").map(({ unit }) => unit.kind),
  host: spec.hostCollectors.map(({ unit }) => unit.kind),
  analyzers: spec.analyzers.map(({ unit }) => unit.kind),
  hostAnalyzers: spec.hostAnalyzers.map(({ unit }) => unit.kind),
  redactors: spec.redactors.map(({ name }) => name),
});
const NOTHING = { collectors: [], host: [], analyzers: [], hostAnalyzers: [], redactors: [] };

const BUNDLE = `spec:
  collectors: [{docString: what for, data: {name: a, data: x}}]
  hostCollectors: [{cpu: {}}]
  analyzers: [{clusterVersion: {outcomes: [{pass: {message: ok}}]}}]
  hostAnalyzers: [{memory: {outcomes: [{pass: {message: ok}}]}}]
`;
const kinds: [kind: string, spec: string, expected: Partial<typeof NOTHING> | object][] = [
  ["SupportBundle", BUNDLE, {
    collectors: ["data"],
    host: ["cpu"],
    analyzers: ["clusterVersion"],
    hostAnalyzers: ["memory"],
  }],
  ["Collector", "spec: {collectors: [{data: {name: a, data: x}}]}\n", { collectors: ["data"] }],
  ["HostCollector", "spec: {collectors: [{cpu: {}}]}\n", { host: ["cpu"] }],
  ["Analyzer", BUNDLE.replace(/ {2}(collectors|hostCollectors).*\n/g, ""), {
    analyzers: ["clusterVersion"],
    hostAnalyzers: ["memory"],
  }],
  ["Redactor", "spec: {redactors: [{name: r, removals: {values: [x]}}]}\n", { redactors: ["r"] }],
  ["Preflight", "spec: {collectors: [{data: {name: a, data: x}}]}\n", {}],
  ["HostPreflight", "spec: {collectors: [{cpu: {}}]}\n", {}],
  ["RemoteCollector", "spec: {collectors: [{cpu: {}}]}\n", {}],
];
const versions = [
  "troubleshoot.sh/v1beta2",
  "troubleshoot.sh/v1beta3",
  "troubleshoot.replicated.com/v1beta1",
  "troubleshoot.replicated.com/v1beta2",
];
for (const [kind, text, expected] of kinds) {
  Deno.test(`loadSpecs() understands a ${kind} in every version`, async () => {
    for (const version of versions) {
      const spec = await load(head(kind, version) + text);
      deepStrictEqual(counts(spec), { ...NOTHING, ...expected }, version);
      const ignored = spec.warnings.filter((warning) => warning.includes("does not run a"));
      strictEqual(ignored.length, Object.keys(expected).length === 0 ? 1 : 0, version);
    }
  });
}

Deno.test("loadSpecs() reads all kinds from one file, and from many, in the same order", async () => {
  const documents = kinds.map(([kind, text], i) => head(kind, versions[i % 2]) + text);
  const one = await load(documents.join("---\n"));
  const folder = await Deno.makeTempDir();
  try {
    const sources = documents.map((_, i) => join(folder, `${i}.yaml`));
    await Promise.all(sources.map((path, i) => Deno.writeTextFile(path, documents[i]!)));
    const many = await loadSpecs({ sources, cwd: folder });
    deepStrictEqual(counts(many), counts(one));
    strictEqual(printSpec(many), printSpec(one));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("loadSpecs() merges SupportBundles first, then Collectors, whatever their order in the file", async () => {
  const data = (name: string) => `spec: {collectors: [{data: {name: ${name}, data: x}}]}\n`;
  const text = [head("Collector") + data("late"), head("SupportBundle") + data("early")].join("---\n");
  deepStrictEqual((await load(text)).collectors.slice(0, 2).map(({ config }) => config.name), ["early", "late"]);
});

Deno.test("loadSpecs() uses every document behind --redactors, and wants a Redactor among them", async () => {
  const redactor = head("Redactor") + "spec: {redactors: [{name: r, removals: {values: [x]}}]}\n";
  const host = head("HostCollector") + "spec: {collectors: [{cpu: {}}]}\n";
  const spec = await load(`${redactor}---\n${host}`, { sources: [], redactorSources: ["-"] });
  deepStrictEqual(counts(spec), { ...NOTHING, redactors: ["r"], host: ["cpu"] });
  await rejects(load(host, { sources: [], redactorSources: ["-"] }), {
    exitCode: 2,
    message: /no document of kind Red/,
  });
});

Deno.test("loadSpecs() opens a List of manifests, with places in it", async () => {
  const inner = head("SupportBundle") + "spec: {collectors: [{data: {name: NAME, data: x}}]}\n";
  const item = (kind: string, fields: object) => ({ apiVersion: "v1", kind, metadata: { name: "x" }, ...fields });
  const items = [
    item("Secret", { data: { "support-bundle-spec": btoa(inner.replace("NAME", "secret")) } }),
    item("ConfigMap", { data: { "support-bundle-spec": inner.replace("NAME", "map") } }),
    item("Service", {}),
  ];
  const spec = await load(JSON.stringify({ apiVersion: "v1", kind: "List", items }, null, 2));
  deepStrictEqual(spec.collectors.slice(0, 2).map(({ config }) => config.name), ["secret", "map"]);
  match(spec.warnings.join("\n"), /^standard input:\d+:\d+: ignored, a Service \(v1\) is no Troubleshoot spec$/);
});

Deno.test("loadSpecs() understands merge keys and aliases, and refuses aliases that would fill the memory", async () => {
  const spec = await load(
    `${head("SupportBundle")}x-base: &base {data: x}\nspec:\n  collectors:\n    - data: {<<: *base, name: a}\n`,
  );
  deepStrictEqual(spec.collectors[0]!.config, { ...spec.collectors[0]!.config, name: "a", data: "x" });
  const laughs = Array.from({ length: 9 }, (_, i) => `a${i + 1}: &a${i + 1} [${`*a${i}, `.repeat(9)}]\n`).join("");
  await rejects(load(`${head("SupportBundle")}a0: &a0 [x]\n${laughs}`), {
    exitCode: 2,
    message: /^standard input:1:1: .*aliases/,
  });
});

const hiding: [written: string, expected: string[] | RegExp][] = [
  ["hide: [ip, email]", ["email", "ip"]],
  ["hide: ip", ["ip"]],
  ["hide: all", ["email", "ip", "mac", "hostname"]],
  ["hide: [ips]", /^standard input:3:\d+: hide: "ips" is no class of data/],
  ["hide: {ip: true}", /^standard input:3:\d+: hide is no list of words/],
];
for (const [written, expected] of hiding) {
  Deno.test(`loadSpecs() reads ${written} of a Redactor`, async () => {
    const text = `${head("Redactor")}spec: {${written}}\n`;
    if (expected instanceof RegExp) await rejects(load(text), { message: expected, exitCode: 2 });
    else {
      const spec = await load(text);
      deepStrictEqual(spec.hide, expected);
      match(printSpec(spec), /kind: Redactor[^]*hide:/);
    }
  });
}

// What stands in a spec may be a secret: no message repeats a value.
const SECRET = "hunter2-" + crypto.randomUUID();
const broken: [name: string, text: string][] = [
  ["a value behind a quoted one", `${head("SupportBundle")}spec: "a" ${SECRET}\n`],
  ["an escape", `${head("SupportBundle")}spec: "\\${SECRET}"\n`],
  ["a tag", `${head("SupportBundle")}spec: !!map ${SECRET}\n`],
  ["a text where a list belongs", `${head("SupportBundle")}spec: {collectors: ${SECRET}}\n`],
  ["a text where a mapping belongs", `${head("SupportBundle")}spec: ${SECRET}\n`],
  ["a block header", `${head("SupportBundle")}spec: | ${SECRET}\n`],
  ["a value that is cut off", `${head("SupportBundle")}spec: {a: "${SECRET}\n`],
  ["a Secret that is not base64", `apiVersion: v1\nkind: Secret\ndata: {support-bundle-spec: "${SECRET}!"}\n`],
  ["a removal of a wrong type", `${head("Redactor")}spec: {redactors: [{removals: {values: ${SECRET}}}]}\n`],
  ["a wrong type in a collector", `${head("SupportBundle")}spec: {collectors: [{data: {name: [${SECRET}]}}]}\n`],
];
for (const [name, text] of broken) {
  Deno.test(`loadSpecs() gives the place of ${name}, and never repeats it`, async () => {
    await rejects(load(text), (error: Error & { hint?: string; exitCode?: number }) => {
      strictEqual(error.exitCode, 2, error.message);
      match(error.message, /^standard input:\d+:\d+: /);
      ok(!error.message.includes("\n"), "one line");
      for (let e: unknown = error; e instanceof Error; e = e.cause) {
        ok(!`${e.message}${e.stack}`.includes(SECRET), e.message);
      }
      ok(!error.hint?.includes(SECRET));
      return true;
    });
  });
}

Deno.test("loadSpecs() says that a template must be rendered first", async () => {
  await rejects(load(`${head("Preflight", versions[1])}spec:\n  {{- if .Values.x }}\n  a: 1\n  {{- end }}\n`), {
    exitCode: 2,
    hint: /render the template first/,
  });
});

Deno.test("printSpec() prints what this version cannot run as it was given, in its place", async () => {
  const text = `${head("SupportBundle", versions[1])}spec:
  runHostCollectorsInPod: true
  afterCollection: [{callback: {uri: "https://example.com/done"}}]
  collectors:
    - data: {name: a, data: x}
    - frobnicate: {depth: 3}
    - data: {name: b, data: x}
    - frobnicate: {depth: 3}
  analyzers:
    - judge: {outcomes: []}
`;
  const spec = await load(text);
  const printed = printSpec(spec);
  const { parse } = await import("yaml");
  deepStrictEqual(parse(printed).spec, {
    afterCollection: [{ callback: { uri: "https://example.com/done" } }],
    analyzers: [{ judge: { outcomes: [] } }],
    collectors: [
      { data: { name: "a", data: "x" } },
      { frobnicate: { depth: 3 } },
      { data: { name: "b", data: "x" } },
      { clusterInfo: {} },
      { clusterResources: {} },
    ],
    runHostCollectorsInPod: true,
  });
  strictEqual(printSpec(await load(printed)), printed);
  match(spec.warnings.join("\n"), /afterCollection|delivers with --upload only/);
  ok(!spec.warnings.join("\n").includes("runHostCollectorsInPod"), "it is run");
});

const V3 = (uri: string) =>
  `${head("SupportBundle", versions[1])}spec:
  collectors:
    - postgres:
        collectorName: db
        uri: ${uri}
        tls: {cacert: {valueFrom: {configMapKeyRef: {name: ca, key: ca.crt, optional: true}}}}
    - logs: {selector: [app=x]}
  hostCollectors: [{cpu: {}}]
  analyzers: [{clusterVersion: {outcomes: [{pass: {message: ok}}]}}]
`;
const uris: [name: string, uri: string][] = [
  ["a text", "postgresql://db/app"],
  ["a value", "{value: postgresql://db/app}"],
  ["a reference", "{valueFrom: {secretKeyRef: {name: login, key: uri, namespace: shop}}}"],
];
for (const [name, uri] of uris) {
  Deno.test(`loadSpecs() understands v1beta3 with ${name} for a database, beside all other kinds, and prints it as it was`, async () => {
    const spec = await load(V3(uri));
    deepStrictEqual(counts(spec), {
      ...NOTHING,
      collectors: ["postgres", "logs"],
      host: ["cpu"],
      analyzers: ["clusterVersion"],
    });
    deepStrictEqual(spec.warnings, []);
    ok(JSON.stringify(spec.collectors[0]!.raw).includes("postgresql://db/app") || uri.includes("secretKeyRef"));
    strictEqual(printSpec(await load(printSpec(spec))), printSpec(spec));
  });
}

Deno.test("loadSpecs() gives the place of a misspelt reference of v1beta3", async () => {
  await rejects(load(V3("{valueFrom: {secretKeyReff: {name: login, key: uri}}}")), {
    exitCode: 2,
    message: /^standard input:7:\d+: .*secretKeyReff/,
    hint: /secretKeyRef/,
  });
});
