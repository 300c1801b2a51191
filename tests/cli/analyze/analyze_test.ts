import { deepStrictEqual, equal, match } from "node:assert/strict";
import { createHash } from "node:crypto";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { parse } from "yaml";
import { runCli } from "../../../src/cli/run_cli.ts";
import { type Member, tarOf } from "../../bundle/tar_bytes.ts";
import { CliHarness, type HarnessOptions } from "../schedule/cli_harness.ts";

const ROOT = "support-bundle-2026-01-31T08_00_00";
const BUNDLE: Member[] = [
  [{ name: `${ROOT}/version.yaml` }, "apiVersion: troubleshoot.sh/v1beta2\n"],
  [{ name: `${ROOT}/cluster-info/cluster_version.json` }, '{"info": {"gitVersion": "v1.31.2"}, "string": "v1.31.2"}'],
  [{ name: `${ROOT}/app/web.log` }, "fine\nerror 7 <&>\n"],
  [{ name: `${ROOT}/host-collectors/system/cpu.json` }, '{"logicalCount": 2, "physicalCount": 2}'],
];

const analyzers = {
  version: (status: string, extra = "") =>
    `  - clusterVersion: {${extra} outcomes: [{${status}: {when: ">= 1.0.0", message: "at 1.31", uri: "https://x.example/a?b=1&c"}}]}\n`,
  log: (status: string) =>
    `  - textAnalyze: {checkName: Log, collectorName: app, fileName: web.log, regex: "error (\\\\d)", ` +
    `outcomes: [{${status}: {when: "true", message: "has <errors> & more"}}]}\n`,
  missing: (extra = "") =>
    `  - deploymentStatus: {${extra} name: web, namespace: shop, outcomes: [{pass: {message: fine}}]}\n`,
  unmatched: `  - clusterVersion: {checkName: Nothing, outcomes: [{pass: {when: "< 1.0.0", message: old}}]}\n`,
  silent: `  - textAnalyze: {checkName: Silent, fileName: gone.log, regex: a, ignoreIfNoFiles: true, outcomes: []}\n`,
  excluded: `  - clusterVersion: {checkName: Out, exclude: true, outcomes: [{fail: {message: no}}]}\n`,
  unknown: `  - somethingNew: {checkName: New}\n`,
};
const spec = (list: string, kind = "Analyzer", field = "analyzers") =>
  `apiVersion: troubleshoot.sh/v1beta2\nkind: ${kind}\nmetadata: {name: a}\nspec:\n  ${field}:\n${list}`;

interface Ran {
  code: number;
  stdout: string;
  stderr: string;
  harness: CliHarness;
}

async function run(
  args: string[],
  files: Record<string, string> = {},
  options: HarnessOptions & { archive?: Uint8Array; then?: (ran: Ran) => Promise<void> } = {},
): Promise<Ran> {
  await using harness = await CliHarness.create();
  await Deno.writeFile(join(harness.root, "in.tar.gz"), options.archive ?? gzipSync(await tarOf(...BUNDLE)));
  for (const [name, text] of Object.entries(files)) await harness.file(name, text);
  const { cli, printed } = harness.context(options);
  const code = await runCli(args, cli);
  const ran = { code, ...printed, harness };
  await options.then?.(ran);
  return ran;
}

const NEW = ["analyze", "in.tar.gz", "s.yaml"];
const OLD = ["analyze", "s.yaml", "--bundle", "in.tar.gz"];

const codes: [name: string, analyzers: string, code: number][] = [
  ["a pass", analyzers.version("pass"), 0],
  ["a warning", analyzers.version("warn"), 4],
  ["a failure", analyzers.version("fail"), 3],
  ["a failure and a warning", analyzers.version("warn") + analyzers.log("fail"), 3],
  ["a missing file", analyzers.missing(), 4],
  ["a missing file, strict", analyzers.missing("strict: true,"), 3],
  ["no outcome that matches", analyzers.unmatched, 0],
  ["an analyzer that has nothing to say", analyzers.silent, 0],
  ["an analyzer that is left out", analyzers.excluded, 0],
  ["an analyzer that this version does not have", analyzers.unknown, 4],
];
for (const [name, list, code] of codes) {
  Deno.test(`analyze ends with ${code} for ${name}, whatever is shown; with --bundle only by --exit-code`, async () => {
    const files = { "s.yaml": spec(list) };
    for (const form of ["human", "json", "yaml", "junit", "sarif"]) {
      equal((await run([...NEW, "-o", form, "--severity", "fail"], files)).code, code, form);
    }
    equal((await run([...NEW, "--exit-code=false"], files)).code, 0);
    equal((await run(OLD, files)).code, 0);
    equal((await run([...OLD, "--exit-code"], files)).code, code);
  });
}

