/** What the name of a value says about it.
 *
 * - `password`: a literal under it is one, even one that somebody thought up
 * - `pass`: the same where it is no word of a sentence
 * - `secret`: text that looks random under it is one
 * - `hint`: only long text that looks random is one */
export type Noun = "password" | "pass" | "secret" | "hint";

const PASSWORD =
  /(?:password|passwd|passphrase|passcode|passwort|requirepass|keypass|storepass|dbpass|userpass|(?:^|[^o])pwd)$/;
const SECRET = /(?:secret|token|apikey|secretkey|accesskey|privatekey|credential|credentials|creds)$/;
/** Words that make a secret of the word `key` behind them. */
const KEYS = new Set(
  ("api access secret private signing encryption encrypt decryption account storage master shared auth hmac license " +
    "deploy webhook service client jwt session admin app application instrumentation subscription").split(" "),
);
const HINTS = new Set(
  "auth key pat jwt cookie session sid sessionid jsessionid signature sig license salt bearer otp".split(" "),
);
/** Words at the end that say in what form, not what. */
const FORMS = new Set("value text plain plaintext data b64 base64 raw string old new current previous".split(" "));
/** Words by which it is about a secret, or public. */
const ABOUT = new Set(
  ("public existing ref use using enable enabled disable has is no without require requires allow next prev continue page " +
    "checksum hash digest sha256 sha1 md5 fingerprint thumbprint partition cache primary foreign sort group gpg").split(
      " ",
    ),
);

const WORD = /[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+/g;
const MAX_NAME = 100;

const judged = new Map<string, Noun | undefined>();
const MAX_JUDGED = 4096;

/** Judges a name by its last word, and by what the words before it make of that: `adminPassword` is one,
 * `password_min_length` and `publicKey` are none. */
export function nounOf(name: string): Noun | undefined {
  if (name.length > MAX_NAME) return undefined;
  if (judged.has(name)) return judged.get(name);
  const noun = judge(name);
  if (judged.size >= MAX_JUDGED) judged.clear();
  judged.set(name, noun);
  return noun;
}

function judge(name: string): Noun | undefined {
  const words = (name.match(WORD) ?? []).map((word) => word.toLowerCase());
  while (words.length > 1 && (/^\d/.test(words.at(-1)!) || FORMS.has(words.at(-1)!))) words.pop();
  const last = words.pop();
  if (last === undefined || words.some((word) => ABOUT.has(word))) return undefined;
  if (PASSWORD.test(last)) return "password";
  if (last === "pass") return words.length > 0 ? "password" : "pass";
  if (SECRET.test(last)) return "secret";
  if (last === "key" && KEYS.has(words.at(-1) ?? "")) return "secret";
  if (last === "id" && /^(?:access|secret|private) key$/.test(words.slice(-2).join(" "))) return "secret";
  return HINTS.has(last) ? "hint" : undefined;
}
