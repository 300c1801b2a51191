import { tryParseDuration } from "../../core/duration.ts";
import type { Endpoint } from "./socket.ts";
import { badUri, decode, parseHostPort, parseQuery } from "./server_url.ts";

/** What a MySQL DSN says. */
export interface MysqlTarget {
  endpoint: Endpoint;
  user: string;
  password?: string;
  database?: string;
  /** `preferred` takes what the server has, unverified. */
  tls: "none" | "verified" | "unverified" | "preferred";
  /** Sends the password as it is where the server asks for that. */
  allowCleartextPasswords: boolean;
  timeoutMs?: number;
}

const DEFAULT_PORT = 3306;
const TLS: Record<string, MysqlTarget["tls"]> = {
  "": "none",
  false: "none",
  true: "verified",
  "skip-verify": "unverified",
  preferred: "preferred",
};

/** Reads `[user[:password]@][network[(address)]]/[database][?settings]`. Nothing in front of the slash is percent-encoded:
 * the last `@` ends the password, whatever it holds.
 * @see https://github.com/go-sql-driver/mysql#dsn-data-source-name
 * @throws {SupportBundleError} without quoting it */
export function parseMysqlDsn(dsn: string): MysqlTarget {
  const form = "it is no DSN such as user:password@tcp(host:3306)/name";
  if (/^mysql:\/\//i.test(dsn)) throw badUri(`${form} (a mysql:// URL is not understood)`);
  // An address may hold slashes, a setting may too: the one that ends the address is the last before the settings.
  const question = dsn.indexOf("?", Math.max(dsn.lastIndexOf(")"), dsn.lastIndexOf("@")));
  const slash = (question < 0 ? dsn : dsn.slice(0, question)).lastIndexOf("/");
  if (slash < 0) throw badUri(`${form}: the slash before the name is missing`);
  const [before, after] = [dsn.slice(0, slash), dsn.slice(slash + 1)];
  const mark = after.indexOf("?");
  const settings = parseQuery(mark < 0 ? "" : after.slice(mark + 1));
  const at = before.lastIndexOf("@");
  const account = at < 0 ? "" : before.slice(0, at);
  const colon = account.indexOf(":");
  const password = colon < 0 ? "" : account.slice(colon + 1);
  const database = decode(mark < 0 ? after : after.slice(0, mark));
  const timeout = settings.get("timeout");
  const timeoutMs = timeout ? tryParseDuration(timeout) : undefined;
  if (timeout && timeoutMs === undefined) throw badUri("its timeout is no duration");
  const tls = TLS[(settings.get("tls") ?? "").toLowerCase()];
  if (tls === undefined) throw badUri(`its tls is none of ${Object.keys(TLS).filter(Boolean).join(", ")}`);
  return {
    endpoint: endpointOf(before.slice(at + 1), form),
    user: colon < 0 ? account : account.slice(0, colon),
    ...(password ? { password } : {}),
    ...(database ? { database } : {}),
    tls,
    allowCleartextPasswords: /^(1|true)$/i.test(settings.get("allowCleartextPasswords") ?? ""),
    ...(timeoutMs ? { timeoutMs } : {}),
  };
}

function endpointOf(text: string, form: string): Endpoint {
  const parts = /^([^(]*)(?:\((.*)\))?$/s.exec(text);
  if (parts === null) throw badUri(`${form}: the address is not closed`);
  const [, network = "", address = ""] = parts;
  switch (network || "tcp") {
    case "tcp":
    case "tcp4":
    case "tcp6": {
      const { host, port } = address === "" ? { host: "127.0.0.1" } : parseHostPort(address);
      return { host: host || "localhost", port: port ?? DEFAULT_PORT };
    }
    case "unix":
      return { path: address || "/tmp/mysql.sock" };
    default:
      throw badUri(`${form}: the network is neither tcp nor unix`);
  }
}
