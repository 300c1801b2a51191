import { deepStrictEqual, match, rejects, strictEqual } from "node:assert/strict";
import { join } from "node:path";
import { type LoadedSpec, type LoadOptions, loadSpecs } from "../../src/spec/load_spec.ts";
import { printSpec } from "../../src/spec/print_spec.ts";

const HEAD = "apiVersion: troubleshoot.sh/v1beta2\nkind: SupportBundle\nmetadata: {name: x}\n";

function load(text: string, options: Partial<LoadOptions> = {}): Promise<LoadedSpec> {
  return loadSpecs({ sources: ["-"], cwd: "/", stdin: () => Promise.resolve(text), ...options });
}

const kinds = (entries: { unit: { kind: string } }[]) => entries.map(({ unit }) => unit.kind);

const refused = [ // name, text, place and problem, hint
  [
    "a misspelt collector",
    `${HEAD}spec:\n  collectors:\n    - clusterResorces: {}\n`,
    /^standard input:6:7: There is no collector "clusterResorces"$/,
    /clusterResources/,
  ],
  [
    "a misspelt field",
    `${HEAD}spec:\n  collectors:\n    - logs:\n        selectors: [app=x]\n`,
    /^standard input:7:9: logs has no field "selectors"$/,
    /selector/,
  ],
  [
    "a misspelt field deep inside",
    `${HEAD}spec:\n  collectors:\n    - logs:\n        selector: [app=x]\n        limits:\n          maxLine: 5\n`,
    /^standard input:9:11: logs has no field "limits.maxLine"$/,
    /maxLines/,
  ],
  [
    "a misspelt list",
    `${HEAD}spec:\n  colectors: []\n`,
    /^standard input:5:3: A SupportBundle has no field "colectors"$/,
    /collectors/,
  ],
  [
    "a list that is not indented",
    `${HEAD}spec:\ncollectors: []\n`,
    /^standard input:5:1: A SupportBundle has no field "collectors" beside spec$/,
    /belongs into spec/,
  ],
  ["a misspelt spec", `${HEAD}specs:\n  collectors: []\n`, /^standard input:4:1: .* "specs" beside spec$/, /spec/],
  [
    "a wrong type",
    `${HEAD}spec:\n  collectors:\n    - logs:\n        selector: {app: x}\n`,
    /^standard input:7:19: logs\.selector must be a list$/,
    undefined,
  ],
  [
    "a list that is none",
    `${HEAD}spec:\n  collectors: {clusterInfo: {}}\n`,
    /^standard input:5:15: spec\.collectors must be a list$/,
    /dash/,
  ],
  [
    "an entry that is a word",
    `${HEAD}spec:\n  collectors:\n    - clusterInfo\n`,
    /^standard input:6:7: This collector is not a mapping/,
    /- clusterInfo: \{\}/,
  ],
  [
    "a misspelt kind of document",
    "apiVersion: troubleshoot.sh/v1beta2\nkind: SupportBundel\n",
    /^standard input:2:7: "SupportBundel" is no kind of spec$/,
    /SupportBundle/,
  ],
  [
    "an unknown apiVersion",
    "apiVersion: troubleshoot.sh/v1beta9\nkind: SupportBundle\n",
    /^standard input:1:13: The apiVersion "troubleshoot.sh\/v1beta9" is not known$/,
    /v1beta/,
  ],
  [
    "broken YAML",
    `${HEAD}spec:\n  collectors:\n   - a: [1\n`,
    /^standard input:\d+:\d+: This is not valid YAML/,
    /indents/,
  ],
  ["a document that is a list", "- a\n- b\n", /^standard input:1:1: This document is not a mapping$/, /apiVersion/],
  ["nothing at all", "", /^"standard input" holds no spec$/, /apiVersion/],
  [
    "a misspelt redactor field",
    "apiVersion: troubleshoot.sh/v1beta2\nkind: Redactor\nspec:\n  redactors:\n  - name: a\n    removal:\n      values: [x]\n",
    /^standard input:6:5: A redactor has no field "removal"$/,
    /removals/,
  ],
  [
    "a redactor with a broken pattern",
    "apiVersion: troubleshoot.sh/v1beta2\nkind: Redactor\nspec:\n  redactors:\n  - name: a\n    removals:\n      regex:\n      - redactor: 'a(b'\n",
    /^standard input:5:5: /,
    undefined,
  ],
] as const;
for (const [name, text, message, hint] of refused) {
  Deno.test(`loadSpecs() refuses ${name}, with its place`, async () => {
    await rejects(load(text), (error: Error & { hint?: string; exitCode?: number }) => {
      match(error.message, message);
      if (hint !== undefined) match(error.hint ?? "", hint);
      strictEqual(error.exitCode, 2);
      return true;
    });
  });
}

