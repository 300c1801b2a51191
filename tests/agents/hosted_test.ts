import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { explainFindings, type ExplainOptions } from "../../src/agents/explain.ts";
import type { Clock } from "../../src/core/clock.ts";
import { VERSION } from "../../src/core/version.ts";
import { hasOpenssl, makeCertificates } from "../fixtures/certificates.ts";
import { type AgentServer, startAgentServer, startCuttingServer } from "./agent_server.ts";
import { finding } from "./findings.ts";
import { secretsOf } from "../secrets.ts";

const NOW = new Date("2026-03-02T04:05:06Z");
const key = crypto.randomUUID();
const secret = crypto.randomUUID();
const findings = [
  finding("Version", "fine", "pass"),
  finding("Database", `cannot connect to postgres://app:${secret}@db.shop:5432/app`, "fail", { kind: "postgres" }),
  finding("Disk", "full", "warn", { kind: "diskUsage", where: "host" }),
];
const good = {
  status: "success",
  requestId: "r",
  results: [
    { title: "Disk", message: "about the disk", context: { finding: 2 } },
    { title: "Database", message: "about the database", confidence: 0.7, insights: ["i"] },
  ],
  metadata: { duration: "1s", analyzerCount: 2, serviceVersion: "3", modelVersion: "m-7" },
};

Deno.test("hosted sends findings in the documented form, with its headers, and nothing else of the bundle", async () => {
  await using server = startAgentServer(() => Response.json(good));
  await explain(server, { hosted: { endpoint: new URL("/v1/", server.url), key: "env:AGENT_KEY" } });
  const [{ method, path, headers, body }] = server.received as [AgentServer["received"][0]];
  deepStrictEqual([method, path], ["POST", "/v1/analyze"]);
  const id = headers.get("x-request-id")!;
  match(id, /^req-/);
  deepStrictEqual(["content-type", "authorization", "user-agent"].map((name) => headers.get(name)), [
    "application/json",
    `Bearer ${key}`,
    `troubleshoot-hosted-agent/1.0 support-bundle/${VERSION}`,
  ]);
  const { bundleData, ...rest } = JSON.parse(body);
  deepStrictEqual(rest, {
    analyzers: [
      { name: "postgres", type: "database", config: { filePath: "findings.json", finding: 1 } },
      { name: "disk-usage", type: "infrastructure", config: { filePath: "findings.json", finding: 2 } },
    ],
    options: { includeRemediation: true, priority: "standard", timeout: 300 },
    metadata: { requestId: id, clientVersion: VERSION, timestamp: NOW.toISOString() },
  });
  const { files, metadata } = JSON.parse(decoded(bundleData));
  deepStrictEqual(metadata, { createdAt: NOW.toISOString(), version: "1.0.0", generatedBy: "support-bundle" });
  deepStrictEqual(Object.keys(files), ["findings.json"]);
  const sent = JSON.parse(decoded(files["findings.json"]));
  deepStrictEqual(sent.map((one: { finding: number; title: string }) => [one.finding, one.title]), [
    [1, "Database"],
    [2, "Disk"],
  ]);
  match(sent[0].message, /HIDDEN/);
  ok(!(body + JSON.stringify(files) + JSON.stringify(sent)).includes(secret));
});

Deno.test("hosted explains by number, or else by title, and is named as a machine", async () => {
  await using server = startAgentServer(() => Response.json(good));
  const { findings: explained, warnings } = await explain(server);
  deepStrictEqual(warnings, []);
  const by = { agent: "hosted", machineWritten: true, model: "m-7" };
  deepStrictEqual(explained.map(({ explanations }) => explanations), [
    [],
    [{ ...by, text: "about the database", insights: ["i"], confidence: 0.7 }],
    [{ ...by, text: "about the disk" }],
  ]);
});

