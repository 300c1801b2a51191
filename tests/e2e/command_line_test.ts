import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { BINARY, Sandbox, until } from "./program.ts";

const ignore = BINARY === undefined;
const HOST_SPEC =
  "apiVersion: troubleshoot.sh/v1beta2\nkind: SupportBundle\nmetadata: {name: host}\nspec:\n  hostCollectors: [{memory: {}}, {cpu: {}}]\n" +
  "  hostAnalyzers: [{memory: {outcomes: [{pass: {message: enough}}]}}]\n";
const TYPO = HOST_SPEC.replace("memory: {}", "memroy: {}");

const behaviour = [ // name, arguments, exit code, what stderr says
  ["no spec", [], 2, /No spec was named.*--auto/s],
  ["a wrong flag", ["spec.yaml", "--redackt"], 1, /unknown option '--redackt'.*--redact/si],
  ["a missing file", ["lost.yaml"], 2, /Cannot read the spec "lost.yaml".*no such file/s],
  ["a mistyped command", ["shedule"], 2, /support-bundle schedule/],
  ["a spec with a typo", ["typo.yaml"], 2, /typo.yaml:5:21: There is no host collector "memroy".*memory/s],
  ["a folder as a spec", ["."], 2, /is a folder/],
  ["a missing output folder", ["spec.yaml", "-o", "no/such/folder/x"], 1, /folder ".*no\/such\/folder" does not exist/],
  ["a duration that is none", ["spec.yaml", "--timeout", "soon"], 1, /--timeout: "soon" is not a duration/],
  [
    "--since and --since-time",
    ["spec.yaml", "--since", "1h", "--since-time", "2026-01-01T00:00:00Z"],
    1,
    /say the same thing/,
  ],
  [
    "a time for pods that is none",
    ["spec.yaml", "--remote-host-collect-timeout", "soon"],
    1,
    /--remote-host-collect-timeout: "soon" is not a duration/,
  ],
  ["metadata without =", ["spec.yaml", "--metadata", "abc"], 1, /"abc" is not key=value/],
  ["a missing kubeconfig", ["cluster.yaml", "--kubeconfig", "lost"], 1, /lost/],
  ["a cluster that does not answer", ["cluster.yaml", "--server", "https://127.0.0.1:1"], 6, /127\.0\.0\.1:1/],
  [
    "a destination with credentials in it",
    ["spec.yaml", "--upload", "s3://key:secret@bucket/"],
    1,
    /user name or password/,
  ],
] as const;
for (const [name, args, code, message] of behaviour) {
  Deno.test({
    name: `support-bundle with ${name} ends with ${code}, one message, and changes nothing`,
    ignore,
    fn: async () => {
      await using sandbox = await Sandbox.create();
      await sandbox.write("spec.yaml", HOST_SPEC);
      await sandbox.write("typo.yaml", TYPO);
      await sandbox.write(
        "cluster.yaml",
        "apiVersion: troubleshoot.sh/v1beta2\nkind: SupportBundle\nspec: {collectors: [{clusterInfo: {}}]}\n",
      );
      const before = [...Deno.readDirSync(sandbox.folder)].map(({ name }) => name).sort();
      const ended = await sandbox.run([...args]);
      match(ended.stderr, message);
      strictEqual(ended.stderr.match(/Error:/g)?.length, 1, ended.stderr);
      strictEqual(ended.stdout, "");
      strictEqual(ended.code, code);
      deepStrictEqual([...Deno.readDirSync(sandbox.folder)].map(({ name }) => name).sort(), before);
    },
  });
}

Deno.test({
  name: "support-bundle SPEC in a pipe prints one JSON object and writes the bundle",
  ignore,
  fn: async () => {
    await using sandbox = await Sandbox.create();
    const ended = await sandbox.run(["-", "-o", "mine", "--metadata", "ticket=4711"], { stdin: HOST_SPEC });
    strictEqual(ended.code, 0, ended.stderr);
    const result = JSON.parse(ended.stdout);
    deepStrictEqual(Object.keys(result), ["analyzerResults", "archivePath"]);
    strictEqual(result.archivePath, sandbox.path("mine.tar.gz"));
    strictEqual(result.analyzerResults[0].insight.detail, "enough");
    const files = await sandbox.unpack(result.archivePath);
    ok(files.has("MANIFEST.json"));
    deepStrictEqual(JSON.parse(files.get("metadata/user.json")!), { ticket: "4711" });
    const again = await sandbox.run(["-", "-o", "mine"], { stdin: HOST_SPEC });
    strictEqual(JSON.parse(again.stdout).archivePath, sandbox.path("mine (1).tar.gz"));
  },
});

