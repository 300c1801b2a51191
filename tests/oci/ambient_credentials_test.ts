import { deepStrictEqual, match, rejects } from "node:assert/strict";
import { join } from "node:path";
import { systemClock } from "../../src/core/clock.ts";
import { AmbientCredentials, dockerConfigPaths } from "../../src/oci/ambient_credentials.ts";
import { askCredentialHelper } from "../../src/oci/credential_helper.ts";
import { parseImageReference } from "../../src/oci/image_reference.ts";
import { ManualClock } from "../manual_clock.ts";

const unix = Deno.build.os !== "windows";

Deno.test("dockerConfigPaths() names Helm's, Podman's and Docker's files, in this order", () => {
  deepStrictEqual(
    dockerConfigPaths({ HOME: "/h", XDG_RUNTIME_DIR: "/run/u" }, "linux"),
    [
      "/h/.config/helm/registry/config.json",
      "/run/u/containers/auth.json",
      "/h/.config/containers/auth.json",
      "/h/.docker/config.json",
    ].map((path) => join(path)),
  );
});
Deno.test("dockerConfigPaths() follows the variables of the tools", () => {
  const env = { HELM_REGISTRY_CONFIG: "/a.json", REGISTRY_AUTH_FILE: "/b.json", DOCKER_CONFIG: "/c" };
  deepStrictEqual(dockerConfigPaths(env, "linux"), ["/a.json", "/b.json", join("/c/config.json")]);
});
Deno.test("dockerConfigPaths() is empty without a home", () => deepStrictEqual(dockerConfigPaths({}, "linux"), []));

async function withHome(files: Record<string, string>, test: (home: string) => Promise<void>) {
  const home = await Deno.makeTempDir({ prefix: "home-" });
  try {
    for (const [name, text] of Object.entries(files)) {
      await Deno.mkdir(join(home, name, ".."), { recursive: true });
      await Deno.writeTextFile(join(home, name), text, { mode: 0o755 });
    }
    await test(home);
  } finally {
    await Deno.remove(home, { recursive: true });
  }
}

async function find(home: string, image: string) {
  const ambient = new AmbientCredentials({ HOME: home }, systemClock, "linux");
  return await ambient.find(parseImageReference(image), new AbortController().signal);
}

const HELM = ".config/helm/registry/config.json";
const DOCKER = ".docker/config.json";
const login = (host: string, user: string) => JSON.stringify({ auths: { [host]: { auth: btoa(`${user}:p`) } } });

Deno.test("AmbientCredentials takes the first file that has any for the registry", () =>
  withHome({ [HELM]: login("a.example", "helm"), [DOCKER]: login("b.example", "docker") }, async (home) => {
    const users = async (image: string) => (await find(home, image)).credentials.map(({ username }) => username);
    deepStrictEqual([await users("a.example/x"), await users("b.example/x"), await users("c.example/x")], [
      ["helm"],
      ["docker"],
      [],
    ]);
  }));

Deno.test("AmbientCredentials goes on after a file that cannot be read, and says so", () =>
  withHome({ [HELM]: "planted", [DOCKER]: login("b.example", "docker") }, async (home) => {
    const { credentials, problems } = await find(home, "b.example/x");
    deepStrictEqual(credentials.length, 1);
    match(problems.join(), /config\.json": it is not JSON$/);
  }));

/** Puts a program of the name `docker-credential-test` on the PATH. */
async function withHelper(script: string, test: (home: string) => Promise<void>) {
  const before = Deno.env.get("PATH")!;
  const config = JSON.stringify({ credHelpers: { "r.example": "test" }, credsStore: "nowhere" });
  await withHome({ "bin/docker-credential-test": `#!/bin/sh\n${script}\n`, [DOCKER]: config }, async (home) => {
    Deno.env.set("PATH", `${join(home, "bin")}:${before}`);
    try {
      await test(home);
    } finally {
      Deno.env.set("PATH", before);
    }
  });
}

const helpers: [name: string, script: string, test: (home: string) => Promise<void>][] = [
  [
    "asks the registry's credential helper",
    'read server; echo "{\\"Username\\":\\"$1-$server\\",\\"Secret\\":\\"s\\"}"',
    async (home) => {
      deepStrictEqual((await find(home, "r.example/x")).credentials, [{ username: "get-r.example", password: "s" }]);
    },
  ],
  ["takes a helper's identity token", 'echo \'{"Username":"<token>","Secret":"s"}\'', async (home) => {
    deepStrictEqual((await find(home, "r.example/x")).credentials, [{ identityToken: "s" }]);
  }],
  ["takes a helper's failure for having none", "echo not found; exit 1", async (home) => {
    deepStrictEqual(await find(home, "r.example/x"), { credentials: [], problems: [] });
  }],
  ["does not quote a helper's broken answer", "echo planted-secret", async (home) => {
    const { credentials, problems } = await find(home, "r.example/x");
    deepStrictEqual([credentials.length, problems.join().includes("planted")], [0, false]);
    match(problems.join(), /its answer is not what the protocol says/);
  }],
  ["says that a helper is missing", "", async (home) => {
    match((await find(home, "other.example/x")).problems.join(), /"docker-credential-nowhere".*no such program/);
  }],
  ["does not wait long for a helper", "exec sleep 60", async () => {
    const clock = new ManualClock();
    const asked = askCredentialHelper("test", "r.example", { clock, signal: new AbortController().signal });
    const failed = rejects(asked, /no answer within 10 s/);
    await clock.untilSleeping();
    await clock.advance(10_000);
    await failed;
  }],
];
for (const [name, script, test] of helpers) {
  Deno.test({ name: `AmbientCredentials ${name}`, ignore: !unix, fn: () => withHelper(script, test) });
}
Deno.test("askCredentialHelper() runs nothing whose name is a path", () =>
  rejects(askCredentialHelper("../x", "r", { clock: systemClock, signal: new AbortController().signal }), /no name/));