const confidences: [name: string, overall: unknown, own: unknown, expected: number | undefined][] = [
  ["of the answer before that of the result", 0.4, 0.9, 0.4],
  ["of the result where the answer has none", 0, 0.9, 0.9],
  ["none where there is none", undefined, undefined, undefined],
  ["none that is out of range", undefined, 90, undefined],
  ["none that is no number", "high", "high", undefined],
];
for (const [name, overall, own, expected] of confidences) {
  Deno.test(`hosted takes the confidence ${name}`, async () => {
    const results = [{ message: "m", confidence: own, context: { finding: 1 } }];
    await using server = startAgentServer(() => Response.json({ ...good, results, metadata: { confidence: overall } }));
    strictEqual((await explain(server)).findings[1]!.explanations[0]!.confidence, expected);
  });
}

Deno.test("hosted leaves out results that nothing is known of, or that say nothing", async () => {
  const results = [
    { title: "Other", message: "m" },
    { title: "Version", message: "passed findings are not asked about", context: { finding: 0 } },
    { title: "Database" },
    "garbage",
    { title: "Disk", message: "m" },
    { title: "Disk", message: "again" },
  ];
  await using server = startAgentServer(() => Response.json({ ...good, results, errors: [{ error: "x" }] }));
  const { findings: explained, warnings } = await explain(server);
  deepStrictEqual(explained.map(({ explanations }) => explanations.map(({ agent, text }) => [agent, text].join())), [
    [],
    [`local,${explained[1]!.explanations[0]!.text}`],
    ["hosted,m"],
  ]);
  match(
    warnings.join("; "),
    /5 of its results belong to no finding, or say nothing; .*it reports 1 errors of its own$/,
  );
});

const refused: [name: string, answer: () => Response, tries: number, warning: RegExp][] = [
  ["400", () => new Response(null, { status: 400 }), 1, /it answered 400\. Check the address/],
  ["401", () => new Response("retry after 503", { status: 401 }), 1, /it answered 401\. Check the credentials/],
  ["404", () => new Response(null, { status: 404 }), 1, /it answered 404/],
  ["422", () => new Response(null, { status: 422 }), 1, /it answered 422/],
  ["429", () => new Response(null, { status: 429 }), 3, /it answered 429\. Try again later/],
  ["500", () => new Response(null, { status: 500 }), 3, /it answered 500\. Try again later/],
  [
    "a redirect",
    () => new Response(null, { status: 307, headers: { location: "http://127.0.0.1:1/" } }),
    1,
    /redirects/,
  ],
  ["what is not JSON", () => new Response("<html>"), 1, /its answer is not JSON/],
  ["a huge answer", () => new Response("x".repeat(3_000_000)), 1, /larger than/],
  ["another form", () => Response.json([1]), 1, /not the form that was agreed/],
  ["another status", () => Response.json({ ...good, status: "queued\x1b[2J" }), 1, /it says that it is queued\. /],
];
for (const [name, answer, tries, warning] of refused) {
  Deno.test(`hosted asks ${tries === 1 ? "once" : `${tries} times`} after ${name}, then falls back`, async () => {
    await using server = startAgentServer(answer);
    const { findings: explained, agents, warnings } = await explain(server);
    strictEqual(server.received.length, tries);
    match(warnings.join(), warning);
    ok(!warnings.join().includes(key));
    deepStrictEqual(agents.map(({ name, status }) => [name, status]), [["local", "ok"], ["hosted", "failed"]]);
    strictEqual(explained[1]!.explanations[0]!.agent, "local");
  });
}

const waits: [name: string, header: string | undefined, slept: number[], tries: number][] = [
  ["longer each time", undefined, [1000, 2000], 3],
  ["as long as the service asks", "17", [17_000, 17_000], 3],
  ["until the time that the service names", "Mon, 02 Mar 2026 04:05:26 GMT", [20_000, 20_000], 3],
  ["for no service that asks for hours", "7200", [], 1],
];
for (const [name, header, slept, tries] of waits) {
  Deno.test(`hosted waits ${name}`, async () => {
    const headers: HeadersInit = header === undefined ? {} : { "Retry-After": header };
    await using server = startAgentServer(() => new Response(null, { status: 503, headers }));
    const clock = recording();
    await explain(server, { clock });
    strictEqual(server.received.length, tries);
    if (header !== undefined) return deepStrictEqual(clock.slept, slept);
    ok(clock.slept.every((ms, i) => ms >= slept[i]! / 2 && ms <= slept[i]!), clock.slept.join());
  });
}

