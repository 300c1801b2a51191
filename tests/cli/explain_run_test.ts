import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { join } from "node:path";
import { runCli } from "../../src/cli/run_cli.ts";
import { systemClock } from "../../src/core/clock.ts";
import { EXIT } from "../../src/core/exit_codes.ts";
import { json, ollama, startAgentServer } from "../agents/agent_server.ts";
import { CliHarness } from "./schedule/cli_harness.ts";

const secret = crypto.randomUUID();
const word = `word-${crypto.randomUUID()}`;
const SPEC = `
apiVersion: troubleshoot.sh/v1beta2
kind: SupportBundle
metadata: {name: test}
spec:
  hostCollectors: [{memory: {}}]
  hostAnalyzers:
    - memory:
        checkName: Memory
        outcomes: [{fail: {message: "too little ${word}, see https://app:${secret}@wiki.test/"}}]
    - memory:
        checkName: Enough
        outcomes: [{pass: {message: "enough"}}]
---
apiVersion: troubleshoot.sh/v1beta2
kind: Redactor
metadata: {name: own}
spec:
  redactors: [{name: own, removals: {values: ["${word}"]}}]
`;

Deno.test("support-bundle --enable-ollama has what was found explained, and tells the model no secret", async () => {
  await using server = startAgentServer(ollama(() => json("buy some", { remediation: { command: "free\x1b[2J" } })));
  const { code, stdout, stderr } = await run(["--enable-ollama", "--ollama-endpoint", server.url.href]);
  strictEqual(code, EXIT.ok, stderr);
  const { explanations } = JSON.parse(stdout);
  deepStrictEqual(
    explanations.findings.map(({ title, explanations }: Record<string, unknown>) => [title, explanations]),
    [["Memory", [{
      agent: "ollama",
      machineWritten: true,
      model: "llama2:7b",
      text: "buy some",
      remediation: { description: "free", command: "free" },
    }]]],
  );
  strictEqual(server.received.length, 2);
  const sent = JSON.stringify(server.received);
  match(sent, /too little \*\*\*HIDDEN\*\*\*/);
  ok(!sent.includes(secret) && !sent.includes(word), sent);
});

Deno.test("support-bundle does not fail when Ollama does", async () => {
  await using server = startAgentServer(() => new Response(null, { status: 500 }));
  const { code, stdout, stderr } = await run(["--enable-ollama", "--ollama-endpoint", server.url.href]);
  strictEqual(code, EXIT.ok);
  match(stderr, /^Warning: Ollama at .* it answered 500\. Try again later\. The explanations are this program's own$/m);
  strictEqual(JSON.parse(stdout).explanations.findings[0].explanations[0].agent, "local");
});

Deno.test("support-bundle says nothing of agents unless they are asked for", async () => {
  const { code, stdout } = await run([], { TROUBLESHOOT_OLLAMA_ENDPOINT: "http://127.0.0.1:1" });
  strictEqual(code, EXIT.ok);
  deepStrictEqual(Object.keys(JSON.parse(stdout)), ["analyzerResults", "archivePath"]);
});

Deno.test("support-bundle shows people who wrote what", async () => {
  await using server = startAgentServer(ollama(() => json("line 1\nline 2", { insights: ["i"] })));
  const flags = ["--agents", "local,ollama", "--ollama-endpoint", server.url.href];
  const { stdout } = await run(flags, {}, 100);
  match(
    stdout,
    /^Memory: too little .*\n {2}The host has less memory than the spec wants\.\n {2}→ Compare with .*\n {2}\$ free -h\n/m,
  );
  match(
    stdout,
    /\n {2}Written by a machine \(ollama, llama2:7b\), and perhaps wrong:\n {2}line 1\n {2}line 2\n {2}- i\n$/,
  );
});

/** Collects for real, from this host alone. */
async function run(flags: string[], env: Record<string, string> = {}, columns?: number) {
  await using harness = await CliHarness.create();
  await Deno.writeTextFile(join(harness.root, "spec.yaml"), SPEC);
  const { cli, printed } = harness.context({ clock: systemClock, env: { NO_COLOR: "1", ...env }, columns });
  const code = await runCli(["spec.yaml", "-o", "out", ...flags], cli);
  return { code, ...printed };
}
