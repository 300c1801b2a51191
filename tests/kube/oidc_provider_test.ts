import { deepStrictEqual, ok, rejects, strictEqual } from "node:assert/strict";
import { join } from "node:path";
import { CredentialSource } from "../../src/kube/credentials.ts";
import { KubeconfigError } from "../../src/kube/errors.ts";
import { findKubeTarget } from "../../src/kube/kubeconfig.ts";
import { hasOpenssl, makeCertificates } from "../fixtures/certificates.ts";
import { type OidcProvider, startOidcProvider, unsignedToken } from "../fixtures/oidc_provider.ts";
import { randomHex } from "../fixtures/server_process.ts";
import { ManualClock } from "../manual_clock.ts";

const NOW = new Date("2026-03-02T12:00:00Z");
const inMinutes = (minutes: number) => new Date(NOW.getTime() + minutes * 60_000);

interface Case {
  clock: ManualClock;
  source: CredentialSource;
  /** The kubeconfig as it is now. */
  read(): Promise<string>;
  file: string;
}

/** @param config of the auth provider, as YAML lines */
async function withUser(config: Record<string, string>, use: (test: Case) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "oidc-" });
  const file = join(folder, "config");
  const lines = Object.entries(config).map(([name, value]) => `        ${name}: ${value}`).join("\n");
  await Deno.writeTextFile(
    file,
    "# mine\ncurrent-context: a\nclusters:\n- name: a\n  cluster: {server: 'https://first:6443'}\n" +
      "contexts:\n- name: a\n  context: {cluster: a, user: jane}\nusers:\n- name: other\n  user: {}\n" +
      `- name: jane # that is me\n  user:\n    auth-provider:\n      name: oidc\n      config:\n${lines}\n`,
    { mode: 0o640 },
  );
  const clock = new ManualClock(NOW);
  const source = new CredentialSource(await findKubeTarget({ kubeconfig: file }, {}), {}, { clock });
  try {
    await use({ clock, source, file, read: () => Deno.readTextFile(file) });
  } finally {
    source.close();
    await Deno.remove(folder, { recursive: true });
  }
}

function account(provider: OidcProvider, idToken: string): Record<string, string> {
  return {
    "idp-issuer-url": provider.issuer,
    "client-id": "kube",
    ...(provider.clientSecret === undefined ? {} : { "client-secret": provider.clientSecret }),
    "id-token": idToken,
    "refresh-token": provider.refreshToken,
  };
}

const bearer = async (source: CredentialSource) => {
  const { headers } = await source.current();
  return headers.find(([name]) => name === "authorization")?.[1].replace("Bearer ", "");
};

Deno.test("CredentialSource uses an id-token of the kubeconfig until it expires, and asks nobody", async () => {
  const held = unsignedToken(inMinutes(5));
  await using provider = startOidcProvider({ idToken: () => "unused" });
  await withUser(account(provider, held), async ({ source, clock, read }) => {
    const before = await read();
    strictEqual(await bearer(source), held);
    await clock.advance(4 * 60_000);
    strictEqual(await bearer(source), held);
    deepStrictEqual(provider.asked, []);
    strictEqual(await read(), before);
  });
});

Deno.test("CredentialSource renews an expired id-token, again when that expires, and writes both tokens back", async () => {
  const tokens = [unsignedToken(inMinutes(10)), unsignedToken(inMinutes(30))];
  const given = [...tokens];
  await using provider = startOidcProvider({ clientSecret: `s${randomHex(8)}`, idToken: () => given.shift()! });
  await withUser(account(provider, unsignedToken(inMinutes(-1))), async ({ source, clock, read, file }) => {
    const before = await read();
    deepStrictEqual(await Promise.all([bearer(source), bearer(source)]), [tokens[0], tokens[0]]);
    const lines = (text: string) => text.split("\n").filter((line) => !/(id|refresh)-token:/.test(line));
    deepStrictEqual(lines(await read()), lines(before), "the rest is as it was");
    ok((await read()).includes(`id-token: "${tokens[0]}"\n`));
    ok((await read()).includes(`refresh-token: "${provider.refreshToken}"\n`));
    if (Deno.build.os !== "windows") strictEqual((await Deno.stat(file)).mode! & 0o777, 0o640);

    await clock.set(inMinutes(11));
    strictEqual(await bearer(source), tokens[1], "with the refresh token of the first answer");
    deepStrictEqual(provider.asked, ["basic", "basic"]);
    deepStrictEqual([...Deno.readDirSync(join(file, ".."))].map(({ name }) => name), ["config"]);
  });
});

Deno.test("CredentialSource renews an id-token that cannot be kept, for this run", async () => {
  const fresh = unsignedToken(inMinutes(10));
  await using provider = startOidcProvider({ idToken: () => fresh });
  await withUser(account(provider, unsignedToken(inMinutes(-1))), async ({ source, file, read }) => {
    await Deno.writeTextFile(`${file}.lock`, ""); // kubectl is at it
    const before = await read();
    strictEqual(await bearer(source), fresh);
    strictEqual(await read(), before);
    ok(await Deno.stat(`${file}.lock`));
  });
});

