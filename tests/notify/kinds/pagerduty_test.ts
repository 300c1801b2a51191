import { deepStrictEqual, ok, rejects, strictEqual } from "node:assert/strict";
import * as z from "zod";
import { pagerduty, pagerdutyEvents } from "../../../src/notify/kinds/pagerduty.ts";
import type { Notification } from "../../../src/notify/notifier.ts";
import {
  context,
  failed,
  full,
  hostile,
  notifierContract,
  PASSWORD_IN_URL,
} from "../../contracts/notifier_contract.ts";
import { elsewhere, httpPlace, untrustedPlace } from "../http_place.ts";

/** The Events API v2 as documented: https://developer.pagerduty.com/docs/send-alert-event */
const common = { routing_key: z.string().length(32), dedup_key: z.string().min(1).max(255) };
const eventSchema = z.discriminatedUnion("event_action", [
  z.strictObject({ ...common, event_action: z.literal("resolve") }),
  z.strictObject({
    ...common,
    event_action: z.literal("trigger"),
    payload: z.strictObject({
      summary: z.string().min(1).max(1024),
      source: z.string().min(1),
      severity: z.enum(["critical", "error", "warning", "info"]),
      timestamp: z.iso.datetime(),
      component: z.string(),
      class: z.string(),
      custom_details: z.record(z.string(), z.unknown()),
    }),
    client: z.string(),
    links: z.array(z.strictObject({ href: z.url(), text: z.string() })).optional(),
  }),
]);

const behaviour: [
  name: string,
  some: Partial<Notification>,
  expect: [action: string, key: string, severity?: string][],
][] = [
  ["triggers when a run failed", {}, [["trigger", "support-bundle/3f0c9a1e", "error"]]],
  ["is critical when the job is paused", { paused: { note: "x" } }, [[
    "trigger",
    "support-bundle/3f0c9a1e",
    "critical",
  ]]],
  [
    "triggers when a bundle is held back",
    { events: ["failure", "quarantined"], status: "quarantined" },
    [["trigger", "support-bundle/3f0c9a1e", "error"]],
  ],
  ["resolves all when it works and nothing fails", works(["recovery"], [0, 1, 5]), [
    ["resolve", "support-bundle/3f0c9a1e"],
    ["resolve", "support-bundle/3f0c9a1e/findings"],
  ]],
  ["keeps findings open when only the run works again", works(["recovery"], [1, 0, 5]), [
    ["resolve", "support-bundle/3f0c9a1e"],
  ]],
  ["closes no findings when nothing was analyzed", works(["recovery"], [0, 0, 0]), [
    ["resolve", "support-bundle/3f0c9a1e"],
  ]],
  ["triggers for new findings", { ...works(["new-findings"], [1, 0, 5]), newFindings: full.newFindings }, [
    ["resolve", "support-bundle/3f0c9a1e"],
    ["trigger", "support-bundle/3f0c9a1e/findings", "error"],
  ]],
  [
    "warns of new warnings",
    { ...works(["new-findings"], [0, 1, 5]), newFindings: full.newFindings.slice(1) },
    [["resolve", "support-bundle/3f0c9a1e"], ["trigger", "support-bundle/3f0c9a1e/findings", "warning"]],
  ],
  ["resolves when the last failing finding is fixed", works(["fixed-findings"], [0, 2, 5]), [
    ["resolve", "support-bundle/3f0c9a1e"],
    ["resolve", "support-bundle/3f0c9a1e/findings"],
  ]],
  ["resolves nothing while another finding fails", works(["fixed-findings"], [1, 0, 5]), [
    ["resolve", "support-bundle/3f0c9a1e"],
  ]],
  ["says nothing of a failure that it is not to tell", { events: ["fixed-findings"] }, []],
  ["is told of everything by always", { events: ["always"], newFindings: full.newFindings }, [
    ["trigger", "support-bundle/3f0c9a1e", "error"],
    ["trigger", "support-bundle/3f0c9a1e/findings", "error"],
  ]],
  ["says nothing of a cancelled run", { events: ["always"], status: "cancelled" }, []],
  ["knows a run of no job by its host", { job: undefined }, [["trigger", "support-bundle/host-1", "error"]]],
];
for (const [name, some, expect] of behaviour) {
  Deno.test(`pagerdutyEvents() ${name}`, () => {
    const events = pagerdutyEvents({ ...failed, error: undefined, ...some });
    // deno-lint-ignore no-explicit-any
    const told = events.map(({ event_action, dedup_key, payload }: any) =>
      payload === undefined ? [event_action, dedup_key] : [event_action, dedup_key, payload.severity]
    );
    deepStrictEqual(told, expect);
  });
}

