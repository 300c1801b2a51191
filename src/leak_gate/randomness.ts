// Pairs of letters that make up three quarters of English text and of the names in programs.
const COMMON_PAIRS = new Set(
  ("th he in er an re on at en nd ti es or te of ed is it al ar st to nt ng se ha as ou io le ve co me de hi ri ro ic ne " +
    "ea ra ce li ch ll be ma si om ur ec ct us un ta el la no lo di il rs ad ss tr ot et ol ee em em ns ho ut ns ge ac pe " +
    "po pr sh so sp su ke ki ko lt mi mo na ni nc nk ns ob od oo op os ow pl pa pi qu rd rm rn ry rt ru rv sa sc sk sm ts " +
    "tt ty tu ub ul um up vi wa we wi wo ye ab ag am ap au av ay ba bl bo br bu by ca cl cr cu da do dr du ef eg ei ep ev " +
    "ew ex ey fa fe ff fi fo fr fu ga gh gi gl go gr gu id ie if ig im ip ir iv ja je jo ju lu ly mb mp mu my nf np nu ny " +
    "oc og oi pp ps pu rc rg rk rl rr sl sn sq sw tc tw ud ue ug ui va vo ws xp xt").split(" "),
);

/** True for text that looks drawn by a machine: no words, no names, no ids, no digests, no versions, no addresses.
 *
 * Decided by the entropy of its characters, by how often letters and digits alternate, and by how few of its pairs of
 * letters are those of words. Of random text of 20 letters and digits, two in a hundred look like words; of what is in
 * source text and in the state of a cluster, hardly anything looks random but digests and names, which are told apart by
 * their form.
 * @param minLength shorter text is never judged random */
export function looksRandom(text: string, minLength = 16): boolean {
  if (text.length < minLength || isId(text)) return false;
  const parts = text.split("/");
  // A path, of which one part may be random.
  if (parts.length > 3 && !/[+=]/.test(text)) return parts.some((part) => part.length >= 20 && looksRandom(part));
  const { letters, digits, strangeness, alternation, entropy } = measure(text.slice(0, JUDGED));
  if (letters === 0 || entropy < MIN_ENTROPY) return false;
  if (HEXADECIMAL.test(text)) return text.length >= 24 && digits > 0;
  return strangeness + 2 * alternation >= MIN_SCORE;
}

const JUDGED = 200;
const MIN_ENTROPY = 2.8;
const MIN_SCORE = 0.9;
/** With the two letters that some vendors put before such a number. */
const HEXADECIMAL = /^(?:0x|[A-Z]{2})?[0-9a-fA-F]+$/;

const ID = new RegExp(
  [
    "^\\{?[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\\}?$",
    "^(?:sha\\d+|md5|crc32c?|h1|blake2b|etag|w)[:=/-]",
    "^\\d{4}-\\d\\d-\\d\\d|^20\\d{6}T?\\d{6}",
    "^v?\\d+\\.\\d+\\.\\d",
    "://",
  ].join("|"),
  "i",
);
/** Names of objects of Kubernetes, of hosts, of images and of paths: short parts, in lower case. */
const OBJECT_NAME = /^(?:[a-z0-9]{1,19}[-._\/:@]){1,30}[a-z0-9]{0,19}$/;

function isId(text: string): boolean {
  return ID.test(text) || OBJECT_NAME.test(text);
}

interface Measures {
  letters: number;
  digits: number;
  /** Of pairs of letters, the share that is not common. */
  strangeness: number;
  /** How often a letter follows a digit, a digit a letter, or a capital a small letter, per character. */
  alternation: number;
  /** Bits per character. */
  entropy: number;
}

const DIGIT = 1, LOWER = 2, UPPER = 3;

function measure(text: string): Measures {
  const counts = new Map<string, number>();
  let letters = 0, digits = 0, pairs = 0, common = 0, changes = 0, before = 0;
  for (let i = 0; i < text.length; i++) {
    const kind = kindOf(text.charCodeAt(i));
    counts.set(text[i]!, (counts.get(text[i]!) ?? 0) + 1);
    if (kind === DIGIT) digits++;
    else if (kind !== 0) letters++;
    const beginsWord = before === LOWER && kind === UPPER;
    if (kind > DIGIT && before > DIGIT && !beginsWord) {
      pairs++;
      if (COMMON_PAIRS.has(text.slice(i - 1, i + 1).toLowerCase())) common++;
    }
    if (kind !== 0 && before !== 0 && kind !== before && !(before === UPPER && kind === LOWER)) changes++;
    before = kind;
  }
  let entropy = 0;
  for (const count of counts.values()) entropy -= (count / text.length) * Math.log2(count / text.length);
  return {
    letters,
    digits,
    strangeness: pairs === 0 ? 0.5 : 1 - common / pairs,
    alternation: changes / Math.max(1, letters + digits),
    entropy,
  };
}

function kindOf(code: number): number {
  if (code >= 48 && code <= 57) return DIGIT;
  if (code >= 97 && code <= 122) return LOWER;
  return code >= 65 && code <= 90 ? UPPER : 0;
}
