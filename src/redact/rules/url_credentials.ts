import { MASK_SOURCE } from "../mask.ts";
import type { RedactionRule, RuleLine, Span } from "../rule.ts";
import { looksGenerated } from "../secret_value.ts";

/** The web address rule of old: user and password go, host and port stay. */
export const webUrlCredentials: RedactionRule = {
  id: "web-url-credentials",
  title: "Redact connection strings with username and password",
  why: "User and password in an address open what the address points to",
  keywords: ["http://", "https://", "ftp://"],
  find: (line) => ({ hide: userInfos(line).filter(({ scheme }) => WEB.test(scheme)).flatMap(({ hide }) => hide) }),
  hides: [
    "http://u2:p2@h2/",
    "pull https://ci-bot:hunter2@git.example.net/shop.git failed",
    '"http://u:p%40x/y@proxy:3128"',
  ],
  keeps: [
    "https://shop.example.net/checkout",
    "http://127.0.0.1:8080/login?next=%2Fcart",
    "http://registry:4873/@babel/core",
    "https://example.net/?mail=a:b@example.net",
    "http://user@host/",
  ],
};

const WEB = /^(?:https?|ftp)$/i;

/** The database address rule of old: host and path go too, the port stays. */
export const databaseUrl: RedactionRule = {
  id: "database-url",
  title: "Redact database connection strings that contain username and password",
  why: "User, password, host and database are all it takes to read the data",
  keywords: ["://"],
  pattern:
    /\b\w{1,40}:\/\/(?<mask1>[^\s:"'\/\\<>]{0,400}):(?<mask2>[^\s:"\/\\<>]{0,2000})@(?<mask3>[^\s:"'\/\\<>?#@]{0,1000})(?::\d{0,6})?\/(?<mask4>[^\s"'\\<>`]{0,2000}[\w*])/g,
  hides: [
    "http://user:pass@host:8888/x",
    "postgres://bob:hunter2@db.local:5432/mydb",
    "dsn=amqp://u:p@h/vhost, retrying",
  ],
  keeps: ["https://shop.example.net/checkout", "http://host:8080/path", "time 12:00 for a@b/c"],
};

export const mysqlDsn: RedactionRule = {
  id: "mysql-dsn",
  title: "Redact database connection strings that contain username and password",
  why: "User, password, host and database are all it takes to read the data",
  keywords: ["@tcp(", "@unix(", "@tcp6(", "@udp("],
  pattern:
    /(?<![\w.-])(?<mask1>[\w.-]{0,100}):(?<mask2>[^\s"'\\]{1,400}?)@(?:tcp6?|unix|udp)\((?<mask3>[^\s:"'\\()]{0,300})(?::\d{0,6})?\)\/(?<mask4>[^\s"'\\<>`]{0,1000}[\w*])?/g,
  hides: [
    "user:password@tcp(host:3309)/db-name",
    '"dsn":"shop:hun/ter@2@tcp(mysql:3306)/orders?parseTime=true"',
    "sql root:hunter2@tcp(db)/ failed",
  ],
  keeps: ["dial @tcp(host:3309)", "user@tcp(host)/db"],
};

/** Every other scheme, addresses without a path, odd characters in passwords, tokens in the place of the user. */
export const urlCredentials: RedactionRule = {
  id: "url-credentials",
  why: "User and password in an address open what the address points to",
  keywords: ["://"],
  find: (line) => ({
    hide: userInfos(line).filter(({ scheme, hide }) => hide.length === 1 || !WEB.test(scheme)).flatMap(({ hide }) =>
      hide
    ),
  }),
  hides: [
    "redis://:hunter2@redis-master:6379/0",
    "amqps://orders:hunter2@rabbit.shop:5671",
    '{"url":"smtp://mailer:hunter2@mail:587"}',
    "mongodb://a:hunter2@mongo-0:27017,mongo-1:27017/admin",
    "redis://:a@b/c:d#?@cache:6379",
    "https://" + "a1B2".repeat(8) + "@github.com/x",
  ],
  keeps: [
    "ssh://git@github.com/x",
    "oci://registry/x@sha256:" + "0a".repeat(32),
    "postgres://user@host/db",
    "a://b c:d@e",
    "postgres://shop:$(DB_PASSWORD)@pg/orders",
    "https://user:***HIDDEN***@host",
    "https://user:***TOKEN_PASSWORD_0A1B2C3D4E5F***@host",
  ],
};

/** Sentry's address for errors: a key in the place of the user. */
export const dsnKey: RedactionRule = {
  id: "dsn-key",
  why: "Whoever has the key can fill the project with events, and older ones are passwords too",
  keywords: ["sentry", "@o", "glitchtip"],
  pattern: /\bhttps?:\/\/(?<mask>[0-9a-f]{32})(?=@[\w.-]{1,200}\/\d{1,20}\b)/g,
  hides: [
    "https://" + "0a".repeat(16) + "@o12345.ingest.example.net/42",
    "https://" + "0a".repeat(16) + "@sentry.example.net/7",
    "https://" + "0a".repeat(16) + "@glitchtip.example.net/7",
  ],
  keeps: ["https://" + "0a".repeat(16) + ".sentry.io/42", "sentry: " + "0a".repeat(16)],
};

export const oracleThinUrl: RedactionRule = {
  id: "oracle-thin-url",
  why: "Oracle's JDBC addresses hold user and password in front of the host",
  keywords: ["jdbc:oracle:"],
  pattern: /jdbc:oracle:\w{1,10}:(?<mask1>[^\s\/"'\\@]{1,100})\/(?<mask2>[^\s"'\\]{1,400}?)@(?=\/\/|[\w(])/gi,
  hides: ["jdbc:oracle:thin:ledger/hunter2@//ora.shop:1521/ORCL"],
  keeps: ["jdbc:oracle:thin:@//ora.shop:1521/ORCL"],
};

interface UserInfo {
  scheme: string;
  hide: Span[];
}

const SCHEME = /[a-z][a-z0-9+.-]{0,40}$/i;
const MAX_AUTHORITY = 2048;
const END_OF_ADDRESS = /[\s"`\\<>]|[^\P{Cc}\x80-\x9f]/u;
const HOST =
  /^(?:\[[0-9a-f:.]{2,45}\]|[\w.*-]{1,253})(?::\d{1,5})?(?:,[\w.-]{1,253}(?::\d{1,5})?){0,20}(?=$|[\/?#\s)\]}>,;.:|&!'*])/i;
const REFERENCE = new RegExp(
  String.raw`^(?:\$\([\w.-]+\)|\$\{[\w.:-]+\}|\$\w+|\*+|<[^<>]*>|${MASK_SOURCE}|x{3,}|)$`,
  "i",
);

function userInfos(line: RuleLine): UserInfo[] {
  const { text } = line;
  const found: UserInfo[] = [];
  let next = 0;
  for (let mark = text.indexOf("://"); mark >= 0; mark = text.indexOf("://", next)) {
    const start = next = mark + 3;
    const scheme = SCHEME.exec(text.slice(Math.max(0, mark - 41), mark))?.[0];
    if (scheme === undefined) continue;
    const run = authority(text, start);
    const at = lastAtBeforeHost(run);
    if (at < 0) continue;
    const info = run.slice(0, at), colon = info.indexOf(":");
    const user = colon < 0 ? info : info.slice(0, colon), password = colon < 0 ? "" : info.slice(colon + 1);
    if (/[\/?#]/.test(user) || /^\d{1,5}[\/?#]/.test(password)) continue;
    const hide: Span[] = [];
    if (!REFERENCE.test(password)) {
      if (!REFERENCE.test(user)) hide.push({ start, end: start + colon });
      hide.push({ start: start + colon + 1, end: start + at });
    } else if (password === "" && looksGenerated(user)) hide.push({ start, end: start + user.length });
    if (hide.length > 0) found.push({ scheme, hide });
    next = start + at;
  }
  return found;
}

/** What may belong to one address: up to a blank, a quote or the next address. */
function authority(text: string, start: number): string {
  let window = text.slice(start, start + MAX_AUTHORITY);
  const next = window.indexOf("://");
  if (next >= 0) window = window.slice(0, next);
  if (!window.includes("@")) return "";
  const run = END_OF_ADDRESS.exec(window);
  const address = run === null ? window : window.slice(0, run.index);
  // of `a://b,c://d`, the name of the next scheme is no part of the first address
  return next < 0 || run !== null ? address : address.replace(/[,;|]?[a-z][a-z0-9+.-]{0,40}$/i, "");
}

/** The last `@` with a host after it: passwords may hold the character too. */
function lastAtBeforeHost(run: string): number {
  for (let at = run.lastIndexOf("@"); at >= 0; at = at === 0 ? -1 : run.lastIndexOf("@", at - 1)) {
    if (HOST.test(run.slice(at + 1, at + 400))) return at;
  }
  return -1;
}
