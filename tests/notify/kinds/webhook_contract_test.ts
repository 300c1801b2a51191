import { deepStrictEqual, ok, rejects, strictEqual, throws } from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { SIGNATURE_HEADER, webhook } from "../../../src/notify/kinds/webhook.ts";
import { fillTemplate } from "../../../src/notify/webhook_template.ts";
import { NotifyError } from "../../../src/notify/notify_error.ts";
import {
  context,
  failed,
  full,
  hostile,
  notifierContract,
  PASSWORD_IN_URL,
} from "../../contracts/notifier_contract.ts";
import { hasOpenssl, makeCertificates } from "../../fixtures/certificates.ts";
import { startConnectProxy } from "../../fixtures/connect_proxy.ts";
import { elsewhere, httpPlace, untrustedPlace } from "../http_place.ts";

const place = (options?: Record<string, string>) =>
  httpPlace((origin, path, env) => {
    env.HOOK_URL = `${origin}${path}`;
    env.HOOK_KEY = crypto.randomUUID();
    return {
      kind: "webhook",
      url: "env:HOOK_URL",
      secret: "env:HOOK_KEY",
      ...(options === undefined ? {} : { options }),
    };
  });

notifierContract({
  notifier: webhook,
  open: () => place(),
  waits: true,
  absent: ({ target, env }) => {
    env.HOOK_URL = elsewhere(env.HOOK_URL!);
    return target;
  },
  untrusted: () => untrustedPlace((origin, path) => ({ kind: "webhook", url: `${origin}${path}` })),
  // It is given the message as it is.
  harmless: (received) => void strictEqual(JSON.parse(received.slice(received.indexOf("\n\n"))).newFindings.length, 60),
  unusable: [
    [/not the URL of a server/, { url: "ftp://example.com" }],
    [/user name or password/, { url: "https://u:p@example.com" }],
    [/both a template and a templateFile/, { options: { template: "{}", templateFile: "/x" } }],
    [/means nothing without a template/, { options: { contentType: "text/plain" } }],
    [/contentType is not one/, { options: { template: "x", contentType: "text" } }],
    [/not an absolute path/, { options: { templateFile: "hook.json" } }],
    [/placeholder \{sumary\}/, { options: { template: '{"text": "{sumary}"}' } }],
    [/does not give JSON/, { options: { template: '{"text": {summary}}' } }],
    [/not pairs of a name and a reference/, { options: { headers: "Authorization" } }],
    [/not a reference/, { options: { headers: "Authorization=Bearer abc" } }],
    [/set by this program/, { options: { headers: "Content-Length=env:X" } }],
  ],
});

/** A template, the type of its result, and what becomes of it. */
const templates: [template: string, contentType: string, expect: string][] = [
  ['{"text": "{summary}", "fail": {fail}}', "application/json", `{"text": "${full.summary}", "fail": 2}`],
  [
    "{job}/{jobId} {status} on {host} at {sentAt}",
    "text/plain",
    "nightly/3f0c9a1e failed on host-1 at 2026-03-02T04:05:06.000Z",
  ],
  ["text={error}&a={attempt}", "application/x-www-form-urlencoded", "text=The%20API%20server%20did%20not%20answer&a=2"],
  [
    "<p>{paused}</p>",
    "text/html",
    "<p>5 runs failed in a row; to enable it again: support-bundle schedule enable &quot;nightly&quot;</p>",
  ],
  [
    "{newFindings}|{fixedFindings}",
    "text/plain; charset=utf-8",
    "FAIL Pod shop/web is crash-looping: It ended 7 times with exit code 137 (cluster-resources/pods/shop.json:120)\n" +
    "WARN Certificate of shop.example: It expires in 6 days|FIXED Disk: /var is 97 % full",
  ],
  [
    "{bundle} {sha256} {warn} {pass} {events}",
    "text/plain",
    `${full.bundle!.url} ${full.bundle!.sha256} 1 12 ${full.events.join(", ")}`,
  ],
  ['{ "a": {} }', "application/json", '{ "a": {} }'],
];
for (const [template, contentType, expect] of templates) {
  Deno.test(`fillTemplate() fills ${template} as ${contentType}`, () =>
    strictEqual(fillTemplate(template, full, contentType), expect));
}

