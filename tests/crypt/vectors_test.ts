import { deepStrictEqual, rejects, strictEqual } from "node:assert";
import { createHash } from "node:crypto";
import { inflateSync } from "node:zlib";
import * as vectors from "cctv-age";
import { Decryption } from "../../src/crypt/decryption.ts";
import { DecryptError } from "../../src/crypt/crypt_error.ts";

/** What each published vector expects, and how it shows here.
 * @see https://c2sp.org/CCTV/age */
const OUTCOMES: Record<string, { code?: "DECRYPT_NO_KEY" | "DECRYPT_DAMAGED" }> = {
  "success": {},
  "no match": { code: "DECRYPT_NO_KEY" },
  "HMAC failure": { code: "DECRYPT_DAMAGED" },
  "header failure": { code: "DECRYPT_DAMAGED" },
  "payload failure": { code: "DECRYPT_DAMAGED" },
  "armor failure": { code: "DECRYPT_DAMAGED" },
};

/** What does not even begin as an age file passes as it is, and is said to be not encrypted. */
const NOT_AGE = ["empty", "armor_garbage_leading", "armor_lowercase", "armor_whitespace_begin", "armor_wrong_type"];

const all = Object.entries((vectors as { default?: Record<string, Uint8Array> }).default ?? vectors);

for (const [name, bytes] of all) {
  Deno.test(`age test vector ${name}`, async () => {
    const { facts, file } = parse(bytes);
    const { code } = OUTCOMES[facts.expect!]!;
    const decryption = new Decryption({
      identities: () => facts.identity ?? [],
      passphrase: () => Promise.resolve(facts.passphrase?.[0]),
    });
    for (const pieceBytes of [file.length + 1, 1000]) {
      const released = createHash("sha256");
      const reading = async () => {
        const { plain, encrypted } = await decryption.openAge(inPieces(file, pieceBytes));
        for await (const piece of plain) released.update(piece);
        return encrypted;
      };
      if (NOT_AGE.includes(name)) strictEqual(await reading(), false);
      else if (code === undefined) {
        deepStrictEqual([await reading(), released.digest("hex")], [true, facts.payload![0]]);
      } else {
        await rejects(reading, (error: DecryptError) => {
          deepStrictEqual([error instanceof DecryptError, error.code], [true, code], error.message);
          return true;
        });
      }
    }
  });
}

interface Facts {
  expect?: string;
  payload?: string[];
  identity?: string[];
  passphrase?: string[];
}

function parse(bytes: Uint8Array): { facts: Facts; file: Uint8Array } {
  let at = 0;
  const fields: Record<string, string[]> = {};
  for (;;) {
    const end = bytes.indexOf(10, at);
    const line = new TextDecoder().decode(bytes.subarray(at, end));
    at = end + 1;
    if (line === "") break;
    const [, key, value] = /^([\w ]+): (.*)$/.exec(line)!;
    (fields[key!] ??= []).push(value!);
  }
  const rest = bytes.subarray(at);
  const file = fields.compressed === undefined ? rest : new Uint8Array(inflateSync(rest));
  return { facts: { ...fields, expect: fields.expect![0] }, file };
}

function inPieces(bytes: Uint8Array, size: number): ReadableStream<Uint8Array> {
  return ReadableStream.from((function* () {
    for (let at = 0; at < bytes.length; at += size) yield bytes.slice(at, at + size);
  })());
}
