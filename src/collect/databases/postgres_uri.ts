import { badUri, type HostPort, parseHostPort, parsePort, parseServerUrl } from "./server_url.ts";

/** What a PostgreSQL connection string says. */
export interface PostgresTarget {
  /** Tried in this order. A host that begins with a slash is the folder of a Unix socket. */
  hosts: { host: string; port: number }[];
  user: string;
  password?: string;
  database: string;
  sslmode: SslMode;
  /** True when the string itself names the mode. */
  sslmodeGiven: boolean;
  /** Paths of PEM files on this machine. */
  sslrootcert?: string;
  sslcert?: string;
  sslkey?: string;
  timeoutMs?: number;
}

export type SslMode = (typeof SSL_MODES)[number];

const SSL_MODES = ["disable", "allow", "prefer", "require", "verify-ca", "verify-full"] as const;
const DEFAULT_PORT = 5432;

/** Reads a URL (`postgres://…`) or a keyword string (`host=… user=…`). Settings that don't bear on connecting are left
 * aside.
 * @see https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-CONNSTRING
 * @throws {SupportBundleError} without quoting it */
export function parsePostgresUri(uri: string, env: Readonly<Record<string, string>> = {}): PostgresTarget {
  const settings = /^postgres(ql)?:\/\//i.test(uri) ? settingsOfUrl(uri) : settingsOfKeywords(uri);
  const user = settings.get("user") || env.USER || env.USERNAME || "postgres";
  const sslmode = settings.get("sslmode") || "prefer";
  if (!isSslMode(sslmode)) throw badUri(`its sslmode is none of ${SSL_MODES.join(", ")}`);
  const seconds = Number(settings.get("connect_timeout") ?? 0);
  if (Number.isNaN(seconds)) throw badUri("its connect_timeout is no number of seconds");
  const password = settings.get("password");
  const paths = ["sslrootcert", "sslcert", "sslkey"].flatMap((name) => {
    const path = settings.get(name);
    return path ? [[name, path]] : [];
  });
  return {
    hosts: hostsOf(settings),
    user,
    ...(password ? { password } : {}),
    database: settings.get("dbname") || settings.get("database") || user,
    sslmode,
    sslmodeGiven: settings.has("sslmode"),
    ...Object.fromEntries(paths),
    ...(seconds > 0 ? { timeoutMs: seconds * 1000 } : {}),
  };
}

function isSslMode(text: string): text is SslMode {
  return (SSL_MODES as readonly string[]).includes(text);
}

function settingsOfUrl(uri: string): Map<string, string> {
  const { user, password, hosts, path, query } = parseServerUrl(uri);
  const settings = new Map<string, string>();
  const written = hosts.some(({ host, port }) => host !== "" || port !== undefined);
  if (written) {
    settings.set("host", hosts.map(({ host }) => host).join(","));
    settings.set("port", hosts.map(({ port }) => port ?? DEFAULT_PORT).join(","));
  }
  if (user) settings.set("user", user);
  if (password) settings.set("password", password);
  if (path) settings.set("dbname", path);
  for (const [name, value] of query) settings.set(name, value);
  return settings;
}

// A name, an equals sign, and a value: bare, or in single quotes. A backslash takes the next character as it is.
const KEYWORD = /\s*([^\s=]+)\s*=\s*(?:'((?:[^'\\]|\\.)*)'|((?:[^\s'\\]|\\.)(?:[^\s\\]|\\.)*)?)(?=\s|$)/gsy;

function settingsOfKeywords(text: string): Map<string, string> {
  const settings = new Map<string, string>();
  const rest = text.trimEnd();
  KEYWORD.lastIndex = 0;
  let at = 0;
  while (at < rest.length) {
    const found = KEYWORD.exec(rest);
    if (found === null) throw badUri("it is neither a postgres:// URL nor keywords such as host=db user=app");
    settings.set(found[1]!, (found[2] ?? found[3] ?? "").replace(/\\(.)/gs, "$1"));
    at = KEYWORD.lastIndex;
  }
  return settings;
}

function hostsOf(settings: Map<string, string>): { host: string; port: number }[] {
  const hosts = (settings.get("hostaddr") || settings.get("host") || "localhost").split(",");
  const ports = (settings.get("port") || String(DEFAULT_PORT)).split(",");
  if (ports.length !== 1 && ports.length !== hosts.length) throw badUri("it has more or fewer ports than hosts");
  return hosts.map((text, i) => {
    const port = parsePort(ports[i] ?? ports[0]!);
    // A bare IPv6 address, as keywords write it, has no brackets.
    const { host }: HostPort = text.startsWith("/") || text.includes(":") && !text.includes("[")
      ? { host: text }
      : parseHostPort(text);
    return { host: host || "localhost", port };
  });
}
