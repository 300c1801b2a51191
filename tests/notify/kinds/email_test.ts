import { deepStrictEqual, match, notStrictEqual, ok, rejects, strictEqual } from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { simpleParser } from "mailparser";
import { email } from "../../../src/notify/kinds/email.ts";
import { mailMessage } from "../../../src/notify/mail_message.ts";
import { parseMailServer } from "../../../src/notify/mail_server.ts";
import type { NotifyTarget } from "../../../src/notify/notifier.ts";
import {
  type Answer,
  context,
  failed,
  full,
  hostile,
  notifierContract,
  type NotifierPlace,
  PASSWORD_IN_URL,
} from "../../contracts/notifier_contract.ts";
import { type Certificates, hasOpenssl, makeCertificates } from "../../fixtures/certificates.ts";
import { freePort } from "../../fixtures/server_process.ts";
import { type SmtpOptions, type SmtpServer, startSmtpServer, TEST_NODE } from "../../fixtures/smtp_server.ts";

const OPTIONS = { to: "ops@example.com; oncall@example.com", from: "bundles@example.com" };
let made: Promise<Certificates> | undefined;

async function open(options: SmtpOptions, scheme = "smtp", tls?: string) {
  const { server: certificate } = await (made ??= makeCertificates());
  const server = await startSmtpServer({ ...certificate, ...options });
  const account = options.plain ? "" : `${encodeURIComponent(server.user)}@`;
  const target: NotifyTarget = {
    kind: "email",
    url: `${scheme}://${account}127.0.0.1:${server.port}`,
    options: { ...OPTIONS, ...(tls === undefined ? {} : { tls }) },
    ...(options.plain ? {} : { secret: "env:MAIL_PASSWORD" }),
  };
  const env: Record<string, string> = options.plain ? {} : { MAIL_PASSWORD: server.password };
  return { server, target, env };
}

async function place(options: SmtpOptions, scheme?: string, tls?: string): Promise<NotifierPlace> {
  const { server, target, env } = await open(options, scheme, tls);
  return {
    target,
    env,
    secrets: [server.password, btoa(server.password), btoa(`\0${server.user}\0${server.password}`)],
    answer: (...answers: Answer[]) => server.answer(...answers),
    tries: server.connections,
    received: async () => (await server.mails()).map(({ raw }) => new TextDecoder().decode(raw)),
    close: server.close,
  };
}

const absent = ({ target }: NotifierPlace) => ({ ...target, url: target.url.replace(/:\d+$/, `:${freePort()}`) });

// Without TLS, as a relay on the same machine has it: no other authority than the system's can be trusted within one process.
notifierContract({
  notifier: email,
  ignore: TEST_NODE === undefined || !hasOpenssl,
  open: () => place({ plain: true }),
  absent,
  untrusted: () => place({}, "smtp", "starttls"),
  lacks: ["busy", "wrong-credentials"],
  harmless: (received) => ok(!received.includes(PASSWORD_IN_URL)),
  unusable: [
    [/not given as smtp/, { url: "https://mail.example.com" }],
    [/password in its URL/, { url: "smtp://u:p@mail.example.com" }],
    [/more than a user, a host and a port/, { url: "smtp://mail.example.com/?to=x" }],
    [/a user and no password/, { url: "smtp://u@mail.example.com" }],
    [/a password and no user/, { secret: "env:KEY" }],
    [/not a reference/, { url: "smtp://u@mail.example.com", secret: "hunter2" }],
    [/in the clear/, { url: "smtp://u@mail.example.com", secret: "env:KEY", options: { ...OPTIONS, tls: "none" } }],
    [/contradicts smtps/, { url: "smtps://mail.example.com", options: { ...OPTIONS, tls: "starttls" } }],
    [/option tls does not know/, { options: { ...OPTIONS, tls: "maybe" } }],
    [/no option to/, { options: { from: "a@example.com" } }],
    [/no option from/, { options: { to: "a@example.com" } }],
    [/something that is no address/, { options: { ...OPTIONS, to: "ops@example.com\r\nBcc: evil@example.com" } }],
    [/something that is no address/, { options: { ...OPTIONS, from: "<ops@example.com>" } }],
    [/no part of a subject/, { options: { ...OPTIONS, subjectPrefix: "x\r\nBcc: evil@example.com" } }],
  ],
});

