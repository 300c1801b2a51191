import type net from "node:net";
import { SupportBundleError } from "../../../core/errors.ts";
import { databaseCollector } from "../../databases/collect_database.ts";
import { firstOf } from "../../databases/first_of.ts";
import { parsePostgresUri, type PostgresTarget, type SslMode } from "../../databases/postgres_uri.ts";
import { readPemFile } from "../../databases/pem_file.ts";
import { openSocket, readWhole } from "../../databases/socket.ts";
import { beginTls } from "../../databases/tls_socket.ts";
import type { TlsTerms } from "../../databases/tls_terms.ts";

export const postgres = databaseCollector({
  kind: "postgres",
  summary: "Whether this machine can log in to a PostgreSQL server, and its version",
  uri: "postgres://user:password@host:5432/name?sslmode=require, or keywords such as host=db user=app",
  asks: "SELECT version()",
  authorityNeeded: false,
  parse: parsePostgresUri,
  async ask(target, { tls, signal }) {
    const terms = await postgresTls(target, tls);
    return await firstOf(target.hosts, async (host) => {
      const text = await selectVersion(target, host, terms, signal);
      const version = /PostgreSQL\s+(\d[\d.]*)/.exec(text)?.[1];
      return version === undefined
        ? { version: "Unknown", error: `The version is in no known form: ${text.slice(0, 200)}` }
        : { version };
    });
  },
});

interface PostgresTls {
  /** In which order connections with and without TLS are tried. `offered`: TLS where the server has it. */
  tries: ("plain" | "offered" | "needed")[];
  terms: TlsTerms;
}

/** What `sslmode` and the `tls` block of the spec come to. A block makes TLS needed, unless the URI itself forbids it. */
export async function postgresTls(target: PostgresTarget, tls: TlsTerms | undefined): Promise<PostgresTls> {
  const { sslrootcert, sslcert, sslkey } = target;
  const lenient: SslMode[] = ["allow", "prefer"];
  const sslmode = tls !== undefined && lenient.includes(target.sslmode) ? "require" : target.sslmode;
  const system = sslrootcert === "system";
  const ca = tls?.ca ?? (sslrootcert && !system ? await readPemFile(sslrootcert) : undefined);
  const cert = tls?.cert ?? (sslcert && sslkey ? await readPemFile(sslcert) : undefined);
  const key = tls?.key ?? (sslcert && sslkey ? await readPemFile(sslkey) : undefined);
  // As libpq: `require` checks the chain when it is told an authority, and no name.
  const verify = tls?.verify === "none"
    ? "none"
    : sslmode === "verify-full" || (system && sslmode !== "disable")
    ? "full"
    : sslmode === "verify-ca" || (sslmode === "require" && ca !== undefined)
    ? "chain"
    : "none";
  return {
    tries: sslmode === "disable"
      ? ["plain"]
      : sslmode === "allow"
      ? ["plain", "needed"]
      : sslmode === "prefer"
      ? ["offered", "plain"]
      : ["needed"],
    terms: {
      verify,
      ...(ca !== undefined && verify !== "none" ? { ca } : {}),
      ...(cert !== undefined ? { cert, key } : {}),
    },
  };
}

async function selectVersion(
  target: PostgresTarget,
  host: { host: string; port: number },
  { tries, terms }: PostgresTls,
  signal: AbortSignal,
): Promise<string> {
  let first: unknown;
  for (const [i, how] of tries.entries()) {
    try {
      return await logIn(target, host, { how, terms }, signal);
    } catch (error) {
      first ??= error;
      // The other way round does not make a password right, or a closed port open.
      const code = (error as { code?: string }).code;
      if (signal.aborted || i === tries.length - 1 || code === "28P01" || code === "3D000" || code === "ECONNREFUSED") {
        break;
      }
    }
  }
  throw first;
}

async function logIn(
  { user, password, database }: PostgresTarget,
  { host, port }: { host: string; port: number },
  { how, terms }: { how: PostgresTls["tries"][number]; terms: TlsTerms },
  signal: AbortSignal,
): Promise<string> {
  const local = host.startsWith("/");
  let socket = await openSocket(local ? { path: `${host}/.s.PGSQL.${port}` } : { host, port }, signal);
  try {
    if (how !== "plain" && !local) {
      if (await offersTls(socket)) socket = await beginTls(socket, host, terms);
      else if (how === "needed") throw new SupportBundleError("The server does not offer TLS");
    }
    const { Client } = await import("pg");
    const client = new Client({
      user,
      password,
      database,
      host,
      port,
      ssl: false,
      connectionTimeoutMillis: 0,
      stream: () => connected(socket),
    });
    client.on("error", () => {}); // what matters rejects a call
    await client.connect();
    const { rows } = await client.query({ text: "SELECT version()", rowMode: "array" });
    await client.end();
    return String(rows[0]?.[0] ?? "");
  } finally {
    socket.destroy();
  }
}

/** Asks whether the server goes on with TLS, which it answers with one byte, `S` or `N`.
 * @see https://www.postgresql.org/docs/current/protocol-flow.html#PROTOCOL-FLOW-SSL */
async function offersTls(socket: net.Socket): Promise<boolean> {
  socket.write(Uint8Array.of(0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f));
  const answer = await readWhole(socket, ({ length }) => length);
  // More than one byte would be somebody else's words, put in front of the encrypted ones.
  const word = answer.length === 1 ? String.fromCharCode(answer[0]!) : "";
  if (word === "S" || word === "N") return word === "S";
  throw new SupportBundleError("The server does not speak PostgreSQL's protocol");
}

/** For a client that wants to connect its socket itself, and then reads it. */
function connected(socket: net.Socket): net.Socket {
  return Object.assign(socket, {
    connect() {
      queueMicrotask(() => {
        socket.emit("connect");
        socket.resume();
      });
      return socket;
    },
  });
}
