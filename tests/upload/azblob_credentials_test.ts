import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { join } from "node:path";
import { azblob } from "../../src/upload/kinds/azblob.ts";
import { context, makeFile } from "../contracts/uploader_contract.ts";
import { AZURITE, startAzurite } from "../fixtures/azurite_server.ts";
import { hasOpenssl, makeCertificates } from "../fixtures/certificates.ts";
import { freePort } from "../fixtures/server_process.ts";
import { type AzblobPlace, withContainer } from "./azblob_place.ts";
import { failure } from "./upload_observation.ts";

const FORMS: [name: string, value: (place: AzblobPlace) => string][] = [
  ["an account key", ({ azurite }) => azurite.key],
  ["a SAS token", ({ azurite }) => `?${azurite.sas("rcw")}`],
  ["a connection string with a key", (place) => connectionString(place, `AccountKey=${place.azurite.key}`)],
  [
    "a connection string with a SAS",
    (place) => connectionString(place, `SharedAccessSignature=${place.azurite.sas("rcw")}`),
  ],
  ["JSON of an account", ({ azurite }) => JSON.stringify({ accountName: azurite.account, accountKey: azurite.key })],
];
for (const [form, value] of FORMS) {
  withContainer(`azblob: takes ${form} from a reference, before the environment`, async (place, work) => {
    const env = { KEY: value(place) + "\n", AZURE_STORAGE_CONNECTION_STRING: "other" };
    const options = optionsFor(form, place);
    const file = await makeFile(work, "bundle.tar.gz", 10);
    const { url } = await azblob.upload(file, { ...place.to("x/"), options }, context(env));
    strictEqual(url, `azblob://${place.container.name}/x/bundle.tar.gz`);
    deepStrictEqual(await place.container.list(), ["x/bundle.tar.gz"]);
  });
}

const VARIABLES: [name: string, env: (place: AzblobPlace) => Record<string, string>][] = [
  ["AZURE_STORAGE_CONNECTION_STRING", (place) => ({
    AZURE_STORAGE_CONNECTION_STRING: connectionString(place, `AccountKey=${place.azurite.key}`),
    AZURE_STORAGE_KEY: "AAAAAAAA",
  })],
  ["AZURE_STORAGE_KEY", ({ azurite }) => ({
    AZURE_STORAGE_ACCOUNT: azurite.account,
    AZURE_STORAGE_KEY: azurite.key,
    AZURE_STORAGE_SAS_TOKEN: "sig=other",
  })],
  ["AZURE_STORAGE_SAS_TOKEN", ({ azurite }) => ({ AZURE_STORAGE_SAS_TOKEN: azurite.sas("cw") })],
];
for (const [variable, environment] of VARIABLES) {
  withContainer(`azblob: takes credentials from ${variable}`, async (place, work) => {
    const destination = { ...place.to("x/"), credentials: undefined };
    if (variable === "AZURE_STORAGE_CONNECTION_STRING") destination.options = {};
    else delete destination.options.account;
    await azblob.upload(await makeFile(work, "bundle.tar.gz", 10), destination, context(environment(place)));
    deepStrictEqual(await place.container.list(), ["x/bundle.tar.gz"]);
  });
}

withContainer("azblob: says which permission a signature lacks", async (place, work) => {
  const env = { KEY: place.azurite.sas("r") };
  const error = await failure(azblob.upload(await makeFile(work, "bundle.tar.gz", 10), place.to("x/"), context(env)));
  strictEqual(error.code, "UPLOAD_DENIED");
  ok(error.hint?.includes("create and write"), error.hint);
  ok(!Deno.inspect(error, { depth: 10 }).includes("sig="), "the error holds the signature");
});

