import { deepStrictEqual, ok, rejects, strictEqual } from "node:assert/strict";
import { userInfo } from "node:os";
import { join } from "node:path";
import { sftp } from "../../src/upload/kinds/sftp.ts";
import { parseDestination } from "../../src/upload/registry.ts";
import { freeCiphers } from "../../src/upload/sftp/session.ts";
import { UploadError } from "../../src/upload/upload_error.ts";
import { context, filesBelow, makeFile } from "../contracts/uploader_contract.ts";
import { until } from "../daemon/until.ts";
import { runOnce } from "../fixtures/server_process.ts";
import {
  fingerprint,
  hasSshd,
  type KeyType,
  makeKey,
  sftpDestination,
  type SshdOptions,
  type SshdServer,
  startSshd,
  TEST_SSH_KEYGEN,
} from "../fixtures/sshd_server.ts";

type Login = [name: string, hostKey: KeyType, login: (server: SshdServer) => { KEY: string; PASSPHRASE?: string }];
const logins: Login[] = [
  ["an ed25519 key", "rsa", ({ keys }) => ({ KEY: keys.ed25519 })],
  ["an ECDSA key", "ecdsa", ({ keys }) => ({ KEY: keys.ecdsa })],
  ["an RSA key", "ed25519", ({ keys }) => ({ KEY: keys.rsa })],
  ["a key whose last line end is missing", "ed25519", ({ keys }) => ({ KEY: keys.ed25519.trimEnd() })],
  ["a locked key", "ed25519", ({ lockedKey, passphrase }) => ({ KEY: lockedKey, PASSPHRASE: passphrase })],
];
sshdTest("sftp: logs in with every kind of key, at servers known by every kind of host key", async (server, work) => {
  const file = await makeFile(work, "bundle.tar.gz", 1000);
  for (const [name, hostKey, login] of logins) {
    const env = login(server);
    const options: Record<string, string> = { hostKey: await fingerprint(server.hostKeys[hostKey]) };
    if (env.PASSPHRASE !== undefined) options.passphrase = "env:PASSPHRASE";
    const to = sftpDestination(server, `${encodeURIComponent(name)}/`, options, "env:KEY");
    await sftp.upload(file, to, context(env as Record<string, string>));
  }
  strictEqual((await filesBelow(server.data)).length, logins.length);
}, { types: ["ed25519", "ecdsa", "rsa"] });

type BadLogin = [name: string, env: (server: SshdServer) => Record<string, string>, why: RegExp];
const badLogins: BadLogin[] = [
  ["a locked key alone", ({ lockedKey }) => ({ KEY: lockedKey }), /locked with a passphrase/],
  [
    "a wrong passphrase",
    ({ lockedKey }) => ({ KEY: lockedKey, PASSPHRASE: "wrong" }),
    /cannot be read with this passphrase/,
  ],
  ["a damaged key", ({ keys }) => ({ KEY: keys.ed25519.replace(/\n.{20}/, "\n") }), /cannot be read$/],
  ["a reference to nothing", () => ({}), /KEY, which is not set/],
];
sshdTest("sftp: says what is wrong with credentials, and keeps them to itself", async (server, work) => {
  const file = await makeFile(work, "bundle.tar.gz", 1000);
  const hostKey = await fingerprint(server.hostKeys.ed25519);
  for (const [name, envOf, why] of badLogins) {
    const env = envOf(server);
    const options = { hostKey, ...env.PASSPHRASE === undefined ? {} : { passphrase: "env:PASSPHRASE" } };
    const error = await failure(sftp.upload(file, sftpDestination(server, "", options, "env:KEY"), context(env)));
    deepStrictEqual([error.code, error.transient], ["UPLOAD_CREDENTIALS", false], name);
    ok(why.test(error.message), error.message);
    const line = env.KEY?.split("\n")[2];
    ok(line === undefined || !Deno.inspect(error, { depth: 10 }).includes(line), "the error holds the key");
  }
});

