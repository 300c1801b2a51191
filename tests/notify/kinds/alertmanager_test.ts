import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { alertmanager, alertsOf, overBy } from "../../../src/notify/kinds/alertmanager.ts";
import type { Notification, NotifyTarget } from "../../../src/notify/notifier.ts";
import {
  context,
  failed,
  full,
  hostile,
  notifierContract,
  PASSWORD_IN_URL,
} from "../../contracts/notifier_contract.ts";
import { startAlertmanager, TEST_ALERTMANAGER } from "../../fixtures/alertmanager_server.ts";
import { elsewhere, httpPlace, untrustedPlace } from "../http_place.ts";
import { startWebhookServer } from "../webhook_server.ts";

const disk = { title: "Disk", severity: "fail", message: "/var is 97 % full", evidence: "host/disk.json:3" } as const;
const old = { title: "Version", severity: "warn", message: "old" } as const;

const FIRING = ["Failed/critical", "Finding/critical Disk", "Finding/warning Disk", "Finding/warning Version"];

const behaviour: [name: string, some: Partial<Notification>, fires: string[], ends: string[]][] = [
  ["fires when a run failed", {}, ["Failed/critical"], []],
  ["ends that when a run works", works([1, 1, 0]), [], ["Failed/critical"]],
  ["fires for each new finding, and ends what it was before", works([1, 1, 3], [disk, old]), [
    "Finding/critical Disk",
    "Finding/warning Version",
  ], ["Failed/critical", "Finding/warning Disk"]],
  ["ends what was fixed, whatever it was", works([0, 1, 3], [], [disk]), [], [
    "Failed/critical",
    "Finding/critical Disk",
    "Finding/warning Disk",
  ]],
  ["ends everything when nothing is found", works([0, 0, 3]), [], FIRING],
  ["ends no finding when nothing was analyzed", works([0, 0, 0]), [], ["Failed/critical"]],
  ["fires for no finding that it is not to tell", { ...works([1, 1, 3], [disk]), events: ["recovery"] }, [], [
    "Failed/critical",
    "Finding/warning Disk",
  ]],
  ["says nothing of a cancelled run", { events: ["always"], status: "cancelled" }, [], []],
];
for (const [name, some, fires, ends] of behaviour) {
  Deno.test(`alertmanager ${name}`, () => {
    const message = { ...failed, ...some };
    const told = alertsOf(message, {}).map(({ labels: { alertname, severity, finding } }) =>
      `${alertname!.replace("SupportBundle", "")}/${severity}${finding ? ` ${finding}` : ""}`
    );
    deepStrictEqual(told, fires);
    const over = overBy(message);
    deepStrictEqual(
      FIRING.filter((alert) => {
        const [, alertname, severity, finding] = /^(\w+)\/(\w+) ?(.*)$/.exec(alert)!;
        return over?.({ alertname: `SupportBundle${alertname}`, severity: severity!, finding: finding! }) ?? false;
      }),
      ends,
    );
  });
}

Deno.test("alertsOf() fires as long as it is told to, with the labels it is given", () => {
  const [alert] = alertsOf(failed, { lasts: "36h", labels: "cluster=prod; team=on call" });
  strictEqual(alert!.startsAt, "2026-03-02T04:05:06.000Z");
  strictEqual(alert!.endsAt, "2026-03-03T16:05:06.000Z");
  deepStrictEqual(alert!.labels, {
    cluster: "prod",
    team: "on call",
    job: "nightly",
    job_id: "3f0c9a1e",
    alertname: "SupportBundleFailed",
    severity: "critical",
  });
  match(alert!.annotations.description!, /Error: The API server did not answer/);
});

Deno.test("alertsOf() says where the finding is seen and where the bundle is", () => {
  const alert = alertsOf(full, {}).find(({ labels }) => labels.finding === full.newFindings[0]!.title)!;
  deepStrictEqual(alert.annotations, {
    summary: "nightly: Pod shop/web is crash-looping",
    host: "host-1",
    bundle: full.bundle!.url!,
    description: "It ended 7 times with exit code 137",
    evidence: "cluster-resources/pods/shop.json:120",
  });
  strictEqual(alert.generatorURL, full.bundle!.url);
});

