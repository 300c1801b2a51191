import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { isPrinted } from "../../../src/cli/command.ts";
import { notifyCommand } from "../../../src/cli/notify/notify_command.ts";
import { systemClock } from "../../../src/core/clock.ts";
import { EXIT } from "../../../src/core/exit_codes.ts";
import { SupportBundleError } from "../../../src/core/errors.ts";
import { namedTarget, notifierStateSchema } from "../../../src/schedule/notice.ts";
import { startWebhookServer } from "../../notify/webhook_server.ts";
import { CliHarness, type Result } from "../schedule/cli_harness.ts";

async function notify(harness: CliHarness, args: string[], env: Record<string, string> = {}): Promise<Result> {
  const { cli, printed } = harness.context({ env, clock: systemClock });
  const ended = (code: number, message = "", hint = "") => ({ code, ...printed, message, hint });
  try {
    await notifyCommand(cli).parseAsync(args, { from: "user" });
    return ended(cli.exitCode);
  } catch (error) {
    if (isPrinted(error)) return ended(error.exitCode);
    if (!(error instanceof SupportBundleError)) throw error;
    return ended(error.exitCode, error.message, error.hint);
  }
}

async function settings(harness: CliHarness, text: string): Promise<void> {
  await Deno.mkdir(harness.state.root, { recursive: true, mode: 0o700 });
  await Deno.writeTextFile(harness.state.configFile, text);
}

const OPS = (url: string) =>
  `notifiers:
  ops:
    kind: webhook
    url: ${url}
    on: [failure, recovery]
    severity: fail
    global: true
    quietHours: 22:00-07:00
    timezone: Europe/Berlin
    groupWindow: 5m
    maxPerHour: 10
  broken:
    kind: pigeon
    url: https://coop.example/s3cr3t
`;

Deno.test("notify list -o json is the notifiers of the settings, and how it stands with them", async () => {
  await using harness = await CliHarness.create();
  deepStrictEqual(JSON.parse((await notify(harness, ["list", "-o", "json"])).stdout), []);
  await settings(harness, OPS("https://hooks.example/s3cr3t"));
  await harness.withStore(async (store) => {
    const claimed = (await store.claimNotifier(namedTarget("ops"), "me", new Date(), 1000))!;
    const since = "2026-03-02T09:00:00.000Z";
    const failing = { failures: 2, failingSince: since, lastError: "refused", retryAt: since, claim: null };
    ok(await store.settleNotifier(claimed, { ...notifierStateSchema.parse({ target: "named:ops" }), ...failing }, []));
  });
  const { stdout } = await notify(harness, ["list", "-o", "json"]);
  deepStrictEqual(JSON.parse(stdout), [{
    name: "ops",
    kind: "webhook",
    at: "hooks.example",
    on: ["failure", "recovery"],
    severity: "fail",
    global: true,
    quietHours: ["22:00-07:00"],
    timezone: "Europe/Berlin",
    groupWindow: "5m",
    maxPerHour: 10,
    problem: "",
    waiting: 0,
    lastSuccess: null,
    failing: { since: "2026-03-02T09:00:00.000Z", tries: 2, error: "refused", retryAt: "2026-03-02T09:00:00.000Z" },
  }, {
    name: "broken",
    kind: "pigeon",
    at: "coop.example",
    on: ["failure", "quarantined", "recovery", "new-findings"],
    severity: "warn",
    global: false,
    quietHours: [],
    timezone: "UTC",
    problem: 'There is no notifier of the kind "pigeon"',
    waiting: 0,
    lastSuccess: null,
  }]);
  const table = (await notify(harness, ["list"])).stdout;
  match(table, /^ops +webhook +hooks\.example +failure,recovery \(failures only\) +all +quiet 22:00-07:00/m);
  match(table, /failing since 2026-03-02T09:00:00\.000Z: refused/);
  match(table, /^broken .*cannot work: There is no notifier/m);
  ok(!(table + stdout).includes("s3cr3t"), "a URL may be a password");
});

Deno.test("notify list says what to do where there is none", async () => {
  await using harness = await CliHarness.create();
  const { code, stdout } = await notify(harness, ["list"]);
  deepStrictEqual([code, /docs\/notifications\.md/.test(stdout)], [EXIT.ok, true]);
});

