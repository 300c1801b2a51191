import { deepStrictEqual, equal, ok } from "node:assert/strict";
import { Buffer } from "node:buffer";
import { gzipSync } from "node:zlib";
import { KnownValues } from "../../../src/redact/values/known_values.ts";
import { SecretValues } from "../../../src/redact/values/secret_values.ts";

const base64 = (text: string | Uint8Array) => Buffer.from(text).toString("base64");

function valuesOf(key: string, value: string | Uint8Array, metadata: { name: string } = { name: "s" }): string[] {
  const secrets = new SecretValues();
  secrets.add({ metadata, data: { [key]: base64(value) } });
  const known = new KnownValues();
  secrets.addTo(known);
  return [...known.texts()].map(([text]) => text).sort();
}

const PW = "hunter2-Xy", TOKEN = "Ab12Cd34Ef56Gh78", ODD = `a"b\\c&d<9'é`;
const pem = (label: string, ...lines: string[]) =>
  `-----BEGIN ${label}-----\n${lines.join("\n")}\n-----END ${label}-----\n`;
const line = (i: number) => `MIIEpAIBAAKCAQEA${i}x1Y2z3A4b5C6d7E8f9G0h1I2j3K4l5M6n7O8p9Q0r1S2t3U4`;
const key = pem("RSA " + "PRIVATE KEY", line(1), line(2), "AbCd12==");
const certificate = pem("CERTIFICATE", line(3), line(4));
const docker = { auths: { "reg.io": { username: "bob", auth: base64(`bob:${PW}`) } } };

const behaviour: [name: string, key: string, value: string, found: string[]][] = [
  ["a password", "password", PW, [PW]],
  ["a password with a line feed after it", "password", `${PW}\n`, [PW]],
  ["a password that looks like a setting", "password", "a=hunter2:b;c", ["a=hunter2:b;c"]],
  ["a user name", "username", "shop-app", []],
  ["an empty value", "password", "", []],
  ["a token under any name", "x", TOKEN, [TOKEN]],
  ["the lines of a list", "tokens", `${TOKEN}1\r\n${TOKEN}2\n\n`, [`${TOKEN}1`, `${TOKEN}2`]],
  ["YAML", "config.yaml", `db:\n  host: db.shop.svc\n  password: "${PW}" # x\nimage: a/b:v1.2.3\n`, [PW]],
  ["YAML with a passphrase", "config.yaml", "passphrase: correct horse battery\n", ["correct horse battery"]],
  ["JSON", "config.json", JSON.stringify({ a: { apiKey: ODD, url: "https://x.io/y" }, port: 8080 }), [ODD]],
  ["JSON in YAML", "config.yaml", `a: '${JSON.stringify({ token: TOKEN })}'\n`, [TOKEN]],
  ["environment", ".env", `export A=1\nDB_PASS='${PW}'\nB="x"\n`, [PW]],
  ["ini", "app.ini", `[db]\nuser = shop\npassword = ${PW}\n`, [PW]],
  ["properties", "app.properties", `spring.datasource.password=${PW}\n`, [PW]],
  ["XML", "app.xml", '<a><password>a&amp;b&lt;c12</password><db pwd="Zx9-qq1!"/></a>', ["Zx9-qq1!", "a&b<c12"]],
  ["a connection string", "conn", `Server=db;User Id=sa;Password=${PW},x;Encrypt=true`, [`${PW},x`]],
  ["a URL with a password", "url", `postgres://app:${PW}@db.shop:5432/shop`, [PW]],
  ["a URL with an escaped password", "url", "amqp://app:a%2Fb%3Fc99@mq/", ["a%2Fb%3Fc99", "a/b?c99"]],
  ["a MySQL DSN", "dsn", `app:${PW}@tcp(db:3306)/shop`, [PW]],
  ["a webhook", "hook", `https://hooks.example.com/services/T0AAAAAA0/${TOKEN}xYz`, [`${TOKEN}xYz`]],
  ["credentials of a cloud", "credentials", `[default]\naws_secret_access_key = ${TOKEN}/+x\n`, [`${TOKEN}/+x`]],
  ["netrc", ".netrc", `machine git.io login bob password ${PW}\n`, [PW]],
  ["pgpass", ".pgpass", `db.shop:5432:shop:app:${PW}\n`, [PW, `db.shop:5432:shop:app:${PW}`]],
  [
    "docker's configuration",
    ".dockerconfigjson",
    JSON.stringify(docker),
    [PW, base64(`bob:${PW}`)].sort(),
  ],
  ["a private key", "tls.key", key, [line(1), line(2)]],
  ["a private key in JSON", "sa.json", JSON.stringify({ private_key: key }), [line(1), line(2)]],
  ["a certificate", "tls.crt", certificate, []],
  ["certificates and a key", "bundle.pem", certificate + key + certificate, [line(1), line(2)]],
  ["a public key of SSH", "authorized_keys", `ssh-ed25519 AAAAC3Nza${TOKEN} bob@host\n`, []],
  [
    "a kubeconfig",
    "kubeconfig",
    `clusters:\n- cluster:\n    certificate-authority-data: ${
      base64(certificate)
    }\n    server: https://10.0.0.1:6443\n` +
    `users:\n- user:\n    client-certificate-data: ${base64(certificate)}\n    client-key-data: ${
      base64(key)
    }\n    token: ${TOKEN}\n`,
    [line(1), line(2), TOKEN].sort(),
  ],
  ["settings in base64", "x", base64(`a: 1\npassword: ${PW}\n`), [PW, base64(`a: 1\npassword: ${PW}\n`)].sort()],
];
for (const [name, key, value, found] of behaviour) {
  Deno.test(`SecretValues finds what is secret in ${name}`, () => {
    const texts = valuesOf(key, value);
    // Where a secret is a part of another, both may be there.
    deepStrictEqual(texts.filter((text) => !found.includes(text)), []);
    deepStrictEqual(found.filter((text) => !texts.includes(text)), []);
  });
}

