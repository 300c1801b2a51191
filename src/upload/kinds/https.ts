import { systemClock } from "../../core/clock.ts";
import { retry } from "../../core/retry.ts";
import { judgeHttp } from "../http/http_failure.ts";
import type { FileRequest } from "../http/send_file.ts";
import { readAuthority } from "../http/read_authority.ts";
import { isSameServer, sendFollowing } from "../http/send_following.ts";
import type { Answer } from "../http/read_answer.ts";
import { contentTypeOf } from "../content_type.ts";
import type { Delivery, Destination, LocalFile, UploadContext, Uploader } from "../uploader.ts";
import { type Access, httpsAccess } from "./https_credentials.ts";
import { explainHttps, failureOf } from "./https_failure.ts";
import { formAround } from "./https_form.ts";
import { HTTPS_OPTIONS, validateHttps } from "./https_options.ts";
import { makeFolders, verifyHttps } from "./https_requests.ts";

const RETRIES = { attempts: 4, baseDelayMs: 500, maxDelayMs: 30_000 };

/** A web server that takes a file with PUT, or in a form with POST. HTTP has no way to go on with a request that broke off:
 * each try begins anew. */
export const https: Uploader = {
  scheme: "https",
  summary: "A web server (https://host/folder/ or https://host/name.tar.gz), with PUT, POST or a presigned URL",
  options: HTTPS_OPTIONS,
  single: ({ options }) => options.presigned === "true",
  validate: validateHttps,

  async upload(file: LocalFile, destination: Destination, context: UploadContext): Promise<Delivery> {
    context.signal.throwIfAborted();
    const clock = context.clock ?? systemClock;
    const where = shownUrl(destination.url);
    try {
      const access = await httpsAccess(destination, context);
      const caCerts = await readAuthority(destination.options.caFile);
      const url = targetOf(file, destination, access);
      const request = { ...requestOf(file, destination, access, url), caCerts };
      const server = { headers: access.headers, caCerts, context };
      let furthest = 0;
      const progress = (sent: number) => sent > furthest && context.progress(furthest = sent);
      if (destination.options.createFolders === "true") await makeFolders(url, server);
      const tries = { ...RETRIES, clock, signal: context.signal, judge: judgeHttp };
      const send = async () => {
        const sent = await sendFollowing(request, { ...context, progress });
        if (sent.answer.status < 200 || sent.answer.status > 299) throw failureOf(sent.answer, clock.now());
        return sent;
      };
      const { answer, at } = await retry(send, tries);
      const isPresigned = destination.options.presigned === "true";
      const lies = isPresigned ? undefined : request.method === "POST" ? placeOf(answer, at) : at;
      const delivered = { answer, url: lies, shown: where, mode: destination.options.verify ?? "auto" };
      await retry(() => verifyHttps(file, delivered, server), tries);
      return { url: shownUrl(lies ?? destination.url), bytes: file.bytes, sha256: file.sha256 };
    } catch (error) {
      context.signal.throwIfAborted();
      throw explainHttps(error, where, file);
    }
  },
};

/** The same in the clear, to this machine, or where somebody says so. */
export const http: Uploader = {
  ...https,
  scheme: "http",
  summary: "A web server of this machine, or with the option insecure=true of a network of one's own",
};

function targetOf(file: LocalFile, { url, options }: Destination, access: Access): URL {
  if (options.presigned === "true") return access.url;
  if (options.method === "POST" || !url.pathname.endsWith("/")) return url;
  const inside = new URL(url);
  inside.pathname += encodeURIComponent(file.name);
  return inside;
}

/** Without what may be secret. */
function shownUrl(url: URL): string {
  return url.origin + url.pathname;
}

function requestOf(file: LocalFile, { options }: Destination, access: Access, url: URL): FileRequest {
  const isForm = options.method === "POST" || Object.keys(access.fields).length > 0;
  const contentType = options.contentType ?? contentTypeOf(file.name);
  const extra = Object.entries(options).filter(([name]) => name.startsWith("header."))
    .map(([name, value]) => [name.slice("header.".length), value]);
  const headers: Record<string, string> = {
    ...metadataHeaders(file, options.metadataPrefix),
    ...Object.fromEntries(extra),
  };
  if (isForm) {
    const fields = Object.entries(options).filter(([name]) => name.startsWith("field."))
      .map(([name, value]) => [name.slice("field.".length), value]);
    const form = formAround(file.name, contentType, options.fileField ?? "file", {
      ...access.fields,
      ...Object.fromEntries(fields),
    });
    const { head, tail } = form;
    return {
      method: "POST",
      url,
      file,
      head,
      tail,
      headers: { ...headers, ...access.headers, "Content-Type": form.contentType },
    };
  }
  const digest = `sha-256=:${Uint8Array.fromHex(file.sha256).toBase64()}:`;
  Object.assign(headers, { "Content-Type": contentType, "Content-Digest": digest, "Repr-Digest": digest });
  return { method: options.method ?? "PUT", url, file, headers: { ...headers, ...access.headers } };
}

function metadataHeaders({ metadata = {} }: LocalFile, prefix: string | undefined): Record<string, string> {
  if (prefix === undefined) return {};
  return Object.fromEntries(
    Object.entries(metadata).map(([name, value]) => [
      prefix + name.replace(/[^A-Za-z0-9-]+/g, "-"),
      value.replace(/[^\x20-\x7e]/g, (character) => encodeURIComponent(character)),
    ]),
  );
}

/** Where the server says that it has put what came in a form. */
function placeOf({ headers }: Answer, base: URL): URL | undefined {
  const location = URL.parse(headers.get("location") ?? "", base);
  return location !== null && headers.has("location") && isSameServer(base, location) ? location : undefined;
}
