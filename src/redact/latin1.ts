import { Buffer } from "node:buffer";

// What is ASCII reads the same as UTF-8, whose decoder is the fastest by far.
const utf8 = new TextDecoder("utf-8", { ignoreBOM: true });

/** Longer texts are worth a look first. */
const SHORT = 4096;

/** What may be handed to a function as arguments, and more. */
const MAX_ARGUMENTS = 8192;

/** Bytes as a string of one character per byte, U+0000 to U+00FF. */
export function fromBytes(bytes: Uint8Array): string {
  if (bytes.length <= SHORT || isAscii(bytes)) {
    const text = utf8.decode(bytes);
    if (text.length === bytes.length && !text.includes("\ufffd")) return text;
  }
  const parts: string[] = [];
  for (let at = 0; at < bytes.length; at += MAX_ARGUMENTS) {
    parts.push(String.fromCharCode.apply(null, bytes.subarray(at, at + MAX_ARGUMENTS) as unknown as number[]));
  }
  return parts.join("");
}

function isAscii(bytes: Uint8Array): boolean {
  for (let i = 0; i < bytes.length; i++) if (bytes[i]! > 127) return false;
  return true;
}

/** The way back of {@linkcode fromBytes}. */
export function toBytes(text: string): Uint8Array {
  if (text.length > SHORT) return Buffer.from(text, "latin1");
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  return bytes;
}

/** A Unicode string as {@linkcode fromBytes} shows its UTF-8 bytes. */
export function fromUnicode(text: string): string {
  return fromBytes(new TextEncoder().encode(text));
}

/** What base64 text (plain or URL-safe, padded or not) stands for, one character per byte; "" when it is none.
 *
 * `Buffer.from(text, "base64")` throws on some of it under Deno 2.6, where Node reads what it can. */
export function fromBase64(text: string): string {
  const digits = text.replace(/=+$/, "").replace(/-/g, "+").replace(/_/g, "/");
  try {
    return atob(digits.length % 4 === 1 ? digits.slice(0, -1) : digits);
  } catch {
    return "";
  }
}
