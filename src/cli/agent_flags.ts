import { type Command, Option } from "commander";
import { AGENT_NAMES, type AgentName } from "../agents/agent.ts";
import type { AgentOptions } from "../agents/explain.ts";
import { isLoopback } from "../core/loopback.ts";
import { OLLAMA_DEFAULTS } from "../agents/ollama_defaults.ts";
import { validateCredentialReference } from "../core/credential_reference.ts";
import { parseDuration } from "../core/duration.ts";
import { UsageError } from "../core/errors.ts";
import { nearest } from "../core/nearest.ts";
import { collect, parseBoolean } from "./command.ts";
import { withVariable } from "./flag_variables.ts";

/** The flags of agents, as commander leaves them. */
export interface AgentFlags {
  agents?: string[];
  enableOllama?: boolean;
  disableOllama?: boolean;
  ollamaEndpoint?: string;
  ollamaModel?: string;
  useCodellama?: boolean;
  useMistral?: boolean;
  hostedEndpoint?: string;
  hostedKeyRef?: string;
  agentTimeout?: string;
  includeRemediation?: boolean;
  /** False: `--no-network`, where a command has it. */
  network?: boolean;
  /** False: nothing is hidden, where a command has it. */
  redact?: boolean;
}

const DEFAULT_TIMEOUT = "5m";

/** Adds the flags that have findings explained. */
export function addAgentFlags(command: Command): Command {
  const hidden = (flags: string) => withVariable(new Option(flags)).argParser(parseBoolean).hideHelp();
  return command
    .option(
      "--agents <names>",
      "who explains findings: local, ollama, hosted (commas, repeatable; default: nobody)",
      collect,
    )
    .option(
      "--enable-ollama [bool]",
      "have findings explained by a model that Ollama runs; see docs/agents.md",
      parseBoolean,
    )
    .option("--ollama-endpoint <url>", `with ollama: its address (default: ${OLLAMA_DEFAULTS.endpoint})`)
    .option("--ollama-model <name>", `with ollama: the model (default: ${OLLAMA_DEFAULTS.model})`)
    .option("--hosted-endpoint <url>", "with --agents hosted: address of the service, https://host/path")
    .option(
      "--hosted-key-ref <ref>",
      "with --agents hosted: where its key is, env:NAME, file:/path, vault:NAME …; never a value",
    )
    .option("--agent-timeout <duration>", `how long each agent may take in all (default: ${DEFAULT_TIMEOUT})`)
    .option("--include-remediation [bool]", "with agents: also say what to do (default: true)", parseBoolean)
    .addOption(hidden("--disable-ollama [bool]"))
    .addOption(hidden("--use-codellama [bool]"))
    .addOption(hidden("--use-mistral [bool]"));
}

/** What the flags ask for; undefined when they ask for nothing.
 * @throws {UsageError} for what cannot be used, and for findings that nobody redacted on their way to another machine */
export function agentOptions(flags: AgentFlags, env: Readonly<Record<string, string>>): AgentOptions | undefined {
  const agents = readAgents(flags);
  refuseIdle(flags, agents, env);
  if (agents.length === 0) return undefined;
  const timeoutMs = parseDuration(flags.agentTimeout || DEFAULT_TIMEOUT, "--agent-timeout");
  if (timeoutMs <= 0) throw new UsageError("--agent-timeout: no agent answers in no time", "Write 30s, 5m …");
  const warnings: string[] = [];
  const options: AgentOptions = { agents, timeoutMs, remediation: flags.includeRemediation !== false, warnings, env };
  if (agents.includes("ollama")) options.ollama = ollamaOptions(flags, warnings);
  if (agents.includes("hosted")) options.hosted = hostedOptions(flags);
  if (flags.redact === false && agents.some((name) => name !== "local")) {
    throw new UsageError(
      "--redact=false goes with no agent but local: others are shown redacted findings only",
      "Leave one of them out",
    );
  }
  return flags.network === false ? withoutNetwork(options) : options;
}

function readAgents(flags: AgentFlags): AgentName[] {
  const names = (flags.agents ?? []).flatMap((text) => text.split(",")).map((text) => text.trim().toLowerCase())
    .filter((text) => text !== "").map(readName);
  if (flags.enableOllama === true) names.push("ollama");
  return [...new Set(names)].filter((name) => name !== "ollama" || flags.disableOllama !== true);
}

function readName(text: string): AgentName {
  const name = AGENT_NAMES.find((name) => name === text);
  if (name !== undefined) return name;
  const meant = nearest(text, AGENT_NAMES);
  throw new UsageError(
    `--agents: there is no agent "${text}"`,
    meant === undefined ? `Write some of ${AGENT_NAMES.join(", ")}` : `Did you mean ${meant}?`,
  );
}

