import { TLSSocket } from "node:tls";
import type { Connection, RowDataPacket } from "mysql2/promise";
import { databaseCollector } from "../../databases/collect_database.ts";
import { type MysqlTarget, parseMysqlDsn } from "../../databases/mysql_dsn.ts";
import { openRelay } from "../../databases/relay.ts";
import { openSocket } from "../../databases/socket.ts";
import { handshake } from "../../databases/tls_socket.ts";
import { authority, clientPair, type TlsTerms } from "../../databases/tls_terms.ts";

export const mysql = databaseCollector({
  kind: "mysql",
  summary: "Whether this machine can log in to a MySQL or MariaDB server, its version, and variables on request",
  uri: "user:password@tcp(host:3306)/name?tls=true",
  asks: "SELECT version()",
  authorityNeeded: true,
  parse: parseMysqlDsn,
  async ask(target, { tls, parameters, signal }) {
    const connection = await logIn(target, tls, signal);
    try {
      const [rows] = await connection.query<RowDataPacket[][]>({ sql: "SELECT version()", rowsAsArray: true });
      const version = String(rows[0]?.[0] ?? "");
      if (parameters.length === 0) return { version };
      const [all] = await connection.query<RowDataPacket[][]>({ sql: "SHOW VARIABLES", rowsAsArray: true });
      const values = new Map(all.map(([name, value]) => [String(name), String(value)]));
      const variables = Object.fromEntries(
        parameters.flatMap((name) => values.has(name) ? [[name, values.get(name)!]] : []),
      );
      return { version, variables };
    } finally {
      connection.destroy();
    }
  },
});

async function logIn(target: MysqlTarget, tls: TlsTerms | undefined, signal: AbortSignal): Promise<Connection> {
  const block: TlsTerms | undefined = tls ?? (target.tls === "none" ? undefined : {
    verify: target.tls === "verified" ? "full" : "none",
  });
  try {
    return await connect(target, block, signal);
  } catch (error) {
    const none = (error as { code?: string }).code === "HANDSHAKE_NO_SSL_SUPPORT";
    if (!none || tls !== undefined || target.tls !== "preferred") throw error;
    return await connect(target, undefined, signal);
  }
}

async function connect(target: MysqlTarget, tls: TlsTerms | undefined, signal: AbortSignal): Promise<Connection> {
  const { default: { createConnection } } = await import("mysql2");
  const socket = await openSocket(target.endpoint, signal);
  // TLS begins on this connection, and must end with the signal.
  const near = tls === undefined ? socket : await openRelay(socket);
  const connection = createConnection({
    stream: near,
    ...("host" in target.endpoint ? { host: target.endpoint.host } : {}),
    user: target.user,
    password: target.password,
    database: target.database,
    connectTimeout: 0,
    enableCleartextPlugin: target.allowCleartextPasswords,
    ...(tls === undefined ? {} : {
      ssl: {
        rejectUnauthorized: tls.verify !== "none",
        verifyIdentity: tls.verify === "full",
        ...authority(tls),
        ...clientPair(tls),
      },
    }),
  });
  near.resume();
  try {
    await new Promise<void>((resolve, reject) => {
      connection.once("connect", () => resolve());
      connection.on("error", (error) => failureOf(connection, error).then(reject));
    });
    return connection.promise();
  } catch (error) {
    connection.destroy();
    socket.destroy();
    throw error;
  }
}

/** The client writes as soon as it may, and when TLS has failed it knows no more than that it could not. To be called
 * within the event: later, the connection is gone and its reason with it. */
async function failureOf(connection: unknown, error: unknown): Promise<unknown> {
  const { stream } = connection as { stream: unknown };
  if (!(stream instanceof TLSSocket) || (error as { code?: string }).code !== "UNKNOWN") return error;
  return await handshake(stream).then(() => error, (reason) => reason);
}