const kinds: [kind: string, field: string, list: string, title: string][] = [
  ["SupportBundle", "analyzers", analyzers.version("pass"), "Required Kubernetes Version"],
  ["SupportBundle", "hostAnalyzers", `  - cpu: {outcomes: [{pass: {message: ok}}]}\n`, "Number of CPUs"],
  ["Analyzer", "analyzers", analyzers.version("pass"), "Required Kubernetes Version"],
  ["Analyzer", "hostAnalyzers", `  - cpu: {outcomes: [{pass: {message: ok}}]}\n`, "Number of CPUs"],
  ["Preflight", "analyzers", analyzers.version("pass"), "Required Kubernetes Version"],
  ["HostPreflight", "analyzers", `  - cpu: {outcomes: [{pass: {message: ok}}]}\n`, "Number of CPUs"],
];
for (const [kind, field, list, title] of kinds) {
  Deno.test(`analyze takes ${field} of a ${kind}`, async () => {
    const { stdout, stderr } = await run([...NEW, "-o", "json"], { "s.yaml": spec(list, kind, field) });
    equal(stderr, "");
    deepStrictEqual(JSON.parse(stdout).findings.map((finding: { title: string }) => finding.title), [title]);
  });
}

Deno.test("analyze says nothing of what a spec would collect or deliver", async () => {
  const text = spec(analyzers.version("pass"), "SupportBundle") +
    "  afterCollection: [{uploadResultsTo: {uri: 'https://x.example'}}]\n  runHostCollectorsInPod: true\n";
  const { stderr, code } = await run(NEW, { "s.yaml": text });
  deepStrictEqual([stderr, code], ["", 0]);
});

Deno.test("analyze takes several specs, and specs from standard input", async () => {
  const files = { "s.yaml": spec(analyzers.version("pass")), "t.yaml": spec(analyzers.log("fail")) };
  const { stdout } = await run([...NEW, "t.yaml", "-o", "json"], files);
  equal(JSON.parse(stdout).findings.length, 2);
});

Deno.test("analyze --bundle prints what readers of Troubleshoot know, as YAML", async () => {
  const { stdout } = await run(OLD, { "s.yaml": spec(analyzers.version("fail", "strict: true,")) });
  equal(
    stdout,
    `- ispass: false
  isfail: true
  iswarn: false
  strict: true
  title: Required Kubernetes Version
  message: at 1.31
  uri: https://x.example/a?b=1&c
  iconkey: kubernetes_cluster_version
  iconuri: https://troubleshoot.sh/images/analyzer-icons/kubernetes.svg?w=16&h=16
  involvedobject: null
`,
  );
});

Deno.test("analyze --bundle --output json prints it as Go does", async () => {
  const { stdout } = await run([...OLD, "--output", "json"], { "s.yaml": spec(analyzers.log("warn")) });
  equal(
    stdout,
    `[
    {
        "IsPass": false,
        "IsFail": false,
        "IsWarn": true,
        "Strict": false,
        "Title": "Log",
        "Message": "has \\u003cerrors\\u003e \\u0026 more",
        "URI": "",
        "IconKey": "kubernetes_text_analyze",
        "IconURI": "https://troubleshoot.sh/images/analyzer-icons/text-analyze.svg",
        "InvolvedObject": null
    }
]`,
  );
});

