import { deepStrictEqual, equal, match, ok, strictEqual } from "node:assert/strict";
import { Buffer } from "node:buffer";
import { openApi } from "../kube/api_gateway.ts";
import { createLimitedAccount, type LimitedAccount } from "../fixtures/service_account.ts";
import { BINARY, Sandbox, until } from "./program.ts";

const ADMIN = Deno.env.get("TEST_KUBECONFIG") ?? "";
const ignore = BINARY === undefined || ADMIN === "";
const H = "***HIDDEN***";

const random = () => crypto.randomUUID().replaceAll("-", "");
const base64 = (text: string) => Buffer.from(text).toString("base64");
const json = (text: string) => JSON.stringify(text).slice(1, -1);

/** What a test plants: values of a Secret in its namespace, and texts in which they are in many spellings. */
interface Planted {
  password: string;
  odd: string;
  inConfig: string;
  texts: Record<string, string>;
  /** None of it may be in a bundle. */
  forms: string[];
  /** All of it must be in a bundle. */
  decoys: string[];
}

function plant(): Planted {
  const password = `Pw${random()}`, inConfig = `Cf${random()}`;
  const odd = `o"d\\d&<'é>/+ ${random().slice(0, 9)}`;
  const values = [password, odd, inConfig];
  const decoys = [
    `harmless-${random()}`,
    "postgres.shop.svc.cluster.local:5432",
    "9f86d081884c7d659a2feaa0c55ad015",
    "admin",
  ];
  const spell: ((text: string) => string)[] = [
    (text) => `connected with ${text} after 3 ms`,
    (text) => JSON.stringify({ a: JSON.stringify({ b: text }) }),
    (text) => `GET /login?user=x&pin=${encodeURIComponent(text)}`,
    (text) => new URLSearchParams({ x: text }).toString(),
    (text) => base64(text),
    (text) => `Zm9v ${base64(`user:${text}`)} ${base64(`ab${text}yz`).replaceAll("+", "-").replaceAll("/", "_")}`,
  ];
  const lines = values.flatMap((value) => spell.map((write) => write(value)));
  return {
    password,
    odd,
    inConfig,
    texts: { log: [...lines, ...decoys].join("\n"), yaml: `a: ${password}\nb: [1, ${password}]\n` },
    forms: values.flatMap((value) => [
      value,
      json(value),
      json(json(value)),
      encodeURIComponent(value),
      ...[0, 1, 2].map((shift) => base64("x".repeat(shift) + value).slice(4, -4)),
    ]),
    decoys,
  };
}

async function apply(account: LimitedAccount, { password, odd, inConfig, texts, decoys }: Planted): Promise<void> {
  const { namespace } = account;
  const config = `server:\n  host: ${decoys[1]}\n  note: see ${decoys[0]}\n  clientSecret: ${inConfig}\n`;
  await account.apply([
    {
      apiVersion: "v1",
      kind: "Secret",
      metadata: { name: "db", namespace },
      stringData: { password, "api-token": odd, "config.yaml": config, username: "admin", checksum: "sha256:x" },
    },
    { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "log", namespace }, data: texts },
    {
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name: "app", namespace, annotations: { note: `started with ${password}`, plain: decoys[0] } },
      spec: {
        containers: [{
          name: "app",
          image: "example.com/app:1",
          args: [`--pin=${odd}`, `--to=${decoys[1]}`],
          env: [{ name: "GREETING", value: `hello ${inConfig}` }, { name: "SUM", value: decoys[2] }],
        }],
      },
    },
  ]);
}

function specOf(namespace: string, log: string): string {
  const collectors = [
    { clusterResources: { namespaces: [namespace] } },
    { configMap: { namespace, name: "log", includeAllData: true } },
    { data: { name: "notes", collectorName: "notes.log", data: log } },
    { data: { name: "notes", collectorName: "notes.yaml", data: `a: ${log.split(" ")[2]}\n` } },
  ];
  return JSON.stringify({
    apiVersion: "troubleshoot.sh/v1beta2",
    kind: "SupportBundle",
    metadata: { name: "scrub" },
    spec: { collectors },
  });
}

function checkHidden(files: Map<string, string>, { forms, decoys }: Planted): void {
  const seen = new Set<string>();
  for (const [path, text] of files) {
    for (const form of forms) ok(!text.includes(form), `${path} has ${form}`);
    for (const decoy of decoys) if (text.includes(decoy)) seen.add(decoy);
    if (path.endsWith(".json")) JSON.parse(text);
  }
  deepStrictEqual([...seen].sort(), [...decoys].sort());
}

