import { tryParseDuration } from "../../core/duration.ts";
import { badUri, parseServerUrl } from "./server_url.ts";

/** What a ClickHouse DSN says. */
export interface ClickhouseTarget {
  protocol: "native" | "http";
  /** Tried in this order. */
  hosts: { host: string; port: number }[];
  /** In front of the question mark of HTTP requests. */
  path: string;
  user: string;
  password?: string;
  database: string;
  tls: "none" | "verified" | "unverified";
  timeoutMs?: number;
}

const PROTOCOLS: Record<string, ClickhouseTarget["protocol"]> = {
  clickhouse: "native",
  tcp: "native",
  native: "native",
  http: "http",
  https: "http",
};
const PORTS = { native: [9000, 9440], http: [8123, 8443] } as const;

/** Reads `clickhouse://` and `tcp://` (the native protocol), `http://` and `https://`. Several hosts may be named.
 * @see https://github.com/ClickHouse/clickhouse-go#dsn
 * @throws {SupportBundleError} without quoting it */
export function parseClickhouseUri(uri: string): ClickhouseTarget {
  const { scheme, hosts, path, query, ...account } = parseServerUrl(uri);
  const protocol = PROTOCOLS[scheme];
  if (protocol === undefined) throw badUri("it begins with none of clickhouse://, tcp://, http://, https://");
  const secure = scheme === "https" || isTrue(query.get("secure"));
  const timeout = query.get("dial_timeout");
  const timeoutMs = timeout ? tryParseDuration(timeout) : undefined;
  if (timeout && timeoutMs === undefined) throw badUri("its dial_timeout is no duration");
  const password = account.password ?? query.get("password");
  return {
    protocol,
    hosts: hosts.map(({ host, port }) => ({
      host: host || "localhost",
      port: port ?? PORTS[protocol][secure ? 1 : 0],
    })),
    path: protocol === "http" ? `/${query.get("http_path")?.replace(/^\//, "") ?? ""}` : "/",
    user: account.user ?? query.get("username") ?? "default",
    ...(password ? { password } : {}),
    database: path || query.get("database") || "default",
    tls: !secure ? "none" : isTrue(query.get("skip_verify")) ? "unverified" : "verified",
    ...(timeoutMs && timeoutMs > 0 ? { timeoutMs } : {}),
  };
}

/** As Go reads one; a name without a value counts as yes. */
function isTrue(text: string | undefined): boolean {
  return text !== undefined && /^(|1|t|true)$/i.test(text);
}
