import { createHash } from "node:crypto";
import { traffic } from "../../core/traffic.ts";
import { withTimeLimit } from "../../core/time_limit.ts";
import { failureOf } from "./https_failure.ts";
import { clientFor } from "../http/client_for.ts";
import type { Answer } from "../http/read_answer.ts";
import { StallLimit } from "../stall_limit.ts";
import { UploadError } from "../upload_error.ts";
import type { LocalFile, UploadContext } from "../uploader.ts";

const TIMEOUT_MS = 30_000;
const STALL_MS = 120_000;
/** Answers to HEAD of servers that take files and show none. */
const WRITE_ONLY = new Set([401, 403, 404, 405, 501]);

/** How the requests are made that have no file in them. */
export interface Server {
  headers: Record<string, string>;
  caCerts?: string[];
  context: UploadContext;
}

interface Delivered {
  /** What the server said to the upload. */
  answer: Answer;
  /** Where the file can be asked for; undefined: nowhere. */
  url?: URL;
  shown: string;
  mode: string;
}

/** Makes sure that the server has what it should have, as far as `mode` says and the server lets it.
 * @throws {UploadError} `UPLOAD_CORRUPT` when it has something else */
export async function verifyHttps(file: LocalFile, delivered: Delivered, server: Server): Promise<void> {
  const { answer, url, mode } = delivered;
  if (mode === "none") return;
  check(digestOf(answer.headers) ?? file.sha256, file.sha256, file, delivered);
  if (url === undefined) {
    if (mode === "auto") return;
    throw unverified(`nobody says where it lies`, file, delivered);
  }
  if (mode === "get") return await readBack(file, delivered, url, server);
  const head = await request("HEAD", url, server);
  if (head.status !== 200) {
    if (mode === "auto" && WRITE_ONLY.has(head.status)) return;
    throw failureOf({ ...head, text: "" }, new Date());
  }
  const bytes = head.headers.get("content-length");
  if (bytes === null && mode === "head") throw unverified("the server does not tell its size", file, delivered);
  check(bytes ?? String(file.bytes), String(file.bytes), file, delivered);
  check(digestOf(head.headers) ?? file.sha256, file.sha256, file, delivered);
}

/** Makes the folders above a URL, from the top. Those that are there, or that nobody may make, are left to the upload itself.
 * @see https://www.rfc-editor.org/rfc/rfc4918#section-9.3 */
export async function makeFolders(url: URL, server: Server): Promise<void> {
  const names = url.pathname.split("/").slice(1, -1);
  for (let depth = 1; depth <= names.length; depth++) {
    await request("MKCOL", new URL(`/${names.slice(0, depth).join("/")}/`, url.origin), server);
  }
}

async function request(method: string, url: URL, { headers, caCerts, context }: Server) {
  using client = clientFor(url, context.env, caCerts);
  return await withTimeLimit(TIMEOUT_MS, context.signal, async (signal) => {
    const sent = { ...headers, "Accept-Encoding": "identity" };
    const response = await fetch(url, { client, method, headers: sent, redirect: "manual", signal });
    await response.body?.cancel();
    return { status: response.status, headers: response.headers };
  });
}

async function readBack(
  file: LocalFile,
  delivered: Delivered,
  url: URL,
  { headers, caCerts, context }: Server,
): Promise<void> {
  using client = clientFor(url, context.env, caCerts);
  using limit = new StallLimit(STALL_MS, context.signal);
  const sent = { ...headers, "Accept-Encoding": "identity" };
  const response = await fetch(url, { client, headers: sent, redirect: "manual", signal: limit.signal });
  if (response.status !== 200) {
    await response.body?.cancel();
    throw failureOf({ status: response.status, headers: response.headers, text: "" }, new Date());
  }
  const hash = createHash("sha256");
  for await (const chunk of response.body ?? []) {
    limit.touch();
    traffic.receivedBytes += chunk.length;
    hash.update(chunk);
  }
  check(hash.digest("hex"), file.sha256, file, delivered);
}

/** The SHA-256 that a server gives with an answer, as lower-case hex.
 * @see https://www.rfc-editor.org/rfc/rfc9530 */
function digestOf(headers: Headers): string | undefined {
  const structured = /(?:^|[,\s])sha-256=:([A-Za-z0-9+/]{43}=):/.exec(headers.get("repr-digest") ?? "")?.[1];
  const amazon = /^[A-Za-z0-9+/]{43}=$/.exec(headers.get("x-amz-checksum-sha256") ?? "")?.[0];
  const base64 = structured ?? amazon;
  return base64 === undefined ? undefined : Uint8Array.fromBase64(base64).toHex();
}

function check(has: string, should: string, file: LocalFile, { shown }: Delivered): void {
  if (has === should) return;
  throw new UploadError(`What arrived at ${shown} is not the bundle`, {
    transient: true,
    code: "UPLOAD_CORRUPT",
    hint: `Deliver it again; it is still in ${file.path}`,
  });
}

function unverified(why: string, file: LocalFile, { shown, mode }: Delivered): UploadError {
  return new UploadError(`What arrived at ${shown} cannot be verified with verify=${mode}: ${why}`, {
    transient: false,
    code: "UPLOAD_UNVERIFIED",
    hint: `Pass --upload-options verify=auto; the bundle is still in ${file.path}`,
  });
}
