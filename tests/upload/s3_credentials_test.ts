import { deepStrictEqual, ok, rejects, strictEqual } from "node:assert/strict";
import { join } from "node:path";
import { resolveCredential } from "../../src/core/credential_reference.ts";
import { s3 } from "../../src/upload/kinds/s3.ts";
import { s3Credentials } from "../../src/upload/kinds/s3_credentials.ts";
import { UploadError } from "../../src/upload/upload_error.ts";
import type { Destination } from "../../src/upload/uploader.ts";
import { context, makeFile } from "../contracts/uploader_contract.ts";
import { type AwsCredentialServer, startAwsCredentialServer } from "../fixtures/aws_credential_server.ts";
import { startS3Server, TEST_SERVICES } from "../fixtures/s3_server.ts";
import { freePort } from "../fixtures/server_process.ts";

const ROLE_ARN = "arn:aws:iam::123456789012:role/bundle-writer";
const KEYS = { AWS_ACCESS_KEY_ID: "AKIAENV", AWS_SECRET_ACCESS_KEY: "of-env" };
const FILE = "[default]\naws_access_key_id = AKIAFILE\naws_secret_access_key = of-file\n";

interface Stage {
  server: AwsCredentialServer;
  folder: string;
  /** Writes a file and returns its path. */
  write(name: string, text: string): Promise<string>;
}

type Env = Record<string, string>;
const webIdentity = async ({ server, write }: Stage): Promise<Env> => ({
  AWS_WEB_IDENTITY_TOKEN_FILE: await write("token", server.identityToken),
  AWS_ROLE_ARN: ROLE_ARN,
  AWS_ENDPOINT_URL_STS: server.url,
});
const container = ({ server }: Stage): Env => ({
  AWS_CONTAINER_CREDENTIALS_FULL_URI: `${server.url}/container`,
  AWS_CONTAINER_AUTHORIZATION_TOKEN: server.identityToken,
});
const config = async ({ write }: Stage, text: string): Promise<Env> => ({
  AWS_CONFIG_FILE: await write("config", text),
});

const SOURCES: [what: string, env: (stage: Stage) => Env | Promise<Env>, from: string, options?: Env][] = [
  ["the environment", () => KEYS, "AKIAENV"],
  ["the environment before a profile that a variable names", async (stage) => ({
    ...KEYS,
    AWS_PROFILE: "other",
    AWS_SHARED_CREDENTIALS_FILE: await stage.write("credentials", FILE.replace("default", "other")),
  }), "AKIAENV"],
  [
    "a profile that is named, before the environment",
    async (stage) => ({
      ...KEYS,
      AWS_SHARED_CREDENTIALS_FILE: await stage.write("credentials", FILE.replace("default", "other")),
    }),
    "AKIAFILE",
    { profile: "other" },
  ],
  ["the credentials file, before a web identity", async (stage) => ({
    ...await webIdentity(stage),
    AWS_SHARED_CREDENTIALS_FILE: await stage.write("credentials", FILE),
  }), "AKIAFILE"],
  ["the config file", (stage) => config(stage, FILE), "AKIAFILE"],
  ["a role of the config file", async (stage) => ({
    ...await config(
      stage,
      `[default]\nrole_arn = ${ROLE_ARN}\nsource_profile = base\n${FILE.replace("default", "profile base")}`,
    ),
    AWS_ENDPOINT_URL_STS: stage.server.url,
  }), "AssumeRole"],
  [
    "a process that the config file names",
    (stage) =>
      config(
        stage,
        `[profile tool]\ncredential_process = echo '{"Version": 1, "AccessKeyId": "AKIATOOL", "SecretAccessKey": "x"}'\n`,
      ),
    "AKIATOOL",
    { profile: "tool" },
  ],
  ["a web identity", webIdentity, "AssumeRoleWithWebIdentity"],
  ["a web identity, before the container", async (stage) => ({
    ...container(stage),
    ...await webIdentity(stage),
  }), "AssumeRoleWithWebIdentity"],
  ["the container", container, "GET /container"],
  ["the container, whose token is in a file", async ({ server, write }) => ({
    AWS_CONTAINER_CREDENTIALS_FULL_URI: `${server.url}/container`,
    AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: await write("token", server.identityToken + "\n"),
  }), "GET /container"],
  ["the machine", ({ server }) => ({
    AWS_EC2_METADATA_DISABLED: "false",
    AWS_EC2_METADATA_SERVICE_ENDPOINT: server.url,
  }), "GET /latest/meta-data/iam/security-credentials/bundle-writer"],
];
for (const [what, env, from, options = {}] of SOURCES) {
  withStage(`s3: takes credentials from ${what}`, async (stage) => {
    const found = await credentialsOf(stage, await env(stage), options);
    if (from.startsWith("AKIA")) {
      strictEqual(found.accessKeyId, from);
      deepStrictEqual(stage.server.requests, []);
    } else {
      const { validMs: _, ...keys } = stage.server.keys;
      const { accessKeyId, secretAccessKey, sessionToken, expiration } = found;
      deepStrictEqual({ accessKeyId, secretAccessKey, sessionToken }, keys);
      ok(expiration !== undefined && expiration.getTime() > Date.now());
      strictEqual(stage.server.requests.at(-1), from);
    }
  });
}