Deno.test({
  name: "support-bundle finishes without a cluster what it can, and says that the cluster is missing",
  ignore,
  fn: async () => {
    await using sandbox = await Sandbox.create();
    const spec = HOST_SPEC.replace("spec:\n", "spec:\n  collectors: [{clusterInfo: {}}]\n");
    const ended = await sandbox.run(["-", "-o", "x"], { stdin: spec });
    strictEqual(ended.code, 5, ended.stderr);
    match(ended.stderr, /no cluster|kubeconfig/i);
    const files = await sandbox.unpack(sandbox.path("x.tar.gz"));
    ok(files.has("host-collectors/system/memory.json"));
    const manifest = JSON.parse(files.get("MANIFEST.json")!);
    ok(manifest.missing.some(({ path }: { path: string }) => path === "cluster-info"));
  },
});

Deno.test({
  name: "support-bundle --dry-run prints specs that it reads again, and collects nothing",
  ignore,
  fn: async () => {
    await using sandbox = await Sandbox.create();
    const spec = HOST_SPEC.replace("spec:\n", "spec:\n  collectors: [{logs: {selector: [app=x], namespace: shop}}]\n");
    const { code, stdout } = await sandbox.run(["-", "--dry-run"], { stdin: spec });
    strictEqual(code, 0);
    match(stdout, /^# Permissions that this needs:\n(#.*\n)*# {3}list pods in namespace shop\n/);
    const again = await sandbox.run(["-", "--dry-run"], { stdin: stdout });
    strictEqual(again.stdout, stdout);
    deepStrictEqual([...Deno.readDirSync(sandbox.folder)], []);
  },
});

Deno.test({
  name: "support-bundle finishes a partial bundle at Ctrl-C, and ends with 130",
  ignore,
  fn: async () => {
    await using sandbox = await Sandbox.create();
    const marker = sandbox.path("started");
    const sleep = `sleep ${300 + Math.random()}`;
    const spec = "apiVersion: troubleshoot.sh/v1beta2\nkind: HostCollector\nspec:\n  collectors:\n    - memory: {}\n" +
      `    - run: {collectorName: slow, command: sh, args: [-c, "touch ${marker}; echo had; exec ${sleep}"]}\n`;
    await sandbox.write("spec.yaml", spec);
    const child = sandbox.spawn(["spec.yaml", "-o", "x", "--interactive=false"]);
    await until("the command of the spec runs", async () => await Deno.stat(marker).catch(() => undefined));
    Deno.kill(child.pid, "SIGINT");
    const { code, stderr } = await child.output();
    strictEqual(code, 130, new TextDecoder().decode(stderr));
    const files = await sandbox.unpack(sandbox.path("x.tar.gz"));
    ok(files.has("host-collectors/system/memory.json"));
    strictEqual(JSON.parse(files.get("MANIFEST.json")!).endedEarly, "interrupted");
    const { stdout } = await new Deno.Command("pgrep", { args: ["-f", sleep] }).output().catch(() => ({
      stdout: new Uint8Array(),
    }));
    strictEqual(new TextDecoder().decode(stdout), "", "the command was ended too");
  },
});

Deno.test({
  name: "support-bundle --help fits 80 columns and shows examples",
  ignore,
  fn: async () => {
    await using sandbox = await Sandbox.create();
    const { code, stdout } = await sandbox.run(["--help"]);
    strictEqual(code, 0);
    match(stdout, /Examples:/);
    const script = await new Deno.Command("sh", {
      args: ["-c", `"${BINARY}" --help | head -n 1`],
      env: sandbox.env(),
      clearEnv: true,
    }).output();
    strictEqual(script.code, 0);
    strictEqual(new TextDecoder().decode(script.stderr), "", "a closed pipe is no error");
  },
});