const warned = [ // name, text, warning
  [
    "a field that nothing is near to",
    `${HEAD}spec:\n  collectors:\n    - clusterInfo:\n        frobnicate: 1\n`,
    /standard input:7:9: ignored, clusterInfo has no field "frobnicate"/,
  ],
  [
    "a kind that nothing is near to",
    `${HEAD}spec:\n  collectors:\n    - frobnicate: {}\n`,
    /standard input:6:7: ignored, there is no collector "frobnicate"/,
  ],
  [
    "a document of another project",
    `${HEAD}spec: {collectors: [clusterInfo: {}]}\n---\napiVersion: apps/v1\nkind: Deployment\n`,
    /ignored, a Deployment \(apps\/v1\)/,
  ],
  [
    "an entry that names two kinds",
    `${HEAD}spec:\n  collectors:\n    - logs: {selector: [a=b]}\n      clusterInfo: {}\n`,
    /one entry names clusterInfo and logs; only clusterInfo is used/,
  ],
  ["a Preflight", "apiVersion: troubleshoot.sh/v1beta2\nkind: Preflight\nspec: {}\n", /does not run a Preflight/],
] as const;
for (const [name, text, warning] of warned) {
  Deno.test(`loadSpecs() warns of ${name}, and goes on`, async () => {
    match((await load(text)).warnings.join("\n"), warning);
  });
}

Deno.test("loadSpecs() splits documents at separators with blanks, comments and CRLF", async () => {
  const spec = await load(
    `${HEAD}spec:\n  collectors:\n    - data: {name: a, data: x}\n---  # second\n${HEAD}spec:\n  collectors:\n    - data: {name: b, data: y}\n`
      .replaceAll("\n", "\r\n"),
  );
  deepStrictEqual(spec.collectors.filter(({ unit }) => unit.kind === "data").map(({ config }) => config.name), [
    "a",
    "b",
  ]);
});

Deno.test("loadSpecs() opens specs in Secret and ConfigMap manifests", async () => {
  const inner = `${HEAD}spec:\n  collectors:\n    - data: {name: NAME, data: x}\n`;
  const secret =
    `apiVersion: v1\nkind: Secret\ndata:\n  support-bundle-spec: ${btoa(inner.replace("NAME", "from-data"))}\n` +
    `stringData:\n  support-bundle-spec: |\n${inner.replace("NAME", "from-string-data").replace(/^/gm, "    ")}\n`;
  const configMap = `apiVersion: v1\nkind: ConfigMap\ndata:\n  support-bundle-spec: |\n${
    inner.replace("NAME", "from-map").replace(/^/gm, "    ")
  }\n`;
  const spec = await load(`${secret}---\n${configMap}`);
  deepStrictEqual(
    spec.collectors.filter(({ unit }) => unit.kind === "data").map(({ config }) => config.name),
    ["from-data", "from-string-data", "from-map"],
  );
});

const defaults = [ // name, spec, cluster collectors, host collectors
  ["adds them to a spec without collectors", "spec: {}", ["clusterInfo", "clusterResources"], []],
  ["adds what is missing", "spec: {collectors: [{clusterResources: {namespaces: [a]}}]}", [
    "clusterResources",
    "clusterInfo",
  ], []],
  ["adds none to host collectors alone", "spec: {hostCollectors: [{cpu: {}}]}", [], ["cpu"]],
  [
    "adds them to an explicit empty list beside host collectors",
    "spec: {collectors: [], hostCollectors: [{cpu: {}}]}",
    ["clusterInfo", "clusterResources"],
    ["cpu"],
  ],
] as const;
for (const [name, text, cluster, host] of defaults) {
  Deno.test(`loadSpecs() knows default collectors: ${name}`, async () => {
    const spec = await load(HEAD + text + "\n");
    deepStrictEqual(kinds(spec.collectors), [...cluster]);
    deepStrictEqual(kinds(spec.hostCollectors), [...host]);
  });
}