const FAILURES: [what: string, env: (stage: Stage) => Env | Promise<Env>, says: RegExp, transient: boolean][] = [
  ["none are anywhere", () => ({}), /no credentials for S3/, false],
  [
    "the machine has no metadata service",
    () => ({
      AWS_EC2_METADATA_DISABLED: "false",
      AWS_EC2_METADATA_SERVICE_ENDPOINT: `http://127.0.0.1:${freePort()}`,
    }),
    /no credentials for S3/,
    false,
  ],
  [
    "the web identity is refused",
    async (stage) => ({
      ...await webIdentity(stage),
      AWS_WEB_IDENTITY_TOKEN_FILE: await stage.write("token", "SECRET-other"),
    }),
    /from the web identity in/,
    false,
  ],
  [
    "the token service is away",
    async (stage) => ({
      ...await webIdentity(stage),
      AWS_ENDPOINT_URL_STS: `http://127.0.0.1:${freePort()}`,
    }),
    /from the web identity in/,
    true,
  ],
  [
    "the container's agent refuses",
    (stage) => ({
      ...container(stage),
      AWS_CONTAINER_AUTHORIZATION_TOKEN: "SECRET-other",
    }),
    /from the role of the container: .*401/,
    false,
  ],
  [
    "the container's agent would be asked over the network in the clear",
    (stage) => ({
      ...container(stage),
      AWS_CONTAINER_CREDENTIALS_FULL_URI: "http://192.0.2.1/container",
    }),
    /neither https: nor an address of this machine/,
    false,
  ],
  [
    "the process of the profile fails",
    (stage) => config(stage, "[default]\ncredential_process = sh -c 'echo SECRET-1 >&2; exit 1' SECRET-2\n"),
    /its credential_process gave none/,
    false,
  ],
];
for (const [what, env, says, transient] of FAILURES) {
  withStage(`s3: says so when ${what}`, async (stage) => {
    await rejects(credentialsOf(stage, await env(stage)), (error) => {
      ok(error instanceof UploadError);
      strictEqual(error.code, "UPLOAD_CREDENTIALS");
      strictEqual(error.transient, transient, error.message);
      ok(says.test(error.message), error.message);
      ok(!Deno.inspect(error, { depth: 10 }).includes("SECRET-"), "the error holds a secret");
      return true;
    });
  });
}

Deno.test({
  name: "s3: asks for credentials again when they expire during an upload",
  ignore: TEST_SERVICES === undefined,
  async fn() {
    const server = await startS3Server(TEST_SERVICES!);
    const folder = await Deno.makeTempDir();
    try {
      await using agent = startAwsCredentialServer();
      const { accessKeyId, secretAccessKey } = server;
      agent.keys = { accessKeyId, secretAccessKey, validMs: 1_000 };
      const destination = { url: new URL("s3://bundles/x/"), options: { endpoint: server.endpoint } };
      const file = await makeFile(folder, "bundle.tar.gz", 20 * 1024 * 1024);
      await s3.upload(file, destination, context({ HOME: folder, ...container({ server: agent } as Stage) }));
      ok(agent.requests.length > 1, `${agent.requests.length} requests`);
    } finally {
      await server.stop();
      await Deno.remove(folder, { recursive: true });
    }
  },
});

async function credentialsOf({ folder }: Stage, env: Env, options: Env = {}) {
  const all = { HOME: folder, AWS_EC2_METADATA_DISABLED: "true", ...env };
  const destination: Destination = { url: new URL("s3://bundles/x/"), options };
  return await (await s3Credentials(destination, all, (reference) => resolveCredential(reference, all)))();
}

function withStage(name: string, fn: (stage: Stage) => Promise<void>): void {
  Deno.test(name, async () => {
    const folder = await Deno.makeTempDir();
    try {
      await using server = startAwsCredentialServer();
      const write = async (name: string, text: string) => {
        await Deno.writeTextFile(join(folder, name), text);
        return join(folder, name);
      };
      await fn({ server, folder, write });
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  });
}
