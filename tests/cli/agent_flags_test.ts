import { deepStrictEqual, strictEqual, throws } from "node:assert/strict";
import { type AgentFlags, agentOptions } from "../../src/cli/agent_flags.ts";
import { UsageError } from "../../src/core/errors.ts";

const hosted = { agents: ["hosted"], hostedEndpoint: "https://agents.test/v1", hostedKeyRef: "env:AGENT_KEY" };

const asked: [name: string, flags: AgentFlags, expected: string][] = [
  ["nobody by default", {}, "nobody"],
  ["nobody for what is switched off", { enableOllama: false, includeRemediation: false }, "nobody"],
  ["this program", { agents: ["local"] }, "local"],
  [
    "lists, in their order",
    { agents: ["ollama, local", "local"] },
    "ollama llama2:7b at http://localhost:11434/, local",
  ],
  ["Ollama by its own flag", { enableOllama: true }, "ollama llama2:7b at http://localhost:11434/"],
  ["nobody when one flag takes back the other", { enableOllama: true, disableOllama: true }, "nobody"],
  [
    "another endpoint and model",
    { enableOllama: true, ollamaEndpoint: "http://127.0.0.1:9/x", ollamaModel: "hub.test/a/b:1" },
    "ollama hub.test/a/b:1 at http://127.0.0.1:9/x",
  ],
  [
    "models by their own flags",
    { enableOllama: true, useMistral: true },
    "ollama mistral:7b at http://localhost:11434/",
  ],
  ["a hosted agent", hosted, "hosted env:AGENT_KEY at https://agents.test/v1"],
  [
    "one in the clear on this machine",
    { ...hosted, hostedEndpoint: "http://[::1]:80/" },
    "hosted env:AGENT_KEY at http://[::1]/",
  ],
  [
    "empty texts, of variables set to nothing, as none",
    { agents: [""], ollamaEndpoint: "", agentTimeout: "" },
    "nobody",
  ],
];
for (const [name, flags, expected] of asked) {
  Deno.test(`agentOptions() asks ${name}`, () => {
    const options = agentOptions(flags, {});
    const shown = options?.agents.map((agent) =>
      agent === "ollama"
        ? `ollama ${options.ollama!.model} at ${options.ollama!.endpoint}`
        : agent === "hosted"
        ? `hosted ${options.hosted!.key} at ${options.hosted!.endpoint}`
        : agent
    ).join(", ");
    strictEqual(shown ?? "nobody", expected);
    deepStrictEqual(options?.warnings ?? [], []);
  });
}

const refused: [name: string, flags: AgentFlags, message: RegExp][] = [
  ["an agent that there is not", { agents: ["olama"] }, /no agent "olama"/],
  ["a hosted agent without an address", { agents: ["hosted"] }, /needs an address and a key/],
  ["a hosted agent without a key", { ...hosted, hostedKeyRef: undefined }, /needs an address and a key/],
  [
    "a key in place of its reference",
    { ...hosted, hostedKeyRef: "0123-4567" },
    /--hosted-key-ref: .*are not a reference/,
  ],
  ["a hosted agent in the clear", { ...hosted, hostedEndpoint: "http://agents.test" }, /in the clear/],
  [
    "a name that only begins like this machine's",
    { ...hosted, hostedEndpoint: "http://localhost.evil.test" },
    /in the clear/,
  ],
  ["an address that is none", { ...hosted, hostedEndpoint: "agents.test" }, /not the URL of a server/],
  ["another protocol", { ...hosted, hostedEndpoint: "file:///etc/passwd" }, /not the URL of a server/],
  ["a password in an address", { ...hosted, hostedEndpoint: "https://user:pw@agents.test" }, /user name or password/],
  ["a query in an address", { enableOllama: true, ollamaEndpoint: "http://localhost/?token=x" }, /a \? or #/],
  ["a model that is no name", { enableOllama: true, ollamaModel: "a b" }, /no name of a model/],
  ["two models", { enableOllama: true, ollamaModel: "a", useMistral: true }, /Several models/],
  ["a timeout that is none", { enableOllama: true, agentTimeout: "soon" }, /--agent-timeout: "soon" is not a duration/],
  ["no time", { enableOllama: true, agentTimeout: "0s" }, /no agent answers in no time/],
  [
    "unredacted findings for others",
    { enableOllama: true, redact: false },
    /--redact=false goes with no agent but local/,
  ],
  ["a model for nobody", { ollamaModel: "a" }, /--ollama-model does nothing without --agents/],
  ["a key for nobody", { hostedKeyRef: "env:A" }, /--hosted-key-ref does nothing/],
  ["a timeout for nobody", { agentTimeout: "1m" }, /--agent-timeout does nothing/],
];
for (const [name, flags, message] of refused) {
  Deno.test(`agentOptions() refuses ${name}`, () => {
    throws(() => agentOptions(flags, {}), (error) => {
      return error instanceof UsageError && message.test(error.message) && !/pw|token=|0123/.test(error.message);
    });
  });
}

Deno.test("agentOptions() lets variables stand that are set for other commands", () => {
  const flags = { ollamaModel: "a", hostedKeyRef: "env:A" };
  strictEqual(agentOptions(flags, { TROUBLESHOOT_OLLAMA_MODEL: "a", TROUBLESHOOT_HOSTED_KEY_REF: "env:A" }), undefined);
});

Deno.test("agentOptions() warns of findings in the clear", () => {
  deepStrictEqual(agentOptions({ enableOllama: true, ollamaEndpoint: "http://gpu.lan:11434" }, {})!.warnings, [
    "Findings go to http://gpu.lan:11434 in the clear: whoever is on the way can read them",
  ]);
});

Deno.test("agentOptions() asks nobody beyond this machine with --no-network", () => {
  const { agents, warnings } = agentOptions({ ...hosted, enableOllama: true, network: false }, {})!;
  deepStrictEqual([agents, warnings], [["ollama"], [
    "--no-network: hosted is not asked, the explanations are this program's own",
  ]]);
});
