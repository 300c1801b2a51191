import { deepStrictEqual, ok, strictEqual, throws } from "node:assert/strict";
import { UsageError } from "../../src/core/errors.ts";
import { notifyAll, type NotifyAllContext, type RunFacts } from "../../src/notify/notify_all.ts";
import type { NotifyTarget } from "../../src/notify/notifier.ts";
import { notifiers, parseNotifyTarget } from "../../src/notify/registry.ts";
import { startWebhookServer } from "./webhook_server.ts";
import { secretsOf } from "../secrets.ts";

const NOW = new Date("2026-03-02T04:05:06Z");
const secret = crypto.randomUUID();
const disk = { title: "Disk", severity: "fail", message: "disk is full" } as const;
const facts: RunFacts = {
  job: { id: "job-1", name: "nightly" },
  execution: { id: "job-1-20260302T040000Z", scheduledAt: "2026-03-02T04:00:00.000Z", attempt: 1 },
  status: "completed",
  findings: { fail: 1, warn: 0, pass: 2, top: [disk] },
  bundle: { path: "/var/bundle.tar.gz", url: "s3://bucket/bundle.tar.gz", bytes: 10, sha256: "00" },
};

Deno.test("notifyAll() tells each target what it asked for", async () => {
  const server = startWebhookServer(() => new Response());
  const log: string[] = [];
  try {
    const outcome = await notifyAll(
      [
        target(`${server.url}/default`),
        target(`${server.url}/always`, ["always"]),
        target(`${server.url}/failure`, ["failure"]),
        target(`${server.url}/both`, ["always", "new-findings", "recovery"]),
      ],
      facts,
      context(log),
    );
    deepStrictEqual(outcome, { stage: "notify", status: "ok", durationMs: 0 });
    const told = server.received.map(({ path, body }) => [path, JSON.parse(body).events]);
    deepStrictEqual(told.sort(), [
      ["/always", ["always"]],
      ["/both", ["always", "new-findings"]],
      ["/default", ["new-findings"]],
    ]);
    deepStrictEqual(JSON.parse(server.received.find(({ path }) => path === "/always")!.body), {
      schemaVersion: 1,
      events: ["always"],
      job: facts.job,
      execution: facts.execution,
      sentAt: NOW.toISOString(),
      host: "host-1",
      status: "completed",
      summary: "nightly: completed, 1 failure, 1 of them new",
      findings: { fail: 1, warn: 0, pass: 2 },
      newFindings: [disk],
      fixedFindings: [],
      bundle: facts.bundle,
    });
    strictEqual(log.length, 3);
  } finally {
    await server.stop();
  }
});

Deno.test("notifyAll() is skipped when no target wants to know", async () => {
  const unchanged = { ...facts, previous: { status: "completed", findings: [disk] } };
  const outcome = await notifyAll([target("http://127.0.0.1:1/x")], unchanged, context());
  strictEqual(outcome.status, "skipped");
});

Deno.test("notifyAll() is partial when one of its targets fails, and says which", async () => {
  const good = startWebhookServer(() => new Response());
  const bad = startWebhookServer(() => new Response(null, { status: 400 }));
  const log: string[] = [];
  try {
    const targets = [target(`${good.url}/${secret}`), target(`${bad.url}/${secret}`)];
    const outcome = await notifyAll(targets, facts, context(log));
    strictEqual(outcome.status, "partial");
    strictEqual(outcome.code, "NOTIFY_FAILED");
    ok(outcome.message?.startsWith("1 of 2 notifications failed"), outcome.message);
    ok(outcome.message?.includes(new URL(bad.url).host), outcome.message);
    ok(!JSON.stringify([outcome, log]).includes(secret), "the path of the URL is shown");
  } finally {
    await good.stop();
    await bad.stop();
  }
});

