import { deepStrictEqual, ok, rejects, strictEqual } from "node:assert/strict";
import adaptiveCards from "adaptivecards";
import { teams } from "../../../src/notify/kinds/teams.ts";
import { context, failed, full, notifierContract, PASSWORD_IN_URL } from "../../contracts/notifier_contract.ts";
import { elsewhere, httpPlace, untrustedPlace } from "../http_place.ts";

const place = () =>
  httpPlace((origin, path, env) => {
    env.TEAMS_URL = `${origin}/workflows/invoke?sig=${path.slice(1)}`;
    return { kind: "teams", url: "env:TEAMS_URL" };
  }, { takes: () => new Response(null, { status: 202 }) });

notifierContract({
  notifier: teams,
  open: place,
  waits: true,
  absent: ({ target, env }) => {
    env.TEAMS_URL = elsewhere(env.TEAMS_URL!);
    return target;
  },
  untrusted: () => untrustedPlace((origin, path) => ({ kind: "teams", url: `${origin}${path}` })),
  harmless(received) {
    ok(received.length < 21_000, `${received.length} characters`);
    ok(!received.includes(PASSWORD_IN_URL));
    ok(!/\\u0000|\\u001b|\u202e/.test(received));
    cardOf(received);
  },
  unusable: [
    [/not the URL of a server/, { url: "outlook" }],
    [/has a secret, which it does not need/, { secret: "env:TOKEN" }],
  ],
});

Deno.test("teams sends a card that Microsoft's own reader takes, with nothing in it that is Markdown", async () => {
  const receiver = place();
  try {
    await teams.notify(full, receiver.target, context(receiver));
    const card = cardOf(receiver.received()[0]!);
    // deno-lint-ignore no-explicit-any
    const lines = card.body.map(({ type, inlines }: any) => {
      strictEqual(type, "RichTextBlock");
      return inlines.map(({ text }: { text: string }) => text).join("");
    });
    strictEqual(lines[0], full.summary);
    ok(lines.includes("FAIL Pod shop/web is crash-looping: It ended 7 times with exit code 137"), lines.join("\n"));
    ok(lines.includes("cluster-resources/pods/shop.json:120"));
    ok(lines.includes("FIXED Disk: /var is 97 % full"));
    deepStrictEqual(card.actions, [{ type: "Action.OpenUrl", title: "Open the bundle", url: full.bundle!.url }]);
  } finally {
    await receiver.close();
  }
});

Deno.test("teams says why the workflow is refused", async () => {
  const receiver = httpPlace((origin, path) => ({ kind: "teams", url: `${origin}${path}` }), {
    refuses: () =>
      Response.json({ error: { code: "WorkflowTriggerIsNotEnabled", message: "The trigger is off" } }, { status: 404 }),
  });
  receiver.answer("refuses");
  try {
    await rejects(teams.notify(failed, receiver.target, context(receiver)), /it answered 404 \(The trigger is off\)/);
  } finally {
    await receiver.close();
  }
});

/** The card of a message, read by Microsoft's reader of Adaptive Cards: it reports each element and property that is not in
 * the schema of the version. */
// deno-lint-ignore no-explicit-any
function cardOf(received: string): any {
  const message = JSON.parse(received.slice(received.indexOf("\n\n")));
  deepStrictEqual(Object.keys(message), ["type", "attachments"]);
  strictEqual(message.type, "message");
  strictEqual(message.attachments.length, 1);
  const [{ contentType, content }] = message.attachments;
  strictEqual(contentType, "application/vnd.microsoft.card.adaptive");
  const { AdaptiveCard, SerializationContext, Versions } = adaptiveCards;
  const reader = new SerializationContext(Versions.v1_4);
  const card = new AdaptiveCard();
  card.parse(content, reader);
  const problems = Array.from({ length: reader.eventCount }, (_, n) => reader.getEventAt(n).message);
  const missing = card.validateProperties().validationEvents as { message: string }[];
  deepStrictEqual([...problems, ...missing.map(({ message }) => message)], []);
  deepStrictEqual(card.toJSON().body.length, content.body.length);
  return content;
}
