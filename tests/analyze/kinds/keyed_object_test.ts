import { deepStrictEqual } from "node:assert/strict";
import { configMap } from "../../../src/analyze/kinds/cluster/config_map.ts";
import { secret } from "../../../src/analyze/kinds/cluster/secret.ts";
import { fail, pass, resultsOf, verdictsOf, warn } from "../judge_kind.ts";

const both = [warn(), fail(undefined, "first"), fail(undefined, "gone"), pass(undefined, "there")];
const config = { secretName: "db", namespace: "shop", outcomes: both };
const withKey = { ...config, key: "password" };
const exists = { namespace: "shop", name: "db", key: "", secretExists: true, keyExists: false };
const missing = { ...exists, secretExists: false };
const keyed = { ...exists, key: "password", keyExists: true };

const behaviour: [name: string, config: Record<string, unknown>, files: Record<string, unknown>, expected: string[]][] =
  [
    ["passes when it exists", config, { "secrets/shop/db.json": exists }, ["pass: there"]],
    ["fails with the last fail outcome when not", config, { "secrets/shop/db.json": missing }, ["fail: gone"]],
    ["passes when the key exists", withKey, { "secrets/shop/db/password.json": keyed }, ["pass: there"]],
    ["fails when the key does not", withKey, { "secrets/shop/db/password.json": { ...keyed, keyExists: false } }, [
      "fail: gone",
    ]],
    ["fails when the file is about another key", withKey, {
      "secrets/shop/db/password.json": { ...keyed, key: "user" },
    }, [
      "fail: gone",
    ]],
    ["finds the key among all data", withKey, { "secrets/shop/db.json": { ...exists, data: { password: "x" } } }, [
      "pass: there",
    ]],
    ["misses the key among all data", withKey, { "secrets/shop/db.json": { ...exists, data: { user: "x" } } }, [
      "fail: gone",
    ]],
    ["has no opinion on a key that was not asked for", withKey, { "secrets/shop/db.json": exists }, [
      "skipped/file-missing: The bundle does not have secrets/shop/db/password.json, or it is empty",
    ]],
    ["says which file is missing", config, {}, [
      "skipped/file-missing: The bundle does not have secrets/shop/db.json, or it is empty",
    ]],
    ["fails without a fail outcome too", { ...config, outcomes: [pass()] }, { "secrets/shop/db.json": missing }, [
      'fail: Secret "shop/db" was not found',
    ]],
    ["names the missing key", { ...withKey, outcomes: [] }, { "secrets/shop/db.json": { ...exists, data: {} } }, [
      'fail: Key "password" of Secret "shop/db" was not found',
    ]],
    ["passes without a pass outcome too", { ...config, outcomes: [fail()] }, { "secrets/shop/db.json": exists }, [
      'pass: Secret "shop/db" was found',
    ]],
    ["names the object without outcomes", { secretName: "db", namespace: "shop" }, { "secrets/shop/db.json": exists }, [
      'pass: Secret "shop/db" was found',
    ]],
    ["fails when neither object nor key exists", withKey, {
      "secrets/shop/db/password.json": { ...missing, key: "password" },
    }, ["fail: gone"]],
    ["says so when the file is empty", config, { "secrets/shop/db.json": "" }, [
      "skipped/file-missing: The bundle does not have secrets/shop/db.json, or it is empty",
    ]],
    ["fails on a file of another shape", config, { "secrets/shop/db.json": [exists] }, [
      'throws: secrets/shop/db.json of the bundle does not say whether Secret "db" exists',
    ]],
    ["survives data that is none", withKey, { "secrets/shop/db/password.json": { ...keyed, data: 7 } }, [
      "pass: there",
    ]],
    ["refuses an outcome that is none", { ...config, outcomes: [pass(), { ok: {} }] }, {}, [
      "throws: Cannot read the outcome number 2: it has none of fail, warn, pass",
    ]],
    ["does not leave the bundle", { ...config, secretName: "../../../etc/passwd" }, {}, [
      'throws: The path "secrets/shop/../../../etc/passwd.json" would lie outside the bundle',
    ]],
  ];

for (const [name, config, files, expected] of behaviour) {
  Deno.test(`secret ${name}`, async () => deepStrictEqual(await verdictsOf(secret, config, files), expected));
}

/** The same for its relative, in short. */
const configMaps: [name: string, config: Record<string, unknown>, file: unknown, expected: string[]][] = [
  ["passes when it exists", {}, { configMapExists: true }, ["pass: there"]],
  ["fails when not", {}, { configMapExists: false }, ["fail: gone"]],
  ["names what is missing", { outcomes: [] }, { configMapExists: false }, ['fail: ConfigMap "shop/app" was not found']],
  ["finds the key among all data", { key: "mode" }, { configMapExists: true, data: { mode: "" } }, ["pass: there"]],
  ["misses the key among all data", { key: "mode" }, { configMapExists: true, data: {} }, ["fail: gone"]],
  ["says which file is missing", {}, "", [
    "skipped/file-missing: The bundle does not have configmaps/shop/app.json, or it is empty",
  ]],
];

for (const [name, more, file, expected] of configMaps) {
  Deno.test(`configMap ${name}`, async () => {
    const config = { configMapName: "app", namespace: "shop", outcomes: both, ...more };
    deepStrictEqual(await verdictsOf(configMap, config, { "configmaps/shop/app.json": file }), expected);
  });
}

Deno.test("secret and configMap are called by checkName, or what they look for", () => {
  const titleOfSecret = (config: object) => secret.title(secret.schema.parse(config));
  const titleOfMap = (config: object) => configMap.title(configMap.schema.parse(config));
  deepStrictEqual(titleOfSecret({ secretName: "db" }), "Secret db");
  deepStrictEqual(titleOfSecret({ secretName: "db", checkName: "Password" }), "Password");
  deepStrictEqual(titleOfMap({ configMapName: "app" }), "ConfigMap app");
  deepStrictEqual(titleOfMap({ configMapName: "app", checkName: "Mode" }), "Mode");
});

Deno.test("configMap reads what its own collector writes", async () => {
  const files = { "configmaps/shop/app/mode.json": { configMapExists: true, keyExists: true, key: "mode" } };
  const config = {
    configMapName: "app",
    namespace: "shop",
    key: "mode",
    outcomes: [pass("ignored", "P", "https://x.example")],
  };
  deepStrictEqual(await resultsOf(configMap, config, files), [{
    outcome: { status: "pass", message: "P" },
    uri: "https://x.example",
    evidence: [{ path: "configmaps/shop/app/mode.json" }],
  }]);
});
