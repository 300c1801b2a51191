import { HttpFailure } from "./http_failure.ts";

const MAX_HEAD_BYTES = 64 * 1024;

export interface AnswerHead {
  status: number;
  headers: Headers;
  /** What was read beyond the head. */
  rest: Uint8Array;
}

export interface Answer extends Omit<AnswerHead, "rest"> {
  /** Its begin, as UTF-8. */
  text: string;
}

/** Reads the head of an answer of HTTP/1.1.
 * @param rest what was read before
 * @throws {Deno.errors.UnexpectedEof} when the server closes the connection before its end */
export async function readHead(conn: Deno.Conn, rest: Uint8Array = new Uint8Array()): Promise<AnswerHead> {
  let held = rest;
  for (let end = endOfHead(held);; end = endOfHead(held)) {
    if (end >= 0) return parseHead(held, end);
    if (held.length > MAX_HEAD_BYTES) throw new HttpFailure(502, "the head of its answer is too large");
    held = append(held, await readMore(conn));
  }
}

/** Reads the final answer, and at most `maxBytes` of its body.
 * @param head called with each head, those of interim answers (100) too
 * @throws as {@linkcode readHead} */
export async function readAnswer(
  conn: Deno.Conn,
  maxBytes: number,
  head: (status: number) => void = () => {},
): Promise<Answer> {
  let next = await readHead(conn);
  head(next.status);
  while (next.status >= 100 && next.status < 200) {
    next = await readHead(conn, next.rest);
    head(next.status);
  }
  const { status, headers, rest } = next;
  const size = status === 204 || status === 304 ? 0 : Number(headers.get("content-length") ?? maxBytes);
  const wanted = Math.min(Number.isFinite(size) ? size : maxBytes, maxBytes);
  let body = rest;
  // The connection ends with this answer: a body that breaks off is as good as one that is cut.
  while (body.length < wanted) {
    const more = await readMore(conn).catch(() => undefined);
    if (more === undefined) break;
    body = append(body, more);
  }
  return { status, headers, text: new TextDecoder().decode(body.subarray(0, wanted)) };
}

function parseHead(bytes: Uint8Array, end: number): AnswerHead {
  const [first = "", ...lines] = new TextDecoder("latin1").decode(bytes.subarray(0, end)).trimEnd().split(/\r?\n/);
  const status = /^HTTP\/1\.[01] (\d{3})(?: |$)/.exec(first)?.[1];
  if (status === undefined) throw new HttpFailure(502, "it does not answer in HTTP/1.1");
  const headers = new Headers();
  for (const line of lines) {
    const [, name, value] = /^([!#$%&'*+.^_`|~\w-]+):[ \t]*(.*?)[ \t]*$/.exec(line) ?? [];
    try {
      if (name !== undefined) headers.append(name, value!);
    } catch {
      // A value that no header may have: nothing here depends on it.
    }
  }
  return { status: Number(status), headers, rest: bytes.subarray(end).subarray(blankLine(bytes.subarray(end))) };
}

/** Index of the blank line that ends a head, -1 while there is none. */
function endOfHead(bytes: Uint8Array): number {
  for (let at = bytes.indexOf(10); at >= 0; at = bytes.indexOf(10, at + 1)) {
    if (bytes[at + 1] === 10 || (bytes[at + 1] === 13 && bytes[at + 2] === 10)) return at;
  }
  return -1;
}

/** How many bytes of line ends a head's end has. */
function blankLine(bytes: Uint8Array): number {
  return bytes[1] === 13 ? 3 : 2;
}

async function readMore(conn: Deno.Conn): Promise<Uint8Array> {
  const chunk = new Uint8Array(4096);
  const count = await conn.read(chunk);
  if (count === null) throw new Deno.errors.UnexpectedEof("the server closed the connection without an answer");
  return chunk.subarray(0, count);
}

function append(held: Uint8Array, more: Uint8Array): Uint8Array {
  const both = new Uint8Array(held.length + more.length);
  both.set(held);
  both.set(more, held.length);
  return both;
}