const events: [event: string, status: string, changes: [fresh: number, fixed: number]][] = [
  ["failure", "failed", [0, 0]],
  ["quarantined", "quarantined", [0, 0]],
  ["recovery", "completed", [0, 0]],
  ["new-findings", "completed", [1, 0]],
  ["fixed-findings", "completed", [0, 1]],
  ["always", "completed", [0, 0]],
];
for (const [event, status, changes] of events) {
  Deno.test(`notify test --event ${event} sends a message that says that it is a test`, async () => {
    await using harness = await CliHarness.create();
    const server = startWebhookServer(() => new Response());
    try {
      await settings(harness, OPS(`${server.url}/s3cr3t`));
      const { code, stdout } = await notify(harness, ["test", "ops", "--event", event, "-o", "json"]);
      strictEqual(code, EXIT.ok);
      deepStrictEqual(JSON.parse(stdout), { notifier: "ops", kind: "webhook", event, sent: true });
      const message = JSON.parse(server.received[0]!.body);
      match(message.summary, /^TEST: /);
      deepStrictEqual([message.events, message.status], [[event], status]);
      deepStrictEqual([message.newFindings.length, message.fixedFindings.length], changes);
    } finally {
      await server.stop();
    }
  });
}

Deno.test("notify test of a URL signs it with the secret that is named, and shows the host alone", async () => {
  await using harness = await CliHarness.create();
  const server = startWebhookServer(() => new Response());
  try {
    const args = ["test", `${server.url}/s3cr3t`, "--notify-secret", "env:KEY"];
    const { code, stdout } = await notify(harness, args, { KEY: "k" });
    strictEqual(code, EXIT.ok);
    match(stdout, /^Sent a test message \(failure\) to webhook at 127\.0\.0\.1:\d+: it was accepted\n$/);
    ok(server.received[0]!.headers.get("x-support-bundle-signature")?.startsWith("t="));
  } finally {
    await server.stop();
  }
});

const refused: [name: string, args: string[], message: RegExp, hint: RegExp][] = [
  ["a name that is nearly one", ["test", "opps"], /no notifier "opps"/, /Did you mean "ops"/],
  [
    "a name that is none",
    ["test", "constructor"],
    /no notifier "constructor"/,
    /They have ops, broken; or write a URL/,
  ],
  ["a notifier that cannot work", ["test", "broken"], /no notifier of the kind "pigeon"/, /webhook/],
  ["an event that is none", ["test", "ops", "--event", "failed"], /"failed" is not an event/, /./],
  ["a receiver that nobody is", ["test", "http://127.0.0.1:1/s3cr3t"], /was not sent: .*127\.0\.0\.1:1/, /./],
];
for (const [name, args, message, hint] of refused) {
  Deno.test(`notify ${name} is an error`, async () => {
    await using harness = await CliHarness.create();
    await settings(harness, OPS("https://hooks.example/s3cr3t"));
    const result = await notify(harness, args);
    strictEqual(result.code, EXIT.failure);
    match(result.message, message);
    match(result.hint, hint);
    ok(!(result.message + result.hint + result.stdout + result.stderr).includes("s3cr3t"));
  });
}

Deno.test("notify test tells of a receiver that refuses", async () => {
  await using harness = await CliHarness.create();
  const server = startWebhookServer(() => new Response(null, { status: 403 }));
  try {
    const result = await notify(harness, ["test", `${server.url}/x`]);
    deepStrictEqual([result.code, result.stdout], [EXIT.failure, ""]);
    match(result.message, /answered 403/);
  } finally {
    await server.stop();
  }
});

for (const command of [["list"], ["test"]]) {
  Deno.test(`notify ${command} --help has examples`, async () => {
    await using harness = await CliHarness.create();
    const { code, stdout } = await notify(harness, [...command, "--help"]);
    strictEqual(code, EXIT.ok);
    match(stdout, /Examples:/);
  });
}

type Made = [name: string, args: string[], expect: unknown[]];
const made: Made[] = [
  ["by name", ["--notify", "ops"], [{ notifier: "ops" }]],
  ["by name, when and from which severity on", [
    "--notify",
    "ops",
    "--notify-on",
    "always",
    "--notify-severity",
    "warn",
  ], [
    { notifier: "ops", on: ["always"], severity: "warn" },
  ]],
  ["by name and by URL", ["--notify", "ops", "--notify", "https://h.example/x", "--notify-secret", "env:K"], [
    { notifier: "ops" },
    { kind: "webhook", url: "https://h.example/x", secret: "env:K" },
  ]],
];
for (const [name, args, expect] of made) {
  Deno.test(`schedule create --notify names notifiers ${name}`, async () => {
    await using harness = await CliHarness.create();
    await settings(harness, OPS("https://hooks.example/s3cr3t"));
    const { notify } = await harness.json(["create", "nightly", "--every", "1h", "--auto", ...args]);
    deepStrictEqual(notify, expect);
  });
}