const secretTarget = (origin: string, env: Record<string, string>): NotifyTarget => {
  env.AM_TOKEN = crypto.randomUUID();
  return { kind: "alertmanager", url: `${origin}/prefix`, secret: "env:AM_TOKEN" };
};
const place = () => httpPlace((origin, _, env) => secretTarget(origin, env));
notifierContract({
  notifier: alertmanager,
  open: place,
  waits: true,
  absent: ({ target }) => ({ ...target, url: elsewhere(target.url) }),
  untrusted: () => untrustedPlace((origin, _, env) => secretTarget(origin, env)),
  harmless(received) {
    ok(!received.includes(PASSWORD_IN_URL));
    ok(!/\\u0000|\\u001b|\u202e/.test(received));
    ok(received.length < 500_000, `${received.length}`);
  },
  unusable: [
    [/not the URL of a server/, { url: "alertmanager:9093" }],
    [/user has no password/, { secret: undefined, options: { user: "u" } }],
    [/user has a character/, { options: { user: "u:v" } }],
    [/labels are not pairs/, { options: { labels: "cluster" } }],
    [/labels are not pairs/, { options: { labels: "a-b=c" } }],
    [/is not a duration/, { options: { lasts: "long" } }],
    [/less than a minute/, { options: { lasts: "1s" } }],
  ],
});

for (
  const [name, options, expect] of [
    ["a bearer token", undefined, (secret: string) => `Bearer ${secret}`],
    ["a user and a password", { user: "bundle" }, (secret: string) => `Basic ${btoa(`bundle:${secret}`)}`],
  ] as const
) {
  Deno.test(`alertmanager logs in with ${name}, below the path it is given`, async () => {
    const receiver = place();
    try {
      await alertmanager.notify(failed, { ...receiver.target, options }, context(receiver));
      const [{ url, headers }] = receiver.requests as [typeof receiver.requests[0]];
      strictEqual(url.pathname, "/prefix/api/v2/alerts");
      strictEqual(headers.get("authorization"), expect(receiver.env.AM_TOKEN!));
    } finally {
      await receiver.close();
    }
  });
}

Deno.test({
  name: "alertmanager: a real Alertmanager fires, tells its receiver, and resolves",
  ignore: TEST_ALERTMANAGER === undefined,
  async fn() {
    const receiver = startWebhookServer(() => new Response());
    const server = await startAlertmanager(receiver.url);
    try {
      const target: NotifyTarget = { kind: "alertmanager", url: server.url, options: { labels: "cluster=prod" } };
      const tell = (some: Partial<Notification>) =>
        alertmanager.notify({ ...failed, sentAt: new Date().toISOString(), ...some }, target, context({ env: {} }));
      const firing = async () =>
        (await server.alerts()).map(({ labels }) => `${labels.alertname} ${labels.finding ?? ""}`.trim()).sort();

      const told = async (status: string) => {
        const until = Date.now() + 20_000;
        for (;;) {
          const alerts = receiver.received.flatMap(({ body }) => JSON.parse(body).alerts);
          const found = alerts.find((alert) => alert.status === status);
          if (found !== undefined) return found.labels;
          ok(Date.now() < until, `the Alertmanager tells its receiver of nothing ${status}`);
          await new Promise((resolve) => setTimeout(resolve, 20));
        }
      };

      await tell({});
      strictEqual((await told("firing")).cluster, "prod");
      await tell(works([1, 1, 3], [disk, old]));
      strictEqual((await told("resolved")).alertname, "SupportBundleFailed");
      deepStrictEqual(await firing(), ["SupportBundleFinding Disk", "SupportBundleFinding Version"]);
      await tell(works([0, 1, 3], [], [disk]));
      deepStrictEqual(await firing(), ["SupportBundleFinding Version"]);

      // A run that failed in between knows of no findings: the next one cannot say that they are fixed.
      await tell({});
      deepStrictEqual(await firing(), ["SupportBundleFailed", "SupportBundleFinding Version"]);
      await tell(works([0, 0, 5]));
      deepStrictEqual(await firing(), []);

      await tell({ ...hostile, sentAt: new Date().toISOString() });
      ok((await server.alerts()).length > 50);
    } finally {
      await server.stop();
      await receiver.stop();
    }
  },
});

function works(
  [fail, warn, pass]: [number, number, number],
  appeared: Notification["newFindings"] = [],
  disappeared: Notification["fixedFindings"] = [],
): Partial<Notification> {
  return {
    events: [
      "always",
      ...(appeared.length > 0 ? ["new-findings" as const] : []),
      ...(disappeared.length > 0 ? ["fixed-findings" as const] : []),
    ],
    status: "completed",
    summary: "nightly: completed",
    error: undefined,
    findings: { fail, warn, pass },
    newFindings: appeared,
    fixedFindings: disappeared,
  };
}
