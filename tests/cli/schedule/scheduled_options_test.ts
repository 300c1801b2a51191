import { deepStrictEqual, match, strictEqual } from "node:assert/strict";
import { join } from "node:path";
import { runCli } from "../../../src/cli/run_cli.ts";
import { EXIT } from "../../../src/core/exit_codes.ts";
import type { Job } from "../../../src/schedule/job.ts";
import { CliHarness } from "./cli_harness.ts";

const SPEC = `apiVersion: troubleshoot.sh/v1beta2
kind: SupportBundle
spec:
  collectors:
    - logs: {selector: [app=a], namespace: shop}
    - logs: {selector: [app=b], namespace: shop}
    - configMap: {name: c, namespace: db}
  hostCollectors: [{memory: {}}]
`;

async function withSpec() {
  const harness = await CliHarness.create();
  await harness.file("spec.yaml", SPEC);
  const run = async (...args: string[]) => {
    const { cli, printed } = harness.context();
    return { code: await runCli(args, cli), printed };
  };
  return { harness, run };
}

Deno.test("support-bundle --schedule-preview shows what a scheduled run would collect, and writes nothing", async () => {
  const { harness: made, run } = await withSpec();
  await using harness = made;
  const { code, printed } = await run(
    "spec.yaml",
    "--schedule-preview",
    "--cron",
    "0 2 * * *",
    "--timezone",
    "Asia/Tokyo",
    "--hide=ip",
  );
  strictEqual(code, EXIT.ok, printed.stderr);
  const field = (label: string) => new RegExp(`^${label}: +(.*)$`, "m").exec(printed.stdout)?.[1];
  deepStrictEqual(
    ["Collectors", "Host collectors", "Namespaces", "Redaction", "Meaning", "Next runs"].map(field),
    [
      "logs (2), configMap, clusterInfo, clusterResources",
      "memory",
      "the whole cluster, db, shop",
      "on, ip",
      "At 02:00 (Asia/Tokyo)",
      "2026-03-03 02:00 GMT+9 = 2026-03-02T17:00:00Z (in 7 h)",
    ],
  );
  match(printed.stdout, /^Permissions that it needs:\n(?: .*\n)* {2}get pods\/log in namespace shop\n/m);
  deepStrictEqual((await Array.fromAsync(Deno.readDir(harness.root))).map(({ name }) => name), ["spec.yaml"]);
});

Deno.test("support-bundle --schedule-preview without a schedule says how to see one", async () => {
  const { harness: made, run } = await withSpec();
  await using _ = made;
  const { code, printed } = await run("spec.yaml", "--schedule-preview", "-n", "shop");
  strictEqual(code, EXIT.ok, printed.stderr);
  match(printed.stdout, /^Schedule: +none yet: add --cron/m);
  match(printed.stdout, /^Namespaces: +shop only$/m);
});

Deno.test("support-bundle --schedule-template saves the options, and a job made from it has them", async () => {
  const { harness: made, run } = await withSpec();
  await using harness = made;
  const options = [
    "--auto",
    "-n",
    "shop",
    "--redactors",
    "",
    "--scrub-secrets=false",
    "--tokenize",
    "--timeout",
    "10m",
  ];
  const destination = ["--upload", "s3://bucket/", "--upload-options", "region=eu-west-1", "--max-bundle-size", "1GB"];
  const { code, printed } = await run("spec.yaml", ...options, ...destination, "--schedule-template", "shop");
  strictEqual(code, EXIT.ok, printed.stderr);
  strictEqual(printed.stdout, "");
  match(printed.stderr, /^Saved template "shop"[^]*schedule create NAME --template shop --cron "0 2 \* \* \*"\n$/);
  const job: Job = await harness.json(["create", "x", "--template", "shop", "--every", "1h"]);
  deepStrictEqual(
    {
      specFiles: job.specFiles,
      auto: job.autoDiscovery,
      search: job.loadClusterSpecs,
      namespace: job.namespace,
      scrubSecrets: job.scrubSecrets,
      tokenize: job.tokenize,
      timeout: job.limits.timeout,
      maxBundleSize: job.limits.maxBundleSize,
      upload: job.upload,
      template: job.template,
    },
    {
      specFiles: [join(harness.root, "spec.yaml")],
      auto: true,
      search: false,
      namespace: "shop",
      scrubSecrets: false,
      tokenize: true,
      timeout: "10m",
      maxBundleSize: "1GB",
      upload: { enabled: true, endpoint: "s3://bucket/", credentials: "", options: { region: "eu-west-1" } },
      template: "shop",
    },
  );
  const again = await run("spec.yaml", "--schedule-template", "shop");
  match(again.printed.stderr, /already a template "shop"/);
});

Deno.test("support-bundle --schedule-template without a spec looks for specs in the cluster at each run", async () => {
  const { harness: made, run } = await withSpec();
  await using harness = made;
  strictEqual((await run("--auto", "--schedule-template", "all", "--cron", "@daily")).code, EXIT.ok);
  const template = await harness.json(["template", "show", "all"]);
  deepStrictEqual(
    [template.autoDiscovery, template.policies.loadClusterSpecs, template.defaultSchedule],
    [true, true, "@daily"],
  );
});

const refused: [args: string[], message: RegExp][] = [
  [["--cron", "@daily"], /--cron does nothing without --schedule-preview/],
  [["--timezone", "UTC"], /--timezone does nothing without/],
  [["--schedule-template", "t", "--since", "1h"], /--since: scheduled runs do not have this option/],
  [
    ["--schedule-preview", "--no-uri", "--metadata", "a=b"],
    /--metadata, --no-uri: .* these options|--no-uri, --metadata/,
  ],
  [["--schedule-preview", "--collect-without-permissions=false"], /--collect-without-permissions: scheduled/],
  [["--schedule-preview", "--as", "ann"], /--as: scheduled/],
  [["--schedule-preview", "--auto", "--discovery-profile", "minimal"], /--discovery-profile: scheduled/],
  [["--schedule-template", "a/b"], /"a\/b" cannot be used/],
  [["--schedule-preview", "--cron", "61 * * * *"], /minute/],
];
for (const [args, message] of refused) {
  Deno.test(`support-bundle refuses ${args.join(" ")}, and saves nothing`, async () => {
    const { harness: made, run } = await withSpec();
    await using harness = made;
    const { code, printed } = await run("spec.yaml", ...args);
    match(printed.stderr, message);
    strictEqual(code, EXIT.failure);
    deepStrictEqual([printed.stdout, await harness.json(["template", "list"])], ["", []]);
  });
}
