import { badUri, parsePort, parseServerUrl } from "./server_url.ts";

/** What a SQL Server connection string says. */
export interface MssqlTarget {
  host: string;
  /** Undefined with an instance: the server's browser service knows it. */
  port?: number;
  instance?: string;
  user?: string;
  password?: string;
  /** Of a Windows account. */
  domain?: string;
  database?: string;
  /** `optional`: the log-in at least, where the server can; `strict`: TLS from the first byte. */
  encrypt: "disable" | "optional" | "required" | "strict";
  trustServerCertificate: boolean;
  hostNameInCertificate?: string;
  /** Path of a PEM file with the authority. */
  certificate?: string;
  timeoutMs?: number;
}

const DEFAULT_PORT = 1433;
const ENCRYPT: Record<string, MssqlTarget["encrypt"]> = {
  ...Object.fromEntries(["mandatory", "yes", "1", "t", "true"].map((word) => [word, "required"])),
  ...Object.fromEntries(["optional", "no", "0", "f", "false"].map((word) => [word, "optional"])),
  disable: "disable",
  strict: "strict",
};
/** Other names of a setting, as ADO has them. */
const SYNONYMS: Record<string, string> = {
  "data source": "server",
  address: "server",
  addr: "server",
  "network address": "server",
  user: "user id",
  uid: "user id",
  username: "user id",
  pwd: "password",
  "initial catalog": "database",
  "connect timeout": "connection timeout",
  timeout: "connection timeout",
  "trust server certificate": "trustservercertificate",
  "host name in certificate": "hostnameincertificate",
};

/** Reads `sqlserver://user:password@host:port/instance?database=…`, and `server=…;user id=…;password=…` with or without
 * `odbc:` in front.
 * @see https://github.com/microsoft/go-mssqldb#connection-parameters-and-dsn
 * @throws {SupportBundleError} without quoting it */
export function parseMssqlUri(uri: string): MssqlTarget {
  const settings = /^(sqlserver|mssql):\/\//i.test(uri)
    ? settingsOfUrl(uri)
    : /^odbc:/i.test(uri)
    ? settingsOfPairs(uri.slice("odbc:".length), "{", "}")
    : settingsOfPairs(uri, '"', '"');
  if (settings.size === 0) throw badUri("it is neither a sqlserver:// URL nor settings such as server=db;user id=app");
  const word = settings.get("encrypt")?.toLowerCase();
  const encrypt = word === undefined ? "optional" : ENCRYPT[word];
  if (encrypt === undefined) throw badUri(`its encrypt is none of ${Object.keys(ENCRYPT).join(", ")}`);
  const trust = settings.get("trustservercertificate");
  const seconds = Number(settings.get("connection timeout") ?? settings.get("dial timeout") ?? 0);
  if (Number.isNaN(seconds)) throw badUri("its connection timeout is no number of seconds");
  const { domain, user } = accountOf(settings.get("user id") ?? "");
  return {
    ...serverOf(settings.get("server") ?? "", settings.get("port")),
    ...present({
      user,
      domain,
      password: settings.get("password"),
      database: settings.get("database"),
      hostNameInCertificate: settings.get("hostnameincertificate"),
      certificate: settings.get("certificate") ?? settings.get("servercertificate"),
    }),
    encrypt,
    // Whoever asks for no encryption asks for no certificate either.
    trustServerCertificate: encrypt === "strict"
      ? false
      : trust === undefined
      ? word === undefined
      : /^(1|t|true|yes)$/i.test(trust),
    ...(seconds > 0 ? { timeoutMs: seconds * 1000 } : {}),
  };
}

function settingsOfUrl(uri: string): Map<string, string> {
  const { user, password, hosts, path, query } = parseServerUrl(uri);
  if (hosts.length > 1) throw badUri("it names several hosts; one is asked");
  const [{ host, port } = { host: "" }] = hosts;
  const settings = new Map<string, string>();
  for (const [name, value] of query) set(settings, name, value);
  settings.set("server", path ? `${host}\\${path}` : host);
  if (port !== undefined) settings.set("port", String(port));
  if (user) settings.set("user id", user);
  if (password) settings.set("password", password);
  return settings;
}

/** `name=value;name=value`. A value between `open` and `close` may hold semicolons, and a doubled `close` for one. */
function settingsOfPairs(text: string, open: string, close: string): Map<string, string> {
  const settings = new Map<string, string>();
  let rest = text;
  while (rest.trim() !== "") {
    const equals = rest.indexOf("=");
    const semicolon = rest.indexOf(";");
    if (semicolon >= 0 && (equals < 0 || semicolon < equals)) {
      if (rest.slice(0, semicolon).trim() !== "") throw badUri("one of its settings has no value");
      rest = rest.slice(semicolon + 1);
      continue;
    }
    if (equals < 0) throw badUri("it is neither a sqlserver:// URL nor settings such as server=db;user id=app");
    const name = rest.slice(0, equals);
    rest = rest.slice(equals + 1).trimStart();
    let value = "";
    if (rest.startsWith(open)) {
      let end = 1;
      for (;; end++) {
        if (end >= rest.length) throw badUri("one of its quoted values has no end");
        if (rest[end] !== close) value += rest[end];
        else if (rest[end + 1] === close) value += rest[++end];
        else break;
      }
      rest = rest.slice(end + 1).trimStart();
      if (rest !== "" && !rest.startsWith(";")) throw badUri("something follows the quotes of a value");
      rest = rest.slice(1);
    } else {
      const end = rest.indexOf(";");
      value = (end < 0 ? rest : rest.slice(0, end)).trim();
      rest = end < 0 ? "" : rest.slice(end + 1);
    }
    set(settings, name, value);
  }
  return settings;
}

function set(settings: Map<string, string>, name: string, value: string): void {
  const lower = name.trim().toLowerCase();
  settings.set(SYNONYMS[lower] ?? lower, value);
}

/** `host`, `host,port`, `tcp:host`, `host\instance`; `.` and `(local)` are this machine. */
function serverOf(text: string, port: string | undefined): Pick<MssqlTarget, "host" | "port" | "instance"> {
  const [, server = "", instance, comma] = /^(?:tcp:)?([^\\,]*)(?:\\([^,]*))?(?:,(.*))?$/is.exec(text.trim()) ?? [];
  const named = comma?.trim() || port;
  const host = server.trim().replace(/^\[(.*)\]$/, "$1");
  return {
    host: ["", ".", "(local)"].includes(host.toLowerCase()) ? "localhost" : host,
    ...(named ? { port: parsePort(named) } : instance ? {} : { port: DEFAULT_PORT }),
    ...(instance ? { instance } : {}),
  };
}

/** `domain\user`, or a user alone. */
function accountOf(text: string): { user: string; domain?: string } {
  const [, domain, user = ""] = /^(?:([^\\]+)\\)?(.*)$/s.exec(text) ?? [];
  return { user, ...(domain ? { domain } : {}) };
}

function present(values: Record<string, string | undefined>): Record<string, string> {
  return Object.fromEntries(Object.entries(values).filter((pair): pair is [string, string] => Boolean(pair[1])));
}