Deno.test("SecretValues looks into gzip, and is not blown up by it", () => {
  const config = gzipSync(`a: 1\npassword: ${PW}\n`);
  deepStrictEqual(valuesOf("config.yaml.gz", config), [PW]);
  ok(valuesOf("x", base64(config)).includes(PW));
  deepStrictEqual(valuesOf("x", gzipSync(new Uint8Array(100 << 20))), []);
});

Deno.test("SecretValues takes the name of a Secret for that of its key, where it is a password's", () => {
  deepStrictEqual(valuesOf("value", PW, { name: "db-password" }), [PW]);
  deepStrictEqual(valuesOf("value", PW, { name: "db-settings" }), []);
});

Deno.test("SecretValues leaves out what is also a name of something that was seen", () => {
  const secrets = new SecretValues();
  const name = "Shop-1-release", label = "label-Value-9";
  secrets.add({
    metadata: {
      name,
      namespace: "shop-2-Prod",
      labels: { "app-Label-1": label },
      ownerReferences: [{ name: "owner-3-X" }],
    },
    data: { "key-Name-5": "" },
  });
  const passwords = [name, "shop-2-Prod", label, "app-Label-1", "owner-3-X", "key-Name-5", PW];
  secrets.add({
    metadata: { name: "t" },
    data: Object.fromEntries(passwords.map((text, i) => [`password${i}`, base64(text)])),
  });
  const known = new KnownValues();
  secrets.addTo(known);
  deepStrictEqual([...known.texts()].map(([text]) => text), [PW]);
});

Deno.test("SecretValues keeps bytes that are no text, but for certificates and filling", () => {
  const count = (key: string, value: Uint8Array) => {
    const secrets = new SecretValues();
    secrets.add({ metadata: { name: "s" }, data: { [key]: base64(value) } });
    const known = new KnownValues();
    secrets.addTo(known);
    return [...known.binary()].length;
  };
  const bytes = Uint8Array.from({ length: 64 }, (_, i) => 255 - i);
  equal(count("keystore.jks", bytes), 1);
  equal(count("ca.crt", bytes), 0);
  equal(count("x", new Uint8Array(64)), 0);
  equal(count("x", bytes.subarray(0, 8)), 0);
});

Deno.test("SecretValues is linear in what is hostile", () => {
  for (
    const text of [
      'a="',
      "a=b;",
      "<a>",
      "://a:",
      "-----BEGIN A-----\n",
      "password ",
      "{[",
      "a:b:",
      "\\",
      "=A",
      "k: v" + " ".repeat(16_000),
    ]
  ) {
    valuesOf("config", text.repeat(Math.ceil(500_000 / text.length)));
    valuesOf("config", (text + "\n").repeat(Math.ceil(300_000 / text.length)));
  }
});
