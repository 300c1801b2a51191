import type { UploadContext } from "../uploader.ts";
import type { Answer } from "./read_answer.ts";
import { type FileRequest, sendFile } from "./send_file.ts";

const MAX_REDIRECTS = 3;

/** Follows redirections that keep the method, and stay with the server: credentials go nowhere else. */
export async function sendFollowing(
  request: FileRequest,
  context: UploadContext,
): Promise<{ answer: Answer; at: URL }> {
  let at = request.url;
  for (let hop = 0;; hop++) {
    const answer = await sendFile({ ...request, url: at }, context);
    const moved = answer.status === 307 || answer.status === 308;
    const next = URL.parse(answer.headers.get("location") ?? "", at);
    if (!moved || hop === MAX_REDIRECTS || next === null || !isSameServer(at, next)) return { answer, at };
    at = next;
  }
}

/** The same origin, or the same host's step from http to https. */
export function isSameServer(from: URL, to: URL): boolean {
  return to.origin === from.origin ||
    (from.protocol === "http:" && to.protocol === "https:" && to.hostname === from.hostname);
}
