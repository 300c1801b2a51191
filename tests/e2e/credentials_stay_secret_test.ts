import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { newVaultKey } from "../../src/credentials/vault_key.ts";
import { startS3Server, TEST_SERVICES } from "../fixtures/s3_server.ts";
import { randomHex } from "../fixtures/server_process.ts";
import { startWebhookServer } from "../notify/webhook_server.ts";
import { ProcessWatch } from "./process_watch.ts";
import { BINARY, type Ended, Sandbox, until } from "./program.ts";
import { SecretHunt } from "./secret_hunt.ts";

const ignore = BINARY === undefined || TEST_SERVICES === undefined || Deno.build.os !== "linux";

/** Writes down its whole environment where no redaction sees it, and lives long enough to be seen. */
const spec = (sandbox: Sandbox, more = "") =>
  `apiVersion: troubleshoot.sh/v1beta2
kind: HostCollector
spec:
  collectors:
    - run: {collectorName: env, command: sh, args: [-c, 'env > ${sandbox.path("seen")}/$$; sleep 0.3']}
    - cpu: {}
    - memory: {}
${more}`;

/** Jobs, each with credentials from somewhere else. `fails`: they are wrong. */
const jobs = [
  { name: "by-vault", credentials: "vault:s3", secret: "vault:hook" },
  { name: "by-env", credentials: "env:BUNDLE_S3", secret: "env:HOOK_KEY" },
  { name: "by-file", credentials: "file:DIR/s3.pair", secret: "file:DIR/hook.key" },
  { name: "by-exec", credentials: "exec:DIR/print-s3", secret: "exec:DIR/print-hook" },
  { name: "wrong-vault", credentials: "vault:wrong", secret: "vault:hook", fails: true },
  { name: "wrong-env", credentials: "env:WRONG_S3", fails: true },
];

