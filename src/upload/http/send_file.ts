import { abortable } from "../../core/abortable.ts";
import { environmentProxy } from "../../core/environment_proxy.ts";
import { countSent, traffic } from "../../core/traffic.ts";
import { VERSION } from "../../core/version.ts";
import { UploadError } from "../upload_error.ts";
import type { LocalFile, UploadContext } from "../uploader.ts";
import { clientFor } from "./client_for.ts";
import { canConnectBy, closeQuietly, connect, type Route, writeAll } from "./connect.ts";
import { readPieces } from "../read_pieces.ts";
import { HttpFailure } from "./http_failure.ts";
import { type Answer, readAnswer } from "./read_answer.ts";
import { StallLimit } from "../stall_limit.ts";

const MAX_ANSWER_BYTES = 64 * 1024;
/** As curl: below, asking first takes longer than sending. */
const ASK_FIRST_BYTES = 1024 * 1024;
const ASK_FIRST_MS = 1000;
const STALL_MS = 120_000;

/** A request whose body is a file, and maybe a few bytes around it. */
export interface FileRequest {
  method: string;
  url: URL;
  headers: Record<string, string>;
  file: LocalFile;
  /** In the body before the file. */
  head?: Uint8Array;
  /** In the body after the file. */
  tail?: Uint8Array;
  /** PEM; trusted beside the system's. */
  caCerts?: string[];
  /** Default: 120 s. */
  stallMs?: number;
}

/** Sends a request with a `Content-Length` and a body of any size in bounded memory: `fetch` sends a stream only in chunks,
 * without a length, which S3 and many others refuse, and at half the speed. The server is asked before a large body is sent
 * (`Expect: 100-continue`), and an answer that comes before the end of the body ends it.
 * @returns what the server answers, whatever it is
 * @throws {UploadError} when the file has changed; the request is broken off then, short of its length
 * @throws {HttpFailure} of a proxy */
export async function sendFile(request: FileRequest, context: UploadContext): Promise<Answer> {
  using limit = new StallLimit(request.stallMs ?? STALL_MS, context.signal);
  try {
    if (!canConnectBy(environmentProxy(request.url, context.env))) return await sendByFetch(request, context, limit);
    const asksFirst = request.file.bytes >= ASK_FIRST_BYTES;
    const answer = await sendByConnection(request, context, limit, asksFirst);
    if (answer.status !== 417 || !asksFirst) return answer;
    return await sendByConnection(request, context, limit, false);
  } catch (error) {
    throw limit.signal.aborted ? limit.signal.reason : error;
  }
}

async function sendByConnection(
  request: FileRequest,
  context: UploadContext,
  limit: StallLimit,
  asksFirst: boolean,
): Promise<Answer> {
  const { signal } = limit;
  const route = await connect(request.url, { env: context.env, signal, caCerts: request.caCerts });
  const close = () => closeQuietly(route.conn);
  signal.addEventListener("abort", close, { once: true });
  try {
    await abortable(writeAll(route.conn, headOf(request, route, asksFirst)), signal);
    limit.touch();
    const goOn = Promise.withResolvers<void>();
    let answered = false;
    const answer = readAnswer(route.conn, MAX_ANSWER_BYTES, (status) => {
      answered = status >= 200;
      goOn.resolve();
    });
    answer.catch(() => goOn.resolve());
    if (asksFirst) await within(ASK_FIRST_MS, goOn.promise);
    let whole: boolean;
    try {
      whole = await writeBody(request, context, limit, route.conn, () => answered);
    } catch (error) {
      if (error instanceof UploadError || signal.aborted) throw error;
      // A server that has said no may close the connection before it was sent everything.
      return await abortable(answer, signal).catch(() => {
        throw error;
      });
    }
    limit.touch();
    const { status } = await abortable(answer, signal);
    if (!whole && status < 300) throw new HttpFailure(502, "it answered before it had everything");
    return await answer;
  } finally {
    signal.removeEventListener("abort", close);
    close();
  }
}

/** One piece is on its way while the next one is read. Closing a connection does not end a write that waits for its reader, so
 * nobody waits for that after an abort.
 * @returns false when the server has answered before the end */
async function writeBody(
  request: FileRequest,
  context: UploadContext,
  limit: StallLimit,
  conn: Deno.Conn,
  isAnswered: () => boolean,
): Promise<boolean> {
  let writing = Promise.resolve();
  for await (const piece of bodyOf(request, context, limit)) {
    await abortable(writing, limit.signal);
    if (isAnswered()) return false;
    writing = writeAll(conn, piece);
    writing.catch(() => {}); // it is waited for, but maybe only after the next piece has failed
  }
  await abortable(writing, limit.signal);
  return true;
}

/** For proxies that this program does not speak to itself. The body has no length then. */
async function sendByFetch(request: FileRequest, context: UploadContext, limit: StallLimit): Promise<Answer> {
  const { method, url, headers, caCerts } = request;
  using client = clientFor(url, context.env, caCerts);
  const pieces = bodyOf(request, context, limit);
  const body = ReadableStream.from((async function* () {
    for await (const piece of pieces) yield piece.slice();
  })());
  const response = await fetch(url, { client, method, headers, body, redirect: "manual", signal: limit.signal });
  limit.touch();
  let text = "";
  const decoder = new TextDecoder();
  for await (const chunk of response.body ?? []) {
    traffic.receivedBytes += chunk.length;
    text += decoder.decode(chunk, { stream: true });
    if (text.length > MAX_ANSWER_BYTES) break;
  }
  return { status: response.status, headers: response.headers, text };
}

/** The body in pieces, at the pace of the context; what was taken counts as sent. */
async function* bodyOf(
  { file, head, tail }: FileRequest,
  context: UploadContext,
  limit: StallLimit,
): AsyncGenerator<Uint8Array> {
  if (head !== undefined) yield head;
  let sent = 0;
  for await (const piece of readPieces(file, limit.signal)) {
    if (context.pace !== undefined) await limit.allow(context.pace(piece.length, limit.signal));
    yield piece;
    countSent(piece);
    limit.touch();
    context.progress(sent += piece.length);
  }
  if (tail !== undefined) yield tail;
}

function headOf({ method, url, headers, file, head, tail }: FileRequest, route: Route, asksFirst: boolean): Uint8Array {
  const all: Record<string, string | undefined> = {
    Host: url.host,
    "User-Agent": `support-bundle/${VERSION}`,
    Accept: "*/*",
    ...headers,
    "Content-Length": String((head?.length ?? 0) + file.bytes + (tail?.length ?? 0)),
    Connection: "close",
    Expect: asksFirst ? "100-continue" : undefined,
    "Proxy-Authorization": route.proxyAuthorization,
  };
  const target = `${route.absolute ? url.origin : ""}${url.pathname}${url.search}`;
  const lines = Object.entries(all).filter(([, value]) => value !== undefined).map(([name, value]) =>
    `${name}: ${value}`
  );
  return new TextEncoder().encode([`${method} ${target} HTTP/1.1`, ...lines.map(oneLine), "", ""].join("\r\n"));
}

/** Line ends in a header would begin another one. */
function oneLine(text: string): string {
  return text.replace(/[\r\n\0]+/g, " ");
}

async function within(ms: number, event: Promise<void>): Promise<void> {
  const late = Promise.withResolvers<void>();
  const timer = setTimeout(late.resolve, ms);
  await Promise.race([event, late.promise]);
  clearTimeout(timer);
}
