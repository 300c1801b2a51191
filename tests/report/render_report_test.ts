import { deepStrictEqual, doesNotMatch, match, ok, strictEqual } from "node:assert/strict";
import { createHash } from "node:crypto";
import type { Finding } from "../../src/analyze/analyzer.ts";
import { createRedactor } from "../../src/redact/create_redactor.ts";
import { renderReport } from "../../src/report/render_report.ts";
import type { ReportInput } from "../../src/report/report_data.ts";
import { MemoryBundle } from "../analyze/memory_bundle.ts";
import { FINDINGS, HOSTILE, MANIFEST, sampleReport } from "./sample_report.ts";

const bare = (more: Partial<ReportInput>): ReportInput => ({ name: "b", bundle: new MemoryBundle({}), ...more });
const only = (...statuses: Finding["outcome"]["status"][]) =>
  FINDINGS.filter(({ outcome }) => statuses.includes(outcome.status) && outcome.message !== HOSTILE);
const run = (more: Partial<typeof MANIFEST>) => ({ ...MANIFEST, stages: [], missing: [], ...more });

const says: [name: string, input: Partial<ReportInput>, pattern: RegExp][] = [
  ["problems and warnings first", { findings: only("fail", "warn") }, /<h1 class="bad">[^]*1 problem, 1 warning/],
  ["that all is well", { findings: only("pass") }, /<h1 class="good">[^]*All 3 checks passed/],
  ["that checks have no answer", { findings: only("error", "pass") }, /<h1[^]*1 check without an answer/],
  ["that nothing was analyzed", {}, /<h1[^]*Nothing was analyzed/],
  ["that there were no analyzers", { findings: [] }, /<h1[^]*Nothing was analyzed/],
  [
    "the cause",
    { findings: only("fail") },
    /cause out-of-memory\/shop\/web[^]*What it means<\/dt>\s*<dd>The container used more/,
  ],
  ["what to do", { findings: only("fail") }, /class="next">\s*<dt>Next step<\/dt>\s*<dd>Raise resources/],
  ["commands as commands", {
    findings: [{ ...only("fail")[0]!, nextStep: "kubectl logs -n shop web-2: its last lines" }],
  }, /Next step<\/dt>\s*<dd><code>kubectl logs -n shop web-2<\/code>: its last lines/],
  ["how many are affected", { findings: only("fail") }, /<code>Pod shop\/worker-1<\/code>[^]*and 7 more/],
  ["the line of the evidence", { findings: only("fail") }, /pods\/shop\.json<\/code>\s*<span class="line">line 412/],
  ["that redaction was off", {
    manifest: run({ stages: [{ stage: "redact", status: "skipped", durationMs: 0 }] }),
  }, /class="notices"[^]*Redaction was off[^]*may contain passwords/],
  ["that a deadline passed", { manifest: run({ endedEarly: "deadline" }) }, /class="notices"[^]*deadline of the run/],
  ["that a run was interrupted", { manifest: run({ endedEarly: "interrupted" }) }, /class="notices"[^]*interrupted/],
  ["that there is no manifest", {}, /class="notices"[^]*no manifest/],
  ["that nothing is missing", { manifest: run({}) }, /Everything that was asked for is here/],
  ["that there is nothing of a cluster", {}, /nothing of a cluster/],
  ["that files of the cluster could not be read", {
    bundle: new MemoryBundle({ "cluster-resources/pods/a.json": "{" }),
  }, /class="notices"[^]*1 file of the cluster could not be read[^]*pods\/a\.json: it is not JSON/],
  ["which command grants permissions", { manifest: MANIFEST }, /<code>support-bundle rbac SPEC \| kubectl apply -f -/],
];
for (const [name, input, pattern] of says) {
  Deno.test(`renderReport() says ${name}`, async () => match(await renderReport(bare(input)), pattern));
}

