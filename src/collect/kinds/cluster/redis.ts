import type net from "node:net";
import { SupportBundleError } from "../../../core/errors.ts";
import { databaseCollector } from "../../databases/collect_database.ts";
import { parseRedisUri, type RedisTarget } from "../../databases/redis_uri.ts";
import { openMaybeTls } from "../../databases/tls_socket.ts";
import type { TlsTerms } from "../../databases/tls_terms.ts";

export const redis = databaseCollector({
  kind: "redis",
  summary: "Whether this machine can log in to a Redis server, and its version",
  uri: "redis://user:password@host:6379/0, or rediss:// for TLS",
  asks: "INFO server",
  authorityNeeded: true,
  parse: parseRedisUri,
  async ask(target, { tls, signal }) {
    const info = await infoServer(target, tls, signal);
    const version = /^redis_version:(.*)$/m.exec(info)?.[1]?.trim();
    if (version) return { version };
    throw new SupportBundleError("The server's INFO names no redis_version");
  },
});

async function infoServer(target: RedisTarget, tls: TlsTerms | undefined, signal: AbortSignal): Promise<string> {
  const { Redis, AbstractConnector } = await import("ioredis");
  const terms: TlsTerms | undefined = tls ??
    (target.tls === "none" ? undefined : { verify: target.tls === "verified" ? "full" : "none" });
  const socket = await openMaybeTls(target.endpoint, terms, signal);
  class Connected extends AbstractConnector {
    constructor() {
      super(0);
    }
    override connect(): Promise<net.Socket> {
      this.stream = socket;
      return Promise.resolve(socket);
    }
  }
  const client = new Redis({
    Connector: Connected,
    username: target.user,
    password: target.password,
    lazyConnect: true,
    connectTimeout: 0,
    enableReadyCheck: false,
    disableClientInfo: true,
    maxRetriesPerRequest: 0,
    retryStrategy: () => null,
  });
  let failure: Error | undefined;
  client.on("error", (error) => failure ??= error);
  try {
    await client.connect();
    if (target.database > 0) await client.select(target.database); // told at the start, a failure would go unheard
    return await client.info("server");
  } catch (error) {
    throw failure ?? error; // the call says no more than that the connection is closed
  } finally {
    client.disconnect();
    socket.destroy();
  }
}