Deno.test("loadSpecs() merges sources in order and drops exact duplicates", async () => {
  const scratch = await Deno.makeTempDir();
  try {
    const entry = (name: string) =>
      `${HEAD}spec:\n  collectors:\n    - data: {name: ${name}, data: x}\n    - data: {name: same, data: x}\n`;
    await Deno.writeTextFile(join(scratch, "a.yaml"), entry("a"));
    await Deno.writeTextFile(join(scratch, "b.yaml"), entry("b"));
    const spec = await loadSpecs({ sources: ["a.yaml", "b.yaml"], cwd: scratch });
    const names = spec.collectors.filter(({ unit }) => unit.kind === "data").map(({ config }) => config.name);
    deepStrictEqual(names, ["a", "same", "b"]);
  } finally {
    await Deno.remove(scratch, { recursive: true });
  }
});

Deno.test("loadSpecs() takes a field with nothing after it for one that is not there", async () => {
  const spec = await load(
    `${HEAD}spec:\n  collectors:\n    - logs:\n        selector: [a=b]\n        limits:\n    - clusterInfo:\n`,
  );
  strictEqual(spec.collectors[0]!.config.limits, undefined);
});

Deno.test("loadSpecs() keeps kinds that this version cannot run as unsupported", async () => {
  const spec = await load(`${HEAD}spec:\n  collectors:\n    - frobnicate: {}\n`);
  deepStrictEqual(spec.unsupported.map(({ kind, place }) => [kind, place]), [["frobnicate", "standard input:6:7"]]);
});

Deno.test("loadSpecs() says what a missing file may have meant", async () => {
  await rejects(loadSpecs({ sources: ["no-such.yaml"], cwd: "/" }), {
    exitCode: 2,
    message: /"no-such.yaml".*no such file/,
  });
  await rejects(loadSpecs({ sources: ["shedule"], cwd: "/", commands: ["schedule", "version"] }), {
    hint: /support-bundle schedule/,
  });
  await rejects(loadSpecs({ sources: ["secret/name"], cwd: "/" }), {
    exitCode: 2,
    hint: /secret\/NAMESPACE\/NAME/,
  });
});

Deno.test("loadSpecs() reads URLs, and refuses an answer that is no spec", async (t) => {
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, (request) => {
    const { pathname } = new URL(request.url);
    if (pathname === "/spec.yaml") {
      return new Response(`${HEAD}spec: {collectors: [{data: {name: from-url, data: x}}]}`);
    }
    return new Response("<html>not here</html>", { status: 404 });
  });
  const base = `http://127.0.0.1:${server.addr.port}`;
  try {
    await t.step("200", async () => {
      const spec = await loadSpecs({ sources: [`${base}/spec.yaml`], cwd: "/" });
      strictEqual(spec.collectors[0]!.config.name, "from-url");
    });
    await t.step(
      "404",
      () => rejects(loadSpecs({ sources: [`${base}/lost.yaml`], cwd: "/" }), { exitCode: 2, message: /answered 404/ }),
    );
    await t.step("uri replaces the document", async () => {
      const spec = await load(
        `${HEAD}spec:\n  uri: ${base}/spec.yaml\n  collectors: [{data: {name: original, data: x}}]\n`,
      );
      strictEqual(spec.collectors[0]!.config.name, "from-url");
    });
    await t.step("a uri that fails keeps it, with a warning", async () => {
      const spec = await load(
        `${HEAD}spec:\n  uri: ${base}/lost.yaml\n  collectors: [{data: {name: original, data: x}}]\n`,
      );
      strictEqual(spec.collectors[0]!.config.name, "original");
      match(spec.warnings.join("\n"), /standard input:5:8: .*404.*the spec as it was given is used/);
    });
  } finally {
    await server.shutdown();
  }
});

Deno.test("printSpec() prints what loadSpecs() reads again", async () => {
  const text =
    `${HEAD}spec:\n  hostCollectors: [{cpu: {}}]\n  hostAnalyzers: [{cpu: {outcomes: [{pass: {message: ok}}]}}]\n---\n` +
    "apiVersion: troubleshoot.sh/v1beta2\nkind: Redactor\nspec:\n  redactors: [{name: a, removals: {values: [x]}}]\n";
  const printed = printSpec(await load(text));
  match(printed, /^apiVersion: troubleshoot.sh\/v1beta2\nkind: Redactor\n/);
  match(printed, /status: \{\}/);
  strictEqual(printSpec(await load(printed)), printed);
});
