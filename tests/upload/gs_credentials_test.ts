import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { join } from "node:path";
import { gs } from "../../src/upload/kinds/gs.ts";
import { context, makeFile } from "../contracts/uploader_contract.ts";
import type { GcsServer } from "../fixtures/gcs_server.ts";
import { freePort } from "../fixtures/server_process.ts";
import { account, to, withServer } from "./gs_place.ts";
import { failure } from "./upload_observation.ts";

const PLACES: [name: string, env: (server: GcsServer, work: string) => Promise<Record<string, string>>][] = [
  ["the file of GOOGLE_APPLICATION_CREDENTIALS", async (server, work) => {
    const path = join(work, "account.json");
    await Deno.writeTextFile(path, JSON.stringify(server.serviceAccount));
    return { GOOGLE_APPLICATION_CREDENTIALS: path };
  }],
  ["gcloud's file of application default credentials", async (server, work) => {
    const path = join(work, "application_default_credentials.json");
    await Deno.writeTextFile(path, JSON.stringify(server.serviceAccount));
    return { CLOUDSDK_CONFIG: work };
  }],
];
for (const [place, environment] of PLACES) {
  withServer(`gs: finds credentials in ${place}`, async (server, work) => {
    const destination = { ...to(server, "x/"), credentials: undefined };
    const file = await makeFile(work, "bundle.tar.gz", 10);
    await gs.upload(file, destination, context(await environment(server, work)));
    deepStrictEqual(await server.list(), ["x/bundle.tar.gz"]);
  });
}

withServer("gs: takes a token from the metadata server", async (server, work) => {
  const asked: string[] = [];
  const metadata = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, (request) => {
    asked.push(`${request.headers.get("metadata-flavor")} ${new URL(request.url).pathname}`);
    return Response.json({ access_token: server.addToken(), expires_in: 3599, token_type: "Bearer" });
  });
  try {
    const env = { CLOUDSDK_CONFIG: work, GCE_METADATA_HOST: `127.0.0.1:${metadata.addr.port}` };
    const destination = { ...to(server, "x/"), credentials: undefined };
    await gs.upload(await makeFile(work, "bundle.tar.gz", 10), destination, context(env));
  } finally {
    await metadata.shutdown();
  }
  deepStrictEqual(asked, ["Google /computeMetadata/v1/instance/service-accounts/default/token"]);
});

withServer("gs: exchanges the token of a workload identity federation", async (server, work) => {
  const subject = join(work, "token");
  await Deno.writeTextFile(subject, "of-the-workload");
  let exchanged: string | undefined;
  const exchange = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, async (request) => {
    exchanged = new URLSearchParams(await request.text()).get("subject_token") ?? undefined;
    return Response.json({
      access_token: server.addToken(),
      issued_token_type: "urn:ietf:params:oauth:token-type:access_token",
      token_type: "Bearer",
      expires_in: 3600,
    });
  });
  try {
    const ACCOUNT = JSON.stringify({
      type: "external_account",
      audience: "//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/p/providers/k8s",
      subject_token_type: "urn:ietf:params:oauth:token-type:jwt",
      token_url: `http://127.0.0.1:${exchange.addr.port}/v1/token`,
      credential_source: { file: subject },
    });
    await gs.upload(await makeFile(work, "bundle.tar.gz", 10), to(server, "x/"), context({ ACCOUNT }));
  } finally {
    await exchange.shutdown();
  }
  strictEqual(exchanged, "of-the-workload");
});

withServer("gs: needs no credentials where STORAGE_EMULATOR_HOST names the server", async (server, work) => {
  const destination = { url: new URL("gs://bundles/x/"), options: {} };
  const env = { STORAGE_EMULATOR_HOST: server.emulator.replace("http://", "") };
  await gs.upload(await makeFile(work, "bundle.tar.gz", 10), destination, context(env));
  deepStrictEqual(await server.list(), ["x/bundle.tar.gz"]);
});

const WITHOUT: [name: string, credentials: string | undefined, ACCOUNT: string | undefined, says: RegExp][] = [
  ["there are none", undefined, undefined, /no credentials for Google/],
  ["the reference leads nowhere", "env:ACCOUNT", undefined, /ACCOUNT/],
  ["they are no JSON", "env:ACCOUNT", "{no", /no valid JSON/],
  ["they are of another sort", "env:ACCOUNT", '{"type":"other"}', /no "type" that is known/],
  ["they are neither JSON nor a token", "env:ACCOUNT", "a b c", /neither JSON nor an access token/],
  ["the account has no key", "env:ACCOUNT", '{"type":"service_account","client_email":"a@b"}', /accepts no access/],
  ["the token is not valid", "env:ACCOUNT", "ya29.not-a-token-of-this-server", /401/],
];
for (const [what, credentials, ACCOUNT, says] of WITHOUT) {
  withServer(`gs: fails for good when ${what}`, async (server, work) => {
    const destination = { ...to(server, "x/"), credentials };
    const env = {
      CLOUDSDK_CONFIG: work,
      GCE_METADATA_HOST: `127.0.0.1:${freePort()}`,
      ...ACCOUNT === undefined ? {} : { ACCOUNT },
    };
    const error = await failure(gs.upload(await makeFile(work, "bundle.tar.gz", 10), destination, context(env)));
    strictEqual(error.code, "UPLOAD_CREDENTIALS");
    strictEqual(error.transient, false);
    ok(says.test(error.message), error.message);
  });
}

withServer("gs: calls a server of tokens transient that cannot be reached", async (server, work) => {
  const ACCOUNT = JSON.stringify({ ...server.serviceAccount, token_uri: `http://127.0.0.1:${freePort()}/token` });
  const file = await makeFile(work, "bundle.tar.gz", 10);
  const error = await failure(gs.upload(file, to(server, "x/"), context({ ACCOUNT })));
  strictEqual(error.code, "UPLOAD_UNREACHABLE");
  strictEqual(error.transient, true);
});

withServer("gs: sends no token unencrypted", async (server, work) => {
  const destination = to({ ...server, endpoint: "http://storage.example.com" }, "x/");
  const error = await failure(
    gs.upload(await makeFile(work, "bundle.tar.gz", 10), destination, context(account(server))),
  );
  ok(error.message.includes("unencrypted"), error.message);
});