const place = () =>
  httpPlace(
    (origin, _, env) => {
      env.PD_KEY = crypto.randomUUID().replaceAll("-", "");
      return { kind: "pagerduty", url: origin, secret: "env:PD_KEY" };
    },
    { takes: () => Response.json({ status: "success", dedup_key: "x" }, { status: 202 }) },
  );
notifierContract({
  notifier: pagerduty,
  open: place,
  waits: true,
  absent: ({ target }) => ({ ...target, url: elsewhere(target.url) }),
  untrusted: () =>
    untrustedPlace((origin, _, env) => {
      env.PD_KEY = crypto.randomUUID();
      return { kind: "pagerduty", url: origin, secret: "env:PD_KEY" };
    }),
  harmless(received) {
    ok(received.length < 512 * 1024);
    ok(!received.includes(PASSWORD_IN_URL));
    eventSchema.parse(JSON.parse(received.slice(received.indexOf("\n\n"))));
  },
  unusable: [
    [/has no secret/, { secret: undefined }],
    [/not a reference/, { secret: "0123456789abcdef0123456789abcdef" }],
    [/not the URL of a server/, { url: "moon" }],
    [/not the URL of a server/, { url: "constructor" }],
  ],
});

Deno.test("pagerduty sends what the Events API documents, to its path", async () => {
  const receiver = place();
  try {
    await pagerduty.notify(full, receiver.target, context(receiver));
    strictEqual(receiver.requests[0]!.url.pathname, "/v2/enqueue");
    const events = receiver.received().map((text) => eventSchema.parse(JSON.parse(text.slice(text.indexOf("\n\n")))));
    deepStrictEqual(events.map(({ dedup_key }) => dedup_key), [
      "support-bundle/3f0c9a1e",
      "support-bundle/3f0c9a1e/findings",
    ]);
    const [first] = events;
    ok(first?.event_action === "trigger");
    strictEqual(first.routing_key, receiver.env.PD_KEY);
    deepStrictEqual(first.links, [{ href: full.bundle!.url, text: "The bundle" }]);
    deepStrictEqual(first.payload.custom_details.new_findings, [
      "FAIL Pod shop/web is crash-looping: It ended 7 times with exit code 137 (cluster-resources/pods/shop.json:120)",
      "WARN Certificate of shop.example: It expires in 6 days",
    ]);
  } finally {
    await receiver.close();
  }
});

Deno.test("pagerduty does not trigger for warnings where the target wants failures", async () => {
  const receiver = place();
  try {
    const message = { ...failed, ...works(["new-findings"], [0, 1, 5]), newFindings: full.newFindings.slice(1) };
    await pagerduty.notify(message, { ...receiver.target, severity: "fail" }, context(receiver));
    deepStrictEqual(receiver.requests.map(({ body }) => JSON.parse(body).event_action), ["resolve", "resolve"]);
  } finally {
    await receiver.close();
  }
});

Deno.test("pagerduty stays within what an event may have, whatever the message", () => {
  for (const event of pagerdutyEvents(hostile)) {
    eventSchema.parse({ routing_key: "0".repeat(32), ...event });
    ok(JSON.stringify(event).length < 512 * 1024);
  }
});

Deno.test("pagerduty says what is wrong with an event", async () => {
  const receiver = httpPlace((origin, _, env) => {
    env.PD_KEY = "x".repeat(32);
    return { kind: "pagerduty", url: origin, secret: "env:PD_KEY" };
  }, {
    refuses: () =>
      Response.json({
        status: "invalid event",
        message: "Event object is invalid",
        errors: ["'payload.source' is missing"],
      }, {
        status: 400,
      }),
  });
  receiver.answer("refuses");
  try {
    await rejects(
      pagerduty.notify(failed, receiver.target, context(receiver)),
      /it answered 400 \(Event object is invalid; 'payload\.source' is missing\)/,
    );
  } finally {
    await receiver.close();
  }
});

for (const [url, region] of [["us", "US"], ["eu", "EU"], ["https://events.eu.pagerduty.com", "by URL"]]) {
  Deno.test(`pagerduty takes the region ${region}`, () =>
    pagerduty.validate({ kind: "pagerduty", url: url!, secret: "env:K" }));
}

function works(events: Notification["events"], [fail, warn, pass]: [number, number, number]): Partial<Notification> {
  return { events, status: "completed", summary: "nightly: completed", findings: { fail, warn, pass } };
}