Deno.test({
  name:
    "credentials stay secret: none is in the state, the logs, the bundles, what commands print, what the daemon serves, " +
    "an argument, or the environment of a process that does not need it",
  ignore,
  fn: async () => {
    await using sandbox = await Sandbox.create();
    const s3 = await startS3Server(TEST_SERVICES!);
    const receiver = startWebhookServer(() => new Response());
    try {
      const user = await s3.addUser(["s3:*"]);
      const vaultKey = (await newVaultKey()).identity;
      const secrets = {
        userKey: user.secretAccessKey, // of the vault, the file and the program
        rootKey: s3.secretAccessKey, // of the variable
        wrongKey: randomHex(20),
        wrongEnvKey: randomHex(20),
        hookVault: randomHex(24),
        hookEnv: randomHex(24),
        hookFile: randomHex(24),
        hookExec: randomHex(24),
        listenToken: randomHex(24),
        vaultKey,
        unused: randomHex(20),
      };
      const pair = (accessKeyId: string, secretAccessKey: string) => JSON.stringify({ accessKeyId, secretAccessKey });
      const vaultEnv = { TROUBLESHOOT_VAULT_KEY: vaultKey };
      const daemonEnv = {
        ...vaultEnv,
        BUNDLE_S3: pair(s3.accessKeyId, secrets.rootKey),
        WRONG_S3: pair(s3.accessKeyId, secrets.wrongEnvKey),
        HOOK_KEY: secrets.hookEnv,
        LISTEN_TOKEN: secrets.listenToken,
        TMPDIR: sandbox.path("tmp"),
      };
      const hunt = new SecretHunt(secrets);
      await using watch = new ProcessWatch(hunt, BINARY!);
      const run = async (args: string[], options: Parameters<Sandbox["run"]>[1] = {}): Promise<Ended> => {
        const ended = await sandbox.run(args, options);
        hunt.inText(`output of ${args.slice(0, 3).join(" ")}`, ended.stdout + ended.stderr);
        return ended;
      };

      for (const folder of ["seen", "tmp", "state"]) await Deno.mkdir(sandbox.path(folder), { mode: 0o700 });
      await Deno.writeTextFile(
        `${sandbox.state}/config.yaml`,
        "metricsPort: 0\nhealthCheckPort: 0\nlogLevel: debug\nlistenToken: env:LISTEN_TOKEN\n",
        { mode: 0o600 },
      );
      await writeSources(sandbox, pair(user.accessKeyId, secrets.userKey), secrets);
      const values = {
        s3: pair(user.accessKeyId, "an earlier one"),
        hook: secrets.hookVault,
        wrong: pair(user.accessKeyId, secrets.wrongKey),
        unused: secrets.unused,
      };
      for (const [name, value] of Object.entries(values)) {
        const set = await run(["credential", "set", name], { env: vaultEnv, stdin: value });
        strictEqual(set.code, 0, set.stderr);
      }
      const rotated = await run(["credential", "rotate", "s3"], {
        env: vaultEnv,
        stdin: pair(user.accessKeyId, secrets.userKey),
      });
      strictEqual(rotated.code, 0, rotated.stderr);
      strictEqual((await run(["credential", "set", "x", secrets.unused.slice(0, 8)])).code, 1);

      const daemon = sandbox.spawn(["schedule", "daemon", "start", "--foreground"], { env: daemonEnv });
      const daemonOutput = daemon.output();
      const status = await until("the daemon is ready", async () => {
        const { code, stdout } = await run(["schedule", "daemon", "status", "-o", "json"]);
        const status = code === 0 ? JSON.parse(stdout) : undefined;
        return status?.ports?.metrics === undefined ? undefined : status;
      });
      const specOf = (job: string) => sandbox.path(job === "by-file" ? "spec-by-file.yaml" : "spec.yaml");
      for (const { name, credentials, secret } of jobs) {
        const at = (text: string) => text.replace("DIR", sandbox.folder);
        const options = `endpoint=${s3.endpoint},region=us-east-1,forcePathStyle=true`;
        const notify = secret === undefined
          ? []
          : ["--notify", `${receiver.url}/${name}`, "--notify-secret", at(secret)];
        const created = await run([
          ...["schedule", "create", name, "-c", "@yearly", "--spec", specOf(name), "--retries", "0"],
          ...[
            "--upload",
            `s3://${s3.bucket}/${name}/`,
            "--upload-options",
            options,
            "--upload-credentials",
            at(credentials),
          ],
          ...notify,
          ...secret === undefined ? [] : ["--notify-on", "always,failure"],
        ]);
        strictEqual(created.code, 0, created.stderr);
      }
      for (const { name, fails } of jobs) {
        const ended = await run(["schedule", "run", name, "--wait"]);
        strictEqual(ended.code !== 0, fails === true, `${name}: ${ended.stdout}${ended.stderr}`);
      }
      await hunt.inFolder(sandbox.state); // with the daemon's files as they are while it runs
      for (
        const [port, path] of [["metrics", "/metrics"], ["health", "/"], ["health", "/status.json"], [
          "health",
          "/readyz",
        ]]
      ) {
        const url = `http://127.0.0.1:${status.ports[port!]}${path}`;
        const answer = await fetch(url, { headers: { Authorization: `Bearer ${secrets.listenToken}` } });
        hunt.inText(url, await answer.text());
        if (path !== "/readyz") strictEqual(answer.status, 200, url);
      }
      for (
        const args of [
          ["credential", "list"],
          ["credential", "list", "-o", "json"],
          ["credential", "test", "s3", "-o", "json"],
          ["credential", "test", "wrong"],
          ["schedule", "history", "--logs"],
          ["schedule", "history", "-o", "json"],
          ["schedule", "list", "-o", "json"],
          ["schedule", "describe", "by-env"],
          ["schedule", "describe", "wrong-vault", "-o", "yaml"],
          ["schedule", "audit"],
        ]
      ) strictEqual((await run(args, { env: vaultEnv })).code, 0, args.join(" "));
      const direct = await run(
        [sandbox.path("spec.yaml"), "-o", sandbox.path("direct"), "--upload", `s3://${s3.bucket}/direct/`]
          .concat("--upload-options", `endpoint=${s3.endpoint},region=us-east-1,forcePathStyle=true`)
          .concat("--upload-credentials", "env:BUNDLE_S3", "--debug"),
        { env: { BUNDLE_S3: daemonEnv.BUNDLE_S3 } },
      );
      strictEqual(direct.code, 0, direct.stderr);
      await run(["schedule", "daemon", "stop"]);
      const { stdout, stderr } = await daemonOutput;
      hunt.inBytes("the daemon's output", stdout);
      hunt.inBytes("the daemon's errors", stderr);

      await hunt.inFolder(sandbox.state);
      for (const folder of ["seen", "tmp"]) await hunt.inFolder(sandbox.path(folder));
      hunt.inBytes("a bundle that a command made", await Deno.readFile(sandbox.path("direct.tar.gz")));
      await hunt.inFolder(`${s3.folder}/${s3.bucket}`);
      for (const { path, body, headers } of receiver.received) {
        hunt.inText(`the notification to ${path}`, body + JSON.stringify([...headers]));
      }
      deepStrictEqual([...hunt.leaks], []);

      // That it did happen, and was looked at.
      const delivered = [...Deno.readDirSync(`${s3.folder}/${s3.bucket}`)].map(({ name }) => name);
      for (const { name, fails } of jobs) strictEqual(delivered.includes(name), fails !== true, name);
      const told = new Set(
        receiver.received.filter(({ headers }) => headers.has("X-Support-Bundle-Signature")).map(({ path }) => path),
      );
      deepStrictEqual([...told].sort(), ["/by-env", "/by-exec", "/by-file", "/by-vault", "/wrong-vault"]);
      strictEqual((await Array.fromAsync(Deno.readDir(sandbox.path("seen")))).length, jobs.length + 1);
      const [own] = Deno.readDirSync(`${s3.folder}/${s3.bucket}/by-file`);
      const copied = (await sandbox.unpack(`${s3.folder}/${s3.bucket}/by-file/${own!.name}`)).get(
        "host-collectors/own/s3.pair",
      );
      match(copied!, /\*\*\*HIDDEN\*\*\*\n$/);
      ok(hunt.looked > 100);
      for (const expected of [/ attempt$/, /\bsh -c env >/, /print-s3$/, / credential set s3$/]) {
        ok(watch.commands.some((command) => expected.test(command)), `${expected} was not seen`);
      }
      await expectHolders(watch, sandbox);
    } finally {
      await receiver.stop();
      await s3.stop();
    }
  },
});