Deno.test("fillTemplate() gives JSON, and nothing else, whatever the texts are", () => {
  const template =
    '{"text": "{text}", "summary": "{summary}", "job": "{job}", "host": "{host}", "new": "{newFindings}"}';
  const { text, summary } = JSON.parse(fillTemplate(template, hostile, "application/json"));
  ok(!`${text}${summary}`.includes(PASSWORD_IN_URL));
  const cards = fillTemplate("<b>{summary}</b>", hostile, "application/xhtml+xml");
  ok(!cards.includes("<script>"));
});

Deno.test("fillTemplate() names the placeholder that was meant", () => {
  throws(() => fillTemplate("{sumary}", full, "text/plain"), { hint: "Did you mean {summary}?" });
});

Deno.test("webhook sends what a template gives, signed, with headers whose values are looked up", async () => {
  const receiver = place({
    template: "{summary}",
    contentType: "text/plain; charset=utf-8",
    headers: "Authorization=env:HOOK_TOKEN; X-Team = env:TEAM",
  });
  receiver.env.HOOK_TOKEN = `Bearer ${crypto.randomUUID()}`;
  receiver.env.TEAM = "storage";
  try {
    webhook.validate(receiver.target);
    await webhook.notify(failed, receiver.target, context(receiver));
    const [{ headers, body }] = receiver.requests as [typeof receiver.requests[0]];
    strictEqual(body, "nightly: failed");
    deepStrictEqual(["content-type", "authorization", "x-team"].map((name) => headers.get(name)), [
      "text/plain; charset=utf-8",
      receiver.env.HOOK_TOKEN,
      "storage",
    ]);
    ok(headers.get(SIGNATURE_HEADER)?.startsWith("t="));
  } finally {
    await receiver.close();
  }
});

Deno.test("webhook reads its template from a file each time, and says what is wrong with it", async () => {
  const folder = await Deno.makeTempDir();
  const templateFile = join(folder, "hook.json");
  const receiver = place({ templateFile });
  const wrong: [content: string | undefined, why: RegExp][] = [
    [undefined, /cannot be read/],
    ["{summry}", /placeholder \{summry\}/],
    ["{summary}", /does not give JSON/],
    ["x".repeat(70_000), /larger than 65536 bytes/],
  ];
  try {
    for (const [content, why] of wrong) {
      if (content !== undefined) await Deno.writeTextFile(templateFile, content);
      await rejects(webhook.notify(failed, receiver.target, context(receiver)), (error: Error) => {
        ok(error instanceof NotifyError);
        ok(why.test(error.message), error.message);
        return true;
      });
    }
    await Deno.writeTextFile(templateFile, '{"said": "{summary}"}');
    await webhook.notify(failed, receiver.target, context(receiver));
    deepStrictEqual(receiver.requests.map(({ body }) => body), ['{"said": "nightly: failed"}']);
  } finally {
    await receiver.close();
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("webhook refuses a header's value that would begin another header", async () => {
  const receiver = place({ headers: "X-Team=env:TEAM" });
  receiver.env.TEAM = "a\r\nX-Evil: 1";
  try {
    await rejects(webhook.notify(failed, receiver.target, context(receiver)), /cannot be a header's value/);
    strictEqual(receiver.tries(), 0);
  } finally {
    await receiver.close();
  }
});

Deno.test({
  name: "webhook goes through the proxy of the environment, and trusts the authorities that it names",
  ignore: !hasOpenssl,
  async fn() {
    const { ca, server } = await makeCertificates();
    const receiver = httpPlace((origin, path) => ({ kind: "webhook", url: `${origin}${path}` }), {}, server);
    const url = receiver.target.url.replace("127.0.0.1", "localhost");
    const authority = await Deno.makeTempFile({ suffix: ".pem" });
    await Deno.writeTextFile(authority, ca);
    try {
      await using proxy = startConnectProxy();
      const { stdout } = await new Deno.Command(Deno.execPath(), {
        args: [
          "run",
          "-A",
          fileURLToPath(new URL("./tell_once.ts", import.meta.url)),
          JSON.stringify({ kind: "webhook", url }),
        ],
        env: { HTTPS_PROXY: proxy.url, NO_PROXY: "", DENO_CERT: authority },
      }).output();
      strictEqual(new TextDecoder().decode(stdout), "told");
      deepStrictEqual([receiver.tries(), proxy.tunnels], [1, [new URL(url).host]]);
    } finally {
      await receiver.close();
      await Deno.remove(authority);
    }
  },
});