sshdTest(
  "sftp: without credentials logs in as ssh does, with the account's own key or its agent",
  async (server, work) => {
    const file = await makeFile(work, "bundle.tar.gz", 1000);
    const to = sftpDestination(server, "", { hostKey: await fingerprint(server.hostKeys.ed25519) });
    const key = join(work, ".ssh", "id_ed25519");
    const upload = (env: Record<string, string>) => sftp.upload(file, to, context(env));
    await Deno.mkdir(join(work, ".ssh"));
    strictEqual((await failure(upload({ HOME: work }))).code, "UPLOAD_CREDENTIALS");
    await Deno.writeTextFile(key, server.keys.ed25519, { mode: 0o644 }); // others may read it
    strictEqual((await failure(upload({ HOME: work }))).code, "UPLOAD_CREDENTIALS");
    await Deno.chmod(key, 0o600);
    await upload({ HOME: work });
    const agent = join(work, "agent");
    const child = new Deno.Command("ssh-agent", { args: ["-D", "-a", agent], stdout: "null", stderr: "null" }).spawn();
    try {
      await until("the agent's socket", () => exists(agent));
      await runOnce(["env", `SSH_AUTH_SOCK=${agent}`, "ssh-add", "-q", key]);
      await upload({ HOME: "/nowhere", SSH_AUTH_SOCK: agent });
    } finally {
      child.kill();
      await child.status;
    }
  },
);

sshdTest("sftp: trusts the host keys of known_hosts, and no other", async (server, work) => {
  const file = await makeFile(work, "bundle.tar.gz", 1000);
  const knownHosts = join(work, "known_hosts");
  const to = sftpDestination(server, "", { knownHosts }, "env:KEY");
  const upload = () => sftp.upload(file, to, context({ KEY: server.keys.ed25519 }));
  const name = `[127.0.0.1]:${server.port}`;
  const own = server.hostKeys.ed25519.trim();
  const other = (await Deno.readTextFile(join(server.folder, "user_ed25519.pub"))).trim();
  const refused: [lines: string, why: RegExp][] = [
    ["", /is not known: it is SHA256:/],
    [`127.0.0.1 ${own}`, /is not known/],
    [`${name} ${other}`, /has changed: it is SHA256:/],
    [`${name} ${own}\n@revoked * ${own}`, /is marked as revoked/],
  ];
  for (const [lines, why] of refused) {
    await Deno.writeTextFile(knownHosts, lines);
    const error = await failure(upload());
    deepStrictEqual([error.code, error.transient], ["UPLOAD_HOST_KEY", false], error.message);
    ok(why.test(error.message), error.message);
  }
  deepStrictEqual(await filesBelow(server.data), []);
  await Deno.writeTextFile(knownHosts, `${name} ${own}\n`);
  await upload();
  await runOnce([TEST_SSH_KEYGEN!, "-q", "-H", "-f", knownHosts]);
  ok((await Deno.readTextFile(knownHosts)).startsWith("|1|"));
  await upload();
});

sshdTest("sftp: refuses a server that shows another key than the one that was named", async (server, work) => {
  const file = await makeFile(work, "bundle.tar.gz", 1000);
  const other = await fingerprint(await Deno.readTextFile(join(server.folder, "user_ed25519.pub")));
  const to = sftpDestination(server, "", { hostKey: other }, "env:KEY");
  const error = await failure(sftp.upload(file, to, context({ KEY: server.keys.ed25519 })));
  deepStrictEqual([error.code, error.transient], ["UPLOAD_HOST_KEY", false]);
  ok(error.message.includes(await fingerprint(server.hostKeys.ed25519)), error.message);
});

sshdTest("sftp: delivers below home, and fails for good where it may not write", async (server, work) => {
  const file = await makeFile(work, "bundle.tar.gz", 1000);
  const hostKey = await fingerprint(server.hostKeys.ed25519);
  const origin = `sftp://${server.user}@127.0.0.1:${server.port}`;
  const name = `.support-bundle-test-${crypto.randomUUID()}`;
  const upload = (path: string) =>
    sftp.upload(
      file,
      parseDestination(`${origin}${path}`, { hostKey }, "env:KEY"),
      context({ KEY: server.keys.ed25519 }),
    );
  strictEqual((await upload(`/~/${name}`)).url, `${origin}/~/${name}`);
  await Deno.remove(join(userInfo().homedir, name));
  strictEqual((await failure(upload("/proc/nothing/x"))).transient, false);
});

