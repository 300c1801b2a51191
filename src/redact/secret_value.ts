import type { NameKind } from "./secret_name.ts";
import { isMask } from "./mask.ts";

// Longer than any of the patterns here needs, so that judging a megabyte costs nothing.
const LOOK_AT = 512;

const NO_SECRET = new RegExp(
  "^(?:" + [
    "null|nil|none|true|false|yes|no|on|off|undefined|n/a|unset|empty|set|default|enabled|disabled|required|optional",
    "unknown|changed|missing|invalid|expired|valid|ok|error|failed|not|found|pending|active|revoked|idle|eof|denied",
    "same-origin|include|omit|u?int\\d{1,3}(?:_t)?|float\\d\\d|(?:files|compat)(?: .*)?|%[-+#0 ]*[\\d.*]*l{0,2}[a-z](?:\\\\n)?\\W*|\\{\\w*\\}|[a-z_$][\\w$]*\\.",
    "string|boolean|number|integer|object|array|\\([a-z ]+\\)|redacted|masked|hidden|removed|\\(redacted\\)|<[^<>]*>|\\[[A-Za-z ]*\\]|\\*+|[xX]{3,}|\\.{3,}|-+|\\u2022+",
    // references: resolved elsewhere
    "\\$\\([\\w.-]+\\)|\\$\\{[\\w.:-]+\\}[.,;!]?|\\$[A-Za-z_]\\w*|%[A-Za-z_]\\w*%|%\\([\\w.]+\\)s|\\$?\\{\\{.*\\}\\}|@[\\w.]+@|\\*[A-Za-z_]\\w*",
    "(?:process\\.env|os\\.environ|env|config|settings|self|this|var|local|module|secrets|params|args|opts|options|ctx|req)(?:\\.[A-Za-z_$][\\w$]*){1,6}[,;)]*",
    "(?:vault|ref\\+\\w+|env|file|secretsmanager|k8s|exec):.*|arn:aws[\\w-]*:.*",
  ].join("|") + ")$",
  "i",
);
const NUMBER = /^[+-]?\d+(?:\.\d+)?$/;
const MEASURE = /^\d+(?:\.\d+)?(?:(?:ns|us|ms|s|m|h|d|w|y|[kmgt]i?b?|%)(?:\d+(?:\.\d+)?)?)+$/i;
const PATH = /^(?:\.{0,2}|~|[a-z]:)(?:[\/\\][a-z0-9._@-]+)+[\/\\]?$|^[\/\\]$/;
/** A member in program text: `response.id_token`. */
const MEMBER = /^[A-Za-z_$]+(?:\.[A-Za-z_$]+)+[,;)]*$/;
/** A call in program text: `config.getToken(user)`. */
const CALL = /^[A-Za-z_$][\w$]*(?:\.[A-Za-z_$][\w$]*)+\(/;
const FILE_NAME = /^[\w.\/\\-]{1,200}\.(?:pem|key|crt|cer|p12|pfx|jks|json|ya?ml|txt|conf|env|pub|cfg|ini|xml)$/i;
export const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const DIGEST = /^(?:(?:sha\d+|md5|crc32c?|h1|blake2b)[:=-])|^[0-9a-f]{32,128}$|^[0-9A-F]{32,128}$/;
const VERSION_OR_TIME = /^v?\d+(?:\.\d+){1,3}(?:[-+][\w.+-]*)?$|^\d{4}-\d\d(?:-\d\d)?(?:[T ].*)?$|^\d\d?:\d\d/;
const ADDRESS = /^[\w.-]+(?::\d+)?(?:\/[\w.\/-]*)?$/;
/** Names of objects that hold a secret: `oidc-client-secret`. */
const NAME_OF_SECRET =
  /^[A-Za-z_.\/-]{0,100}(?:secrets?|tokens?|tls|creds?|credentials?|login|auth|keys?|password|passwd|config|certs?|marker)$/i;
const OBJECT_NAME = /^(?:[a-z0-9.-]+\/)?[a-z0-9]+(?:[-.][a-z0-9]+)*$/;

/** True when a value that stands under such a name is a secret for all one can tell. */
export function isSecretValue(kind: NameKind, value: string): boolean {
  if (kind === "none" || isMask(value)) return false;
  const v = value.length > LOOK_AT ? value.slice(0, LOOK_AT) : value;
  // `*anchor` is one of YAML's, unless nobody would call it so
  if (isPlainlyNoSecret(v) && !(v.startsWith("*") && looksGenerated(v.slice(1)))) return false;
  if (kind === "password") return !NUMBER.test(v) || v.length >= 4;
  if (NUMBER.test(v) || MEASURE.test(v)) return false;
  if (MEMBER.test(v)) return false;
  if (kind === "secret") return v.length >= 4 && !FILE_NAME.test(v) && !NAME_OF_SECRET.test(v);
  if (kind === "object") return !FILE_NAME.test(v) && !isObjectName(v);
  if (kind === "login" && looksTyped(v)) return true;
  if (kind === "session" && /^[0-9a-f]{24,128}$/i.test(v)) return true;
  return looksGenerated(v.replace(/^base64:/, ""));
}

/** `checkout-tls`, `shop/pull-secret-x7k2p`: names of objects in a cluster, in which no part looks generated. */
function isObjectName(value: string): boolean {
  return /[-.\/]/.test(value) && OBJECT_NAME.test(value) &&
    !value.split(/[-.\/]/).some((part) => part.length >= 16 && looksGenerated(part));
}

/** True for words, numbers, references and paths that may stand where a secret could. */
export function isPlainlyNoSecret(value: string): boolean {
  return value.trim() === "" || NO_SECRET.test(value) || PATH.test(value) || CALL.test(value);
}

/** True for text nobody would write as a word, a name, a path, a version, a checksum or an id: letters and digits mixed
 * without a visible pattern. */
export function looksGenerated(value: string): boolean {
  if (value.includes("***")) return false; // hidden already, in part
  if (value.length < 8 || /[\s"'\\<>(){}]/.test(value) || !/\d/.test(value) || !/[a-z]/i.test(value)) return false;
  if (UUID.test(value) || DIGEST.test(value) || VERSION_OR_TIME.test(value) || MEASURE.test(value)) return false;
  if (value.includes("://") || FILE_NAME.test(value) || PATH.test(value) || isWordsAndNumbers(value)) return false;
  if (value.length < 16) return /^[A-Za-z0-9!@#$%^&*_+=~.-]+$/.test(value) && !isAddress(value) && mixes(value) >= 2;
  const classes = Number(/[a-z]/.test(value)) + Number(/[A-Z]/.test(value)) + 1;
  if (classes < 3) return /^[a-z0-9]+$/i.test(value) && mixes(value) >= 4;
  return mixes(value) >= 3 && !/\/.*\/.*\//.test(value) ||
    /^[A-Za-z0-9+\/_-]{20,}={0,2}$/.test(value) && mixes(value) >= 4;
}

/** True for a password somebody typed into a sentence: not a word, not an id, not a name with a number. */
export function looksTyped(value: string): boolean {
  if (value.includes("***") || value.length < 6 || value.length > 200 || !/\d/.test(value) || !/[A-Za-z]/.test(value)) {
    return false;
  }
  if (/^(?:[\[({<]|[\w.-]+=|\w+\(.*\)[,;]?$)/.test(value)) return false;
  if (isPlainlyNoSecret(value) || UUID.test(value) || DIGEST.test(value) || VERSION_OR_TIME.test(value)) return false;
  if (
    MEASURE.test(value) || /\/.*\//.test(value) || FILE_NAME.test(value) ||
    (/[-.\/]/.test(value) && OBJECT_NAME.test(value)) ||
    value.includes("://")
  ) return false;
  return true;
}

/** `GPL-2`, `us-east-1`, `BSD-3-clause`: words and numbers with marks between them. */
function isWordsAndNumbers(value: string): boolean {
  const parts = value.split(/[-_.+:]/);
  return parts.length > 1 && parts.every((part) => /^(?:[A-Z]?[a-z]*|[A-Z]+|\d{1,6})$/.test(part));
}

function isAddress(value: string): boolean {
  return /[.:\/]/.test(value) && ADDRESS.test(value);
}

/** How often letters and digits, or cases, alternate. */
function mixes(value: string): number {
  let count = 0, was = 0;
  for (let i = 0; i < value.length && i < 100; i++) {
    const c = value.charCodeAt(i);
    const is = c >= 48 && c <= 57 ? 1 : c >= 65 && c <= 90 ? 2 : c >= 97 && c <= 122 ? 3 : 0;
    if (is === 0) continue;
    if (was !== 0 && is !== was && !(was === 2 && is === 3)) count++;
    was = is;
  }
  return count;
}
