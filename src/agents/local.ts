import type { Agent, Answer, Explanation } from "./agent.ts";
import type { Advice } from "./advice/advice.ts";
import { clusterAdvice } from "./advice/cluster.ts";
import { hostAdvice } from "./advice/host.ts";
import { statusAdvice } from "./advice/status.ts";
import { symptoms } from "./advice/symptoms.ts";
import type { Problem } from "./problem.ts";

/** Explains in the words of the finding's own analyzer, where it has any; else by the tables of this program: what the
 * finding's words mean where they are well known, else what its kind is about. It asks nobody, and claims no confidence:
 * nothing here measures one. */
export const localAgent: Agent = {
  title: "This program",
  async *explain(problems: readonly Problem[]): AsyncIterable<Answer> {
    for (const problem of problems) yield { index: problem.index, explanation: explain(problem) };
  },
};

/** Beyond that, a message is not searched. */
const SEARCHED = 8000;

function explain(problem: Problem): Explanation {
  const { explanation, nextStep } = problem.known ?? {};
  if (nextStep) {
    const text = explanation || adviceFor(problem).text;
    return { agent: "local", machineWritten: false, text, remediation: { description: nextStep } };
  }
  if (explanation) return { agent: "local", machineWritten: false, text: explanation };
  const { text, action, command, documentation } = adviceFor(problem);
  return {
    agent: "local",
    machineWritten: false,
    text,
    remediation: {
      description: action,
      ...command === undefined ? {} : { command: fill(command, problem.object) },
      ...documentation === undefined ? {} : { documentation },
    },
  };
}

function adviceFor({ kind, where, status, title, message }: Problem): Advice {
  const words = `${title}\n${message}`.slice(0, SEARCHED);
  const byKind = where === "cluster" ? clusterAdvice : hostAdvice;
  const symptom = symptoms.find(({ pattern }) => pattern.test(words))?.advice;
  // The command of a symptom is about an object of the cluster.
  const seen = symptom && where === "host" ? { ...symptom, command: undefined } : symptom;
  return statusAdvice[status] ?? seen ?? (Object.hasOwn(byKind, kind) ? byKind[kind]! : UNKNOWN);
}

const UNKNOWN: Advice = {
  text: "An analyzer of the spec judged this; nothing more is known about its kind here.",
  action: "Read its message, and the file of the bundle that it is about",
};

/** Names come out of a bundle: only what is a name in Kubernetes gets into a command. */
function fill(command: string, object: Problem["object"]): string {
  const safe = (name: string | undefined, otherwise: string) =>
    name !== undefined && /^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/.test(name) ? name : otherwise;
  return command.replaceAll("{namespace}", safe(object?.namespace, "NAMESPACE"))
    .replaceAll("{name}", safe(object?.name, "NAME"));
}