Deno.test({
  name: "support-bundle hides the values of Secrets wherever they are, and leaves the rest",
  ignore,
  fn: async () => {
    await using sandbox = await Sandbox.create();
    await using account = await createLimitedAccount(ADMIN);
    const planted = plant();
    await apply(account, planted);
    const spec = await sandbox.write("spec.yaml", specOf(account.namespace, planted.texts.log!));
    const flags = ["--kubeconfig", ADMIN, "--interactive=false"];

    const ended = await sandbox.run([spec, "-o", "out", ...flags]);
    equal(ended.code, 0, ended.stderr);
    const files = await sandbox.unpack(sandbox.path("out.tar.gz"));
    checkHidden(files, planted);
    equal(files.get("notes/notes.yaml"), `a: '${H}'\n`);
    const manifest = JSON.parse(files.get("MANIFEST.json")!);
    ok(
      manifest.files.find(({ path }: { path: string }) => path === "notes/notes.log").redactions["secret-value"] >= 18,
    );
    const cost = JSON.parse(files.get("execution-data/cost.json")!);
    equal(cost.secretValues.requests, 3);

    const off = await sandbox.run([spec, "-o", "off", ...flags, "--scrub-secrets=false"]);
    equal(off.code, 0, off.stderr);
    const plain = await sandbox.unpack(sandbox.path("off.tar.gz"));
    ok(plain.get("notes/notes.log")!.includes(`connected with ${planted.password} after`));
    equal(JSON.parse(plain.get("execution-data/cost.json")!).secretValues, undefined);
  },
});

Deno.test({
  name: "support-bundle hides a Secret's value in the log of a pod",
  ignore,
  fn: async () => {
    await using sandbox = await Sandbox.create();
    await using account = await createLimitedAccount(ADMIN);
    const api = await openApi(ADMIN);
    try {
      const { items } = await api.send("GET", "/api/v1/pods?limit=500") as {
        items: { metadata: { name: string; namespace: string }; status: { phase: string } }[];
      };
      const pod = items.find(({ status }) => status.phase === "Running")!.metadata;
      const spec = await sandbox.write(
        "spec.yaml",
        JSON.stringify({
          apiVersion: "troubleshoot.sh/v1beta2",
          kind: "SupportBundle",
          metadata: { name: "scrub" },
          spec: {
            collectors: [{ logs: { name: "logs", namespace: pod.namespace, selector: [""], podNames: [pod.name] } }],
          },
        }),
      );
      const log = async (name: string) => {
        const { code, stderr } = await sandbox.run([spec, "-o", name, "--kubeconfig", ADMIN, "--interactive=false"]);
        equal(code, 0, stderr);
        const files = await sandbox.unpack(sandbox.path(`${name}.tar.gz`));
        return [...files].filter(([path]) => path.endsWith(".log")).map(([, text]) => text).join("\n");
      };
      const before = await log("before");
      // Words of a line in the middle, as a passphrase.
      const lines = before.split("\n");
      const phrase = lines[Math.floor(lines.length / 2)]!.split(/\s+/).slice(-5, -1).join(" ");
      ok(phrase.length > 12, phrase);
      await account.apply([{
        apiVersion: "v1",
        kind: "Secret",
        metadata: { name: "s", namespace: account.namespace },
        stringData: { passphrase: phrase },
      }]);
      const after = await log("after");
      equal(after, before.replaceAll(phrase, H));
    } finally {
      api.close();
    }
  },
});

Deno.test({
  name: "support-bundle goes on where Secrets may not be read, says so, and hides the values of lists",
  ignore,
  fn: async () => {
    await using sandbox = await Sandbox.create();
    await using account = await createLimitedAccount(ADMIN);
    const planted = plant();
    const spec = await sandbox.write("spec.yaml", specOf(account.namespace, planted.texts.log!));
    const list = await sandbox.write("values.txt", `${planted.odd}\r\n\n${planted.password}\n`);
    await Deno.chmod(list, 0o644);
    const { code, stderr } = await sandbox.run(
      [spec, "-o", "out", "--interactive=false", "--scrub-values", list, "--scrub-values", "-"],
      { env: { KUBECONFIG: account.kubeconfig }, stdin: `${planted.inConfig}\nab\n` },
    );
    ok(code === 0 || code === 5, stderr);
    match(stderr, /Warning: Others than its owner may read the values to scrub in ".*values\.txt"; run: chmod 600/);
    match(stderr, /Warning: 1 of 4 values of --scrub-values were not scrubbed/);
    const files = await sandbox.unpack(sandbox.path("out.tar.gz"));
    const manifest = JSON.parse(files.get("MANIFEST.json")!);
    const redact = manifest.stages.find(({ stage }: { stage: string }) => stage === "redact");
    strictEqual(redact.message, "values of Secrets were not scrubbed: forbidden");
    strictEqual(redact.status, "ok");
    const log = files.get("notes/notes.log")!;
    for (const form of planted.forms) ok(!log.includes(form), form);
    for (const decoy of planted.decoys) ok(log.includes(decoy), decoy);
    ok(manifest.files.find(({ path }: { path: string }) => path === "notes/notes.log").redactions["user-value"] >= 18);
  },
});

