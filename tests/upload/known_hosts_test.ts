import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { createHmac } from "node:crypto";
import { hostName, keysOfHost } from "../../src/upload/sftp/known_hosts.ts";

const hashed = (name: string) => {
  const salt = crypto.getRandomValues(new Uint8Array(20));
  return `|1|${salt.toBase64()}|${createHmac("sha1", salt).update(name).digest("base64")}`;
};

const rows: [what: string, line: string, host: string, keys: string[]][] = [
  ["a name", "host.example ssh-ed25519 K1", "host.example", ["K1"]],
  ["a name among others", "a,host.example,10.0.0.1 ssh-ed25519 K1 a comment", "host.example", ["K1"]],
  ["a name in capitals", "Host.Example ssh-ed25519 K1", "host.example", ["K1"]],
  ["a name with its port", "[host.example]:2222 ssh-ed25519 K1", "[host.example]:2222", ["K1"]],
  ["no other port", "host.example ssh-ed25519 K1", "[host.example]:2222", []],
  ["a wildcard", "*.example ssh-ed25519 K1", "host.example", ["K1"]],
  ["a single unknown character", "host?.example ssh-ed25519 K1", "host1.example", ["K1"]],
  ["no exception", "*.example,!host.example ssh-ed25519 K1", "host.example", []],
  ["no dot as any character", "host.example ssh-ed25519 K1", "hostxexample", []],
  ["a hashed name", `${hashed("host.example")} ssh-ed25519 K1`, "host.example", ["K1"]],
  ["no other hashed name", `${hashed("other.example")} ssh-ed25519 K1`, "host.example", []],
  ["no damaged hash", "|1|%%|x ssh-ed25519 K1", "host.example", []],
  ["no comment", "#host.example ssh-ed25519 K1", "host.example", []],
  ["no authority", "@cert-authority *.example ssh-ed25519 K1", "host.example", []],
  ["a line of Windows", "host.example ssh-ed25519 K1\r", "host.example", ["K1"]],
];
for (const [what, line, host, keys] of rows) {
  Deno.test(`keysOfHost() finds ${what}`, () => {
    deepStrictEqual(keysOfHost(`\n${line}\nthird ssh-rsa K3\n`, host).map(({ key }) => key), keys);
  });
}

Deno.test("keysOfHost() tells what is revoked", () => {
  deepStrictEqual(keysOfHost("@revoked * ssh-rsa K1\nh ssh-rsa K2", "h"), [
    { type: "ssh-rsa", key: "K1", revoked: true },
    { type: "ssh-rsa", key: "K2", revoked: false },
  ]);
});

Deno.test("hostName() has brackets where the port is not 22", () => {
  strictEqual(hostName("Host.Example", 22), "host.example");
  strictEqual(hostName("[::1]", 2222), "[::1]:2222");
});