Deno.test("hosted sends the same request again, and takes the answer", async () => {
  await using server = startAgentServer((_, n) => n < 3 ? new Response(null, { status: 503 }) : Response.json(good));
  deepStrictEqual((await explain(server)).warnings, []);
  const [first, , third] = server.received;
  deepStrictEqual([third!.body, third!.headers.get("x-request-id")], [first!.body, first!.headers.get("x-request-id")]);
});

Deno.test("hosted falls back when it hangs up in the middle of an answer", async () => {
  await using server = startCuttingServer();
  match((await explain(server)).warnings.join(), /no connection/);
});

const badKeys: [name: string, reference: string, env: Record<string, string>, warning: RegExp][] = [
  ["there is no key", "env:OTHER", {}, /variable OTHER, which is not set/],
  ["the key cannot be sent", "env:ODD", { ODD: "two\nlines" }, /characters that no key has/],
];
for (const [name, reference, env, warning] of badKeys) {
  Deno.test(`hosted sends nothing when ${name}`, async () => {
    await using server = startAgentServer(() => Response.json(good));
    const { warnings } = await explain(server, {
      hosted: { endpoint: server.url, key: reference },
      secret: secretsOf(env),
    });
    match(warnings.join(), warning);
    ok(!warnings.join().includes("lines"));
    strictEqual(server.received.length, 0);
  });
}

Deno.test("hosted keeps the path of its address out of warnings: it may be a secret", async () => {
  const server = startAgentServer(() => new Response());
  await server[Symbol.asyncDispose]();
  const endpoint = new URL("/path-that-is-a-secret", server.url);
  const { warnings } = await explain(server, { hosted: { endpoint, key: "env:AGENT_KEY" } });
  match(warnings.join(), /^The hosted agent at http:\/\/127\.0\.0\.1:\d+: no connection/);
  ok(!warnings.join().includes("path-that"));
});

Deno.test({
  name: "hosted does not speak to a server whose certificate nobody vouches for",
  ignore: !hasOpenssl,
  async fn() {
    const { server: pair } = await makeCertificates();
    let requests = 0;
    const server = Deno.serve({ hostname: "127.0.0.1", port: 0, ...pair, onListen() {} }, () => {
      requests++;
      return Response.json(good);
    });
    try {
      const { warnings } = await explain({ url: new URL(`https://127.0.0.1:${server.addr.port}`) });
      match(warnings.join(), /its certificate is not trusted/);
      strictEqual(requests, 0);
    } finally {
      await server.shutdown();
    }
  },
});

function explain({ url }: Pick<AgentServer, "url">, options: Partial<ExplainOptions> = {}) {
  return explainFindings(findings, {
    agents: ["hosted"],
    hosted: { endpoint: url, key: "env:AGENT_KEY" },
    timeoutMs: 3_600_000,
    env: {},
    secret: secretsOf({ AGENT_KEY: key }),
    clock: recording(),
    ...options,
  });
}

/** Stands still, writes down how long somebody wanted to sleep, and wakes them at once; deadlines of an hour never come. */
function recording(): Clock & { slept: number[] } {
  const slept: number[] = [];
  return {
    slept,
    now: () => NOW,
    sleep(ms, signal) {
      if (ms < 3_600_000) {
        slept.push(ms);
        return Promise.resolve();
      }
      return new Promise((resolve) => signal?.addEventListener("abort", () => resolve(), { once: true }));
    },
  };
}

function decoded(base64: string): string {
  return new TextDecoder().decode(Uint8Array.fromBase64(base64));
}