const mistakes: [name: string, flags: string[], shows: RegExp][] = [
  ["a list that is not there", ["--scrub-values", "/nowhere/list"], /"\/nowhere\/list", does not exist/],
  ["a variable that is not set", ["--scrub-values", "env:NOT_SET_9"], /NOT_SET_9, which is not set/],
  ["a list without a name", ["--scrub-values", "env:"], /names neither a file nor a variable/],
];
for (const [name, flags, shows] of mistakes) {
  Deno.test({
    name: `support-bundle collects nothing with ${name}`,
    ignore: BINARY === undefined,
    fn: async () => {
      await using sandbox = await Sandbox.create();
      const spec = await sandbox.write(
        "spec.yaml",
        "apiVersion: troubleshoot.sh/v1beta2\nkind: HostCollector\nspec: {collectors: [{memory: {}}]}\n",
      );
      const { code, stderr } = await sandbox.run([spec, "-o", "out", ...flags]);
      equal(code, 1);
      match(stderr, shows);
      deepStrictEqual([...Deno.readDirSync(sandbox.folder)].filter(({ name }) => name.endsWith(".tar.gz")), []);
    },
  });
}

Deno.test({
  name: "a scheduled job hides the values of Secrets and of its lists",
  ignore,
  fn: async () => {
    await using sandbox = await Sandbox.create();
    await using account = await createLimitedAccount(ADMIN);
    const planted = plant(), named = `Un${random()}`;
    await apply(account, planted);
    const spec = await sandbox.write("spec.yaml", specOf(account.namespace, `${planted.texts.log}\nand ${named}`));
    await sandbox.write("list", named);
    await Deno.chmod(sandbox.path("list"), 0o600);
    const env = { KUBECONFIG: ADMIN };
    const refused = await sandbox.run([
      "schedule",
      "create",
      "j",
      "--every",
      "1s",
      "--spec",
      spec,
      "--scrub-values",
      "-",
    ]);
    equal(refused.code, 1);
    const job = ["schedule", "create", "j", "--every", "1s", "--spec", spec, "--scrub-values", "list"];
    const created = await sandbox.run(job, { env });
    equal(created.code, 0, created.stderr);
    const described = await sandbox.run(["schedule", "describe", "j"], { env });
    match(described.stdout, /values of the cluster's Secrets/);
    ok(described.stdout.includes(`file:${sandbox.path("list")}`), described.stdout);
    equal((await sandbox.run(["schedule", "daemon", "start"], { env })).code, 0);
    const execution = await until(
      "an execution that ended",
      async () =>
        (await sandbox.json(["schedule", "history", "j"])).find((e: { endTime: string | null; status: string }) =>
          e.endTime !== null && e.status !== "skipped"
        ),
    );
    const files = await sandbox.unpack(execution.bundlePath);
    checkHidden(files, planted);
    ok(!files.get("notes/notes.log")!.includes(named));
    for await (const { path, text } of stateFiles(sandbox.state)) {
      for (const form of [...planted.forms, named]) ok(!text.includes(form), `${path} has ${form}`);
    }
  },
});

/** What the scheduler keeps on the disk, but for bundles. */
async function* stateFiles(folder: string): AsyncGenerator<{ path: string; text: string }> {
  for await (const { name, isDirectory, isFile } of Deno.readDir(folder)) {
    const path = `${folder}/${name}`;
    if (isDirectory) yield* stateFiles(path);
    else if (isFile && !name.endsWith(".tar.gz")) {
      yield { path, text: Buffer.from(await Deno.readFile(path)).toString("latin1") };
    }
  }
}
