import { deepStrictEqual, match, ok, rejects, strictEqual } from "node:assert/strict";
import { createHmac } from "node:crypto";
import { CredentialError } from "../../src/core/credential_reference.ts";
import { SIGNATURE_HEADER, webhook } from "../../src/notify/kinds/webhook.ts";
import type { Notification, NotifyContext } from "../../src/notify/notifier.ts";
import { NotifyError } from "../../src/notify/notify_error.ts";
import { startWebhookServer, type WebhookServer } from "./webhook_server.ts";
import { secretsOf } from "../secrets.ts";

const NOW = new Date("2026-03-02T04:05:06Z");
const PATH = `/hooks/${crypto.randomUUID()}`;
const message: Notification = {
  schemaVersion: 1,
  events: ["new-findings"],
  job: { id: "job-1", name: "nightly" },
  sentAt: NOW.toISOString(),
  host: "host-1",
  status: "completed",
  summary: "nightly: completed, 1 failure, 1 of them new",
  findings: { fail: 1, warn: 0, pass: 2 },
  newFindings: [{ title: "Disk", severity: "fail", message: "voll – “full”" }],
  fixedFindings: [],
};

test("posts the message as JSON", () => new Response(), async (server) => {
  await notify(server);
  strictEqual(server.received.length, 1);
  const { method, path, headers, body } = server.received[0]!;
  deepStrictEqual([method, path], ["POST", PATH]);
  strictEqual(headers.get("content-type"), "application/json");
  match(headers.get("user-agent")!, /^support-bundle\//);
  strictEqual(headers.get(SIGNATURE_HEADER), null);
  deepStrictEqual(JSON.parse(body), message);
});

test("signs time and body with the secret", () => new Response(), async (server) => {
  const key = crypto.randomUUID();
  await notify(server, { env: { HOOK_KEY: key } }, "env:HOOK_KEY");
  const { headers, body } = server.received[0]!;
  const [, seconds, signature] = /^t=(\d+),v1=([0-9a-f]{64})$/.exec(headers.get(SIGNATURE_HEADER)!)!;
  strictEqual(Number(seconds), NOW.getTime() / 1000);
  strictEqual(signature, createHmac("sha256", key).update(`${seconds}.${body}`).digest("hex"));
});

test("sends nothing when the secret is not there", () => new Response(), async (server) => {
  await rejects(notify(server, {}, "env:HOOK_KEY"), CredentialError);
  strictEqual(server.received.length, 0);
});

test(
  "tries again after 503, with the same message",
  (n) => new Response(null, { status: n < 3 ? 503 : 200 }),
  async (server) => {
    const slept: number[] = [];
    await notify(server, { clock: recording(slept) });
    strictEqual(server.received.length, 3);
    strictEqual(slept.length, 2);
    const [first, , last] = server.received;
    strictEqual(last!.body, first!.body);
    strictEqual(last!.headers.get("x-support-bundle-delivery"), first!.headers.get("x-support-bundle-delivery"));
  },
);

test("waits as long as the server asks", (n) => {
  return n === 1 ? new Response(null, { status: 429, headers: { "Retry-After": "17" } }) : new Response();
}, async (server) => {
  const slept: number[] = [];
  await notify(server, { clock: recording(slept) });
  deepStrictEqual(slept, [17_000]);
});

test("does not wait for a server that asks for hours", () => {
  return new Response(null, { status: 503, headers: { "Retry-After": "7200" } });
}, async (server) => {
  const slept: number[] = [];
  await rejects(notify(server, { clock: recording(slept) }), /it answered 503/);
  deepStrictEqual([slept, server.received.length], [[], 1]);
});

test("gives up after three tries", () => new Response(null, { status: 500 }), async (server) => {
  await rejects(notify(server), /it answered 500/);
  strictEqual(server.received.length, 3);
});

test("does not try again after 400", () => new Response(null, { status: 400 }), async (server) => {
  await rejects(notify(server), /it answered 400/);
  strictEqual(server.received.length, 1);
});

test("gives up on a server that does not answer in time", () => new Promise<Response>(() => {}), async (server) => {
  await rejects(notify(server, { tryTimeoutMs: 50 }), (error) => {
    ok(error instanceof NotifyError);
    match(error.message, /No answer within 0.05 s/);
    return true;
  });
  strictEqual(server.received.length, 3);
});

test("ends with the signal's reason", () => new Promise<Response>(() => {}), async (server) => {
  const abort = new AbortController();
  const run = notify(server, { signal: abort.signal });
  while (server.received.length === 0) await new Promise((resolve) => setTimeout(resolve, 1));
  abort.abort(new Error("stopped"));
  await rejects(run, { message: "stopped" });
  strictEqual(server.received.length, 1);
});

test("follows a redirect on the same server", (_, path) => {
  return path === "/new" ? new Response() : new Response(null, { status: 308, headers: { Location: "/new" } });
}, async (server) => {
  await notify(server);
  deepStrictEqual(server.received.map(({ method, path }) => [method, path]), [["POST", PATH], ["POST", "/new"]]);
  strictEqual(server.received[1]!.body, server.received[0]!.body);
});

test("gives up on a circle of redirects", (_, path) => {
  return new Response(null, { status: 307, headers: { Location: path } });
}, async (server) => {
  await rejects(notify(server), /redirects more than 3 times/);
  strictEqual(server.received.length, 4);
});

Deno.test("webhook follows no redirect to another server", async () => {
  const other = startWebhookServer(() => new Response());
  const server = startWebhookServer(() => new Response(null, { status: 307, headers: { Location: other.url } }));
  try {
    await rejects(notify(server), /redirects to another server/);
    deepStrictEqual([server.received.length, other.received.length], [1, 0]);
  } finally {
    await server.stop();
    await other.stop();
  }
});

Deno.test("webhook keeps the path of its URL out of errors: it is often the password", async () => {
  const server = startWebhookServer(() => new Response());
  await server.stop();
  await rejects(notify(server), (error) => {
    ok(error instanceof NotifyError);
    ok(error.message.includes(new URL(server.url).host), error.message);
    ok(!Deno.inspect(error, { depth: 10 }).includes(PATH), Deno.inspect(error, { depth: 10 }));
    return true;
  });
});

function test(
  name: string,
  answer: (request: number, path: string) => Response | Promise<Response>,
  fn: (server: WebhookServer) => Promise<void>,
): void {
  Deno.test(`webhook ${name}`, async () => {
    const server = startWebhookServer(answer);
    try {
      await fn(server);
    } finally {
      await server.stop();
    }
  });
}

function notify(server: WebhookServer, some: Partial<NotifyContext> = {}, secret?: string): Promise<void> {
  return webhook.notify(message, { kind: "webhook", url: server.url + PATH, secret }, {
    signal: new AbortController().signal,
    env: {},
    secret: secretsOf(some.env),
    clock: recording([]),
    ...some,
  });
}

function recording(slept: number[]) {
  return { now: () => NOW, sleep: (ms: number) => (slept.push(ms), Promise.resolve()) };
}
