import { createRedactor } from "../redact/create_redactor.ts";
import type { Redactor } from "../redact/redactor.ts";
import { plainText } from "./plain_text.ts";
import { byUrgency, type Problem } from "./problem.ts";

const MAX_TITLE = 200;
const MAX_MESSAGE = 1000;
/** Of an object's kind, namespace and name. */
const MAX_NAME = 253;
/** Of all texts together. */
const MAX_BYTES = 64 * 1024;

/** Makes problems ready to leave the machine: the most urgent ones, their texts redacted once more, and cut after that. One that
 * cannot be redacted stays here.
 * @param redactor of the run; by default, the built-in rules */
export function sealProblems(
  problems: readonly Problem[],
  max: number,
  redactor: Redactor = createRedactor({ builtIn: true, custom: [] }),
): Problem[] {
  const sealed: Problem[] = [];
  let bytes = 0;
  for (const problem of byUrgency(problems)) {
    if (sealed.length === max) break;
    const next = seal(problem, redactor);
    if (next === undefined) continue;
    bytes += encoder.encode(JSON.stringify(next)).length;
    if (bytes > MAX_BYTES) break;
    sealed.push(next);
  }
  return sealed;
}

const encoder = new TextEncoder();

function seal({ object, known: _, ...problem }: Problem, redactor: Redactor): Problem | undefined {
  const hide = (text: string, max: number) => plainText(redacted(text, redactor), max);
  try {
    return {
      ...problem,
      title: hide(problem.title, MAX_TITLE),
      message: hide(problem.message, MAX_MESSAGE),
      ...object === undefined ? {} : {
        object: {
          kind: hide(object.kind, MAX_NAME),
          ...object.namespace === undefined ? {} : { namespace: hide(object.namespace, MAX_NAME) },
          name: hide(object.name, MAX_NAME),
        },
      },
    };
  } catch {
    return undefined;
  }
}

/** @throws when the text cannot be redacted for certain */
function redacted(text: string, redactor: Redactor): string {
  const result = redactor.redactBytes("findings.txt", encoder.encode(text));
  if (result === undefined) throw new Error("packed");
  return new TextDecoder().decode(result.bytes);
}