Deno.test("analyze --compatibility support-bundle prints entries of analysis.json", async () => {
  const files = { "s.yaml": spec(analyzers.version("fail")) };
  for (const args of [OLD, NEW]) {
    const json = await run([...args, "--compatibility", "support-bundle", "-o", "json"], files);
    const yaml = await run([...args, "--compatibility", "support-bundle"], files);
    deepStrictEqual(parse(yaml.stdout), JSON.parse(json.stdout));
    deepStrictEqual(JSON.parse(json.stdout)[0].insight.severity, "error");
  }
});

Deno.test("analyze --bundle of a spec without analyzers prints an empty list and says so", async () => {
  const files = { "s.yaml": spec("    []\n") };
  const yaml = await run(OLD, files);
  deepStrictEqual([yaml.stdout, yaml.code], ["[]\n", 0]);
  match(yaml.stderr, /^Warning: The specs have no analyzers/);
  equal((await run([...OLD, "-o", "json"], files)).stdout, "[]");
  equal((await run([...OLD, "--exit-code"], files)).code, 1);
});

Deno.test("analyze -o json says everything that is known", async () => {
  const list = analyzers.log("fail") + analyzers.missing() + analyzers.silent + analyzers.excluded + analyzers.unknown;
  const { stdout } = await run([...NEW, "-o", "json"], { "s.yaml": spec(list) });
  const { tool, ...rest } = JSON.parse(stdout);
  equal(tool.name, "support-bundle");
  deepStrictEqual(rest, {
    schemaVersion: 1,
    bundle: { source: "in.tar.gz", root: ROOT, files: 4 },
    summary: { analyzers: 5, fail: 1, warn: 2, pass: 0, none: 1, unevaluated: 2, silent: ["Silent"] },
    findings: [
      {
        status: "fail",
        severity: "fail",
        title: "Log",
        message: "has <errors> & more",
        kind: "textAnalyze",
        where: "cluster",
        strict: false,
        evidence: [{ path: "app/web.log", line: 2 }],
        icon: {
          key: "kubernetes_text_analyze",
          uri: "https://troubleshoot.sh/images/analyzer-icons/text-analyze.svg",
        },
      },
      {
        status: "skipped",
        severity: "warn",
        title: "web Status",
        message: "The bundle does not have cluster-resources/deployments/shop.json, or it is empty",
        kind: "deploymentStatus",
        where: "cluster",
        strict: false,
        reason: "file-missing",
        icon: {
          key: "kubernetes_deployment_status",
          uri: "https://troubleshoot.sh/images/analyzer-icons/deployment-status.svg?w=17&h=17",
        },
      },
      {
        status: "skipped",
        severity: "none",
        title: "Out",
        message: "The spec leaves this analyzer out",
        kind: "clusterVersion",
        where: "cluster",
        strict: false,
        reason: "excluded",
        icon: {
          key: "kubernetes_cluster_version",
          uri: "https://troubleshoot.sh/images/analyzer-icons/kubernetes.svg?w=16&h=16",
        },
      },
      {
        status: "error",
        severity: "warn",
        title: "somethingNew",
        message: "this version has no such analyzer (s.yaml:10:5)",
        kind: "somethingNew",
        where: "cluster",
        strict: false,
      },
    ],
  });
});

Deno.test("analyze --severity shows no more than it says", async () => {
  const files = { "s.yaml": spec(analyzers.version("pass") + analyzers.log("fail") + analyzers.missing()) };
  const shown = async (...args: string[]) =>
    JSON.parse((await run([...NEW, "-o", "json", ...args], files)).stdout).findings
      .map(({ severity }: { severity: string }) => severity);
  deepStrictEqual(await shown(), ["pass", "fail", "warn"]);
  deepStrictEqual(await shown("--severity", "warn"), ["fail", "warn"]);
  deepStrictEqual(await shown("--severity", "fail"), ["fail"]);
});

Deno.test("analyze --quiet says how it ended, and nothing else", async () => {
  const files = { "s.yaml": spec(analyzers.log("fail") + "  - {docString: x, somethingOld: {}}\n") };
  const { stdout, stderr } = await run([...NEW, "-q"], files);
  deepStrictEqual([stdout, stderr], ["1 failure, 1 warning, 0 passed (1 could not be evaluated)\n", ""]);
});

