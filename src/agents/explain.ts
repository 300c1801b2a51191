import type { Finding } from "../analyze/analyzer.ts";
import { type Clock, systemClock } from "../core/clock.ts";
import type { ReadSecret } from "../core/credential_reference.ts";
import { startDeadline } from "../core/deadline.ts";
import { formatDuration } from "../core/duration.ts";
import { describeError, SupportBundleError } from "../core/errors.ts";
import type { Redactor } from "../redact/redactor.ts";
import type { Agent, AgentName, Answer, Explanation } from "./agent.ts";
import type { HostedOptions } from "./hosted.ts";
import { localAgent } from "./local.ts";
import type { OllamaOptions } from "./ollama.ts";
import { type Problem, problemsOf } from "./problem.ts";

export interface AgentOptions {
  /** In this order their explanations stand, those of this program first. */
  agents: readonly AgentName[];
  ollama?: OllamaOptions;
  hosted?: HostedOptions;
  /** For each agent, all its requests together. */
  timeoutMs: number;
  /** False: explanations without what to do. Default: true. */
  remediation?: boolean;
  /** What is known before anybody is asked, for the reader. */
  warnings?: readonly string[];
  /** For the variables that name proxies. */
  env: Readonly<Record<string, string>>;
}

export interface ExplainOptions extends AgentOptions {
  secret: ReadSecret;
  clock?: Clock;
  /** Once aborted, nobody else is asked. */
  signal?: AbortSignal;
  /** Of the run: findings pass it once more before they leave the machine. Default: the built-in rules. */
  redactor?: Redactor;
}

export interface ExplainedFindings {
  /** All findings, in the order given. */
  findings: { finding: Finding; explanations: Explanation[] }[];
  /** Those that were asked; empty when there was nothing to explain. */
  agents: AgentRun[];
  warnings: string[];
}

export interface AgentRun {
  name: AgentName;
  /** `partial`: it explained some, and then no more. */
  status: "ok" | "partial" | "failed";
  explained: number;
  durationMs: number;
  message?: string;
}

/** How many findings an agent beyond this process is asked about: a language model takes seconds for each. */
const MAX_PROBLEMS = { local: Infinity, ollama: 20, hosted: 50 } as const;

/** Has findings explained. What another agent leaves unexplained this program explains itself, and a warning says so: it
 * never throws, and never changes a verdict. */
export async function explainFindings(
  findings: readonly Finding[],
  options: ExplainOptions,
): Promise<ExplainedFindings> {
  const problems = problemsOf(findings);
  const warnings = [...options.warnings ?? []];
  const others = [...new Set(options.agents)].filter((name) => name !== "local");
  const asked = problems.length === 0 ? [] : await Promise.all(others.map((name) => ask(name, problems, options)));
  const explained = new Set(asked.flatMap(({ answers }) => answers.map(({ index }) => index)));
  const own = options.agents.includes("local") ? problems : problems.filter(({ index }) => !explained.has(index));
  if (own.length > 0) asked.unshift(await ask("local", own, options));

  const explanations = findings.map((): Explanation[] => []);
  for (const { answers } of asked) {
    for (const { index, explanation } of answers) add(explanations[index]!, explanation, options.remediation !== false);
  }
  return {
    findings: findings.map((finding, index) => ({ finding, explanations: explanations[index]! })),
    agents: asked.map(({ run }) => run),
    warnings: [...warnings, ...asked.flatMap((one) => one.warnings)],
  };
}

interface Asked {
  run: AgentRun;
  answers: Answer[];
  warnings: string[];
}

async function ask(name: AgentName, problems: readonly Problem[], options: ExplainOptions): Promise<Asked> {
  const { clock = systemClock, signal = new AbortController().signal, env, secret, timeoutMs } = options;
  const startedAt = clock.now().getTime();
  const known = new Set(problems.map(({ index }) => index));
  const answers: Answer[] = [];
  const warnings: string[] = [];
  let message: string | undefined;
  using deadline = startDeadline(clock, timeoutMs, signal);
  try {
    if (name !== "local") deadline.signal.throwIfAborted();
    const agent = await openAgent(name, options);
    const shown = name === "local" ? problems : await seal(problems, MAX_PROBLEMS[name], options.redactor);
    const context = { env, secret, clock, signal: deadline.signal, warn: (text: string) => void warnings.push(text) };
    try {
      for await (const answer of agent.explain(shown, context)) if (known.has(answer.index)) answers.push(answer);
    } catch (error) {
      if (!deadline.expired) throw error;
      throw new Error(`${agent.title}: it did not answer within ${formatDuration(timeoutMs)}`);
    }
    if (shown.length < problems.length) {
      warnings.push(
        `${agent.title} was asked about ${shown.length} of ${problems.length} findings, the most urgent ones`,
      );
    }
  } catch (error) {
    message = signal.aborted ? `The agent ${name} was not waited for: the run was stopped` : describeError(error);
    const hint = error instanceof SupportBundleError && error.hint !== undefined ? `. ${error.hint}` : "";
    const left = answers.length === 0 ? "The explanations are" : "The other explanations are";
    warnings.push(`${message}${hint}. ${left} this program's own`);
  }
  const status = message === undefined ? "ok" : answers.length > 0 ? "partial" : "failed";
  const durationMs = clock.now().getTime() - startedAt;
  return { run: { name, status, explained: answers.length, durationMs, message }, answers, warnings };
}

/** Nothing is loaded that is not asked for. */
async function openAgent(name: AgentName, { ollama, hosted }: AgentOptions): Promise<Agent> {
  if (name === "ollama" && ollama !== undefined) return (await import("./ollama.ts")).ollamaAgent(ollama);
  if (name === "hosted" && hosted !== undefined) return (await import("./hosted.ts")).hostedAgent(hosted);
  if (name === "local") return localAgent;
  throw new Error(`The agent ${name} has no endpoint`);
}

async function seal(problems: readonly Problem[], max: number, redactor: Redactor | undefined): Promise<Problem[]> {
  return (await import("./seal_problems.ts")).sealProblems(problems, max, redactor);
}

/** Nobody wants to read the same twice. */
function add(to: Explanation[], { remediation, ...explanation }: Explanation, remedies: boolean): void {
  const same = (a: string, b: string | undefined) => normal(a) === normal(b ?? "");
  if (to.some(({ text }) => same(text, explanation.text))) return;
  const told = remediation !== undefined && to.some((other) => {
    return same(remediation.description, other.remediation?.description) &&
      same(remediation.command ?? "", other.remediation?.command);
  });
  to.push({ ...explanation, ...remedies && remediation !== undefined && !told ? { remediation } : {} });
}

function normal(text: string): string {
  return text.toLowerCase().replaceAll(/[^\p{L}\p{N}]+/gu, " ").trim();
}
