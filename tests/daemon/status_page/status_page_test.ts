import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { escapeHtml, html } from "../../../src/core/html.ts";
import { parsePageQuery } from "../../../src/daemon/status_page/page_query.ts";
import { StatusPage } from "../../../src/daemon/status_page/status_page.ts";
import { waitingFor } from "../../../src/daemon/status_page/waiting.ts";
import type { Execution } from "../../../src/schedule/execution.ts";
import { sampleExecution, sampleJob } from "../sample_job.ts";
import { ago, busySource, NOW, sampleSource } from "./sample_source.ts";

const page = (path: string, source = busySource()) =>
  new StatusPage(source).answer(new Request(`http://localhost:9091${path}`));

const escapes: [text: string, expect: string][] = [
  [`<b title="x" lang='y'>&`, "&lt;b title=&quot;x&quot; lang=&#39;y&#39;&gt;&amp;"],
  ["gpj\u202eexe\u0000", "gpj\ufffdexe\ufffd"],
  ["Zürich → Łódź 🙂\n", "Zürich → Łódź 🙂\n"],
];
for (const [text, expect] of escapes) {
  Deno.test(`escapeHtml() of ${JSON.stringify(text)}`, () => strictEqual(escapeHtml(text), expect));
}

Deno.test("html escapes what is put in, once, lists too, and leaves nothing out but nothing", () => {
  const inner = html`
    <i>${"<"}</i>
  `;
  strictEqual(
    html`
      <p class="${'"'}">${[inner, "&", 0]}${undefined}${false}</p>
    `.text,
    '<p class="&quot;"><i>&lt;</i>&amp;0</p>',
  );
});

const queries: [address: string, expect: Partial<ReturnType<typeof parsePageQuery>>][] = [
  ["", { filter: "", state: undefined, page: 1, refresh: undefined }],
  ["filter=%20web%20&state=failing&page=3&refresh=30", { filter: "web", state: "failing", page: 3, refresh: 30 }],
  ["state=<script>&page=-1&refresh=no", { state: undefined, page: 1, refresh: undefined }],
  ["page=1e99&refresh=1", { page: 1_000_000, refresh: 5 }],
  [`filter=${"x".repeat(5000)}`, { filter: "x".repeat(100) }],
];
for (const [address, expect] of queries) {
  Deno.test(`parsePageQuery() of ${address.slice(0, 60) || "nothing"}`, () => {
    const query = parsePageQuery(new URLSearchParams(address));
    deepStrictEqual({ ...query, ...expect }, query);
  });
}

