import { describeError, SupportBundleError } from "../../core/errors.ts";
import { parseRetryAfter } from "../../core/retry.ts";
import { formatSize } from "../../core/size.ts";
import { HttpFailure, isConnectionFailure, judgeHttp } from "../http/http_failure.ts";
import { isCertificateFailure } from "../network_failure.ts";
import type { Answer } from "../http/read_answer.ts";
import { UploadError } from "../upload_error.ts";
import type { LocalFile } from "../uploader.ts";

/** What an answer that is no success says. Of its body nothing but a word that names the error is repeated: servers echo
 * requests, and with them credentials. */
export function failureOf(
  { status, headers, text }: Pick<Answer, "status" | "headers" | "text">,
  now: Date,
): HttpFailure {
  const word = /<Code>([A-Za-z]{1,60})<\/Code>/.exec(text)?.[1];
  return new HttpFailure(status, `the server answered ${status}${word === undefined ? "" : ` ${word}`}`, {
    afterMs: parseRetryAfter(headers.get("retry-after"), now),
    word: /expired/i.test(text) ? "expired" : word,
  });
}

/** The failure in the words of an {@linkcode UploadError}: what could not be done, where, and what to do.
 * @param where as it may be shown: `https://host/path` */
export function explainHttps(error: unknown, where: string, file: LocalFile): UploadError {
  if (error instanceof UploadError) return error;
  const { retry: transient, afterMs: retryAfterMs } = judgeHttp(error);
  const fail = (why: string, hint: string, code: Uppercase<string> = "UPLOAD_FAILED") =>
    new UploadError(`Cannot deliver the bundle to ${where}: ${why}`, {
      transient,
      retryAfterMs,
      code,
      hint: `${hint}. The bundle is still in ${file.path}`,
    });
  if (error instanceof SupportBundleError) return fail(error.message, error.hint ?? "Check the destination");
  if (!(error instanceof HttpFailure)) {
    // What fetch says repeats the whole URL.
    const why = describeError(error).replaceAll(/https?:\/\/[^\s)]+/g, where);
    if (isCertificateFailure(error)) {
      return fail(
        `its certificate is not trusted (${why})`,
        "Add the CA to the system's trust store, or name its file with --upload-options caFile=/path",
        "UPLOAD_TLS",
      );
    }
    return isConnectionFailure(error)
      ? fail(`no connection (${why})`, "Check the host and the network", "UPLOAD_UNREACHABLE")
      : fail(why, "Check the destination");
  }
  const [hint, code] = adviceFor(error, file);
  return fail(error.message, hint, code);
}

function adviceFor({ status, details }: HttpFailure, file: LocalFile): [hint: string, code?: Uppercase<string>] {
  if (details.word === "expired" && status >= 400 && status < 500) {
    return ["The presigned URL or the credentials have expired: get new ones", "UPLOAD_CREDENTIALS"];
  }
  switch (status) {
    case 401:
      return ["Check the credentials: --upload-credentials, and the option auth", "UPLOAD_CREDENTIALS"];
    case 407:
      return ["Name a user and a password in the proxy's address: http://USER:PASSWORD@HOST:PORT"];
    case 403:
      return ["Grant these credentials the right to write there", "UPLOAD_DENIED"];
    case 404:
    case 409:
      return ["The folder may be missing there: make it, or pass --upload-options createFolders=true"];
    case 405:
    case 501:
      return ["The server does not take this method there: pass --upload-options method=POST or method=PUT"];
    case 411:
      return ["The server wants the length first, which a proxy of this kind does not pass on: use an http:// proxy"];
    case 413:
      return [`The server takes no file of ${formatSize(file.bytes)}: raise its limit, or collect less`];
    case 415:
      return ["The server takes no such content: see --upload-options contentType"];
    case 507:
      return ["There is no space left: make room there, then deliver it again", "DISK_FULL"];
  }
  return status >= 300 && status < 400
    ? ["Name the URL that the server redirects to"]
    : [judgeHttp(new HttpFailure(status, "")).retry ? "Try again later" : "Check URL and options of the destination"];
}
