/** What a token says its value is. The first seven are told by a name, each by these words, in this order. */
const NAMES: [type: SecretType, words: RegExp][] = [
  ["APIKEY", /api.?key|access.?key/i],
  ["PASSWORD", /password|passwd|pwd/i],
  ["DATABASE", /database|db.?(?:url|uri|host|pass|connection)/i],
  ["CREDENTIAL", /cred|auth/i],
  ["SECRET", /secret|private.?key/i],
  ["TOKEN", /token|bearer|jwt/i],
  ["KEY", /key|cert/i],
];
const EMAIL = /[a-zA-Z0-9._%+-]{1,64}@[a-zA-Z0-9-]{1,63}(?:\.[a-zA-Z0-9-]{1,63}){0,10}\.[a-zA-Z]{2,}/;
const IP = /\b\d{1,3}(?:\.\d{1,3}){3}\b/;

export const SECRET_TYPES = [
  "APIKEY",
  "PASSWORD",
  "DATABASE",
  "CREDENTIAL",
  "SECRET",
  "TOKEN",
  "KEY",
  "EMAIL",
  "IP",
  "AUTH",
  "GENERIC",
] as const;

export type SecretType = (typeof SECRET_TYPES)[number];

/** How much of a value is looked at. */
const LOOK_AT = 4096;
/** The type of a value: by the rule that hides it, else by the name in front of it, else by its own text.
 * @param before text that ends where the value begins */
export function secretType(value: string, rule: string, before: string): SecretType {
  return typeOfName(rule) ?? typeOfName(nameBefore(before)) ?? typeOfValue(value);
}

/** The type that a value's own text tells. */
export function typeOfValue(value: string): SecretType {
  const text = value.slice(0, LOOK_AT);
  if (EMAIL.test(text)) return "EMAIL";
  if (IP.test(text)) return "IP";
  const upper = text.toUpperCase();
  return NAMES.find(([type]) => upper.includes(type))?.[0] ?? "GENERIC";
}

/** The name in `name=`, `"name": "` and the like at the end of a text; "" when there is none. */
function nameBefore(text: string): string {
  let end = text.length;
  const skip = (what: RegExp) => {
    while (end > 0 && what.test(text[end - 1]!)) end--;
  };
  skip(/["'`\\]/);
  skip(/[ \t]/);
  skip(/[:=>]/);
  skip(/[ \t]/);
  skip(/["'`\\\]]/);
  const nameEnd = end;
  skip(/[\w.-]/);
  return text.slice(end, nameEnd);
}

function typeOfName(name: string): SecretType | undefined {
  return NAMES.find(([, words]) => words.test(name))?.[0];
}
