import { deepStrictEqual, match, notStrictEqual, ok, strictEqual } from "node:assert/strict";
import { ping, runId } from "../../../src/notify/kinds/ping.ts";
import type { Notification } from "../../../src/notify/notifier.ts";
import { context, failed, full, notifierContract, PASSWORD_IN_URL } from "../../contracts/notifier_contract.ts";
import { elsewhere, httpPlace, untrustedPlace } from "../http_place.ts";

const ID = failed.execution!.id;
const RID = runId(ID);

const place = (options?: Record<string, string>, query = "") =>
  httpPlace((origin, path, env) => {
    env.PING_URL = `${origin}${path}${query}`;
    return { kind: "ping", url: "env:PING_URL", ...(options === undefined ? {} : { options }) };
  });

notifierContract({
  notifier: ping,
  open: () => place(),
  waits: true,
  absent: ({ target, env }) => {
    env.PING_URL = elsewhere(env.PING_URL!);
    return target;
  },
  untrusted: () => untrustedPlace((origin, path) => ({ kind: "ping", url: `${origin}${path}` })),
  harmless(received) {
    ok(received.length < 11_000, `${received.length} characters`);
    ok(!received.includes(PASSWORD_IN_URL));
    // deno-lint-ignore no-control-regex
    ok(!/[\u0000\u001b\u202e\r]/.test(received));
  },
  unusable: [
    [/not the URL of a server/, { url: "hc-ping.com/x" }],
    [/has a secret, which it does not need/, { secret: "env:KEY" }],
    [/failPath begins with neither/, { options: { failPath: "fail" } }],
    [/successPath begins with neither/, { options: { successPath: "/a b" } }],
    [/runIdParameter is not a name/, { options: { runIdParameter: "a=b" } }],
    [/method does not exist/, { options: { method: "DELETE" } }],
  ],
});

/** What a service is told, for how a run ends. */
const behaviour: [name: string, status: string, options: Record<string, string>, expect: string | undefined][] = [
  ["success at the URL itself", "completed", {}, `POST /KEY?rid=${RID}`],
  ["a partial bundle as success", "partial", {}, `POST /KEY?rid=${RID}`],
  ["failure at /fail", "failed", {}, `POST /KEY/fail?rid=${RID}`],
  ["a bundle that is held back as failure", "quarantined", {}, `POST /KEY/fail?rid=${RID}`],
  ["nothing of a cancelled run", "cancelled", {}, undefined],
  ["other paths", "failed", { failPath: "/1" }, `POST /KEY/1?rid=${RID}`],
  [
    "parameters in place of paths",
    "failed",
    { failPath: "?status=down", runIdParameter: "no" },
    "POST /KEY?status=down",
  ],
  ["another parameter for the run", "completed", { runIdParameter: "series" }, `POST /KEY?series=${RID}`],
  ["by GET, without a body", "completed", { method: "GET" }, `GET /KEY?rid=${RID}`],
  ["by HEAD", "failed", { method: "HEAD" }, `HEAD /KEY/fail?rid=${RID}`],
];
for (const [name, status, options, expect] of behaviour) {
  Deno.test(`ping tells ${name}`, async () => {
    const receiver = place(options);
    try {
      await ping.notify({ ...failed, status }, receiver.target, context(receiver));
      const [first] = receiver.received();
      strictEqual(first?.split("\n")[0]?.replace(receiver.secrets[0]!, "KEY"), expect);
      if (first !== undefined) strictEqual(first.endsWith("\n\n"), !first.startsWith("POST"));
    } finally {
      await receiver.close();
    }
  });
}

const starts: [name: string, options: Record<string, string>, expect: string | undefined][] = [
  ["at /start", {}, `POST /KEY/start?rid=${RID}`],
  ["at another path", { startPath: "/begin" }, `POST /KEY/begin?rid=${RID}`],
  ["by a parameter", { startPath: "?state=run" }, `POST /KEY?state=run&rid=${RID}`],
  ["not at all", { startPath: "no" }, undefined],
];
for (const [name, options, expect] of starts) {
  Deno.test(`ping tells that a run begins ${name}`, async () => {
    const receiver = place(options);
    try {
      const run = { job: failed.job, execution: failed.execution, startedAt: failed.sentAt, host: "host-1" };
      await ping.started!(run, receiver.target, context(receiver));
      strictEqual(receiver.received()[0]?.split("\n")[0]?.replace(receiver.secrets[0]!, "KEY"), expect);
    } finally {
      await receiver.close();
    }
  });
}

Deno.test("ping sends the message along, for the log of the service", async () => {
  const receiver = place();
  try {
    await ping.notify(full, receiver.target, context(receiver));
    ok(receiver.requests[0]!.body.includes("  FAIL  Pod shop/web is crash-looping: It ended 7 times"));
  } finally {
    await receiver.close();
  }
});

Deno.test("ping keeps the parameters that its URL has", async () => {
  const receiver = place(
    { failPath: "?status=down&msg=failed", startPath: "no", runIdParameter: "no" },
    "?status=up&msg=OK",
  );
  try {
    await ping.notify({ ...failed, status: "completed" }, receiver.target, context(receiver));
    await ping.notify(failed, receiver.target, context(receiver));
    deepStrictEqual(receiver.requests.map(({ url }) => url.search), ["?status=up&msg=OK", "?status=down&msg=failed"]);
  } finally {
    await receiver.close();
  }
});

Deno.test("ping is told of every run", () => strictEqual(ping.everyRun, true));

Deno.test("runId() is a UUID, the same for the same execution alone", () => {
  match(runId(ID), /^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  strictEqual(runId(ID), RID);
  notStrictEqual(runId(`${ID}x`), RID);
});

Deno.test("ping does without the run's id where there is no execution", async () => {
  const receiver = place();
  const { execution: _, ...bare }: Notification = failed;
  try {
    await ping.notify(bare, receiver.target, context(receiver));
    strictEqual(receiver.requests[0]!.url.search, "");
  } finally {
    await receiver.close();
  }
});