/** A variable may stay set for all commands; a flag was meant for this one. */
function refuseIdle(flags: AgentFlags, agents: readonly AgentName[], env: Readonly<Record<string, string>>): void {
  const settings: [flag: string, value: unknown, needs: AgentName | undefined][] = [
    ["--ollama-endpoint", flags.ollamaEndpoint, "ollama"],
    ["--ollama-model", flags.ollamaModel, "ollama"],
    ["--hosted-endpoint", flags.hostedEndpoint, "hosted"],
    ["--hosted-key-ref", flags.hostedKeyRef, "hosted"],
    ["--agent-timeout", flags.agentTimeout, undefined],
  ];
  for (const [flag, value, needs] of settings) {
    const variable = env[`TROUBLESHOOT_${flag.slice(2).toUpperCase().replaceAll("-", "_")}`];
    if (!value || value === variable || (flags.disableOllama === true && needs === "ollama")) continue;
    if (needs === undefined ? agents.length > 0 : agents.includes(needs)) continue;
    throw new UsageError(
      `${flag} does nothing without --agents`,
      needs === "ollama" ? "Add --enable-ollama" : `Add --agents ${needs ?? "local"}`,
    );
  }
}

function ollamaOptions(flags: AgentFlags, warnings: string[]): NonNullable<AgentOptions["ollama"]> {
  const endpoint = readEndpoint(flags.ollamaEndpoint || OLLAMA_DEFAULTS.endpoint, "--ollama-endpoint");
  if (endpoint.protocol === "http:" && !isLoopback(endpoint.hostname)) {
    warnings.push(`Findings go to ${endpoint.origin} in the clear: whoever is on the way can read them`);
  }
  const named = [
    ...flags.ollamaModel ? [flags.ollamaModel] : [],
    ...flags.useCodellama === true ? ["codellama:7b"] : [],
    ...flags.useMistral === true ? ["mistral:7b"] : [],
  ];
  const [model = OLLAMA_DEFAULTS.model, ...more] = new Set(named);
  if (more.length > 0) {
    throw new UsageError("Several models are named, and one is asked", "Name one with --ollama-model");
  }
  if (!/^[\w./:@-]{1,200}$/.test(model)) {
    throw new UsageError(
      `--ollama-model: ${JSON.stringify(model)} is no name of a model`,
      "Write it as ollama list does",
    );
  }
  return { endpoint, model };
}

function hostedOptions(flags: AgentFlags): NonNullable<AgentOptions["hosted"]> {
  if (!flags.hostedEndpoint || !flags.hostedKeyRef) {
    throw new UsageError(
      "The hosted agent needs an address and a key",
      "Add --hosted-endpoint https://host/path and --hosted-key-ref env:NAME",
    );
  }
  const endpoint = readEndpoint(flags.hostedEndpoint, "--hosted-endpoint");
  if (endpoint.protocol === "http:" && !isLoopback(endpoint.hostname)) {
    throw new UsageError(
      "--hosted-endpoint: key and findings would go over the network in the clear",
      "Write https://",
    );
  }
  try {
    validateCredentialReference(flags.hostedKeyRef);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    throw new UsageError(`--hosted-key-ref: ${error.message}`, error.hint);
  }
  return { endpoint, key: flags.hostedKeyRef };
}

function readEndpoint(text: string, flag: string): URL {
  const url = URL.parse(text);
  const hint = "Write https://host/path";
  // The address is not repeated: it may hold a password.
  if (url === null || !/^https?:$/.test(url.protocol)) {
    throw new UsageError(`${flag}: this is not the URL of a server`, hint);
  }
  if (url.username !== "" || url.password !== "") {
    throw new UsageError(`${flag}: there is a user name or password in the URL`, hint);
  }
  if (url.search !== "" || url.hash !== "") throw new UsageError(`${flag}: there is a ? or # in the URL`, hint);
  return url;
}

/** Who is on this machine may be asked all the same. */
function withoutNetwork(options: AgentOptions): AgentOptions {
  const stays = (name: AgentName) => {
    const endpoint = name === "ollama"
      ? options.ollama!.endpoint
      : name === "hosted"
      ? options.hosted!.endpoint
      : undefined;
    return endpoint === undefined || isLoopback(endpoint.hostname);
  };
  const left = options.agents.filter((name) => !stays(name));
  if (left.length === 0) return options;
  return {
    ...options,
    agents: options.agents.filter(stays),
    warnings: [`--no-network: ${left.join(" and ")} is not asked, the explanations are this program's own`],
  };
}
