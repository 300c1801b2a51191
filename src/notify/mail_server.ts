import { isLoopback } from "../core/loopback.ts";
import { UsageError } from "../core/errors.ts";
import { validateCredentialReference } from "../core/credential_reference.ts";
import type { NotifyTarget } from "./notifier.ts";

/** Where mail is handed in, and for whom. */
export interface MailServer {
  host: string;
  port: number;
  /** `from-start`: smtps. `starttls`: nothing is said before TLS. `none`: in the clear. */
  tls: "from-start" | "starttls" | "none";
  user?: string;
  from: string;
  to: string[];
  subjectPrefix: string;
}

const FORM = "Write email:smtp://user@host:587 or email:smtps://user@host, with options to=…,from=…";
const TLS_MODES = ["starttls", "none"];
const DEFAULT_PREFIX = "[support-bundle] ";
const MAX_RECIPIENTS = 50;

/** Reads a target of the kind `email`.
 * @throws {UsageError} that repeats no secret */
export function parseMailServer({ url: text, secret, options = {} }: NotifyTarget): MailServer {
  const url = URL.parse(text);
  if (url === null || (url.protocol !== "smtp:" && url.protocol !== "smtps:") || url.hostname === "") {
    throw new UsageError("The mail server is not given as smtp://host or smtps://host", FORM);
  }
  if (url.password !== "") {
    throw new UsageError(
      `The mail server at ${url.host} has a password in its URL`,
      "Leave it out of the URL, and name it by reference: a secret such as env:NAME or file:/path",
    );
  }
  if ((url.pathname !== "" && url.pathname !== "/") || url.search !== "" || url.hash !== "") {
    throw new UsageError("The mail server's URL has more than a user, a host and a port", FORM);
  }
  const host = url.hostname.replace(/^\[|\]$/g, "");
  const tls = tlsMode(url, host, options.tls);
  const user = url.username === "" ? undefined : decodeURIComponent(url.username);
  if ((user === undefined) !== (secret === undefined)) {
    throw new UsageError(
      user === undefined ? "The mail server has a password and no user" : "The mail server has a user and no password",
      user === undefined
        ? "Write the user into the URL: smtp://user@host:587"
        : "Name the password by reference, as the notifier's secret: env:NAME, file:/path",
    );
  }
  if (secret !== undefined) validateCredentialReference(secret);
  if (secret !== undefined && tls === "none" && !isLoopback(host)) {
    throw new UsageError(
      `The password would go to the mail server at ${url.host} in the clear`,
      "Leave out the option tls=none, or use smtps://",
    );
  }
  const port = url.port !== "" ? Number(url.port) : tls === "from-start" ? 465 : tls === "starttls" ? 587 : 25;
  const [from, ...others] = addresses(options.from, "from");
  if (others.length > 0) throw new UsageError("The mail's option from has more than one address", FORM);
  const to = addresses(options.to, "to");
  if (to.length > MAX_RECIPIENTS) {
    throw new UsageError(`The mail has more than ${MAX_RECIPIENTS} recipients`, "Send it to a list");
  }
  const { subjectPrefix = DEFAULT_PREFIX } = options;
  if (/[\p{Cc}\p{Zl}\p{Zp}]/u.test(subjectPrefix) || subjectPrefix.length > 80) {
    throw new UsageError("The mail's option subjectPrefix is no part of a subject", "Write one short line");
  }
  return { host, port, tls, ...(user === undefined ? {} : { user }), from: from!, to, subjectPrefix };
}

function tlsMode(url: URL, host: string, option: string | undefined): MailServer["tls"] {
  if (option !== undefined && !TLS_MODES.includes(option)) {
    throw new UsageError(`The mail's option tls does not know that value`, `Use one of ${TLS_MODES.join(", ")}`);
  }
  if (url.protocol === "smtps:") {
    if (option === undefined) return "from-start";
    throw new UsageError("The mail's option tls contradicts smtps://", "Leave it out");
  }
  if (option === "none" || option === "starttls") return option;
  return isLoopback(host) ? "none" : "starttls";
}

function addresses(text = "", option: string): string[] {
  const found = text.split(/[;,\s]+/).filter((part) => part !== "");
  if (found.length === 0) throw new UsageError(`The mail has no option ${option}`, `Add ${option}=name@example.com`);
  for (const address of found) {
    if (/^[^\s<>()[\]\\,;:"@\p{Cc}]{1,64}@[\p{L}\p{N}][\p{L}\p{N}.-]{0,252}$/u.test(address)) continue;
    throw new UsageError(
      `The mail's option ${option} has something that is no address`,
      "Write name@example.com; several are separated by semicolons",
    );
  }
  return found;
}
