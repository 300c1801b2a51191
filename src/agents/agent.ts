import type { Clock } from "../core/clock.ts";
import type { ReadSecret } from "../core/credential_reference.ts";
import type { Problem } from "./problem.ts";

export const AGENT_NAMES = ["local", "ollama", "hosted"] as const;
export type AgentName = typeof AGENT_NAMES[number];

/** Explains findings, and says what can be done. It never judges: what passed or failed is the analyzers' word. */
export interface Agent {
  /** For messages: `Ollama at http://localhost:11434`. */
  title: string;
  /** Yields explanations as they come: what was had counts when the time runs out.
   * @param problems of an agent beyond this process: redacted, cut and bounded, see `sealProblems`
   * @throws {AgentError} when it can explain nothing, or no more */
  explain(problems: readonly Problem[], context: AgentContext): AsyncIterable<Answer>;
}

export interface AgentContext {
  /** Names proxies. */
  env: Readonly<Record<string, string>>;
  /** Reads the key of a service. */
  secret: ReadSecret;
  clock: Clock;
  /** Aborted when the time is up, or the run is stopped. */
  signal: AbortSignal;
  /** Takes what the reader should know although it went well on the whole. */
  warn(message: string): void;
}

export interface Answer {
  /** `Problem.index` */
  index: number;
  explanation: Explanation;
}

/** Texts are plain: no control characters, cut. Those of a model are somebody's guess all the same. */
export interface Explanation {
  agent: AgentName;
  /** False for texts of this program, which people wrote. */
  machineWritten: boolean;
  /** What wrote it, as its server says. */
  model?: string;
  text: string;
  insights?: string[];
  remediation?: Remediation;
  /** From 0 to 1, where a service states one. Nobody here measures it. */
  confidence?: number;
}

export interface Remediation {
  description: string;
  action?: string;
  /** For a person to read, and perhaps to run. Nothing here runs it. */
  command?: string;
  documentation?: string;
  /** 1 is the most urgent. */
  priority?: number;
}
