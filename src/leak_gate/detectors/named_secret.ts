import type { Detector, Span } from "../detector.ts";
import { looksChosen } from "../literal.ts";
import { literal, nameAround, type NamedValue, valueOf } from "../named_value.ts";
import { looksRandom } from "../randomness.ts";
import { type Noun, nounOf } from "../secret_noun.ts";

/** A literal under a name that says password, and text that looks random under one that says secret, token or key. */
export const namedSecret: Detector = {
  id: "named-secret",
  anchors: [
    ...[
      "passw",
      "passphrase",
      "passcode",
      "pwd",
      "_pass",
      "-pass",
      ".pass",
      '"pass',
      "'pass",
      "pass =",
      "pass=",
      "requirepass",
    ],
    ...["keypass", "storepass", "dbpass", "userpass", "secret", "token", "credential", "creds", "key", "jwt", "auth"],
    ...["cookie", "session", "signature", "sig=", "license"],
  ],
  find(text, at): Span | undefined {
    // Some anchors begin with what comes before a name; of those, `passw` has an anchor of its own.
    const inName = /\w/.test(text[at]!) && text[at] !== "_";
    if (!inName && text[at + 5] === "w") return undefined;
    const name = nameAround(text, inName ? at : at + 1);
    const noun = nounOf(text.slice(name.start, name.end));
    if (noun === undefined || isAboutChecksum(text, name)) return undefined;
    const found = valueOf(text, name);
    return found !== undefined && isSecret(noun, found, literal(text, found)) ? found.value : undefined;
  },
};

function isSecret(noun: Noun, { name, bond }: NamedValue, value: string): boolean {
  if (value.length < 6) return false;
  const assigned = bond !== "word";
  if (noun === "password") return looksChosen(value);
  // `PASS: TestOfSomething2` is the result of a test, `pass=<id>` a pass of something
  if (noun === "pass") return bond === "sure" && looksChosen(value) && !/^[0-9a-f-]{32,}$/i.test(value);
  if (noun === "secret") {
    if (/secret$/i.test(name) && assigned && isUuid(value)) return /client|app/i.test(name);
    return looksRandom(value, assigned ? 16 : 20) || /^[a-z0-9]{6}\.[a-z0-9]{16}$/.test(value);
  }
  // Under a name that may mean anything, a number in hexadecimal digits is an id.
  return assigned && looksRandom(value, 20) && /[a-z]/.test(value) && /[A-Z]/.test(value) && /\d/.test(value);
}

/** `checksum/secret`: the name of a digest, in annotations. */
function isAboutChecksum(text: string, { start }: Span): boolean {
  return text[start - 1] === "/" &&
    /(?:checksum|hash|sha256|digest)\/$/.test(text.slice(Math.max(0, start - 12), start));
}

function isUuid(value: string): boolean {
  return /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(value);
}
