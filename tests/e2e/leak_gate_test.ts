import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { buildBinary } from "../../scripts/build.ts";
import { ALNUM, draw, drawMixed, jwt, pem, UPPER } from "../leak_gate/made_secrets.ts";
import { until } from "../daemon/until.ts";
import { startWebhookServer } from "../notify/webhook_server.ts";
import { BINARY, Sandbox } from "./program.ts";

const ignore = BINARY === undefined || Deno.build.os === "windows";
const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/** The program with redaction that hides nothing, as if all of its rules were broken. */
class WithoutRules implements AsyncDisposable {
  private constructor(private readonly root: string, readonly binary: string) {}

  static async build(): Promise<WithoutRules> {
    const root = await Deno.makeTempDir({ prefix: "without-rules-" });
    try {
      const { success } = await new Deno.Command("cp", {
        args: ["-r", ...["src", "main.ts", "deno.json", "deno.lock"].map((name) => join(ROOT, name)), root],
      }).output();
      ok(success);
      const redactor = join(root, "src", "pipeline", "run_redactor.ts");
      const text = await Deno.readTextFile(redactor);
      const broken = text.replace("builtIn: true", "builtIn: false");
      ok(broken !== text, "the rules are asked for in another place now");
      await Deno.writeTextFile(redactor, broken);
      return new WithoutRules(root, await buildBinary({ root }));
    } catch (error) {
      await Deno.remove(root, { recursive: true });
      throw error;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.root, { recursive: true });
  }
}

/** What the collector prints, and each secret in it as it stands there. */
function plant(): { text: string; secrets: string[] } {
  const password = drawMixed(20), token = drawMixed(40), github = `gh${"p_" + draw(ALNUM, 36)}`;
  const aws = `AKI${"A" + draw(UPPER + "234567", 16)}`, web = jwt(), key = pem();
  const text = [
    "2026-03-04T05:06:07Z INFO starting",
    `{"db":{"user":"shop","password":"${password}"}}`,
    `API_TOKEN=${token}`,
    `clone with ${github}`,
    `using ${aws} and ${web}`,
    `dial postgres://shop:${password}@pg:5432/orders`,
    key,
  ].join("\n");
  return { text, secrets: [password, token, github, aws, ...web.split("."), ...key.split("\n").slice(1, -2)] };
}

const FOUND = [
  "named-secret",
  "github-token",
  "aws-access-key-id",
  "json-web-token",
  "url-password",
  "private-key",
];

/** A collector that prints a file, and an analyzer that repeats what it finds there. */
const specFor = (file: string) =>
  `apiVersion: troubleshoot.sh/v1beta2
kind: SupportBundle
metadata: {name: leaky}
spec:
  hostCollectors:
    - run: {collectorName: printed, command: cat, args: [${file}]}
  hostAnalyzers:
    - textAnalyze:
        checkName: repeats
        fileName: host-collectors/run-host/printed.txt
        regexGroups: 'API_TOKEN=(?P<Token>\\w+)'
        outcomes: [{fail: {when: "Token != x", message: "the token is {{ .Token }}"}}]
`;

async function filesUnder(folder: string): Promise<string[]> {
  const found: string[] = [];
  const visit = async (at: string) => {
    for await (const { name, isDirectory } of Deno.readDir(at)) {
      if (isDirectory) await visit(join(at, name));
      else found.push(join(at, name));
    }
  };
  await visit(folder).catch((error) => {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  });
  return found;
}

function mustNotSay(secrets: string[], texts: Record<string, string>): void {
  for (const [name, text] of Object.entries(texts)) {
    secrets.forEach((secret, i) => ok(!text.includes(secret), `${name} repeats secret ${i}`));
  }
}