withContainer("azblob: sends no signature unencrypted, and says where no signed address", async (place, work) => {
  const sas = place.azurite.sas("cw");
  const sig = new URLSearchParams(sas).get("sig")!;
  const file = await makeFile(work, "bundle.tar.gz", 10);
  for (const [endpoint, says] of [["http://blobs.example.com", "unencrypted"], [nobody(), "no connection"]] as const) {
    const error = await failure(azblob.upload(file, place.to("x/", { endpoint }), context({ KEY: sas })));
    ok(error.message.includes(says), error.message);
    const all = Deno.inspect(error, { depth: 10 });
    ok(!all.includes(sig) && !all.includes(encodeURIComponent(sig)), all);
  }
});

const WITHOUT: [name: string, KEY: string | undefined, options: Record<string, string>, code: string, says: RegExp][] =
  [
    ["the reference leads nowhere", undefined, { account: "acct1" }, "UPLOAD_CREDENTIALS", /KEY/],
    ["they are of no known form", "so-so", { account: "acct1" }, "UPLOAD_CREDENTIALS", /no credentials of Azure/],
    ["they are broken JSON", "{", { account: "acct1" }, "UPLOAD_CREDENTIALS", /no credentials of Azure/],
    ["a connection string has no secret", "AccountName=acct1", {}, "UPLOAD_CREDENTIALS", /no credentials of Azure/],
    ["no account is named", "AAAAAAAA", {}, "UPLOAD_FAILED", /storage account of the destination is not known/],
    ["a key has no account", "AAAAAAAA", { endpoint: "http://127.0.0.1:1" }, "UPLOAD_CREDENTIALS", /key belongs to/],
  ];
for (const [what, KEY, options, code, says] of WITHOUT) {
  Deno.test(`azblob: fails for good when ${what}`, async () => {
    const work = await Deno.makeTempDir({ prefix: "azblob-uploader-" });
    try {
      const destination = { url: new URL("azblob://bundles/x/"), options, credentials: "env:KEY" };
      const file = await makeFile(work, "bundle.tar.gz", 10);
      const error = await failure(azblob.upload(file, destination, context(KEY === undefined ? {} : { KEY })));
      strictEqual(error.code, code);
      strictEqual(error.transient, false);
      ok(says.test(error.message), error.message);
    } finally {
      await Deno.remove(work, { recursive: true });
    }
  });
}

Deno.test({
  name: "azblob: delivers with tokens of a service principal, a workload identity and a managed identity",
  ignore: AZURITE === undefined || !hasOpenssl,
  async fn(t) {
    const work = await Deno.makeTempDir({ prefix: "azblob-tokens-" });
    const { ca, server } = await makeCertificates();
    const path = (name: string) => join(work, name);
    for (const [name, text] of [["ca", ca], ["cert", server.cert], ["key", server.key]] as const) {
      await Deno.writeTextFile(path(name), text);
    }
    await Deno.writeTextFile(path("projected"), "of-the-pod\n");
    const azurite = await startAzurite(AZURITE!, { tls: { cert: path("cert"), key: path("key") }, ca });
    const tokens = startTokenServer();
    const identity = { AZURE_TENANT_ID: "tenant", AZURE_CLIENT_ID: "client", AZURE_AUTHORITY_HOST: tokens.origin };
    const flows: [name: string, env: Record<string, string>, asks: Record<string, string>][] = [
      ["a service principal", { ...identity, AZURE_CLIENT_SECRET: "of-the-principal" }, {
        path: "/tenant/oauth2/v2.0/token",
        client_secret: "of-the-principal",
        scope: "https://storage.azure.com/.default",
      }],
      ["a workload identity", { ...identity, AZURE_FEDERATED_TOKEN_FILE: path("projected") }, {
        path: "/tenant/oauth2/v2.0/token",
        client_assertion: "of-the-pod",
        client_assertion_type: "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
      }],
      ["a managed identity", { AZURE_CLIENT_ID: "client", AZURE_POD_IDENTITY_AUTHORITY_HOST: tokens.origin }, {
        path: "/metadata/identity/oauth2/token",
        resource: "https://storage.azure.com/",
        client_id: "client",
        metadata: "true",
      }],
    ];
    try {
      for (const [name, env, asks] of flows) {
        await t.step(name, async () => {
          const container = await azurite.addContainer();
          const said = await deliverIn(path("ca"), {
            file: await makeFile(work, "bundle.tar.gz", 10),
            url: `azblob://${container.name}/x/`,
            options: { endpoint: azurite.endpoint },
            env,
          });
          strictEqual(said.url, `azblob://${container.name}/x/bundle.tar.gz`, said.message);
          deepStrictEqual(await container.list(), ["x/bundle.tar.gz"]);
          const asked = tokens.asked.splice(0);
          strictEqual(asked.length, 1);
          for (const [field, value] of Object.entries(asks)) strictEqual(asked[0]![field], value, field);
        });
      }
      await t.step("says what the server of tokens says, and not the secret", async () => {
        const said = await deliverIn(path("ca"), {
          file: await makeFile(work, "bundle.tar.gz", 10),
          url: "azblob://bundles/x/",
          options: { endpoint: azurite.endpoint },
          env: { ...identity, AZURE_CLIENT_SECRET: "wrong" },
        });
        strictEqual(said.code, "UPLOAD_CREDENTIALS");
        strictEqual(said.message, "The application gets no access token: 401 invalid_client AADSTS7000215");
      });
    } finally {
      await tokens.stop();
      await azurite.stop();
      await Deno.remove(work, { recursive: true });
    }
  },
});

