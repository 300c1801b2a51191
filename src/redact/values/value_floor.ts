import { MASK } from "../mask.ts";
import { isPlainlyNoSecret, looksGenerated } from "../secret_value.ts";

/** What speaks for a text of a Secret being a secret:
 *
 * - `named`: it stands under a name such as `password` or `api-key`
 * - `entry`: it is the whole value of a key that says nothing
 * - `key`: it is a line of a private key
 * - `part`: it is a part of a configuration, under a name that says nothing */
export type Weight = "named" | "entry" | "key" | "part";

const WORDS = new Set(
  ("admin administrator root user username guest test testing tester default changeme change-me password passw0rd passwd " +
    "secret secrets token apikey postgres postgresql mysql mariadb mongo mongodb redis rabbitmq elastic elasticsearch kafka " +
    "minio minioadmin grafana prometheus keycloak vault nginx localhost localdomain example production development " +
    "kubernetes docker replicated bearer basic none null undefined enabled disabled required optional unknown internal external")
    .split(" "),
);
const URL = /^[a-z][a-z0-9+.-]*:\/\//i;
const HOST = new RegExp(
  "^(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\\.)+(?:svc|local|localdomain|internal|cluster|com|net|org|io|dev|cloud|app|[a-z]{2})" +
    "(?::\\d+)?(?:\\/[\\w.\\/-]*)?$",
  "i",
);
const MAIL = /^[\w.+-]+@[\w-]+(?:\.[\w-]+)+$/;
const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const TIME = /^\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d.*)?$/;
const DIGEST = /^(?:sha\d+|md5)[:=-]/i;
const NUMERIC = /^[\d\s.,:;\/+-]*$/;
/** IPv6 and MAC addresses, and ranges of them. */
const HEX_ADDRESS = /^(?:[0-9a-f]{0,4}:){2,}[0-9a-f.]*(?:\/\d+)?$/i;

/** Fewest characters of a value that the user names. */
export const MIN_USER_LENGTH = 4;
/** Fewest of a value of a Secret: with digits or mixed cases under a name that says what it is … */
const MIN_NAMED_LENGTH = 6;
/** … and of all others. */
const MIN_LENGTH = 12;
/** Fewest different characters, of each. */
const MIN_NAMED_DISTINCT = 4;
const MIN_DISTINCT = 6;
/** What is longer is a file. */
const MAX_LENGTH = 64 << 10;

/** Whether a value the user names can be hidden everywhere. */
export function isUserValue(text: string): boolean {
  return [...text].length >= MIN_USER_LENGTH && !MASK.includes(text);
}

/** Whether a text of a Secret is so unlike what else is in files that it can be hidden wherever it appears. Words, numbers,
 * names, hosts, paths and the like are not. */
export function isDistinctive(text: string, weight: Weight): boolean {
  const { length } = text;
  if (length < (weight === "named" ? MIN_NAMED_LENGTH : MIN_LENGTH) || length > MAX_LENGTH) return false;
  if (weight === "part" && !looksGenerated(text)) return false;
  const distinct = new Set(text).size;
  if (weight === "key") return distinct >= MIN_DISTINCT;
  const stands = weight === "named"
    ? distinct >= MIN_NAMED_DISTINCT && kindsOf(text) >= 2 || length >= MIN_LENGTH && distinct >= MIN_DISTINCT
    : distinct >= MIN_DISTINCT && !isReadable(text) && !isIdentifier(text);
  return stands && !isOrdinary(text) && !MASK.includes(text);
}

function isOrdinary(text: string): boolean {
  if (WORDS.has(text.toLowerCase()) || isPlainlyNoSecret(text)) return true;
  if (NUMERIC.test(text)) return /\D/.test(text) || text.length < MIN_LENGTH;
  return URL.test(text) || HOST.test(text) || TIME.test(text) || DIGEST.test(text) || HEX_ADDRESS.test(text);
}

function isIdentifier(text: string): boolean {
  return UUID.test(text) || MAIL.test(text);
}

/** Of lower case, upper case (if not just of first letters), digits, and signs (if they do not just separate words). */
function kindsOf(text: string): number {
  return [/[a-z]/, /[A-Za-z\d][A-Z]/, /\d/, /[^A-Za-z\d\s._\/:-]/].filter((kind) => kind.test(text)).length;
}

/** True for prose, and for words and numbers in a row: `ReadWriteOnce`, `shop-db-0`, `SHA256withRSA`. */
function isReadable(text: string): boolean {
  if (/\s/.test(text)) return true;
  const parts = text.match(/[A-Z]?[a-z]+|[A-Z]+|\d+/g) ?? [];
  const inner = text.match(/\d(?=[A-Za-z])/g)?.length ?? 0;
  return inner <= 1 && parts.join("").length >= 3 * parts.length;
}