const servers: [text: string, options: Record<string, string>, expect: [host: string, port: number, tls: string]][] = [
  ["smtp://mail.example.com", {}, ["mail.example.com", 587, "starttls"]],
  ["smtp://mail.example.com", { tls: "none" }, ["mail.example.com", 25, "none"]],
  ["smtp://mail.example.com:2525", {}, ["mail.example.com", 2525, "starttls"]],
  ["smtps://mail.example.com", {}, ["mail.example.com", 465, "from-start"]],
  ["smtp://localhost", {}, ["localhost", 25, "none"]],
  ["smtp://[::1]", { tls: "starttls" }, ["::1", 587, "starttls"]],
];
for (const [url, options, expect] of servers) {
  Deno.test(`parseMailServer() reads ${url} ${JSON.stringify(options)}`, () => {
    const { host, port, tls } = parseMailServer({ kind: "email", url, options: { ...OPTIONS, ...options } });
    deepStrictEqual([host, port, tls], expect);
  });
}

mailTest("arrives with all that a mail program needs", async (server, target) => {
  await email.notify(full, target, context({ env: {} }));
  const [mail] = await server.mails();
  deepStrictEqual([mail!.from, mail!.to], ["bundles@example.com", ["ops@example.com", "oncall@example.com"]]);
  const { subject, text, html, headers, messageId, inReplyTo, references } = await parsed(server);
  strictEqual(subject, `[support-bundle] ${full.summary}`);
  strictEqual(headers.get("auto-submitted"), "auto-generated");
  match(messageId!, /^<support-bundle\.[0-9a-f]{24}@example\.com>$/);
  strictEqual(inReplyTo, references);
  for (
    const said of [
      "FAIL  Pod shop/web is crash-looping: It ended 7 times with exit code 137",
      "cluster-resources/pods/shop.json:120",
      "FIXED  Disk",
      "Error: The API server did not answer",
      `Bundle: ${full.bundle!.url} (48.3 MB)`,
    ]
  ) ok(text!.includes(said), `${said} is not in ${text}`);
  ok(html && html.includes(`<a href="${full.bundle!.url}">`));
});

mailTest("lets nobody's text become a header, a recipient or HTML", async (server, target) => {
  await email.notify(hostile, target, context({ env: {} }));
  const { subject, text, html, headers, bcc, to } = await parsed(server);
  ok(subject!.length <= 200, subject);
  strictEqual(bcc, undefined);
  strictEqual([to].flat().flatMap((one) => one!.value).length, 2);
  deepStrictEqual((await server.mails())[0]!.to, ["ops@example.com", "oncall@example.com"]);
  strictEqual(headers.get("bcc"), undefined);
  ok(html && !html.includes("<script>") && !html.includes("</table><script"), "HTML of others");
  ok(!`${subject}${text}${html}`.includes(PASSWORD_IN_URL));
  ok((await server.mails())[0]!.raw.length < 500_000, `${(await server.mails())[0]!.raw.length} bytes`);
});

mailTest("tells of recipients that are refused, and does not send twice", async (server, target) => {
  const some = { ...target, options: { ...OPTIONS, to: "ops@example.com; nobody@example.com" } };
  await rejects(email.notify(failed, some, context({ env: {} })), /it refuses 1 of 2 recipients/);
  deepStrictEqual((await server.mails()).map(({ to }) => to), [["ops@example.com"]]);
});

Deno.test("mailMessage() keeps the mails of a job in one conversation, each with an id of its own", () => {
  const [one, same, next, other] = [
    failed,
    failed,
    { ...failed, summary: "nightly: completed" },
    { ...failed, job: { id: "other", name: "other" } },
  ].map((message) => mailMessage(message, "bundles@example.com", ""));
  strictEqual(one!.messageId, same!.messageId);
  notStrictEqual(one!.messageId, next!.messageId);
  deepStrictEqual(one!.references, next!.references);
  notStrictEqual(one!.inReplyTo, other!.inReplyTo);
});