const unusable: [args: string[], message: RegExp, hint: RegExp][] = [
  [["--notify", "opps"], /no notifier "opps"/, /Did you mean "ops"/],
  [["--notify", "broken"], /kind "pigeon"/, /./],
  [["--notify", "ops", "--notify-secret", "env:K"], /mean nothing for a notifier of the settings/, /./],
  [["--notify-severity", "fail"], /mean nothing without --notify/, /./],
  [["--notify", "ops", "--notify-severity", "info"], /"info" is not a severity/, /fail or warn/],
];
for (const [args, message, hint] of unusable) {
  Deno.test(`schedule create ${args.join(" ")} is refused`, async () => {
    await using harness = await CliHarness.create();
    await settings(harness, OPS("https://hooks.example/s3cr3t"));
    const result = await harness.run(["create", "nightly", "--every", "1h", "--auto", ...args]);
    strictEqual(result.code, EXIT.failure);
    match(result.message, message);
    match(result.hint, hint);
  });
}

Deno.test("schedule modify changes when a notifier is told, and keeps the rest", async () => {
  await using harness = await CliHarness.create();
  await settings(harness, OPS("https://hooks.example/s3cr3t"));
  const url = "https://h.example/x";
  await harness.json([
    "create",
    "n",
    "--every",
    "1h",
    "--auto",
    "--notify",
    "ops",
    "--notify",
    url,
    "--notify-secret",
    "env:K",
  ]);
  const { notify } = await harness.json(["modify", "n", "--notify-on", "failure", "--notify-severity", "fail"]);
  deepStrictEqual(notify, [
    { notifier: "ops", on: ["failure"], severity: "fail" },
    { kind: "webhook", url, secret: "env:K", on: ["failure"], severity: "fail" },
  ]);
  deepStrictEqual((await harness.json(["modify", "n", "--notify", ""])).notify, []);
});

Deno.test("schedule describe shows whom a job tells: by name, globally, gone, failing", async () => {
  await using harness = await CliHarness.create();
  await settings(harness, OPS("https://hooks.example/s3cr3t"));
  await harness.addJob({ name: "named", notify: [{ notifier: "ops", on: ["failure"] }, { notifier: "gone" }] });
  await harness.addJob({ name: "silent", notify: [] });
  const state = { failures: 1, failingSince: "2026-03-02T09:00:00.000Z", lastError: "refused", claim: null };
  await harness.withStore(async (store) => {
    const claimed = (await store.claimNotifier(namedTarget("ops"), "me", new Date(), 1000))!;
    ok(await store.settleNotifier(claimed, { ...claimed, ...state, label: "ops" }, []));
  });
  const failing = "; failing since 2026-03-02T09:00:00.000Z: refused";
  const { stdout } = await harness.run(["describe", "named"]);
  ok(stdout.includes(`ops (webhook hooks.example) on failure, of findings failures only${failing}\n`), stdout);
  match(stdout, /gone: the settings have no such notifier, nothing is sent\n/);
  const silent = (await harness.run(["describe", "silent"])).stdout;
  ok(silent.includes(`on failure, recovery, of findings failures only${failing}, as it is of all jobs\n`), silent);
  ok(!(stdout + silent).includes("s3cr3t"));
  deepStrictEqual((await harness.json(["describe", "silent"])).failingNotifiers, [{
    to: "ops",
    kind: "webhook",
    since: state.failingSince,
    tries: 1,
    error: "refused",
    retryAt: null,
  }]);
});

const places: [url: string, at: string][] = [
  ["https://hooks.example/s3cr3t", "hooks.example"],
  ["env:HOOK_URL", "env:HOOK_URL"],
  ["file:/run/hook", "file:/run/hook"],
  ["s3cr3t", ""],
  ["x:s3cr3t", ""],
];
for (const [url, at] of places) {
  Deno.test(`notify list shows of ${url} "${at}"`, async () => {
    await using harness = await CliHarness.create();
    await settings(harness, `notifiers: { ops: { kind: webhook, url: "${url}" } }\n`);
    const [view] = JSON.parse((await notify(harness, ["list", "-o", "json"])).stdout);
    strictEqual(view.at, at);
  });
}

Deno.test("schedule history shows who was told of an execution, and who could not be", async () => {
  await using harness = await CliHarness.create();
  const job = await harness.addJob({ name: "nightly" });
  const at = "2026-03-02T02:00:09.000Z";
  const { id } = await harness.addExecution(job, "2026-03-02T02:00:00.000Z", {
    status: "completed",
    notifications: [
      { to: "ops", kind: "slack", status: "sent", at },
      { to: "webhook at h.example", kind: "webhook", status: "given-up", at, error: "refused" },
    ],
  });
  const { stdout } = await harness.run(["history", "--execution-id", id]);
  match(stdout, /^ops +sent +2026-03-02T02:00:09Z$/m);
  match(stdout, /^webhook at h\.example +given-up +2026-03-02T02:00:09Z +refused$/m);
});
