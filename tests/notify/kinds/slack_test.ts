import { deepStrictEqual, match, ok, rejects, strictEqual } from "node:assert/strict";
import * as z from "zod";
import { slack } from "../../../src/notify/kinds/slack.ts";
import {
  context,
  failed,
  full,
  notifierContract,
  PASSWORD_IN_URL,
  recording,
} from "../../contracts/notifier_contract.ts";
import { elsewhere, httpPlace, untrustedPlace } from "../http_place.ts";

/** What Slack documents of the blocks that are used: https://docs.slack.dev/reference/block-kit/blocks. `msg_blocks_too_long`
 * is not documented: https://github.com/slackapi/bolt-js/issues/2509 */
const mrkdwn = (max: number) =>
  z.strictObject({ type: z.literal("mrkdwn"), text: z.string().min(1).max(max), verbatim: z.literal(true) });
const messageSchema = z.strictObject({
  channel: z.string().optional(),
  text: z.string().min(1).max(4000),
  unfurl_links: z.boolean(),
  unfurl_media: z.boolean(),
  blocks: z.array(z.discriminatedUnion("type", [
    z.strictObject({
      type: z.literal("header"),
      text: z.strictObject({ type: z.literal("plain_text"), text: z.string().min(1).max(150), emoji: z.boolean() }),
    }),
    z.strictObject({
      type: z.literal("section"),
      text: mrkdwn(3000).optional(),
      fields: z.array(mrkdwn(2000)).min(1).max(10).optional(),
    }).refine(({ text, fields }) => text !== undefined || fields !== undefined),
    z.strictObject({ type: z.literal("context"), elements: z.array(mrkdwn(3000)).min(1).max(10) }),
  ])).min(1).max(50),
});

const webhookPlace = () =>
  httpPlace((origin, path, env) => {
    env.SLACK_URL = `${origin}/services${path}`;
    return { kind: "slack", url: "env:SLACK_URL" };
  });
const botPlace = () =>
  httpPlace(
    (origin, _, env) => {
      env.SLACK_TOKEN = `xoxb-${crypto.randomUUID()}`;
      const options = { channel: "C0123456789" };
      return { kind: "slack", url: `${origin}/api/chat.postMessage`, secret: "env:SLACK_TOKEN", options };
    },
    // The Web API answers 200 to nearly everything.
    {
      takes: () => Response.json({ ok: true, ts: "1.2" }),
      broken: () => Response.json({ ok: false, error: "internal_error" }),
      refuses: () => Response.json({ ok: false, error: "channel_not_found" }),
      "wrong-credentials": () => Response.json({ ok: false, error: "invalid_auth" }),
    },
  );

const shared = {
  waits: true,
  absent: ({ target, env }: ReturnType<typeof httpPlace>) => {
    if (env.SLACK_URL !== undefined) env.SLACK_URL = elsewhere(env.SLACK_URL);
    return env.SLACK_URL !== undefined ? target : { ...target, url: elsewhere(target.url) };
  },
  harmless(received: string) {
    const body = received.slice(received.indexOf("\n\n"));
    parse(received);
    ok(!/<[!@#]/.test(body), "a mention");
    ok(!body.includes(PASSWORD_IN_URL), "a password");
    ok(!/\\u0000|\\u001b|\u202e/.test(body), "control characters");
  },
};
notifierContract({
  ...shared,
  notifier: slack,
  open: webhookPlace,
  absent: (place) => shared.absent(place as ReturnType<typeof httpPlace>),
  untrusted: () => untrustedPlace((origin, path) => ({ kind: "slack", url: `${origin}${path}` })),
  unusable: [
    [/not the URL of a server/, { url: "ftp://hooks.example.com/x" }],
    [/user name or password in its URL/, { url: "https://u:p@hooks.example.com/x" }],
    [/a secret and no channel/, { secret: "env:TOKEN" }],
    [/a channel and no secret/, { options: { channel: "#alerts" } }],
    [/not a reference/, { secret: "xoxb-1-2", options: { channel: "#alerts" } }],
  ],
});
notifierContract({
  ...shared,
  notifier: { ...slack, kind: "slack with a bot's token" },
  open: botPlace,
  absent: (place) => shared.absent(place as ReturnType<typeof httpPlace>),
  unusable: [],
});

Deno.test("slack says what happened, what changed and where the bundle is", async () => {
  const place = webhookPlace();
  try {
    await slack.notify(full, place.target, context(place));
    const { blocks } = parse(place.received()[0]!);
    strictEqual(place.requests[0]!.headers.get("content-type"), "application/json; charset=utf-8");
    deepStrictEqual(blocks[0], {
      type: "header",
      text: {
        type: "plain_text",
        text: full.summary,
        emoji: false,
      },
    });
    const said = JSON.stringify(blocks);
    for (
      const text of [
        "*Status*\\nfailed",
        "*Findings*\\n2 failures, 1 warning, 12 passed",
        "*FAIL* Pod shop/web is crash-looping: It ended 7 times",
        "cluster-resources/pods/shop.json:120",
        "*FIXED* Disk",
        "*Error*\\nThe API server did not answer",
        "5 runs failed in a row",
        "<https://bundles.example.com/nightly/2026-03-02.tar.gz|",
        "2026-03-01 22:00:00 UTC",
      ]
    ) ok(said.includes(text), `${text} is not in ${said}`);
  } finally {
    await place.close();
  }
});

Deno.test("slack with a bot's token names the channel, and says what Slack answers", async () => {
  const place = botPlace();
  try {
    await slack.notify(failed, place.target, context(place));
    strictEqual(parse(place.received()[0]!).channel, "C0123456789");
    strictEqual(place.requests[0]!.headers.get("authorization"), `Bearer ${place.env.SLACK_TOKEN}`);
    place.answer("refuses");
    await rejects(
      slack.notify(failed, place.target, context(place, { clock: recording([]) })),
      /it answered: channel_not_found/,
    );
  } finally {
    await place.close();
  }
});

Deno.test("slack says why a webhook is refused", async () => {
  const place = httpPlace((origin, path) => ({ kind: "slack", url: `${origin}${path}` }), {
    refuses: () => new Response("no_service", { status: 404 }),
  });
  place.answer("refuses");
  try {
    await rejects(slack.notify(failed, place.target, context(place)), (error: Error) => {
      match(error.message, /Slack at 127\.0\.0\.1:\d+ could not be told: it answered 404 \(no_service\)/);
      return true;
    });
  } finally {
    await place.close();
  }
});

function parse(received: string): z.output<typeof messageSchema> {
  const message = messageSchema.parse(JSON.parse(received.slice(received.indexOf("\n\n"))));
  const texts = JSON.stringify(message.blocks).length;
  ok(texts <= 16_000, `${texts} characters of blocks`);
  return message;
}
