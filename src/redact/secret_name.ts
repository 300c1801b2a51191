import { fromUnicode } from "./latin1.ts";

/** How much the name of a setting says about its value.
 *
 * - `password`, `secret`: the value is hidden unless it is plainly no secret (empty, a reference, true …)
 * - `object`: a secret, or the name of an object that holds one (`tlsSecret: my-tls`)
 * - `hint`: hidden when it looks made by a machine (`key`, `salt`)
 * - `login`: hidden also when it could have been typed (`redis_auth`)
 * - `session`: hidden also when it is a number in hexadecimal digits (`cookie`, `sid`, `password_hash`)
 * - `none`: says nothing, or names something about a secret (`tokenExpirationSeconds`, `secretName`) */
export type NameKind = "password" | "secret" | "object" | "hint" | "login" | "session" | "none";

/** True for names that say too little without a look at the value. */
export function isHint(kind: NameKind): boolean {
  return kind === "hint" || kind === "login" || kind === "session";
}

/** Words for passwords with other letters than ASCII's, as their bytes in UTF-8 look to rules. */
export const FOREIGN_WORDS = "contraseña hasło lösenord пароль 密码 密碼 口令 パスワード 비밀번호".split(" ").map(
  fromUnicode,
);

const PASSWORDS = new Set([
  ..."password passwd passphrase passcode passwort pwd pswd passwrd passw psk authtok bindpw rootpw".split(" "),
  ..."rootbindpw rocommunity rwcommunity kennwort wachtwoord senha contrasena motdepasse mdp parola haslo".split(" "),
  ...FOREIGN_WORDS.map((word) => word.toLowerCase()),
]);
const PASS_WORDS = new Set(
  "dbpass userpass sshpass keypass storepass requirepass masterauth pgpass smtppass".split(" "),
);
const SECRETS = new Set(
  ("token apikey authtoken accesstoken credential credentials creds authorization geheimnis zugangsdaten secreta " +
    "secreto").split(" "),
);
/** Words that make a secret of the word `key` after them. */
const SECRET_KEYS = new Set(
  ("api access secret private account encryption encrypt encode decryption signing sign master license licence " +
    "shared storage unseal hmac auth session webhook service recovery bootstrap subscription deploy ssh app " +
    "application integration fernet consumer tsig wep preshared authentication admin functions crypto root backup")
    .split(" "),
);
/** Words after which `key` is a secret also when it is all hexadecimal digits. */
const HEX_KEYS = new Set("routing certificate cert".split(" "));
/** Words that make a secret, and no reference, of the word `secret` after them. */
const SECRET_SECRETS = new Set(
  "client app application shared signing session jwt cookie webhook hmac consumer oauth token api auth".split(" "),
);
const HINTS = new Set("auth jwt key pat otp signature salt bearer license seed pin clave".split(" "));
const SESSIONS = new Set("login cookie session sessionid sid jsessionid phpsessid".split(" "));
/** Words at the end that say where or how, not what: the words before them decide. */
const FILLERS = new Set(
  "value text plain plaintext data b64 base64 hex raw old new current previous prod dev string binary base v".split(
    " ",
  ),
);
/** Words by which it is a reference, a switch, or a place in a list. */
const REFERENCES = new Set(
  ("existing pull ref use using enable enabled disable disabled has is no without require requires allow " +
    "next prev continue page load").split(" "),
);
/** Words that make no secret of the word `key` after them. */
const OTHER_KEYS = new Set(
  "public partition cache primary foreign sort group row column hash range map object idempotency topology label websocket"
    .split(" "),
);
const SUFFIXES = [
  ..."password passwd passphrase passwort kennwort pwd secret apikey secretkey accesskey privatekey signingkey".split(
    " ",
  ),
  ..."masterkey sharedkey encryptionkey authkey accountkey storagekey licensekey servicekey token credentials".split(
    " ",
  ),
];
/** Words that only end in `pass`. */
const NO_PASS = /^(?:by|com|tres|encom|under|over|sur|multi|single|sub|re|fast|one|two|get|set)pass$/;

