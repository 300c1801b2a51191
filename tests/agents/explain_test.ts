import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { explainFindings, type ExplainOptions } from "../../src/agents/explain.ts";
import { ManualClock } from "../manual_clock.ts";
import { json, ollama, startAgentServer } from "./agent_server.ts";
import { finding } from "./findings.ts";
import { secretsOf } from "../secrets.ts";

const findings = [finding("A", "a"), finding("B", "b", "warn"), finding("C", "c", "pass")];
const key = crypto.randomUUID();
const ENTRY = new URL("../../src/agents/explain.ts", import.meta.url);
const never = new Promise<never>(() => {});

Deno.test("explainFindings() asks nobody when there is nothing to explain", async () => {
  await using server = startAgentServer(() => new Response());
  const nothing = [finding("C", "c", "pass"), finding("D", "d", "excluded")];
  const explained = await explainFindings(nothing, optionsOf(server.url, ["local", "ollama"]));
  deepStrictEqual([explained.agents, explained.warnings, server.received.length], [[], [], 0]);
  deepStrictEqual(explained.findings, nothing.map((finding) => ({ finding, explanations: [] })));
});

Deno.test("explainFindings() puts this program's words before a machine's", async () => {
  await using server = startAgentServer(ollama(() => json("m")));
  const explained = await explainFindings(findings, optionsOf(server.url, ["ollama", "local"]));
  deepStrictEqual(agentsOf(explained), [["local", "ollama"], ["local", "ollama"], []]);
});

Deno.test("explainFindings() says nothing twice", async () => {
  const [own] = (await explainFindings(findings, optionsOf(new URL("http://x"), ["local"]))).findings[0]!.explanations;
  await using server = startAgentServer(
    ollama((n) => n === 1 ? json(`  ${own!.text.toUpperCase()}!`) : json("new", { remediation: own!.remediation })),
  );
  const explained = await explainFindings(findings, optionsOf(server.url, ["local", "ollama"]));
  deepStrictEqual(agentsOf(explained), [["local"], ["local", "ollama"], []]);
  strictEqual(explained.findings[1]!.explanations[1]!.remediation, undefined);
});

Deno.test("explainFindings() leaves out what to do when it is not wanted", async () => {
  const options = { ...optionsOf(new URL("http://x"), ["local"]), remediation: false };
  const { findings: explained } = await explainFindings(findings, options);
  deepStrictEqual(Object.keys(explained[0]!.explanations[0]!), ["agent", "machineWritten", "text"]);
});

Deno.test("explainFindings() asks two agents at the same time, and one's failure is its own", async () => {
  const asked = Promise.withResolvers<void>();
  await using server = startAgentServer(async (path, n, body) => {
    if (path === "/analyze") {
      asked.resolve();
      return new Response(null, { status: 400 });
    }
    await asked.promise;
    return await ollama(() => json("m"))(path, n, body);
  });
  const explained = await explainFindings(findings, optionsOf(server.url, ["hosted", "ollama"]));
  deepStrictEqual(explained.agents.map(({ name, status }) => [name, status]), [["hosted", "failed"], ["ollama", "ok"]]);
  deepStrictEqual(agentsOf(explained), [["ollama"], ["ollama"], []]);
});

Deno.test("explainFindings() waits no longer than it may, and keeps what was had", async () => {
  const clock = new ManualClock();
  const slow = Promise.withResolvers<void>();
  await using server = startAgentServer(ollama((n) => {
    if (n === 1) return json("first");
    slow.resolve();
    return never;
  }));
  const run = explainFindings(findings, { ...optionsOf(server.url, ["ollama"]), timeoutMs: 90_000, clock });
  await slow.promise;
  await clock.advance(89_999);
  await clock.advance(1);
  const explained = await run;
  deepStrictEqual(agentsOf(explained), [["ollama"], ["local"], []]);
  deepStrictEqual(explained.warnings, [
    `Ollama at ${server.url.origin}: it did not answer within 1m30s. The other explanations are this program's own`,
  ]);
  const { status, explained: count, durationMs } = explained.agents.find(({ name }) => name === "ollama")!;
  deepStrictEqual([status, count, durationMs], ["partial", 1, 90_000]);
});

Deno.test("explainFindings() does not wait when it is stopped", async () => {
  const stop = new AbortController();
  const asked = Promise.withResolvers<void>();
  await using server = startAgentServer(() => {
    asked.resolve();
    return never;
  });
  const run = explainFindings(findings, { ...optionsOf(server.url, ["ollama", "hosted"]), signal: stop.signal });
  await asked.promise;
  stop.abort(new Error("Ctrl-C"));
  const explained = await run;
  deepStrictEqual(agentsOf(explained), [["local"], ["local"], []]);
  match(explained.warnings.join(), /The agent ollama was not waited for: the run was stopped/);
});

Deno.test("explainFindings() asks nobody else once it is stopped", async () => {
  await using server = startAgentServer(() => new Response());
  const options = { ...optionsOf(server.url, ["ollama"]), signal: AbortSignal.abort() };
  deepStrictEqual(agentsOf(await explainFindings(findings, options)), [["local"], ["local"], []]);
  strictEqual(server.received.length, 0);
});

Deno.test("explainFindings() reaches this machine past the proxies of the environment", async () => {
  await using server = startAgentServer(ollama(() => json("m")));
  await using proxy = startAgentServer(() => new Response(null, { status: 502 }));
  const env = { HTTP_PROXY: proxy.url.href, ALL_PROXY: proxy.url.href };
  const explained = await explainFindings(findings, { ...optionsOf(server.url, ["ollama"]), env });
  deepStrictEqual([explained.warnings, proxy.received.length], [[], 0]);
});

Deno.test("explainFindings() reaches others through the proxies of the environment", async () => {
  await using proxy = startAgentServer(ollama(() => json("m")));
  const options = optionsOf(new URL("http://ollama.invalid:11434"), ["ollama"]);
  const explained = await explainFindings(findings, { ...options, env: { HTTP_PROXY: proxy.url.href } });
  deepStrictEqual(explained.warnings, []);
  ok(proxy.received.length === 3);
});

Deno.test("explain.ts loads neither agents nor redaction before they are wanted", async () => {
  const { stdout } = await new Deno.Command(Deno.execPath(), { args: ["info", "--json", ENTRY.href] }).output();
  const modules: { specifier: string; dependencies?: { code?: { specifier: string }; isDynamic?: boolean }[] }[] =
    JSON.parse(new TextDecoder().decode(stdout)).modules;
  const loaded = new Set<string>();
  const visit = (specifier: string) => {
    if (loaded.has(specifier)) return;
    loaded.add(specifier);
    for (const { code, isDynamic } of modules.find((one) => one.specifier === specifier)?.dependencies ?? []) {
      if (code !== undefined && isDynamic !== true) visit(code.specifier);
    }
  };
  visit(ENTRY.href);
  ok(loaded.has(new URL("local.ts", ENTRY).href));
  deepStrictEqual([...loaded].filter((one) => /src.redact|agents.(?:ollama|hosted|agent_http|seal)|zod/.test(one)), []);
});

function optionsOf(url: URL, agents: ExplainOptions["agents"]): ExplainOptions {
  return {
    agents,
    ollama: { endpoint: url, model: "llama2:7b" },
    hosted: { endpoint: url, key: "env:AGENT_KEY" },
    timeoutMs: 600_000,
    env: {},
    secret: secretsOf({ AGENT_KEY: key }),
  };
}

function agentsOf({ findings }: Awaited<ReturnType<typeof explainFindings>>): string[][] {
  return findings.map(({ explanations }) => explanations.map(({ agent }) => agent));
}