async function writeSources(sandbox: Sandbox, keys: string, secrets: Record<string, string>): Promise<void> {
  const write = async (name: string, text: string, mode: number) => {
    await sandbox.write(name, text);
    await Deno.chmod(sandbox.path(name), mode);
  };
  await write("spec.yaml", spec(sandbox), 0o600);
  const copy = `    - copy: {collectorName: own, path: ${sandbox.path("s3.pair")}}\n`;
  await write("spec-by-file.yaml", spec(sandbox, copy), 0o600); // comes upon its own credentials
  await write("s3.json", keys, 0o600);
  const { accessKeyId, secretAccessKey } = JSON.parse(keys);
  await write("s3.pair", `${accessKeyId}:${secretAccessKey}\n`, 0o600);
  await write("hook.key", secrets.hookFile!, 0o600);
  await write("hook-exec.key", secrets.hookExec!, 0o600);
  // It says the secret with its complaints, too, and takes its time.
  await write(
    "print-s3",
    `#!/bin/sh\ncat ${sandbox.path("s3.json")} >&2\nsleep 0.3\ncat ${sandbox.path("s3.json")}\n`,
    0o700,
  );
  await write("print-hook", `#!/bin/sh\ncat ${sandbox.path("hook-exec.key")}\n`, 0o700);
}

/** Who had what in its environment: the daemon all that it was given, its children what their own jobs name, and nobody
 * else. */
async function expectHolders(watch: ProcessWatch, sandbox: Sandbox): Promise<void> {
  const ids = new Map<string, string>();
  for (const { id, name } of await sandbox.json(["schedule", "list", "--show-disabled"])) ids.set(name, id);
  // Whose attempts and deliveries, whether those that notify, and which commands.
  const mayHold: Record<string, { jobs: string[]; tell?: boolean; commands?: RegExp }> = {
    vaultKey: {
      jobs: ["by-vault", "wrong-vault"],
      tell: true,
      commands: /^ (?:credential (?:set|rotate|test|list)|schedule (?!daemon|run|create)\w+)\b/,
    },
    rootKey: { jobs: ["by-env"], commands: /^ \S+spec\.yaml / },
    wrongEnvKey: { jobs: ["wrong-env"] },
    hookEnv: { jobs: ["by-env"], tell: true },
    listenToken: { jobs: [] },
  };
  const isOf = (names: string[], execution: string) => names.some((name) => execution.startsWith(ids.get(name)!));
  for (const { secret, command, execution } of watch.holders) {
    ok(mayHold[secret] !== undefined, `${secret} is in the environment of ${command}`);
    const { jobs, tell, commands } = mayHold[secret];
    const own = command.startsWith(BINARY!) ? command.slice(BINARY!.length) : "";
    const may = /^ schedule daemon start\b/.test(own) || / tell$/.test(own) && tell === true ||
      / (?:attempt|deliver)$/.test(own) && isOf(jobs, execution) || commands?.test(own);
    ok(may, `${secret} is in the environment of ${command} ${execution}`);
  }
  for (const [secret, { jobs, tell }] of Object.entries(mayHold)) {
    for (const job of jobs) {
      const seen = watch.holders.some((it) =>
        it.secret === secret && (isOf([job], it.execution) || tell === true && / tell$/.test(it.command))
      );
      ok(seen, `no child of ${job} was seen with ${secret}`);
    }
  }
}