Deno.test("analyze --output-file replaces a file, without colors, and prints nothing", async () => {
  const files = { "s.yaml": spec(analyzers.log("fail")), "out.txt": "x".repeat(10_000) };
  await run([...NEW, "--output-file", "out.txt"], files, {
    columns: 80,
    async then({ stdout, harness }) {
      equal(stdout, "");
      match(
        await Deno.readTextFile(join(harness.root, "out.txt")),
        /^in\.tar\.gz: 4 files[^x[]*1 failure, 0 passed\n$/,
      );
    },
  });
});

Deno.test("analyze takes the form from the environment, and leaves the file of a run alone", async () => {
  const files = { "s.yaml": spec(analyzers.version("pass")) };
  try {
    for (const [value, begin] of [["json", "{"], ["b.tar.gz", "i"]] as const) {
      Deno.env.set("TROUBLESHOOT_OUTPUT", value);
      equal((await run(NEW, files)).stdout[0], begin);
    }
  } finally {
    Deno.env.delete("TROUBLESHOOT_OUTPUT");
  }
});

Deno.test("analyze of an archive that is cut off analyzes what is there, and says so everywhere", async () => {
  const files = { "s.yaml": spec(analyzers.version("pass") + analyzers.missing()) };
  const archive = gzipSync(await tarOf(...BUNDLE)).slice(0, -60);
  const { stdout, stderr, code } = await run([...NEW, "-o", "json"], files, { archive });
  equal(code, 4);
  match(stderr, /^Warning: Not all of the archive could be read: it is damaged: it ends in the middle\n/);
  const { findings } = JSON.parse(stdout);
  match(
    findings[0].message,
    /^not all of the archive could be read: .*\. The [1-9]\d* files before that were analyzed$/,
  );
  equal(findings[1].status, "pass");
});

/** 10^9 elements, once they are written out. */
const ALIASES = `x-a0: &a0 [x]\n` +
  Array.from({ length: 9 }, (_, i) => `x-a${i + 1}: &a${i + 1} [${Array(10).fill(`*a${i}`).join(", ")}]\n`).join("");

Deno.test("analyze of an address says where it is from, without its query, and its hash", async () => {
  const archive = gzipSync(await tarOf(...BUNDLE));
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, () => new Response(archive.slice()));
  try {
    const address = `http://127.0.0.1:${server.addr.port}/in.tar.gz`;
    const args = ["analyze", `${address}?token=t`, "s.yaml"];
    const files = { "s.yaml": spec(analyzers.version("pass")) };
    const { bundle } = JSON.parse((await run([...args, "-o", "json"], files)).stdout);
    const sha256 = createHash("sha256").update(archive).digest("hex");
    deepStrictEqual(bundle, { source: address, root: ROOT, files: 4, sha256 });
    deepStrictEqual((await run(args, files)).stdout.split("\n").slice(0, 2), [
      `${address}: 4 files, 1 analyzer`,
      `sha256 ${sha256}`,
    ]);
  } finally {
    await server.shutdown();
  }
});

const WAITING = [{ reason: "ImagePullBackOff", message: 'Back-off pulling image "shop/app:1"' }];
const PODS = ["web-1", "web-2"].map((name) => ({
  metadata: { name, namespace: "shop", creationTimestamp: "2026-01-31T06:00:00Z" },
  spec: { containers: [{ name: "app", image: "shop/app:1" }], nodeName: "n" },
  status: {
    phase: "Pending",
    containerStatuses: WAITING.map((waiting) => ({
      name: "app",
      image: "shop/app:1",
      ready: false,
      state: { waiting },
    })),
  },
}));

Deno.test("analyze without a spec says what an operator would see first, by cause", async () => {
  const list = JSON.stringify({ kind: "PodList", apiVersion: "v1", items: PODS }, null, 2);
  const members: Member[] = [...BUNDLE, [{ name: `${ROOT}/cluster-resources/pods/shop.json` }, list]];
  const archive = gzipSync(await tarOf(...members));
  for (const args of [["analyze", "in.tar.gz", "-o", "json"], ["analyze", "--bundle", "in.tar.gz", "-o", "json"]]) {
    const { stdout, code } = await run(args, {}, { archive });
    match(stdout, /shop\/app:1/);
    equal(code, args[1] === "--bundle" ? 0 : 3);
    if (args[1] === "--bundle") continue;
    const { findings } = JSON.parse(stdout);
    const [found, ...more] = findings.filter(({ cause = "" }) => cause.includes("shop/app:1"));
    deepStrictEqual([found.affectedCount, more.length], [2, 0]);
  }
});