const failing: [name: string, target: NotifyTarget][] = [
  ["nobody listens", target("http://127.0.0.1:1/x")],
  ["its secret is not there", { ...target("http://127.0.0.1:1/x"), secret: "env:NOWHERE" }],
  ["its kind does not exist", { ...target("http://127.0.0.1:1/x"), kind: "pigeon" }],
  ["its URL is none", target("no url")],
];
for (const [name, one] of failing) {
  Deno.test(`notifyAll() has failed, and does not throw, when ${name}`, async () => {
    const outcome = await notifyAll([one], facts, context());
    strictEqual(outcome.status, "failed");
    ok(outcome.message!.length > 0);
  });
}

Deno.test("notifyAll() does not throw when the run is aborted", async () => {
  const aborted = { ...context(), signal: AbortSignal.abort(new Error("stopped")) };
  const outcome = await notifyAll([target("http://127.0.0.1:1/x")], facts, aborted);
  deepStrictEqual([outcome.status, outcome.message], ["failed", "1 of 1 notifications failed: stopped"]);
});

const accepted: [text: string, expect: NotifyTarget][] = [
  ["https://hooks.example.com/x", { kind: "webhook", url: "https://hooks.example.com/x" }],
  ["http://127.0.0.1:8080/x", { kind: "webhook", url: "http://127.0.0.1:8080/x" }],
  ["webhook:https://hooks.example.com/x", { kind: "webhook", url: "https://hooks.example.com/x" }],
];
for (const [text, expect] of accepted) {
  Deno.test(`parseNotifyTarget() reads ${text}`, () => deepStrictEqual(parseNotifyTarget(text), expect));
}

Deno.test("parseNotifyTarget() keeps events and secret", () => {
  deepStrictEqual(parseNotifyTarget("https://h/x", ["failure", "always"], "env:KEY"), {
    kind: "webhook",
    url: "https://h/x",
    on: ["failure", "always"],
    secret: "env:KEY",
  });
  deepStrictEqual(parseNotifyTarget("https://h/x", [], ""), { kind: "webhook", url: "https://h/x" });
});

const refused: [name: string, text: string, on: string[] | undefined, credential: string | undefined, why: RegExp][] = [
  ["what is no URL", `hooks.example.com/${secret}`, undefined, undefined, /not a URL/],
  [
    "a kind by its scheme",
    `mailto:ops@example.com?${secret}`,
    undefined,
    undefined,
    /no notifier of the kind "mailto"/,
  ],
  [
    "a kind that does not exist",
    `webhok:https://h/${secret}`,
    undefined,
    undefined,
    /no notifier of the kind "webhok"/,
  ],
  ["a scheme that no webhook has", `webhook:ftp://h/${secret}`, undefined, undefined, /not the URL of a server/],
  ["a password in the URL", `https://user:${secret}@h/`, undefined, undefined, /user name or password/],
  ["an event that does not exist", "https://h/x", ["failures"], undefined, /no event "failures"/],
  ["a value for the secret", "https://h/x", undefined, secret, /not a reference/],
];
for (const [name, text, on, credential, why] of refused) {
  Deno.test(`parseNotifyTarget() refuses ${name}`, () => {
    throws(() => parseNotifyTarget(text, on, credential), (error) => {
      ok(error instanceof UsageError);
      ok(why.test(error.message), error.message);
      ok(!Deno.inspect(error).includes(secret), "the error repeats the secret");
      return true;
    });
  });
}

Deno.test("notifiers have kinds of their own, and say what they are", () => {
  strictEqual(new Set(notifiers.map(({ kind }) => kind)).size, notifiers.length);
  for (const { summary } of notifiers) ok(summary !== "");
});

function target(url: string, on?: NotifyTarget["on"]): NotifyTarget {
  return { kind: "webhook", url, on };
}

function context(log: string[] = []): NotifyAllContext {
  return {
    signal: new AbortController().signal,
    env: {},
    secret: secretsOf(),
    clock: { now: () => NOW, sleep: () => Promise.resolve() },
    log: (level, message) => log.push(`${level} ${message}`),
    host: "host-1",
  };
}
