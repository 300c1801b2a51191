import { looksRandom } from "./randomness.ts";

// What redaction leaves, and what people write in place of a secret.
const MASKS = /\*{3}[\w-]{0,80}\*{3}|\*+|[xX]{4,}|\u2022+|REDACTED|redacted/g;
const REFERENCE =
  /\$[({A-Za-z_]|\{\{|\{%|%\(|^%[-+ #0-9.]*[a-zA-Z]$|^%\w+%$|^<[^<>]*>$|^\[[^\]]*\]$|^@[\w.]+@$|^(?:vault|ref\+\w+|env|file|secretref|secretsmanager|ssm|k8s|exec|op|arn|valueFrom):/i;
/** As Go writes `<`, `>` and `&` in JSON, in strings in strings too, and as URLs have signs. */
const ESCAPED = /\\{1,15}u00(3c|3e|26)|%([2-7][0-9a-f])/gi;
const CALL = /^[A-Za-z_$][\w$.]*[([]/;
const PATH =
  /^(?:[.~]{0,2}|[A-Za-z]:)[\/\\]|^[\w.-]+(?:\/[\w.-]+)+\/?$|\.(?:pem|key|crt|cer|p12|pfx|jks|json|ya?ml|txt|conf|env|pub)$/i;
const MEASURE = /^[+-]?\d[\d.,:_]*\s?(?:[a-zA-Zµ%]{1,3}\d*[a-z]{0,2}\d*s?)?$/;
const VERSION_OR_TIME = /^v?\d+\.\d+|^\d{4}-\d\d-\d\d/;
const ADDRESS = /^[a-z0-9._-]+@[a-z0-9-]+(?:\.[a-z0-9-]+)*\.[a-z]{2,}$|^(?:CN|OU?|DC)=/;
/** Three words or more: `ServiceAccountTokenVolume2`. */
const WORDS = /^[A-Za-z][a-z]+(?:[A-Z][a-z]+){2,}\d{0,2}$/;
/** Words, joined as names are: `my-db-password-2`, `org.example.Encoder`, `SCRAM-SHA-256`. */
const NAME = /^[A-Za-z]+\d{0,4}(?:[-_.:\/][A-Za-z0-9]+)*$/;
const MIN_PASSWORD = 6;

/** What is left of a value when masks are taken off; empty when it is a reference or a placeholder. */
export function literalOf(value: string): string {
  const text = value.replace(ESCAPED, (_, json, percent) => String.fromCharCode(parseInt(json ?? percent, 16)));
  return REFERENCE.test(text) || CALL.test(text) ? "" : text.replace(MASKS, "");
}

/** True for what one would choose as a password: letters mixed with digits or signs, and no name, path, number, time. */
export function looksChosen(text: string): boolean {
  if (text.length < MIN_PASSWORD || text.length > 512 || /\s/.test(text)) return false;
  if (!/[A-Za-z]/.test(text) || !/[\d!@#$%^&*+=?~"'\\]/.test(text)) return false;
  if (PATH.test(text) || MEASURE.test(text) || VERSION_OR_TIME.test(text) || text.includes("://")) return false;
  if (ADDRESS.test(text) || WORDS.test(text)) return false;
  if (/[-_.:\/]/.test(text) && NAME.test(text)) return looksRandom(text);
  return true;
}
