/** How much the name of a setting says about its value.
 *
 * - `password`, `secret`: the value is hidden unless it is plainly no secret (empty, a reference, true …)
 * - `object`: a secret, or the name of an object that holds one (`tlsSecret: my-tls`)
 * - `hint`: hidden when it looks made by a machine (`key`, `salt`)
 * - `login`: hidden also when it could have been typed (`redis_auth`)
 * - `session`: hidden also when it is a number in hexadecimal digits (`cookie`, `sid`)
 * - `none`: says nothing, or names something about a secret (`tokenExpirationSeconds`, `secretName`) */
export type NameKind = "password" | "secret" | "object" | "hint" | "login" | "session" | "none";

/** True for names that say too little without a look at the value. */
export function isHint(kind: NameKind): boolean {
  return kind === "hint" || kind === "login" || kind === "session";
}

const PASSWORDS = new Set("password passwd passphrase passcode passwort pwd".split(" "));
const PASS_WORDS = new Set(
  "dbpass userpass sshpass keypass storepass requirepass masterauth pgpass smtppass".split(" "),
);
const SECRETS = new Set("token apikey authtoken accesstoken credential credentials creds authorization".split(" "));
/** Words that make a secret of the word `key` after them. */
const SECRET_KEYS = new Set(
  ("api access secret private account encryption encrypt encode decryption signing sign master license licence " +
    "shared storage unseal hmac auth session webhook service recovery bootstrap subscription deploy ssh").split(" "),
);
/** Words that make a secret, and no reference, of the word `secret` after them. */
const SECRET_SECRETS = new Set(
  "client app application shared signing session jwt cookie webhook hmac consumer oauth token api auth".split(" "),
);
const HINTS = new Set("auth jwt pass key pat otp signature salt bearer license login".split(" "));
const SESSIONS = new Set("cookie session sessionid sid jsessionid phpsessid".split(" "));
/** Words at the end that say where or how, not what: the words before them decide. */
const FILLERS = new Set("value text plain plaintext data b64 base64 raw old new current previous prod dev".split(" "));
/** Words by which it is a reference, a switch, or a place in a list. */
const REFERENCES = new Set(
  ("existing pull ref use using enable enabled disable disabled has is no without require requires allow " +
    "next prev continue page").split(" "),
);
/** Words that make no secret of the word `key` after them. */
const OTHER_KEYS = new Set(
  "public partition cache primary foreign sort group row column hash range gpg map object idempotency".split(" "),
);
const SUFFIXES = [
  "password",
  "passwd",
  "passphrase",
  "secret",
  "apikey",
  "secretkey",
  "accesskey",
  "privatekey",
  "token",
  "credentials",
];

const PARTS = /[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+/g;

/** Names repeat from line to line: what was judged is remembered, up to a bound. */
const judged = new Map<string, NameKind>();
const MAX_JUDGED = 10_000;

/** Judges the name of a setting, an environment variable, a flag or a header, in any casing. */
export function nameKind(name: string): NameKind {
  if (name.length > 200) return "none";
  const known = judged.get(name);
  if (known !== undefined) return known;
  const kind = judge(name);
  if (judged.size >= MAX_JUDGED) judged.clear();
  judged.set(detached(name), kind);
  return kind;
}

/** A copy: as a part of a line, a name would keep the whole line in memory. */
function detached(name: string): string {
  return [...name].join("");
}

function judge(name: string): NameKind {
  let words = wordsOf(name);
  while (words.length > 1 && (/^\d+$/.test(words.at(-1)!) || FILLERS.has(words.at(-1)!))) {
    // kubeconfig's `client-key-data` is a key, other data are whatever they are
    if (words.at(-1) === "data" && words.at(-2) !== "key") return "none";
    words = words.slice(0, -1);
  }
  const last = words.at(-1) ?? "", before = words.at(-2) ?? "";
  const reference = words.slice(0, -1).some((word) => REFERENCES.has(word));
  if (last === "oldpwd" || (last === "pwd" && before === "old")) return "none";
  if (PASSWORDS.has(last) || PASS_WORDS.has(last)) return reference ? "hint" : "password";
  if (last === "pass" && words.length > 1) return reference ? "none" : "password";
  if (reference) return "none";
  if (last === "string" || last === "id") return ofSeveralWords(words);
  if (SECRETS.has(last)) return "secret";
  if (last === "secret") return SECRET_SECRETS.has(before) ? "secret" : "object";
  if (last === "key") return SECRET_KEYS.has(before) ? "secret" : OTHER_KEYS.has(before) ? "none" : "hint";
  const suffix = SUFFIXES.find((end) => last.length > end.length && last.endsWith(end));
  if (suffix !== undefined) return suffix.startsWith("pass") ? "password" : suffix === "secret" ? "object" : "secret";
  if (SESSIONS.has(last)) return "session";
  if (last === "auth" && words.length > 1) return "login";
  return HINTS.has(last) ? "hint" : "none";
}

/** Names of several words that mean a secret only together. */
function ofSeveralWords(words: string[]): NameKind {
  const end = words.slice(-3).join(" ");
  if (/(?:^| )connection string$/.test(end) || /(?:^| )(?:access|secret|private) key id$/.test(end)) return "secret";
  return end.endsWith("session id") ? "session" : "none";
}

function wordsOf(name: string): string[] {
  const words: string[] = [];
  for (const [part] of name.matchAll(PARTS)) words.push(part.toLowerCase());
  return words;
}
