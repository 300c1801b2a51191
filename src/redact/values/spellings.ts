const encoder = new TextEncoder();

/** How one character of a value may be written in a file, in bytes: as it is, and as JSON (in JSON, in JSON), URLs, XML,
 * YAML, properties and shells escape it. */
export type Spellings = (character: string) => readonly Uint8Array[];

const PLAIN = Array.from({ length: 128 }, (_, code) => /[\w.-]/.test(String.fromCharCode(code)));

/** Letters, digits, `_`, `.` and `-` are written as they are. */
export function isPlain(code: number): boolean {
  return PLAIN[code] === true;
}

export const textSpellings: Spellings = remembered((character) => {
  const point = character.codePointAt(0)!;
  if (isPlain(point)) return [character];
  const found = [
    character,
    ...percent(character),
    ...percent(json(character)),
    ...unicodeEscapes(character),
    ...entities(character, point),
  ];
  if (character === '"') found.push(...inStrings('\\"', 3));
  else if (character === "\t") found.push(...inStrings("\\t"));
  else if (point < 0x80) found.push(...inStrings(`\\${character}`));
  if (character === " ") found.push("+");
  if (character === "'") found.push("''", "'\\''");
  if (character === "$") found.push("$$");
  return found;
});

/** Of a character of base64 text. */
export const base64Spellings: Spellings = remembered((character) => {
  if (character === "+") return ["+", "-", ...percent("+"), ...unicodeEscapes("+")];
  if (character === "/") return ["/", "_", ...percent("/"), ...unicodeEscapes("/"), ...inStrings("\\/")];
  return [character];
});

/** Whole texts as programs write them, most of them: what has no long plain part is found by one of these. */
export const TEXT_WRITERS: readonly ((text: string) => string)[] = [
  (text) => text,
  (text) => json(text),
  (text) => json(json(text)),
  (text) => json(json(json(text))),
  (text) => goJson(text),
  (text) => json(goJson(text)),
  (text) => asciiJson(text),
  (text) => json(asciiJson(text)),
  (text) => json(text).replaceAll("/", "\\/"),
  (text) => asciiJson(text).replaceAll("/", "\\/"),
  (text) => encodeURIComponent(text),
  (text) => lowerHex(encodeURIComponent(text)),
  (text) => encodeURIComponent(encodeURIComponent(text)),
  (text) => encodeURIComponent(json(text)),
  (text) => encodeURI(text),
  (text) => strictPercent(text),
  (text) => strictPercent(text).replaceAll("%2F", "/"),
  (text) => query(text),
  (text) => lowerHex(query(text)),
  (text) => query(json(text)),
  (text) => formData(text),
  (text) => formData(json(text)),
  (text) => xml(text),
  (text) => text.replace(/[&<>]/g, (c) => `&${NAMES[c]};`),
  (text) => xml(text).replaceAll("&quot;", "&#34;").replaceAll("&apos;", "&#39;"),
  (text) => xml(text).replaceAll("&apos;", "&#x27;"),
  (text) => text.replaceAll("'", "''"),
  (text) => text.replaceAll("'", "'\\''"),
  (text) => text.replace(/[\\=:#!]/g, "\\$&"),
  (text) => text.replace(/[^\w.-]/g, "\\$&"),
];

export const BASE64_WRITERS: readonly ((text: string) => string)[] = [
  (text) => text,
  (text) => text.replaceAll("+", "-").replaceAll("/", "_"),
  (text) => encodeURIComponent(text),
  (text) => text.replaceAll("/", "\\/"),
];

function remembered(spell: (character: string) => string[]): Spellings {
  const known = new Map<string, Uint8Array[]>();
  return (character) => {
    let found = known.get(character);
    if (found === undefined) {
      found = [...new Set(spell(character))].map((spelling) => encoder.encode(spelling));
      known.set(character, found);
    }
    return found;
  };
}

function percent(character: string): string[] {
  const lower = [...encoder.encode(character)].map((byte) => `%${byte.toString(16).padStart(2, "0")}`).join("");
  return [lower, lower.toUpperCase()].flatMap((once) => [once, once.replaceAll("%", "%25")]);
}

function unicodeEscapes(character: string): string[] {
  const lower = character.split("").map((unit) => unit.charCodeAt(0).toString(16).padStart(4, "0"));
  const upper = lower.map((hex) => hex.toUpperCase());
  return [lower, upper].flatMap((units) => inStrings(units.map((hex) => `\\u${hex}`).join("")));
}

const NAMES: Record<string, string> = { "&": "amp", "<": "lt", ">": "gt", '"': "quot", "'": "apos" };

function entities(character: string, point: number): string[] {
  const hex = point.toString(16);
  const names = [`#${point}`, `#x${hex}`, `#x${hex.toUpperCase()}`, ...NAMES[character] ? [NAMES[character]] : []];
  // In JSON, Go writes their "&" as \u0026.
  return names.flatMap((name) => [`&${name};`, ...inStrings("\\u0026").map((and) => `${and}${name};`)]);
}

/** An escape as it is written in JSON, in JSON in JSON, and so on. */
function inStrings(escape: string, depth = 3): string[] {
  const found: string[] = [];
  for (let text = escape; found.length < depth; text = json(text)) found.push(text);
  return found;
}

function json(text: string): string {
  return JSON.stringify(text).slice(1, -1);
}

function goJson(text: string): string {
  return json(text).replace(/[<>&]/g, escaped);
}

function asciiJson(text: string): string {
  return json(text).replace(/[^\0-\x7f]/g, escaped);
}

function escaped(unit: string): string {
  return `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`;
}

function strictPercent(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);
}

function query(text: string): string {
  return strictPercent(text).replaceAll("%20", "+");
}

/** As browsers write it. */
function formData(text: string): string {
  return query(text).replaceAll("%2A", "*").replaceAll("~", "%7E");
}

function lowerHex(text: string): string {
  return text.replace(/%[0-9A-F]{2}/g, (code) => code.toLowerCase());
}

function xml(text: string): string {
  return text.replace(/[&<>"']/g, (c) => `&${NAMES[c]};`);
}
