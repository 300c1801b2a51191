import { Buffer } from "node:buffer";
import { deepStrictEqual, rejects } from "node:assert/strict";
import { createRedactor } from "../../src/redact/create_redactor.ts";
import { MASK } from "../../src/redact/mask.ts";
import { redactBytes } from "./redact_text.ts";

const redactor = createRedactor({ builtIn: true, custom: [] });
const le = (text: string) => new Uint8Array(Buffer.from(text, "utf16le"));
const be = (text: string) => new Uint8Array(Buffer.from(text, "utf16le").swap16());
const SETTINGS = "name=Jörg 😀\r\npassword=hunter2\r\nlast=1";
const MASKED = SETTINGS.replace("hunter2", MASK);

const behaviour: [name: string, encode: (text: string) => Uint8Array, text: string, expected: string][] = [
  ["little-endian with a byte order mark", le, "\ufeff" + SETTINGS, "\ufeff" + MASKED],
  ["big-endian with a byte order mark", be, "\ufeff" + SETTINGS, "\ufeff" + MASKED],
  [
    "little-endian without one",
    le,
    "plain text in ASCII\r\npassword=hunter2\r\n",
    `plain text in ASCII\r\npassword=${MASK}\r\n`,
  ],
  ["big-endian without one", be, "plain text in ASCII\r\npassword=hunter2", `plain text in ASCII\r\npassword=${MASK}`],
  ["shorter than what is looked at", le, "\ufeffpwd=hunter2", `\ufeffpwd=${MASK}`],
  ["nothing but a mark", le, "\ufeff", "\ufeff"],
];

for (const [name, encode, text, expected] of behaviour) {
  for (const chunks of [undefined, [1], [3, 7, 64]]) {
    Deno.test(`redact() hides in UTF-16, ${name}, in chunks of ${chunks ?? "all"}`, async () => {
      const { bytes } = await redactBytes(redactor, "a/b.txt", encode(text), chunks);
      deepStrictEqual(bytes, encode(expected));
    });
  }
}

Deno.test("redact() fails on what begins as UTF-16 and has halves of characters in it", async () => {
  const bytes = le("\ufeff" + "x".repeat(100) + "\ud800 y");
  await rejects(redactBytes(redactor, "a.txt", bytes), { code: "REDACTION_ENCODING" });
});

Deno.test("redact() takes bytes with few zeros for what they are", async () => {
  const bytes = new Uint8Array(200).map((_, i) => i % 50);
  deepStrictEqual((await redactBytes(redactor, "a.bin", bytes)).bytes, bytes);
});