for (
  const [name, scheme, secure] of [["STARTTLS", "smtp", false], ["TLS from the start", "smtps", true]] as const
) {
  Deno.test({
    name: `email: logs in over ${name}, where the authority is trusted, and over nothing less`,
    ignore: TEST_NODE === undefined || !hasOpenssl,
    async fn() {
      const { server, target, env } = await open({ secure }, scheme, secure ? undefined : "starttls");
      const { ca } = await made!;
      const authority = await Deno.makeTempFile({ suffix: ".pem" });
      await Deno.writeTextFile(authority, ca);
      try {
        // Deno reads whom it trusts when it starts.
        strictEqual(await tellInChild(target, { ...env, DENO_CERT: authority }), "told");
        const [mail] = await server.mails();
        deepStrictEqual([mail!.tls, mail!.user], [true, server.user]);

        match(await tellInChild(target, env), /TLS could not be had/);
        await server.answer("wrong-credentials");
        const refusal = await tellInChild(target, { ...env, DENO_CERT: authority });
        match(refusal, /it answered 535/);
        ok(!refusal.includes(server.password), refusal);
        strictEqual((await server.mails()).length, 1);
      } finally {
        await server.close();
        await Deno.remove(authority);
      }
    },
  });
}

mailTest("says nothing before TLS that a server does not offer", async (server, target) => {
  const strict = { ...target, options: { ...OPTIONS, tls: "starttls" } };
  await rejects(email.notify(failed, strict, context({ env: {} })), /could not be given the mail/);
  strictEqual((await server.mails()).length, 0);
});

Deno.test({
  name: "email: gives up on a server that is silent once TLS is to begin",
  sanitizeResources: false, // Deno 2.6 keeps a connection whose handshake was broken off until the process ends
  async fn() {
    const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const opened = Promise.withResolvers<Deno.Conn>();
    const serving = (async () => {
      const connection = await listener.accept();
      opened.resolve(connection);
      const say = (text: string) => connection.write(new TextEncoder().encode(text));
      const buffer = new Uint8Array(4096);
      await say("220 silent ESMTP\r\n");
      await connection.read(buffer);
      await say("250-silent\r\n250 STARTTLS\r\n");
      await connection.read(buffer);
      await say("220 2.0.0 Go ahead\r\n");
      while (await connection.read(buffer).catch(() => null) !== null);
    })();
    const target: NotifyTarget = {
      kind: "email",
      url: `smtp://127.0.0.1:${listener.addr.port}`,
      options: { ...OPTIONS, tls: "starttls" },
    };
    const signal = AbortSignal.timeout(1000);
    await rejects(email.notify(failed, target, context({ env: {} }, { signal })), { name: "TimeoutError" });
    (await opened.promise).close();
    await serving;
    listener.close();
  },
});

function mailTest(name: string, fn: (server: SmtpServer, target: NotifyTarget) => Promise<void>): void {
  Deno.test({
    name: `email: ${name}`,
    ignore: TEST_NODE === undefined || !hasOpenssl,
    async fn() {
      const { server, target } = await open({ plain: true });
      try {
        await fn(server, target);
      } finally {
        await server.close();
      }
    },
  });
}

// deno-lint-ignore no-explicit-any
async function parsed(server: SmtpServer): Promise<any> {
  const mails = await server.mails();
  strictEqual(mails.length, 1);
  const { Buffer } = await import("node:buffer");
  return await simpleParser(Buffer.from(mails[0]!.raw));
}

/** @returns `told`, or the error as it is inspected */
async function tellInChild(target: NotifyTarget, env: Record<string, string>): Promise<string> {
  const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", fileURLToPath(new URL("./tell_once.ts", import.meta.url)), JSON.stringify(target)],
    env,
  }).output();
  return new TextDecoder().decode(stdout) || new TextDecoder().decode(stderr);
}