const oneOfThree = {
  running: [{ id: "x", job: "nightly", pid: 1, startTime: ago(1), attempt: 1, progress: "" }],
  maxConcurrent: 3,
};
const waits: [fields: Partial<Execution>, maxConcurrent: number, why: RegExp, until?: string][] = [
  [
    { status: "retrying", retryAt: ago(-5), retryCount: 1, error: "no route" },
    3,
    /^for the time of attempt 2, after: no route$/,
    ago(-5),
  ],
  [{ notBefore: ago(-5) }, 3, /^for its start time/, ago(-5)],
  [{ overlap: "wait" }, 3, /^for the job's run before it to end$/],
  [{ overlap: "allow" }, 1, /^for a slot: all 1 are in use$/],
  [{ overlap: "allow", notBefore: ago(5) }, 3, /^for its turn/],
];
for (const [fields, maxConcurrent, why, until] of waits) {
  Deno.test(`waitingFor() says it waits ${why.source}`, () => {
    const waiting = waitingFor(
      sampleExecution({ status: "pending", ...fields }),
      { ...oneOfThree, maxConcurrent },
      NOW,
    );
    match(waiting.why, why);
    strictEqual(waiting.until, until);
  });
}

Deno.test("status page forbids scripts, frames, caches and whatever comes from elsewhere", async () => {
  const { status, headers } = await page("/?refresh=10");
  strictEqual(status, 200);
  strictEqual(headers.get("content-type"), "text/html; charset=utf-8");
  match(
    headers.get("content-security-policy")!,
    /^default-src 'none'; style-src 'sha256-[\w+/]{43}='; img-src data:; /,
  );
  for (
    const [name, value] of Object.entries({ "cache-control": "no-store", "x-frame-options": "DENY", refresh: "10" })
  ) {
    strictEqual(headers.get(name), value, name);
  }
  strictEqual((await page("/")).headers.get("refresh"), null);
});

Deno.test("status page says how all is, worst first", async () => {
  const job = (fields: Parameters<typeof sampleJob>[0]) =>
    sampleJob({ status: "completed", nextRun: ago(-60), ...fields });
  const rows: [expect: string, source: ReturnType<typeof sampleSource>][] = [
    ["All is well", sampleSource([job({})])],
    ["There are no jobs yet", sampleSource([])],
    ["1 job is overdue", sampleSource([job({ nextRun: ago(2) })])],
    [
      "1 job fails, 2 jobs are overdue",
      sampleSource([
        job({ id: "a", name: "a", status: "failed", failuresInRow: 1 }),
        job({ id: "b", name: "b", nextRun: ago(2) }),
        job({ id: "c", name: "c", nextRun: ago(2) }),
      ]),
    ],
    [
      "The daemon needs attention",
      sampleSource([], [], { ready: () => Promise.resolve(new Map([["scheduler", "stuck"]])) }),
    ],
  ];
  for (const [expect, source] of rows) match(await (await page("/", source)).text(), new RegExp(`<title>${expect} `));
});

Deno.test("/status.json has what the page has", async () => {
  const response = await page("/status.json?filter=check");
  strictEqual(response.headers.get("content-type"), "application/json; charset=utf-8");
  const data = await response.json();
  const { recent, ...checkout } = data.jobs.items[0];
  deepStrictEqual(checkout, {
    id: "job-checkout",
    name: "checkout",
    state: "failing",
    schedule: "At 02:00 (UTC)",
    nextRun: ago(-30),
    lastRun: null,
    lastError: "Cannot reach the cluster: https://10.0.0.1:6443 did not answer within 30 s (connection refused)",
    failuresInRow: 4,
    runCount: 0,
    skipped: { overlap: 3, "too-late": 1 },
  });
  deepStrictEqual(recent.slice(-2).map(({ status }: { status: string }) => status), ["failed", "failed"]);
  deepStrictEqual([data.daemon.jobsTotal, data.daemon.jobsActive, data.jobs.matching], [8, 7, 1]);
  deepStrictEqual([data.running.length, data.waiting.length, data.executions.length], [1, 2, 46]);
});

Deno.test("status page of 10,000 jobs reads fifty of them, and pages lead to the others", async () => {
  const jobs = Array.from(
    { length: 10_000 },
    (_, i) =>
      sampleJob({
        id: `job-${i}`,
        name: `app-${i}`,
        status: i === 9_999 ? "failed" : "completed",
        nextRun: ago(-1 - i),
      }),
  );
  const source = sampleSource(jobs);
  const first = await (await page("/status.json", source)).json();
  deepStrictEqual([first.jobs.pages, first.jobs.items.length], [200, 50]);
  deepStrictEqual(first.jobs.items.slice(0, 3).map(({ name }: { name: string }) => name), [
    "app-9999",
    "app-0",
    "app-1",
  ]);
  deepStrictEqual(source.calls, { jobs: 1, getJob: 50, listExecutions: 53 });
  const last = await (await page("/status.json?page=999", source)).json();
  deepStrictEqual([last.jobs.page, last.jobs.items.at(-1).name], [200, "app-9998"]);
  const text = await (await page("/?page=2", source)).text();
  match(text, /Page 2 of 200/);
  match(text, /href="\/\?page=3#jobs" rel="next"/);
  ok(text.length < 300_000);
});

Deno.test("status page asks the store once in two seconds, however many ask", async () => {
  let now = NOW;
  const source = sampleSource([sampleJob()], [], { now: () => now });
  const status = new StatusPage(source);
  const ask = (path = "/") => status.answer(new Request(`http://localhost${path}`));
  await Promise.all([ask(), ask(), ask("/status.json"), ask("/?refresh=10")]);
  strictEqual(source.calls["jobs"], 1);
  now = new Date(NOW.getTime() + 2_000);
  await ask();
  strictEqual(source.calls["jobs"], 2);
});

Deno.test("status page of a daemon whose store fails says so, and shows the rest", async () => {
  const failing = () => Promise.reject(new Error("the file is locked"));
  const sources = {
    readiness: busySource(),
    reading: { ...busySource(), store: { getJob: failing, listExecutions: failing } },
  };
  sources.readiness.ready = () => Promise.resolve(new Map([["store", "the file is locked"]]));
  for (const [name, source] of Object.entries(sources)) {
    const response = await page("/", source);
    strictEqual(response.status, 200, name);
    const text = await response.text();
    match(text, /<title>The daemon needs attention/, name);
    match(text, /<li>[^<]*the file is locked<\/li>/, name);
    match(text, /collect: logs of shop\/api-7d9/, name);
  }
  strictEqual(sources.readiness.calls["jobs"], undefined, "a store that fails is not asked");
});