const PARTS = /b(?:ase)?64|[A-Z]+(?![a-z\x80-\xff])|[A-Z]?[a-z\x80-\xff]+|\d+/g;

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
  if (name === "Sid") return "none"; // the id of a statement in a policy
  let words = wordsOf(name);
  while (words.length > 1 && (/^\d+$/.test(words.at(-1)!) || FILLERS.has(words.at(-1)!))) {
    const last = words.at(-1)!, before = words.at(-2)!;
    if (last === "string" && before === "connection") return "secret";
    if (last === "value" && before === "signature") return "none"; // of a signed XML document
    // kubeconfig's `client-key-data` is a key, other data are whatever they are
    if (last === "data" && before !== "key") return "none";
    if (
      (last === "string" || last === "binary" || last === "base") && !/^(?:secret|key|token|password)$/.test(before)
    ) break;
    words = words.slice(0, -1);
  }
  const last = words.at(-1) ?? "", before = words.at(-2) ?? "";
  const reference = words.slice(0, -1).some((word) => REFERENCES.has(word));
  if (last === "oldpwd" || (last === "pwd" && before === "old")) return "none";
  if (isPassword(last, before, words)) return reference ? "hint" : "password";
  if (reference) return "none";
  if (last === "id") return ofIds(words);
  if ((last === "hash" || last === "digest") && isPassword(before, words.at(-3) ?? "", words.slice(0, -1))) {
    return "session";
  }
  if (SECRETS.has(last)) return "secret";
  if (last === "secret") return SECRET_SECRETS.has(before) ? "secret" : "object";
  if (last === "key") return kindOfKey(before);
  if (last.length > 3 && /[^s]s$/.test(last)) return ofSeveral(last.slice(0, -1), before, words);
  const suffix = SUFFIXES.find((end) => last.endsWith(end));
  if (suffix !== undefined) {
    return /^(?:pass|pwd|kenn)/.test(suffix) ? "password" : suffix === "secret" ? "object" : "secret";
  }
  if (last.length > 4 && last.endsWith("pass") && !NO_PASS.test(last)) return reference ? "none" : "password";
  if (SESSIONS.has(last)) return "session";
  if ((last === "auth" || last === "answer" && before === "security") && words.length > 1) return "login";
  return HINTS.has(last) ? "hint" : last === "pw" || last === "pass" ? "login" : "none";
}

function isPassword(last: string, before: string, words: string[]): boolean {
  if (PASSWORDS.has(last) || PASS_WORDS.has(last)) return true;
  if (last === "phrase") return before === "pass";
  if (last === "passe") return before === "de";
  if (last === "community") return before === "snmp";
  return (last === "pass" || last === "pw") && words.length > 1;
}

function kindOfKey(before: string): NameKind {
  if (SECRET_KEYS.has(before)) return "secret";
  if (HEX_KEYS.has(before)) return "session";
  return OTHER_KEYS.has(before) ? "none" : "hint";
}

/** `passwords`, `apiKeys`: names of lists, or of numbers. */
function ofSeveral(one: string, before: string, words: string[]): NameKind {
  if (isPassword(one, before, words)) return "password";
  if (one === "key") return kindOfKey(before) === "secret" ? "session" : "none";
  return one === "token" || one === "secret" || one === "apikey" ? "login" : "none";
}

/** Ids that go with a secret, or are one. */
function ofIds(words: string[]): NameKind {
  const end = words.slice(-3).join(" ");
  if (/(?:^| )(?:access|secret|private) key id$/.test(end) || end.endsWith("secret id")) return "secret";
  return end.endsWith("session id") ? "session" : "none";
}

function wordsOf(name: string): string[] {
  const words: string[] = [];
  for (const [part] of name.matchAll(PARTS)) words.push(part.toLowerCase());
  return words;
}
