/** What a line of a configuration consists of, whatever language it is written in. */
export interface LineParts {
  /** `name: value`, `name=value`, `<name>value</name>`, and what stands where passwords do. */
  fields: { name: string; value: string }[];
  /** What else stands in it. */
  words: string[];
}

const SSH_KEY = /(?:^|\s)(?:ssh-[a-z0-9]+|ecdsa-sha2-\S+|sk-\S+@openssh\.com) AAAA/;
/** The line is one field: blanks belong to its value. */
const WHOLE = /^(?:- +)?(?:export +)?["']?([A-Za-z_][\w.-]{0,100})["']? {0,3}(?::(?!\/\/)|=) *(\S.*)$/;
/** `Server=db;User Id=sa;Password=x` */
const CONNECTION = /^(?:[^;=]{1,100}=[^;]*;)+(?:[^;=]{1,100}=[^;]*)?$/;
const FIELD = new RegExp(
  "(?<=^|[\\s,;&?{(<])[\"']?([A-Za-z_][\\w.-]{0,100})[\"']? {0,3}(?::=|=>|:(?!\\/\\/)|=) {0,3}" +
    "(?:\"((?:[^\"\\\\]|\\\\.){0,4096})\"|'([^']{0,4096})'|([^\\s\"',;&<>]+))",
  "g",
);
const ELEMENT = /<([A-Za-z_][\w.-]{0,100})(?:\s[^<>]{0,200})?>([^<>]{1,4096})<\//g;
/** `scheme://user:password@`, `user:password@tcp(` */
const USER_INFO =
  /(?:[a-z][\w+.-]{0,30}:\/\/[^\s:@\/"']{0,200}|(?<=^|[\s"'=])[^\s:@\/"'=]{1,200}):(?!\/\/)([^\s@"']{1,1024})@(?=[\w.\[-]|\()/gi;
/** `machine x login y password z`, `IDENTIFIED BY 'z'`, `Authorization: Bearer z` */
const AFTER_WORD =
  /\b(?:password|passwd|token|identified by|bearer|basic)\s+(?:'([^']{1,1024})'|"([^"]{1,1024})"|([^\s'";]{4,1024}))/gi;
/** `host:port:database:user:password` */
const PGPASS = /^[^:\s]+:(?:\d+|\*):[^:]*:[^:]*:(.+)$/;
/** `user:$apr1$…` */
const HTPASSWD = /^[^:\s]+:((?:\$|\{)\w+[$}].+)$/;
const SEPARATORS = /[\s"'`,;=&?#|<>(){}\[\]]+|:\/\/|\\[nrt]/;

/** True for a line of `authorized_keys` or `known_hosts`. */
export function isPublicKey(line: string): boolean {
  return SSH_KEY.test(line);
}

/** Takes a line apart. */
export function lineParts(line: string): LineParts {
  const fields: LineParts["fields"] = [];
  const none = { fields, words: [] };
  if (!/[\s=:<]/.test(line)) return none;
  const isMarkup = line.includes("<");
  const add = (name: string, value: string | undefined) => {
    if (value !== undefined && value !== "") fields.push({ name, value: isMarkup ? withoutEntities(value) : value });
  };
  if (line.includes(";") && CONNECTION.test(line)) {
    for (const pair of line.split(";")) {
      const equals = pair.indexOf("=");
      add(pair.slice(0, equals), pair.slice(equals + 1));
    }
    return none;
  }
  let rest = line;
  /** Takes what is found out of the rest. */
  const take = (pattern: RegExp, found: (groups: (string | undefined)[]) => void) => {
    rest = rest.replace(pattern, (...match) => {
      found(match.slice(1) as (string | undefined)[]);
      return " ";
    });
  };
  if (line.includes("@")) {
    take(USER_INFO, ([password]) => {
      add("password", password);
      if (password!.includes("%")) add("password", decoded(password!));
    });
  }
  add("password", PGPASS.exec(line)?.[1]);
  add("token", HTPASSWD.exec(line)?.[1]);
  const whole = WHOLE.exec(rest);
  if (whole !== null) {
    // What stands in it is found when it is looked into.
    add(whole[1]!, unquoted(whole[2]!));
    return none;
  }
  take(AFTER_WORD, ([single, double, bare]) => add("password", single ?? double ?? bare));
  if (isMarkup) take(ELEMENT, ([name, value]) => add(name!, value!.trim()));
  take(FIELD, ([name, double, single, bare]) => add(name!, double === undefined ? single ?? bare : unescape(double)));
  return { fields, words: wordsOf(rest) };
}

function wordsOf(text: string): string[] {
  return [...new Set(text.split(SEPARATORS).flatMap((word) => [word, ...word.split(/[:\/@]/)]))];
}

/** Without the quotes around it, or the comment after it. */
function unquoted(value: string): string {
  const quoted = /^(["'])(.*)\1\s*[,;]?\s*(?:#.*)?$/.exec(value);
  if (quoted === null) return value.replace(/\s#.*$/, "").trimEnd().replace(/[,;]$/, "");
  return quoted[1] === '"' ? unescape(quoted[2]!) : quoted[2]!.replaceAll("''", "'");
}

function unescape(text: string): string {
  if (!text.includes("\\")) return text;
  try {
    return JSON.parse(`"${text}"`);
  } catch {
    return text;
  }
}

const ENTITIES: Record<string, string> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" };

function withoutEntities(text: string): string {
  return text.replace(/&(amp|lt|gt|quot|apos);/g, (_, name: string) => ENTITIES[name]!);
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