const servers: [name: string, config: string, expect: "delivers" | RegExp][] = [
  ["AES-256 and HMAC-SHA-512 without encrypt-then-MAC", "Ciphers aes256-ctr\nMACs hmac-sha2-512", "delivers"],
  ["a curve of NIST", "KexAlgorithms ecdh-sha2-nistp256", "delivers"],
  ["another curve of NIST", "KexAlgorithms ecdh-sha2-nistp384", "delivers"],
  ["nothing but Diffie-Hellman groups", "KexAlgorithms diffie-hellman-group14-sha256", /no algorithm in common/],
  ["nothing but ChaCha20", "Ciphers chacha20-poly1305@openssh.com", /no algorithm in common/],
  ["nothing but AES-GCM", "Ciphers aes256-gcm@openssh.com", /no algorithm in common/],
  ["no SFTP", "ForceCommand /bin/false", /Cannot deliver the bundle/],
];
for (const [name, config, expect] of servers) {
  sshdTest(
    `sftp: ${expect === "delivers" ? "delivers to" : "fails with words at"} a server with ${name}`,
    async (server, work) => {
      const file = await makeFile(work, "bundle.tar.gz", 3_000_000);
      const to = sftpDestination(server, "", { hostKey: await fingerprint(server.hostKeys.ed25519) }, "env:KEY");
      const upload = sftp.upload(file, to, context({ KEY: server.keys.ed25519 }));
      if (expect === "delivers") return void await upload;
      const error = await failure(upload);
      ok(expect.test(error.message), error.message);
      ok(error.hint?.includes(file.path));
    },
    { config },
  );
}

for (const asked of ["password", "keyboard-interactive"] as const) {
  Deno.test({
    name: `sftp: logs in with a password at a server that asks for it by ${asked}`,
    ignore: !hasSshd,
    async fn() {
      const work = await Deno.makeTempDir({ prefix: "sftp-uploader-" });
      await makeKey("ed25519", join(work, "host"));
      const password = crypto.randomUUID();
      const server = await startPasswordServer(await Deno.readTextFile(join(work, "host")), asked, password);
      try {
        const file = await makeFile(work, "bundle.tar.gz", 1000);
        const hostKey = await fingerprint(await Deno.readTextFile(join(work, "host.pub")));
        const to = parseDestination(`sftp://u@127.0.0.1:${server.port}/x`, { hostKey }, "env:PASSWORD");
        const upload = (PASSWORD: string) => failure(sftp.upload(file, to, context({ PASSWORD })));
        // This server has no SFTP: whoever gets so far is in.
        ok((await upload(password)).code !== "UPLOAD_CREDENTIALS");
        strictEqual((await upload("wrong")).code, "UPLOAD_CREDENTIALS");
      } finally {
        server.stop();
        await Deno.remove(work, { recursive: true });
      }
    },
  });
}

/** Of `ssh2` itself: OpenSSH asks the system, whose passwords no test knows. */
async function startPasswordServer(hostKey: string, asks: string, password: string) {
  const { default: { Server } } = await import("ssh2");
  // deno-lint-ignore no-explicit-any -- `ssh2` has no types of its own
  const server = new Server({ hostKeys: [hostKey], algorithms: { cipher: ["aes128-ctr"] } }, (client: any) => {
    // deno-lint-ignore no-explicit-any
    client.on("authentication", (asked: any) => {
      if (asked.method !== asks) return asked.reject([asks]);
      const judge = (given: string) => given === password ? asked.accept() : asked.reject();
      if (asks === "password") judge(asked.password);
      else asked.prompt([{ prompt: "Password: ", echo: false }], ([given]: string[]) => judge(given!));
    });
    client.on("ready", () => client.end());
    client.on("error", () => {});
    client.on("close", () => freeCiphers(client));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { port: server.address().port, stop: () => server.close() };
}

const refusedUrls: [what: string, url: string, options: Record<string, string>, why: RegExp][] = [
  ["no user", "sftp://host/x/", {}, /names no user/],
  ["a fingerprint of MD5", "sftp://u@host/x/", { hostKey: "MD5:00:11" }, /fingerprint/],
  ["a passphrase in the clear", "sftp://u@host/x/", { passphrase: "correct horse" }, /not a reference/],
  ["a verification that does not exist", "sftp://u@host/x/", { verify: "none" }, /"none"/],
];
for (const [what, url, options, why] of refusedUrls) {
  Deno.test(`sftp: refuses ${what}`, async () => {
    await rejects(async () => await parseDestination(url, options), why);
  });
}

function sshdTest(
  name: string,
  fn: (server: SshdServer, work: string) => Promise<void>,
  options: SshdOptions = {},
): void {
  Deno.test({
    name,
    ignore: !hasSshd,
    async fn() {
      const server = await startSshd(options);
      const work = await Deno.makeTempDir({ prefix: "sftp-uploader-" });
      try {
        await fn(server, work);
      } finally {
        await server.stop();
        await Deno.remove(work, { recursive: true });
      }
    },
  });
}

function exists(path: string): boolean {
  try {
    Deno.lstatSync(path);
    return true;
  } catch {
    return false;
  }
}

async function failure(promise: Promise<unknown>): Promise<UploadError> {
  let caught: unknown;
  await rejects(promise, (error) => (caught = error, error instanceof UploadError));
  return caught as UploadError;
}