const clients: [name: string, secret: string | undefined, methods: string[] | undefined, asked: string][] = [
  ["in a header", `s${randomHex(8)}`, undefined, "basic"],
  ["in a header, where both are allowed", `s${randomHex(8)}`, ["client_secret_post", "client_secret_basic"], "basic"],
  ["in the body, where that alone is allowed", `s${randomHex(8)}`, ["client_secret_post"], "body"],
  ["in the body without a secret", undefined, undefined, "body"],
];
for (const [name, clientSecret, methods, asked] of clients) {
  Deno.test(`refreshIdToken() names the client ${name}`, async () => {
    await using provider = startOidcProvider({ clientSecret, methods, idToken: () => unsignedToken(inMinutes(10)) });
    await withUser(account(provider, unsignedToken(inMinutes(-1))), async ({ source }) => {
      ok(await bearer(source));
      deepStrictEqual(provider.asked, [asked]);
    });
  });
}

Deno.test({
  name: "refreshIdToken() trusts the provider's authority of the kubeconfig, and no unknown one",
  ignore: !hasOpenssl,
  fn: async () => {
    const { ca, otherCa, server } = await makeCertificates();
    await using provider = startOidcProvider({ tls: server, idToken: () => unsignedToken(inMinutes(10)) });
    const data = (pem: string) => ({ "idp-certificate-authority-data": btoa(pem) });
    const expired = account(provider, unsignedToken(inMinutes(-1)));
    await withUser(
      { ...expired, ...data(otherCa) },
      ({ source }) =>
        rejects(() => bearer(source), /Cannot renew the id-token .*: https:\S+ cannot be reached: .*UnknownIssuer/),
    );
    await withUser({ ...expired, ...data(ca) }, async ({ source }) => ok(await bearer(source)));
  },
});

const failures: [
  name: string,
  change: Record<string, string>,
  interfere: (url: URL) => Response | undefined,
  message: RegExp,
][] = [
  [
    "a refused refresh token",
    { "refresh-token": "hidden-word" },
    () => undefined,
    /answered 400 \(invalid_grant: Session not active\)/,
  ],
  ["another client", { "client-id": "other" }, () => undefined, /answered 401 \(invalid_client\)/],
  ["no refresh token", { "refresh-token": '""' }, () => undefined, /it has expired, and there is no refresh-token/],
  ["no issuer", { "idp-issuer-url": '""' }, () => undefined, /there is no idp-issuer-url/],
  ["an issuer that is no URL", { "idp-issuer-url": "idp" }, () => undefined, /idp-issuer-url is not a URL/],
  [
    "an issuer that does not listen",
    { "idp-issuer-url": "http://127.0.0.1:9/" },
    () => undefined,
    /http:\/\/127\.0\.0\.1:9 cannot be reached: .*refused/,
  ],
  ["a login page instead of a provider", {}, () => new Response("<html>hidden-word"), /has no content$/],
  ["a provider out of order", {}, () => new Response("", { status: 503 }), /answered 503$/],
  [
    "an answer without an id token",
    {},
    (url) => url.pathname.endsWith("/token") ? Response.json({ access_token: "hidden-word" }) : undefined,
    /has no id_token$/,
  ],
  ["a redirect", {}, () => Response.redirect("http://127.0.0.1:9/"), /answered 302$/],
];
for (const [name, change, interfere, message] of failures) {
  Deno.test(`refreshIdToken() says what is wrong with ${name}`, async () => {
    await using provider = startOidcProvider({ interfere, idToken: () => unsignedToken(inMinutes(10)) });
    await withUser(
      { ...account(provider, unsignedToken(inMinutes(-1))), ...change },
      ({ source }) =>
        rejects(() => bearer(source), (error: KubeconfigError) => {
          ok(error instanceof KubeconfigError, error.stack);
          ok(/^Cannot renew the id-token of the kubeconfig: /.test(error.message), error.message);
          ok(message.test(error.message), error.message);
          ok(!/hidden-word|\n/.test(error.message), error.message);
          strictEqual(error.exitCode, 6);
          return /Log in again/.test(error.hint ?? "");
        }),
    );
  });
}

const given = [["gcp", /gke-gcloud-auth-plugin/], ["azure", /kubelogin/], ["other", /exec plug-in/]] as const;
for (const [name, hint] of given) {
  Deno.test(`CredentialSource refuses the auth provider ${name}, and names what has replaced it`, async () => {
    // deno-lint-ignore no-explicit-any -- fields that do not matter here are left out
    const target: any = { cluster: { server: "https://x" }, user: { "auth-provider": { name } }, namespace: "default" };
    await rejects(
      () => new CredentialSource(target, {}, { clock: new ManualClock() }).current(),
      (error: KubeconfigError) => {
        ok(hint.test(error.hint ?? ""), error.hint);
        return error.message.startsWith(`Cannot use the auth provider "${name}" of the kubeconfig`);
      },
    );
  });
}
