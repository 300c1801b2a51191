import { tryParseDuration } from "../../core/duration.ts";
import type { Endpoint } from "./socket.ts";
import { badUri, parseServerUrl } from "./server_url.ts";

/** What a Redis URL says. */
export interface RedisTarget {
  endpoint: Endpoint;
  user?: string;
  password?: string;
  database: number;
  tls: "none" | "verified" | "unverified";
  timeoutMs?: number;
}

const DEFAULT_PORT = 6379;

/** Reads `redis://`, `rediss://` (TLS) and `unix://`, each with `user:password@`, a database as the path or `db`.
 * @see https://pkg.go.dev/github.com/redis/go-redis/v9#ParseURL
 * @throws {SupportBundleError} without quoting it */
export function parseRedisUri(uri: string): RedisTarget {
  const { scheme, user, password, hosts, path, query } = parseServerUrl(uri);
  if (!["redis", "rediss", "unix"].includes(scheme)) {
    throw badUri("it begins with none of redis://, rediss://, unix://");
  }
  if (hosts.length > 1) throw badUri("it names several hosts; one is asked");
  const [{ host, port } = { host: "" }] = hosts;
  const named = query.get("db") ?? (scheme === "unix" ? "" : path);
  if (!/^\d{0,9}$/.test(named)) throw badUri("its database is no number");
  const timeout = query.get("dial_timeout");
  const timeoutMs = timeout ? tryParseDuration(/^\d+$/.test(timeout) ? `${timeout}s` : timeout) : undefined;
  if (timeout && timeoutMs === undefined) throw badUri("its dial_timeout is no duration");
  const unverified = /^(1|true)$/i.test(query.get("skip_verify") ?? "");
  return {
    endpoint: scheme === "unix" ? { path: `/${path}` } : { host: host || "localhost", port: port ?? DEFAULT_PORT },
    ...(user ? { user } : {}),
    ...(password ? { password } : {}),
    database: Number(named),
    tls: scheme !== "rediss" ? "none" : unverified ? "unverified" : "verified",
    ...(timeoutMs && timeoutMs > 0 ? { timeoutMs } : {}),
  };
}
