import type { Socket } from "node:net";
import { abortable } from "../../core/abortable.ts";
import { describeError } from "../../core/errors.ts";
import { retry } from "../../core/retry.ts";
import { withTimeLimit } from "../../core/time_limit.ts";
import { traffic } from "../../core/traffic.ts";
import { RETRIES } from "../http_post.ts";
import { type MailMessage, mailMessage } from "../mail_message.ts";
import { type MailServer, parseMailServer } from "../mail_server.ts";
import { oneLine } from "../message_text.ts";
import type { Notification, Notifier, NotifyContext, NotifyTarget } from "../notifier.ts";
import { NotifyError } from "../notify_error.ts";

const TRY_TIMEOUT_MS = 30_000;
const MAX_REPLY = 160;

/** A mail, handed in at a mail server. */
export const email: Notifier = {
  kind: "email",
  summary: "A mail by SMTP (email:smtp://user@host:587, email:smtps://…); the secret is the password",

  options: {
    to: "Addresses, separated by semicolons",
    from: "The sender's address",
    subjectPrefix: 'What subjects begin with; default: "[support-bundle] "',
    tls: "starttls: nothing is said before TLS (the default, but for this machine itself); none: in the clear",
  },

  validate(target: NotifyTarget): void {
    parseMailServer(target);
  },

  async notify(message: Notification, target: NotifyTarget, context: NotifyContext): Promise<void> {
    const { signal, clock } = context;
    const server = parseMailServer(target);
    const password = target.secret === undefined ? undefined : await context.secret(target.secret);
    const mail = mailMessage(message, server.from, server.subjectPrefix);
    const timeoutMs = context.tryTimeoutMs ?? TRY_TIMEOUT_MS;
    try {
      await retry(
        () => withTimeLimit(timeoutMs, signal, (limited) => send(mail, server, password, timeoutMs, limited)),
        {
          ...RETRIES,
          clock,
          signal,
          judge: (error) => ({ retry: isTransient(error) }),
        },
      );
    } catch (error) {
      signal.throwIfAborted();
      throw explain(error, server, password);
    }
  },
};

/** What nodemailer says of a failure. */
interface SmtpError extends Error {
  /** `EAUTH`, `EENVELOPE`, `ETLS`, `ESOCKET` … */
  code?: string;
  responseCode?: number;
  /** The server's last line. */
  response?: string;
}

/** Some recipients were refused, the others have their mail: it is not sent again. */
class SomeRefusedError extends Error {}

async function send(
  mail: MailMessage,
  server: MailServer,
  password: string | undefined,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<void> {
  const { createTransport } = await import("nodemailer");
  const socket = await openSocket(server, signal);
  const end = () => socket.destroy();
  signal.addEventListener("abort", end, { once: true });
  try {
    const transport = createTransport({
      host: server.host,
      port: server.port,
      secure: server.tls === "from-start",
      requireTLS: server.tls === "starttls",
      ignoreTLS: server.tls === "none",
      auth: server.user === undefined ? undefined : { user: server.user, pass: password },
      greetingTimeout: timeoutMs,
      socketTimeout: timeoutMs,
      socketCloseTimeout: 0,
      disableFileAccess: true,
      disableUrlAccess: true,
      secured: server.tls === "from-start",
      getSocket: (_options: unknown, done: (error: Error | null, socket: { connection: Socket }) => void) =>
        done(null, { connection: socket }),
    });
    const sending = transport.sendMail({
      ...mail,
      from: { name: "support-bundle", address: server.from },
      to: server.to.map((address) => ({ name: "", address })),
    });
    sending.catch(() => {}); // it may fail when nobody waits for it any more
    const { rejected = [] } = await abortable(sending, signal);
    traffic.sentBytes += mail.text.length + mail.html.length;
    if (rejected.length > 0) {
      throw new SomeRefusedError(`it refuses ${rejected.length} of ${server.to.length} recipients`);
    }
  } finally {
    signal.removeEventListener("abort", end);
    socket.destroy();
  }
}

/** A connection that is ours to break off: the library's own would outlive the signal. With TLS where that comes from the start:
 * Deno 2.6 hangs when the library adds it to an open connection before the greeting. */
async function openSocket({ host, port, tls }: MailServer, signal: AbortSignal): Promise<Socket> {
  const [net, { connect: connectTls }] = await Promise.all([import("node:net"), import("node:tls")]);
  const secure = tls === "from-start";
  // An address is no server name.
  const socket = secure
    ? connectTls({ host, port, ...(net.isIP(host) ? {} : { servername: host }) })
    : net.connect({ host, port });
  const opened = new Promise<void>((resolve, reject) =>
    socket.once(secure ? "secureConnect" : "connect", resolve).once("error", reject)
  );
  opened.catch(() => {});
  try {
    await abortable(opened, signal);
    return socket;
  } catch (error) {
    socket.on("error", () => {});
    socket.destroy();
    throw error;
  }
}

/** Replies that begin with 4, and connections that failed, but for those whose TLS did. */
function isTransient(error: unknown): boolean {
  if (error instanceof SomeRefusedError || isTlsFailure(error)) return false;
  const { responseCode } = error as SmtpError;
  return responseCode === undefined || responseCode < 500;
}

/** Deno says `write UNKNOWN` when a handshake over an open connection fails. */
function isTlsFailure(error: unknown): boolean {
  const { code, message = "" } = error as SmtpError;
  return code === "ETLS" || /certificate|write UNKNOWN|\btls\b|STARTTLS/i.test(message);
}

function explain(error: unknown, server: MailServer, password: string | undefined): NotifyError {
  const what = `The mail server at ${server.host}:${server.port} could not be given the mail`;
  if (error instanceof SomeRefusedError) return new NotifyError(`${what}: ${error.message}`, "Check the addresses");
  const { code, responseCode, response } = error as SmtpError;
  if (responseCode !== undefined) {
    const said = `it answered ${sayable(response ?? String(responseCode), server, password)}`;
    const hint = code === "EAUTH"
      ? "Check the user and the password"
      : code === "EENVELOPE"
      ? "Check the addresses, and what the server lets this account send"
      : responseCode < 500
      ? "Try again later"
      : "Check the account, and what the server takes";
    return new NotifyError(`${what}: ${said}`, hint);
  }
  if (isTlsFailure(error)) {
    return new NotifyError(
      `${what}: TLS could not be had (the server offers none, or its certificate is not trusted)`,
      "Check the port and the certificate; SSL_CERT_FILE names further authorities, docs/networks.md says more",
    );
  }
  return new NotifyError(
    `${what}: ${sayable(describeError(error), server, password)}`,
    "Check the host and the network",
  );
}

/** What a server said, without what it may have repeated of the login. */
function sayable(text: string, { user = "" }: MailServer, password = ""): string {
  const base64 = (value: string) => new TextEncoder().encode(value).toBase64();
  let said = text;
  for (const secret of [password, base64(password), base64(`\0${user}\0${password}`)]) {
    if (secret.length >= 4) said = said.replaceAll(secret, "***");
  }
  return oneLine(said, MAX_REPLY);
}