Deno.test({
  name: "with broken redaction, the bundle is quarantined, nothing is uploaded, and nothing repeats a secret",
  ignore,
  fn: async (t) => {
    await using program = await WithoutRules.build();
    const { text, secrets } = plant();

    await t.step("on the command line", async () => {
      await using sandbox = await Sandbox.create(program.binary);
      const spec = await sandbox.write("spec.yaml", specFor(await sandbox.write("printed", text)));
      const delivered = sandbox.path("delivered");
      const { code, stdout, stderr } = await sandbox.run([spec, "-o", "out", "--upload", `file://${delivered}/`]);
      strictEqual(code, 8, stderr);
      deepStrictEqual(await filesUnder(delivered), []);
      const held = sandbox.path("out.tar.gz.quarantined"), report = sandbox.path("out.tar.gz.leaks.json");
      for (const file of [held, report]) strictEqual((await Deno.stat(file)).mode! & 0o777, 0o600);
      strictEqual(await Deno.stat(sandbox.path("out.tar.gz")).then(() => true, () => false), false);
      const { archivePath, quarantinedPath, analyzerResults } = JSON.parse(stdout);
      deepStrictEqual([archivePath, quarantinedPath, analyzerResults], ["", held, []]);
      match(stderr, /Error: The bundle is held back, it may contain secrets: \S+:\d+:\d+ \([\w-]+\), /);
      match(stderr, /Look at the places that ".*out\.tar\.gz\.leaks\.json" lists\. If there are secrets, hide them/);

      const { leaks } = JSON.parse(await Deno.readTextFile(report));
      const printed = leaks.filter(({ path }: { path: string }) => path === "host-collectors/run-host/printed.txt");
      deepStrictEqual(FOUND.filter((what) => printed.every((leak: { what: string }) => leak.what !== what)), []);
      deepStrictEqual(
        printed.map(({ line }: { line: number }) => line).filter((line: number) => line === 1),
        [],
        "only lines with secrets",
      );
      mustNotSay(secrets, { stdout, stderr, report: await Deno.readTextFile(report) });
      const files = await sandbox.unpack(held);
      ok(files.get("host-collectors/run-host/printed.txt")!.includes(secrets[0]!), "redaction was broken indeed");
      const again = await sandbox.run([spec, "-o", "out"]);
      strictEqual(JSON.parse(again.stdout).quarantinedPath, sandbox.path("out (1).tar.gz.quarantined"));
      ok(files.get("analysis.json")!.includes(secrets[1]!), "and an analyzer repeats a secret");
    });

    await t.step("on the command line, encrypted", async () => {
      await using sandbox = await Sandbox.create(program.binary);
      const { generateIdentity, identityToRecipient } = await import("age-encryption");
      const identity = await generateIdentity();
      await sandbox.write("key.txt", identity + "\n");
      const spec = await sandbox.write("spec.yaml", specFor(await sandbox.write("printed", text)));
      const to = ["--encrypt-to", await identityToRecipient(identity)];
      const { code, stdout, stderr } = await sandbox.run([spec, "-o", "out", ...to]);
      strictEqual(code, 8, stderr);
      const held = sandbox.path("out.tar.gz.age.quarantined"), report = sandbox.path("out.tar.gz.age.leaks.json");
      strictEqual(JSON.parse(stdout).quarantinedPath, held);
      deepStrictEqual((await filesUnder(sandbox.folder)).filter((file) => /\/out/.test(file)).sort(), [report, held]);
      const { leaks } = JSON.parse(await Deno.readTextFile(report));
      deepStrictEqual(FOUND.filter((what) => leaks.every((leak: { what: string }) => leak.what !== what)), []);
      const opened = await sandbox.run(["decrypt", held, "-i", "key.txt", "-o", "opened.tar.gz"]);
      strictEqual(opened.code, 0, opened.stderr);
      const files = await sandbox.unpack(sandbox.path("opened.tar.gz"));
      ok(files.get("host-collectors/run-host/printed.txt")!.includes(secrets[0]!));
      mustNotSay(secrets, { stdout, stderr, report: await Deno.readTextFile(report) });
    });

    await t.step("when a bundle that exists is redacted", async () => {
      await using sandbox = await Sandbox.create(program.binary);
      await Deno.mkdir(sandbox.path("in"));
      await sandbox.write("in/version.yaml", "apiVersion: troubleshoot.sh/v1beta2\n");
      await sandbox.write("in/app.log", text);
      const { code, stdout, stderr } = await sandbox.run(["redact", "in", "-o", "out"]);
      deepStrictEqual([code, stdout], [8, ""], stderr);
      deepStrictEqual((await filesUnder(sandbox.folder)).filter((file) => /out/.test(file)).sort(), [
        sandbox.path("out.tar.gz.leaks.json"),
        sandbox.path("out.tar.gz.quarantined"),
      ]);
      const report = await Deno.readTextFile(sandbox.path("out.tar.gz.leaks.json"));
      const { leaks } = JSON.parse(report);
      deepStrictEqual(FOUND.filter((what) => leaks.every((leak: { what: string }) => leak.what !== what)), []);
      mustNotSay(secrets, { stdout, stderr, report });
      const files = await sandbox.unpack(sandbox.path("out.tar.gz.quarantined"));
      ok(files.get("app.log")!.includes(secrets[0]!), "redaction was broken indeed");
    });

    await t.step("and not where the gate is switched off", async () => {
      await using sandbox = await Sandbox.create(program.binary);
      const spec = await sandbox.write("spec.yaml", specFor(await sandbox.write("printed", text)));
      const { code } = await sandbox.run([spec, "-o", "out", "--leak-gate=false"]);
      strictEqual(code, 0);
      deepStrictEqual((await filesUnder(sandbox.folder)).filter((file) => /out/.test(file)), [
        sandbox.path("out.tar.gz"),
      ]);
    });

    await t.step("in a scheduled job, which is not tried again", async () => {
      const server = startWebhookServer(() => new Response());
      await using sandbox = await Sandbox.create(program.binary);
      try {
        const spec = await sandbox.write("spec.yaml", specFor(await sandbox.write("printed", text)));
        const delivered = sandbox.path("delivered");
        const args = ["--every", "1h", "--spec", spec, "--upload", `${delivered}/`, "--notify", server.url];
        strictEqual((await sandbox.run(["schedule", "create", "leaky", ...args])).code, 0);
        strictEqual((await sandbox.run(["schedule", "daemon", "start"])).code, 0);
        strictEqual((await sandbox.run(["schedule", "run", "leaky", "--wait"])).code, 8);

        const [execution, ...others] = await sandbox.json(["schedule", "history", "leaky"]);
        deepStrictEqual([execution.status, execution.exitCode, execution.errorCode], ["quarantined", 8, "LEAKS_FOUND"]);
        deepStrictEqual([execution.retryCount, others, execution.uploadUrl], [0, [], ""]);
        const folder = join(sandbox.state, "bundles", "leaky");
        deepStrictEqual((await filesUnder(folder)).sort(), [
          join(folder, `${execution.id}.tar.gz.leaks.json`),
          join(folder, `${execution.id}.tar.gz.quarantined`),
        ]);
        strictEqual(execution.bundlePath, join(folder, `${execution.id}.tar.gz.quarantined`));
        deepStrictEqual(await filesUnder(delivered), []);
        const stages = execution.stages.map(({ stage, status }: { stage: string; status: string }) =>
          `${stage} ${status}`
        );
        deepStrictEqual(stages.slice(-2), ["leak-gate failed", "upload skipped"]);

        await until("the note of whom was told", async () => {
          const [{ notifications }] = await sandbox.json(["schedule", "history", "leaky"]);
          return notifications.length > 0;
        });
        const [told] = server.received;
        const message = JSON.parse(told!.body);
        deepStrictEqual([message.status, message.events], ["quarantined", ["failure", "quarantined"]]);
        const said: Record<string, string> = { notification: told!.body };
        for (const command of [["history", "--logs"], ["describe", "leaky"], ["list"]]) {
          said[command[0]!] = (await sandbox.run(["schedule", ...command])).stdout;
        }
        said.execution = (await sandbox.run(["schedule", "history", "--execution-id", execution.id])).stdout;
        match(
          said.describe!,
          /Status: +failed\n +- the last execution was quarantined: LEAKS_FOUND: The bundle is held back/,
        );
        match(said.execution!, /^leak-gate +failed /m);
        await sandbox.run(["schedule", "daemon", "stop"]);
        for (const file of await filesUnder(sandbox.state)) {
          if (!file.endsWith(".quarantined")) said[file] = await Deno.readTextFile(file);
        }
        mustNotSay(secrets, said);
      } finally {
        await server.stop();
      }
    });
  },
});

Deno.test({
  name: "with redaction at work, the same bundle is let through and delivered",
  ignore,
  fn: async () => {
    await using sandbox = await Sandbox.create();
    const { text, secrets } = plant();
    const spec = await sandbox.write("spec.yaml", specFor(await sandbox.write("printed", text)));
    const delivered = sandbox.path("delivered");
    const { code, stdout, stderr } = await sandbox.run([spec, "-o", "out", "--upload", `file://${delivered}/`]);
    strictEqual(code, 0, stderr);
    strictEqual(JSON.parse(stdout).archivePath, sandbox.path("out.tar.gz"));
    deepStrictEqual(await filesUnder(delivered), [join(delivered, "out.tar.gz")]);
    mustNotSay(secrets, Object.fromEntries(await sandbox.unpack(sandbox.path("out.tar.gz"))));
  },
});
