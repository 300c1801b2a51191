import { deepStrictEqual, match, ok, strictEqual, throws } from "node:assert/strict";
import { UsageError } from "../../src/core/errors.ts";
import type { NotifyTarget } from "../../src/notify/notifier.ts";
import { parseNotifyTarget } from "../../src/notify/registry.ts";
import { describeTarget } from "../../src/notify/target_url.ts";

const MAIL = { to: "ops@example.com", from: "bundles@example.com" };
const KEEPS_STATE = ["failure", "quarantined", "recovery", "new-findings", "fixed-findings"] as const;

const accepted: [text: string, secret: string, options: Record<string, string>, expect: NotifyTarget][] = [
  ["slack:env:SLACK_URL", "", {}, { kind: "slack", url: "env:SLACK_URL" }],
  ["slack:https://hooks.slack.com/services/T/B/x", "", {}, {
    kind: "slack",
    url: "https://hooks.slack.com/services/T/B/x",
  }],
  ["teams:file:/etc/teams-url", "", {}, { kind: "teams", url: "file:/etc/teams-url" }],
  ["webhook:env:HOOK", "", {}, { kind: "webhook", url: "env:HOOK" }],
  ["ping:https://hc-ping.com/x", "", {}, { kind: "ping", url: "https://hc-ping.com/x" }],
  ["PING:env:PING_URL", "", { startPath: "no" }, { kind: "ping", url: "env:PING_URL", options: { startPath: "no" } }],
  ["pagerduty:eu", "env:KEY", {}, { kind: "pagerduty", url: "eu", secret: "env:KEY", on: [...KEEPS_STATE] }],
  ["alertmanager:http://am:9093", "", {}, { kind: "alertmanager", url: "http://am:9093", on: [...KEEPS_STATE] }],
  ["email:smtp://u@mail:587", "env:PW", MAIL, {
    kind: "email",
    url: "smtp://u@mail:587",
    secret: "env:PW",
    options: MAIL,
  }],
  ...(Deno.build.os === "windows"
    ? []
    : [["command:/usr/local/bin/tell", "", {}, { kind: "command", url: "/usr/local/bin/tell" }]] as [
      string,
      string,
      Record<string, string>,
      NotifyTarget,
    ][]),
];
for (const [text, secret, options, expect] of accepted) {
  Deno.test(`parseNotifyTarget() reads ${text}`, () => {
    const read = parseNotifyTarget(text, undefined, secret, options);
    deepStrictEqual(read, expect);
    // As records are read again: by kind and URL.
    deepStrictEqual(parseNotifyTarget(`${read.kind}:${read.url}`, read.on, read.secret, read.options), expect);
  });
}

const refused: [text: string, options: Record<string, string>, message: RegExp, hint: RegExp][] = [
  ["smtp://mail:587", MAIL, /no notifier of the kind "smtp"/, /"email:"/],
  ["slak:env:X", {}, /no notifier of the kind "slak"/, /"slack:"/],
  ["env:SLACK_URL", {}, /no notifier of the kind "env"/, /the kinds are webhook, slack/],
  ["ping:env:X", { failpath: "/fail" }, /"failpath" is no option of ping/, /"failPath"/],
  ["teams:env:X", { channel: "x" }, /"channel" is no option of teams/, /They have none/],
  ["slack:env:X", { token: "xoxb-1" }, /"token" is no option of slack/, /by reference/],
];
for (const [text, options, message, hint] of refused) {
  Deno.test(`parseNotifyTarget() refuses ${text} ${JSON.stringify(options)}`, () =>
    throws(() => parseNotifyTarget(text, undefined, undefined, options), (error) => {
      ok(error instanceof UsageError);
      match(error.message, message);
      match(error.hint!, hint);
      return true;
    }));
}

const described: [kind: string, url: string, expect: string][] = [
  ["slack", "https://hooks.slack.com/services/T/B/secret", "slack at hooks.slack.com"],
  ["slack", "env:SLACK_URL", "slack at env:SLACK_URL"],
  ["email", "smtp://user@mail.example.com:587", "email at mail.example.com:587"],
  ["pagerduty", "eu", "pagerduty"],
  ["command", "/usr/local/bin/tell", "command"],
];
for (const [kind, url, expect] of described) {
  Deno.test(`describeTarget() says "${expect}"`, () => strictEqual(describeTarget({ kind, url }), expect));
}
