import { SupportBundleError } from "../../../core/errors.ts";
import { readBounded } from "../../bounded_body.ts";
import { askClickhouse } from "../../databases/clickhouse_native.ts";
import { type ClickhouseTarget, parseClickhouseUri } from "../../databases/clickhouse_uri.ts";
import { databaseCollector } from "../../databases/collect_database.ts";
import { firstOf } from "../../databases/first_of.ts";
import { openMaybeTls } from "../../databases/tls_socket.ts";
import { authority, clientPair, type TlsTerms } from "../../databases/tls_terms.ts";

const QUERY = "SELECT version()";
const MAX_ANSWER_BYTES = 10_000;

export const clickhouse = databaseCollector({
  kind: "clickhouse",
  summary: "Whether this machine can log in to a ClickHouse server, and its version",
  uri: "clickhouse://user:password@host:9000/name for the native protocol, or an http:// or https:// URL",
  asks: QUERY,
  authorityNeeded: true,
  parse: parseClickhouseUri,
  async ask(target, { tls, signal }) {
    const terms: TlsTerms | undefined = tls ??
      (target.tls === "none" ? undefined : { verify: target.tls === "verified" ? "full" : "none" });
    const ask = target.protocol === "native" ? askNative : askHttp;
    return { version: await firstOf(target.hosts, (host) => ask(target, host, terms, signal)) };
  },
});

type Host = ClickhouseTarget["hosts"][number];

async function askNative(target: ClickhouseTarget, host: Host, tls: TlsTerms | undefined, signal: AbortSignal) {
  const socket = await openMaybeTls(host, tls, signal);
  try {
    return await askClickhouse(socket, target, QUERY);
  } finally {
    socket.destroy();
  }
}

async function askHttp(target: ClickhouseTarget, { host, port }: Host, tls: TlsTerms | undefined, signal: AbortSignal) {
  const address = host.includes(":") ? `[${host}]` : host;
  const url = new URL(`${tls === undefined ? "http" : "https"}://${address}:${port}${target.path}`);
  url.searchParams.set("database", target.database);
  url.searchParams.set("query", QUERY);
  const headers = new Headers({ "X-ClickHouse-User": target.user });
  if (target.password) headers.set("X-ClickHouse-Key", target.password);
  const { status, text } = tls?.verify === "none"
    ? await getUnverified(url, headers, tls, signal)
    : await get(url, headers, tls, signal);
  if (status === 200 && text !== "") return text;
  throw new SupportBundleError(`The server answered ${status}${text === "" ? "" : `: ${text}`}`);
}

interface HttpAnswer {
  status: number;
  text: string;
}

async function get(url: URL, headers: Headers, tls: TlsTerms | undefined, signal: AbortSignal): Promise<HttpAnswer> {
  using client = Deno.createHttpClient({
    ...(tls?.ca === undefined ? {} : { caCerts: [authority(tls).ca!] }),
    ...(tls === undefined ? {} : clientPair(tls)),
  });
  try {
    return await answerOf(await fetch(url, { headers, client, signal, redirect: "manual" }));
  } catch (error) {
    signal.throwIfAborted();
    throw withoutUrl(error);
  }
}

/** fetch verifies always. */
async function getUnverified(url: URL, headers: Headers, tls: TlsTerms, signal: AbortSignal): Promise<HttpAnswer> {
  const { sendUnverified } = await import("../../http_unverified.ts");
  const pair = clientPair(tls);
  const certificate = "cert" in pair ? pair : undefined;
  return await answerOf(await sendUnverified(url, { method: "GET", headers }, undefined, signal, certificate));
}

async function answerOf(response: Response): Promise<HttpAnswer> {
  const { status, body } = response;
  if (body === null) return { status, text: "" };
  const { bytes } = await readBounded(body, MAX_ANSWER_BYTES);
  return { status, text: new TextDecoder().decode(bytes).trim() };
}

/** Messages of fetch begin with the address. */
function withoutUrl(error: unknown): Error {
  const message = error instanceof Error ? error.message : String(error);
  return new SupportBundleError(message.replace(/^error sending request for url \([^)]*\):? ?/, "") || "No answer");
}
