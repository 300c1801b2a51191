import { SpecConditionError } from "../condition_error.ts";

/** One step of a path: each takes values, and yields those that it leads to. */
export type Step =
  | { type: "root" }
  | { type: "current" }
  | { type: "literal"; value: unknown }
  | { type: "field"; name: string }
  | { type: "every" }
  | { type: "descend" }
  | { type: "slice"; from?: number; to?: number; by: number }
  | { type: "union"; paths: Step[][] }
  | { type: "filter"; left: Step[]; operator: FilterOperator; right: Step[] };

export type FilterOperator = "exists" | "==" | "!=" | "<" | "<=" | ">" | ">=";

const HINT = "Write it as kubectl takes it: {.items[*].metadata.name}";
const MAX_DEPTH = 20;

/** A path, from the document or, with `range`, from the first value that its path leads to. */
export interface JsonPath {
  range?: Step[];
  steps: Step[];
}

/** Reads a template of kubectl's JSONPath. Of several actions the first one counts, and inside `range` the first of its
 * body. The braces may be left out around a lone path.
 * @throws {SpecConditionError}
 * @see https://kubernetes.io/docs/reference/kubectl/jsonpath/ */
export function parseJsonPath(template: string): JsonPath {
  const text = template.trim();
  const [first = "", body, ...rest] = text.startsWith("{") ? actionsOf(text) : [text];
  const range = /^range(?=[\s.@$[])/.exec(first);
  if (range === null) return { steps: new Parser(text, first).path() };
  if (body === undefined || body === "end" || !rest.includes("end")) throw fail(text, "range has no body and {end}");
  return { range: new Parser(text, first.slice(range[0].length)).path(), steps: new Parser(text, body).path() };
}

/** The insides of `{…}`. */
function actionsOf(text: string): string[] {
  const actions: string[] = [];
  const action = /[^{]*\{((?:[^{}'"]|'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")*)\}/y;
  while (text.indexOf("{", action.lastIndex) >= 0) {
    const from = action.lastIndex;
    const match = action.exec(text);
    if (match === null) throw fail(text, `"${text.slice(from, from + 20)}" is no action in braces`);
    actions.push(match[1]!.trim());
  }
  return actions;
}

function fail(template: string, problem: string): SpecConditionError {
  return new SpecConditionError(`jsonPath "${template}"`, problem, HINT);
}

class Parser {
  readonly #template: string;
  readonly #text: string;
  #at = 0;
  #depth = 0;

  constructor(template: string, text: string) {
    this.#template = template;
    this.#text = text;
  }

  path(): Step[] {
    const steps = this.#steps(/$/y);
    if (this.#at < this.#text.length) this.#fail(`unexpected "${this.#text.slice(this.#at, this.#at + 10)}"`);
    if (steps.length === 0) this.#fail("it leads nowhere");
    return steps;
  }

  #fail(problem: string): never {
    throw fail(this.#template, problem);
  }

  #take(pattern: RegExp): RegExpExecArray | undefined {
    pattern.lastIndex = this.#at;
    const match = pattern.exec(this.#text);
    if (match === null) return undefined;
    this.#at = pattern.lastIndex;
    return match;
  }

  /** Steps up to what ends them, which stays. */
  #steps(end: RegExp): Step[] {
    if (++this.#depth > MAX_DEPTH) this.#fail("it is nested too deeply");
    const steps: Step[] = [];
    for (;;) {
      this.#take(/\s+/y);
      end.lastIndex = this.#at;
      if (this.#at >= this.#text.length || end.test(this.#text)) break;
      const literal = this.#literal();
      if (literal !== undefined) steps.push({ type: "literal", value: literal });
      else if (this.#take(/\$/y)) steps.push({ type: "root" });
      else if (this.#take(/@/y)) steps.push({ type: "current" });
      else if (this.#take(/\[/y)) steps.push(this.#brackets());
      else if (this.#take(/\.\./y)) {
        steps.push({ type: "descend" });
        const name = this.#name();
        if (name !== undefined) steps.push(name);
      } else {
        const dot = this.#take(/\./y) !== undefined;
        const name = dot || steps.length === 0 ? this.#name() : undefined;
        if (name !== undefined) steps.push(name);
        else if (dot && steps.length === 0) steps.push({ type: "current" });
        else if (!dot || this.#text[this.#at] !== "[") {
          this.#fail(`unexpected "${this.#text.slice(this.#at, this.#at + 10)}"`);
        }
      }
    }
    this.#depth--;
    return steps;
  }

  #name(): Step | undefined {
    if (this.#take(/\*/y)) return { type: "every" };
    const name = this.#take(/(?:\\.|[^\s.[\](){}'"@$*,:=!<>?\\])+/y)?.[0];
    return name === undefined ? undefined : { type: "field", name: name.replace(/\\(.)/g, "$1") };
  }

  #literal(): string | number | boolean | undefined {
    const quoted = this.#take(/'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)"/y);
    if (quoted !== undefined) return unescape(quoted[1] ?? quoted[2]!);
    const number = this.#take(/-?\d+(?:\.\d+)?(?![\w.])/y);
    if (number !== undefined) return Number(number[0]);
    const bool = this.#take(/(?:true|false)\b/y);
    return bool === undefined ? undefined : bool[0] === "true";
  }

  /** What stands after `[`. */
  #brackets(): Step {
    if (this.#take(/\s*\?\s*\(/y)) return this.#filter();
    const paths: Step[][] = [];
    do paths.push([this.#member()]); while (this.#take(/\s*,/y));
    if (!this.#take(/\s*\]/y)) this.#fail("a [ is not closed");
    return paths.length === 1 ? paths[0]![0]! : { type: "union", paths };
  }

  #member(): Step {
    this.#take(/\s+/y);
    if (this.#take(/\*/y)) return { type: "every" };
    const quoted = this.#take(/'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)"/y);
    if (quoted !== undefined) return { type: "field", name: unescape(quoted[1] ?? quoted[2]!) };
    const slice = this.#take(/(-?\d{1,9})?\s*(:)?\s*(-?\d{1,9})?\s*(?::\s*(-?\d{1,9})?)?(?=\s*[\],])/y);
    const [all = "", from, colon, to, by] = slice ?? [];
    if (all.trim() === "") {
      const name = this.#take(/[^\s'"[\](),:]+/y)?.[0];
      if (name === undefined) this.#fail("there is nothing between [ and ]");
      return { type: "field", name };
    }
    const number = (written: string | undefined) => written === undefined ? undefined : Number(written);
    const start = number(from);
    if (colon === undefined && to !== undefined) this.#fail(`"${all.trim()}" is no index`);
    if (colon === undefined) return { type: "slice", from: start, to: start === -1 ? undefined : start! + 1, by: 1 };
    if (Number(by ?? 1) <= 0) this.#fail("the step of a slice must be above 0");
    return { type: "slice", from: start, to: number(to), by: Number(by ?? 1) };
  }

  /** What stands after `?(`. */
  #filter(): Step {
    const left = this.#steps(/==|!=|<=|>=|<|>|\)/y);
    const operator = (this.#take(/==|!=|<=|>=|<|>/y)?.[0] ?? "exists") as FilterOperator;
    const right = operator === "exists" ? [] : this.#steps(/\)/y);
    if (!this.#take(/\)\s*\]/y)) this.#fail("a filter is not closed with )]");
    if (left.length === 0 || (operator !== "exists" && right.length === 0)) this.#fail("a filter lacks a side");
    return { type: "filter", left, operator, right };
  }
}

function unescape(text: string): string {
  return text.replace(/\\(.)/g, (_, char) => char === "n" ? "\n" : char === "t" ? "\t" : char);
}
