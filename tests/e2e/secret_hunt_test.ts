import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { Buffer } from "node:buffer";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { SecretHunt } from "./secret_hunt.ts";

const secret = `s${crypto.randomUUID()}/+"x`;
const base64 = (text: string) => Buffer.from(text).toString("base64");

const planted: [name: string, bytes: string | Uint8Array][] = [
  ["as it is", `key=${secret};`],
  ["its first half, where a page ends", secret.slice(0, 24)],
  ["its second half, where a page begins", secret.slice(16)],
  ["in base64", base64(`{"k":"${secret}"}`)],
  ["in base64, one byte on", base64(`{"ke":"${secret}"}`)],
  ["in base64, two bytes on", base64(`{"key":"${secret}"}`)],
  ["in base64 for URLs", Buffer.from(`key=${secret}`).toString("base64url")],
  ["escaped for a URL", `https://host/?key=${encodeURIComponent(secret)}`],
  ["escaped in JSON", JSON.stringify({ key: secret })],
  ["in hex", Buffer.from(secret).toString("hex")],
  ["in UTF-16", Buffer.from(`x${secret}`, "utf16le")],
  ["packed", gzipSync(`lines\n${secret}\n`)],
  ["packed, in the middle of a file", Buffer.concat([Buffer.from("head"), gzipSync(secret), Buffer.from("tail")])],
  ["packed, and cut off", gzipSync(secret + crypto.randomUUID().repeat(99)).subarray(0, 400)],
  ["packed twice", gzipSync(gzipSync(secret))],
];
for (const [name, bytes] of planted) {
  Deno.test(`SecretHunt finds a secret ${name}`, () => {
    const hunt = new SecretHunt({ other: crypto.randomUUID(), it: secret });
    hunt.inBytes("there", typeof bytes === "string" ? Buffer.from(bytes) : bytes);
    strictEqual([...hunt.leaks][0]?.replace(/(, unpacked)+$/, ""), "it in there");
    strictEqual(hunt.leaks.size, 1);
  });
}

Deno.test("SecretHunt looks into every file of a folder, at its name, and into a database", async () => {
  const folder = await Deno.makeTempDir();
  try {
    await Deno.mkdir(join(folder, "a", "b"), { recursive: true });
    const [inFile, inName, inStore] = [crypto.randomUUID(), crypto.randomUUID(), crypto.randomUUID()];
    await Deno.writeTextFile(join(folder, "a", "b", "log"), inFile);
    await Deno.writeTextFile(join(folder, "a", inName), "");
    await Deno.writeTextFile(join(folder, "allowed"), secret);
    const kv = await Deno.openKv(join(folder, "store.db"));
    await kv.set(["job"], { credentials: inStore });
    await kv.set(["bytes"], new TextEncoder().encode("x".repeat(9000) + inStore));
    kv.close();
    const hunt = new SecretHunt({ inFile, inName, inStore, secret, nowhere: crypto.randomUUID() });
    await hunt.inFolder(folder, [join(folder, "allowed")]);
    deepStrictEqual(
      new Set([...hunt.leaks].map((leak) => leak.split(" ")[0])),
      new Set(["inFile", "inName", "inStore"]),
    );
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