/** Speaks as Microsoft Entra and as the metadata service of a machine do. */
function startTokenServer() {
  const asked: Record<string, string>[] = [];
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, async (request) => {
    const { pathname, searchParams } = new URL(request.url);
    const form = request.method === "POST" ? new URLSearchParams(await request.text()) : searchParams;
    asked.push({
      path: pathname,
      ...Object.fromEntries(form),
      metadata: request.headers.get("metadata") ?? "",
    });
    if (form.get("client_secret") === "wrong") {
      const error_description = "AADSTS7000215: Invalid client secret provided: wrong";
      return Response.json({ error: "invalid_client", error_description }, { status: 401 });
    }
    return Response.json({ access_token: unsignedToken(), expires_in: "3599", token_type: "Bearer" });
  });
  return { asked, origin: `http://127.0.0.1:${server.addr.port}`, stop: () => server.shutdown() };
}

/** A token as Azurite wants it, which looks at the claims alone. */
function unsignedToken(): string {
  const now = Math.floor(Date.now() / 1000);
  const claims = {
    aud: "https://storage.azure.com",
    iss: "https://sts.windows-ppe.net/ab1f708d-50f6-404c-a006-d71b2ac7a606/",
    iat: now,
    nbf: now - 60,
    exp: now + 3600,
  };
  const part = (value: unknown) =>
    new TextEncoder().encode(JSON.stringify(value)).toBase64({ alphabet: "base64url", omitPadding: true });
  return `${part({ alg: "RS256", typ: "JWT" })}.${part(claims)}.AAAA`;
}

async function deliverIn(authority: string, delivery: Record<string, unknown>) {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--quiet", join(import.meta.dirname!, "azblob_process.ts")],
    env: { DENO_CERT: authority },
    stdin: "piped",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(JSON.stringify(delivery)));
  await writer.close();
  const { stdout } = await child.output();
  return JSON.parse(new TextDecoder().decode(stdout)) as { url?: string; code?: string; message?: string };
}

function connectionString({ azurite, door }: AzblobPlace, secret: string): string {
  const endpoint = `http://127.0.0.1:${door.port}/${azurite.account}`;
  return `DefaultEndpointsProtocol=http;AccountName=${azurite.account};${secret};BlobEndpoint=${endpoint};`;
}

/** What the form does not say itself. */
function optionsFor(form: string, place: AzblobPlace): Record<string, string> {
  if (form.startsWith("a connection string")) return {};
  const { endpoint, account } = place.to("").options;
  return form.startsWith("JSON") ? { endpoint: endpoint! } : { endpoint: endpoint!, account: account! };
}

function nobody(): string {
  return `http://127.0.0.1:${freePort()}`;
}