const wrong: [name: string, args: string[], code: number, message: RegExp][] = [
  ["no bundle", ["analyze"], 1, /No bundle was named/],
  ["an empty --bundle", ["analyze", "s.yaml", "--bundle="], 1, /No bundle was named/],
  ["no such bundle", ["analyze", "gone.tar.gz", "s.yaml"], 1, /Cannot read the bundle ".*gone\.tar\.gz": there is no/],
  ["the spec first", ["analyze", "s.yaml", "s.yaml"], 1, /no tar archive.*\n.*Name the bundle first/],
  ["a bundle from standard input", ["analyze", "-", "s.yaml"], 1, /standard input\n.*Save it to a file/],
  ["a bundle from s3", ["analyze", "s3://a/b", "s.yaml"], 1, /s3:\/\/\n.*Save it to a file/],
  ["no such spec", ["analyze", "in.tar.gz", "gone.yaml"], 2, /gone\.yaml.*no such file/],
  ["a condition that cannot be read", ["analyze", "in.tar.gz", "bad.yaml"], 2, /bad\.yaml:6:5: clusterVersion: /],
  ["aliases of aliases of aliases", ["analyze", "in.tar.gz", "aliases.yaml"], 2, /aliases of this document cannot be/],
  [
    "a pattern with look-around",
    ["analyze", "in.tar.gz", "look.yaml"],
    2,
    /look\.yaml:6:5: textAnalyze: Cannot read the regex .*\n.*RE2/,
  ],
  ["a template that does not end", ["analyze", "in.tar.gz", "loop.yaml"], 2, /loop\.yaml:6:5: /],
  ["a spec without analyzers", ["analyze", "in.tar.gz", "none.yaml"], 1, /have no analyzers, so there is nothing/],
  ["a form that does not exist", [...NEW, "-o", "xml"], 1, /"xml" is no form of output\n.*--output-file/],
  ["a form that is mistyped", [...NEW, "-o", "sarff"], 1, /Did you mean sarif/],
  ["explanations where they have no place", [...NEW, "-o", "sarif", "--agents", "local"], 1, /-o human, -o json/],
  ["a severity that does not exist", [...NEW, "--severity", "pass"], 1, /--severity: "pass"/],
  ["a compatibility that does not exist", [...NEW, "--compatibility", "x"], 1, /--compatibility: "x"/],
  ["a compatibility that has no form", [...NEW, "--compatibility", "support-bundle", "-o", "sarif"], 1, /-o json/],
  ["a folder that is not there", [...NEW, "--output-file", "no/out"], 12, /Cannot write ".*no\/out": there is no such/],
  ["no such flag", [...NEW, "--severty", "x"], 1, /Did you mean --severity/],
];
for (const [name, args, code, message] of wrong) {
  Deno.test(`analyze refuses ${name}, and prints no result`, async () => {
    const ran = await run(args, {
      "s.yaml": spec(analyzers.version("pass")),
      "bad.yaml": spec(analyzers.version("pass").replace(">= 1.0.0", "newer")),
      "aliases.yaml": spec(analyzers.version("pass")) + ALIASES,
      "look.yaml": spec(analyzers.log("pass").replace("error (", "(?=error)(")),
      "loop.yaml": spec(
        "  - clusterPodStatuses: {outcomes: [{fail: {when: '!= Healthy', message: '{{ range . }}'}}]}\n",
      ),
      "none.yaml": "apiVersion: troubleshoot.sh/v1beta2\nkind: Collector\nspec: {collectors: []}\n",
    });
    match(ran.stderr, message);
    deepStrictEqual([ran.code, ran.stdout], [code, ""]);
  });
}
