import type { Socket } from "node:net";
import type { TLSSocket } from "node:tls";
import { databaseCollector } from "../../databases/collect_database.ts";
import { instancePort } from "../../databases/mssql_instance.ts";
import { type MssqlTarget, parseMssqlUri } from "../../databases/mssql_uri.ts";
import { readPemFile } from "../../databases/pem_file.ts";
import { openSocket } from "../../databases/socket.ts";
import { openTdsSocket } from "../../databases/tds_tls.ts";
import { openMaybeTls } from "../../databases/tls_socket.ts";
import type { TlsTerms } from "../../databases/tls_terms.ts";

/** The longest timer there is: the signal ends waiting. */
const NEVER_MS = 2_147_483_647;

export const mssql = databaseCollector({
  kind: "mssql",
  summary: "Whether this machine can log in to a Microsoft SQL Server, and its version",
  uri: "sqlserver://user:password@host:1433?database=name, or settings such as server=db;user id=app",
  asks: "SELECT @@VERSION",
  authorityNeeded: false,
  parse: parseMssqlUri,
  async ask(target, { tls, signal }) {
    return mssqlVersion(await selectVersion(target, tls, signal));
  },
});

/** `Microsoft SQL Server 2022 (RTM-CU12) (KB5033663) - 16.0.4115.5 (X64) …` is version `16.0.4115.5`. */
export function mssqlVersion(text: string): { version: string; error?: string } {
  const version = /\bSQL\b[^\n]*?-\s+(\d[\d.]*)/.exec(text)?.[1];
  return version === undefined
    ? { version: "Unknown", error: `The version is in no known form: ${text.slice(0, 200)}` }
    : { version };
}

async function selectVersion(target: MssqlTarget, tls: TlsTerms | undefined, signal: AbortSignal): Promise<string> {
  const { default: { Connection, Request } } = await import("tedious");
  const { user, password, domain } = target;
  const strict = target.encrypt === "strict";
  let failure: unknown;
  const connection = new Connection({
    server: target.host,
    authentication: domain === undefined
      ? { type: "default", options: { userName: user, password } }
      : { type: "ntlm", options: { userName: user!, password: password ?? "", domain } },
    options: {
      connector: () =>
        connect(target, tls, signal).catch((error) => {
          throw failure = error; // the client's own error has it in other words
        }),
      database: target.database,
      encrypt: strict ? "strict" : false, // what connect() gives has its TLS already
      appName: "support-bundle",
      connectTimeout: NEVER_MS,
      requestTimeout: 0,
      cancelTimeout: 0,
    },
  });
  if (strict) connection.wrapWithTls = (socket) => Promise.resolve(socket as TLSSocket);
  const ended = new Promise<void>((resolve) => connection.once("end", resolve));
  const abort = () => connection.close();
  signal.addEventListener("abort", abort, { once: true });
  try {
    connection.on("error", () => {}); // what matters is passed to a callback
    await new Promise<void>((resolve, reject) => connection.connect((error) => error ? reject(error) : resolve()));
    return await new Promise<string>((resolve, reject) => {
      let text = "";
      const request = new Request("SELECT @@VERSION", (error) => error ? reject(error) : resolve(text));
      request.on("row", (columns: { value: unknown }[]) => text = String(columns[0]?.value ?? ""));
      connection.execSqlBatch(request);
    });
  } catch (error) {
    throw failure ?? error;
  } finally {
    signal.removeEventListener("abort", abort);
    connection.close();
    await ended;
  }
}

async function connect(target: MssqlTarget, tls: TlsTerms | undefined, signal: AbortSignal): Promise<Socket> {
  const { host, instance, encrypt } = target;
  const port = target.port ?? await instancePort(host, instance!, signal);
  const endpoint = { host, port };
  if (encrypt === "disable" && tls === undefined) return await openSocket(endpoint, signal);
  const terms = await mssqlTls(target, tls);
  if (encrypt === "strict") return await openMaybeTls(endpoint, { ...terms, alpn: ["tds/8.0"] }, signal);
  return await openTdsSocket(endpoint, { terms, needed: tls !== undefined || encrypt === "required" }, signal);
}

/** What the URI and the `tls` block of the spec come to. */
async function mssqlTls(target: MssqlTarget, tls: TlsTerms | undefined): Promise<TlsTerms> {
  const { certificate, hostNameInCertificate, trustServerCertificate } = target;
  const ca = tls?.ca ?? (certificate ? await readPemFile(certificate) : undefined);
  return {
    ...tls,
    verify: tls?.verify ?? (trustServerCertificate ? "none" : "full"),
    ...(ca === undefined ? {} : { ca }),
    ...(hostNameInCertificate === undefined ? {} : { servername: hostNameInCertificate }),
  };
}