const links: [path: string, filesAt: string | undefined, expect: string | undefined][] = [
  ["cluster-resources/pods/shop.json", "./", "./cluster-resources/pods/shop.json"],
  ["cluster-resources/pods/shop.json", "../bundle/", "../bundle/cluster-resources/pods/shop.json"],
  ["cluster-resources/pods/shop.json", undefined, undefined],
  ["logs/a b#c?d%.log", "./", "./logs/a%20b%23c%3Fd%25.log"],
  ["javascript:alert(1)", "./", "./javascript%3Aalert(1)"],
  ["../../etc/passwd", "./", undefined],
  ["/etc/passwd", "./", undefined],
  ["a//b", "./", undefined],
  ["a\\..\\b", "./", undefined],
  ["\ud800", "./", undefined],
  ["", "./", undefined],
];
for (const [path, filesAt, expect] of links) {
  Deno.test(`renderReport() links ${JSON.stringify(path)} from ${filesAt} to ${expect ?? "nothing"}`, async () => {
    const findings = [{ ...only("fail")[0]!, uri: undefined, evidence: [{ path }] }];
    const page = await renderReport(bare({ findings, filesAt }));
    deepStrictEqual(
      [...page.matchAll(/<a class="file" href="([^"]*)"/g)].map(([, href]) => href),
      expect ? [expect] : [],
    );
  });
}

Deno.test("renderReport() makes one page that needs nothing else and runs nothing", async () => {
  const page = await renderReport(sampleReport());
  const policy = /http-equiv="Content-Security-Policy"\s+content="([^"]*)"/.exec(page)![1]!;
  const style = /<style>([^]*?)<\/style>/.exec(page)![1]!;
  const hash = createHash("sha256").update(style).digest("base64");
  strictEqual(
    policy,
    `default-src 'none'; style-src 'sha256-${hash}'; img-src data:; base-uri 'none'; form-action 'none'`,
  );
  doesNotMatch(page, /<(script|link rel="stylesheet"|iframe|object|embed|form|base|img)\b/i);
  doesNotMatch(page, /<[^>"']*(?:"[^"]*"[^>"']*)*\s(on\w+|style|src)\s*=/i);
  doesNotMatch(style, /url\(|@import/);
  const hrefs = [...page.matchAll(/href="([^"]*)"/g)].map(([, href]) => href!);
  deepStrictEqual(hrefs.filter((href) => !/^(#|\.\/|data:,$)/.test(href)), [
    "https://example.com/runbooks/out-of-memory",
  ]);
  const ids = [...page.matchAll(/\sid="([^"]*)"/g)].map(([, id]) => id!);
  deepStrictEqual(ids, [...new Set(ids)]);
  for (const href of hrefs) if (href.startsWith("#")) ok(ids.includes(href.slice(1)), href);
});

Deno.test("renderReport() shows hostile texts as texts, wherever they are", async () => {
  const page = await renderReport(sampleReport());
  ok(page.split("&lt;script&gt;alert(1)&lt;/script&gt;").length > 8);
  ok(!page.includes("<script"));
  ok(!page.includes("\u202e"));
});

Deno.test("renderReport() has a bound, whatever is in the bundle", async () => {
  const nasty = `"'<>&`.repeat(200_000);
  const findings = Array.from(
    { length: 2_000 },
    () => ({ ...FINDINGS[1]!, title: nasty, cause: nasty, nextStep: nasty }),
  );
  const items = Array.from({ length: 3_000 }, (_, i) => ({
    metadata: { name: `${nasty}${i}`.slice(-400), namespace: nasty.slice(0, 400) },
    type: "Warning",
    reason: nasty.slice(0, 400),
    message: nasty.slice(0, 500) + i,
    lastTimestamp: new Date(Date.parse(MANIFEST.endedAt) - i * 1000).toISOString(),
    spec: { containers: [{ image: nasty.slice(0, 400) + i }] },
    status: { phase: "Failed", reason: nasty.slice(0, 400) },
  }));
  const missing = Array.from({ length: 5_000 }, (_, i) => ({
    path: nasty,
    collector: nasty,
    reason: i % 2 === 0 ? "failed" : `reason ${i}`,
    message: nasty,
  })) as typeof MANIFEST["missing"];
  const files = Object.fromEntries(
    ["pods/a", "events/a", "nodes", "deployments/a", "pvcs/a"].map((
      name,
    ) => [`cluster-resources/${name}.json`, { items }]),
  );
  const input = sampleReport(files);
  const page = await renderReport({ ...input, findings, manifest: { ...MANIFEST, missing } });
  const bytes = new TextEncoder().encode(page).length;
  ok(bytes < 3_000_000, `${bytes} bytes`);
  match(page, /more findings are in analysis\.json, and not on this page/);
});

Deno.test("renderReport(): redaction has nothing to hide in its own words", async () => {
  const bytes = new TextEncoder().encode(await renderReport(sampleReport()));
  deepStrictEqual(createRedactor({ builtIn: true, custom: [] }).redactBytes("report.html", bytes)!.redactions, []);
});
