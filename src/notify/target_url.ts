import { beginsLikeReference, validateCredentialReference } from "../core/credential_reference.ts";
import { UsageError } from "../core/errors.ts";
import { NotifyError } from "./notify_error.ts";
import type { NotifyContext, NotifyTarget } from "./notifier.ts";

/** Refuses what is neither the URL of a server nor a credential reference that names one.
 * @param what is told, for messages: `webhook`
 * @throws {UsageError} that does not repeat the URL: it may be a password */
export function validateTargetUrl(text: string, what: string): void {
  if (!beginsLikeReference(text)) parseServerUrl(text, what);
  else validateCredentialReference(text);
}

/** The URL of a target: as it is written, or looked up where a reference names it.
 * @throws {NotifyError} when what the reference names is no URL of a server
 * @throws {CredentialError} when it names nothing */
export async function targetUrl(target: NotifyTarget, what: string, context: NotifyContext): Promise<URL> {
  if (!beginsLikeReference(target.url)) return parseServerUrl(target.url, what);
  const text = (await context.secret(target.url)).trim();
  try {
    return parseServerUrl(text, what);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    throw new NotifyError(`${error.message} (it was looked up by its reference)`, error.hint!);
  }
}

/** Whom a target tells, for logs and tables: the kind and the host, never more of a URL, which is often a password; the reference
 * where one names the URL. */
export function describeTarget({ kind, url }: Pick<NotifyTarget, "kind" | "url">): string {
  if (beginsLikeReference(url)) return `${kind} at ${url}`;
  const host = URL.parse(url)?.host;
  return host ? `${kind} at ${host}` : kind;
}

function parseServerUrl(text: string, what: string): URL {
  const url = URL.parse(text);
  if (url === null || (url.protocol !== "https:" && url.protocol !== "http:")) {
    throw new UsageError(
      `The ${what} is not the URL of a server`,
      "Write https://host/path, or a reference to where the URL is: env:NAME, file:/path",
    );
  }
  if (url.username !== "" || url.password !== "") {
    throw new UsageError(
      `The ${what} at ${url.host} has a user name or password in its URL`,
      "Leave it out, and name it by reference instead: a secret such as env:NAME",
    );
  }
  return url;
}
