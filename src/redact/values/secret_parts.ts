import { gunzipSync } from "node:zlib";
import { fromBase64, toBytes } from "../latin1.ts";
import { nameKind } from "../secret_name.ts";
import { takePemBlocks } from "./pem_blocks.ts";
import { isPublicKey, lineParts } from "./line_parts.ts";
import type { Weight } from "./value_floor.ts";

/** Told what may have to be hidden: a text of one line, and how much speaks for it. */
export type Part = (text: string, weight: Weight) => void;

/** A longer text is read line by line alone. */
const MAX_WHOLE = 1 << 20;
const MAX_UNPACKED = 4 << 20;
/** JSON in base64 in JSON … */
const MAX_DEPTH = 5;
const MAX_LEVEL = 100;
/** A shorter text is never hidden. */
const MIN_TEXT = 6;
/** A longer line is not taken apart. */
const MAX_LINE = 16 << 10;
const BASE64 = /^[A-Za-z0-9+\/_-]{16,}={0,2}$/;
/** What stands for bytes that are no UTF-8, and control characters other than blanks. */
const NO_TEXT = /\ufffd|(?!\s)\p{Cc}/u;

/** Finds the secrets in a text of a Secret: all of it, or where it is a configuration, a list, a key or a certificate,
 * each line or field that is not public.
 * @param weight of the text as a whole */
export function secretParts(text: string, weight: Weight, part: Part): void {
  findParts(text, weight, part, 0);
}

/** What the name of a key, or of a field in a configuration, says of its value. */
export function weightOf(name: string, otherwise: Weight): Weight {
  const kind = nameKind(name.replace(/\.(?:txt|conf|env|dat)$/i, ""));
  if (kind === "password" || kind === "secret" || kind === "login") return "named";
  return kind === "none" ? otherwise : "entry";
}

/** Bytes as text, unpacked where they are gzip; undefined where they are something else. */
export function textOf(bytes: Uint8Array): string | undefined {
  const text = decoder.decode(bytes[0] === 0x1f && bytes[1] === 0x8b ? unpacked(bytes) : bytes);
  return NO_TEXT.test(text) ? undefined : text;
}

function unpacked(bytes: Uint8Array): Uint8Array {
  try {
    return gunzipSync(bytes, { maxOutputLength: MAX_UNPACKED });
  } catch {
    return bytes;
  }
}

const decoder = new TextDecoder();

function findParts(whole: string, weight: Weight, part: Part, depth: number): void {
  const text = takePemBlocks(whole, (line) => part(line, "key")).trim();
  if (text.length < MIN_TEXT) return;
  if (text.length <= MAX_WHOLE && depth < MAX_DEPTH) {
    if (/^[{\[]/.test(text) && findInJson(text, part, depth)) return;
    const inner = BASE64.test(text) ? textOf(toBytes(fromBase64(text))) : undefined;
    if (inner !== undefined) {
      findParts(inner, weight, part, depth + 1);
      if (takePemBlocks(inner, () => {}).trim() === "") return;
    }
  }
  const lines = text.split(/[\r\n]+/).map((line) => line.trim()).filter((line) => line !== "" && !isPublicKey(line));
  const found = lines.map((line) =>
    line.length > MAX_LINE || BASE64.test(line) ? { fields: [], words: [] } : lineParts(line)
  );
  const isList = lines.length > 1 && found.every(({ fields }) => fields.length === 0);
  lines.forEach((line, i) => {
    const { fields, words } = found[i]!;
    for (const { name, value } of fields) {
      if (value !== line && depth < MAX_DEPTH) findParts(value, weightOf(name, "part"), part, depth + 1);
    }
    for (const word of words) part(word, "part");
    part(line, lines.length === 1 || isList ? weight : "part");
  });
}

/** @returns false when it is no JSON */
function findInJson(text: string, part: Part, depth: number): boolean {
  let root: unknown;
  try {
    root = JSON.parse(text);
  } catch {
    return false;
  }
  const visit = (node: unknown, name: string, level: number): void => {
    if (typeof node === "string") {
      // Of docker's configuration: user:password
      const pair = name === "auth" ? /^[^:]+:(.+)$/s.exec(fromBase64(node)) : null;
      if (pair !== null) part(pair[1]!, "named");
      findParts(node, weightOf(name, "part"), part, depth + 1);
    } else if (typeof node === "number") part(String(node), weightOf(name, "part"));
    else if (typeof node === "object" && node !== null && level < MAX_LEVEL) {
      const named = Array.isArray(node) ? node.map((item) => [name, item] as const) : Object.entries(node);
      for (const [key, value] of named) visit(value, key, level + 1);
    }
  };
  visit(root, "", 0);
  return true;
}
