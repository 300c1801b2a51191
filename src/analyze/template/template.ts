import { FUNCTIONS, type TemplateFunction } from "./functions.ts";
import { type Command, type Node, type Operand, parseTemplate, type Pipeline } from "./parser.ts";
import { TemplateError } from "./template_error.ts";
import { isMap, print, Struct, truth, typeName } from "./values.ts";

/** A message of a spec that was read, ready to be rendered. */
export interface Template {
  /** @param data is `.`: plain values, or {@linkcode Struct} where unknown fields shall be errors
   * @param missing is the value of a key that a map does not have; without one it prints as `<no value>`
   * @throws {TemplateError} */
  render(data: unknown, missing?: unknown): string;
}

const MAX_OUTPUT = 1024 * 1024;
const MAX_STEPS = 1_000_000;
const BREAK = Symbol("break");
const CONTINUE = Symbol("continue");

/** Reads a template: the part of Go's text/template that messages use (fields, variables, pipes, `if`, `with`, `range`),
 * and the functions of {@linkcode FUNCTIONS}.
 * @param functions instead of those
 * @throws {TemplateError} for syntax errors and unknown functions */
export function compileTemplate(
  template: string,
  functions: ReadonlyMap<string, TemplateFunction> = FUNCTIONS,
): Template {
  if (!template.includes("{{")) return { render: () => template };
  const nodes = parseTemplate(template, (name) => name === "and" || name === "or" || functions.has(name));
  return { render: (data, missing) => new Rendering(template, functions, data, missing).run(nodes) };
}

type Scope = Map<string, unknown>[];

class Rendering {
  readonly #template: string;
  readonly #functions: ReadonlyMap<string, TemplateFunction>;
  readonly #root: unknown;
  readonly #missing: unknown;
  #out = "";
  #steps = 0;

  constructor(
    template: string,
    functions: ReadonlyMap<string, TemplateFunction>,
    root: unknown,
    missing: unknown,
  ) {
    this.#template = template;
    this.#functions = functions;
    this.#root = root;
    this.#missing = missing;
  }

  run(nodes: Node[]): string {
    this.#block(nodes, this.#root, [new Map()]);
    return this.#out;
  }

  #fail(problem: string): never {
    throw new TemplateError(this.#template, problem);
  }

  #step(): void {
    if (++this.#steps > MAX_STEPS) this.#fail("it takes too long");
  }

  #block(nodes: Node[], dot: unknown, scope: Scope): typeof BREAK | typeof CONTINUE | undefined {
    const inner = [...scope, new Map<string, unknown>()];
    for (const node of nodes) {
      this.#step();
      switch (node.type) {
        case "text":
          this.#write(node.text);
          break;
        case "print": {
          const value = this.#pipeline(node.pipeline, dot, inner);
          if (node.pipeline.declares === undefined) this.#write(print(value));
          break;
        }
        case "break":
          return BREAK;
        case "continue":
          return CONTINUE;
        case "range":
          this.#range(node, dot, inner);
          break;
        default: {
          const branchScope = [...inner, new Map<string, unknown>()];
          const value = this.#pipeline(node.pipeline, dot, branchScope);
          const holds = truth(value);
          const jump = this.#block(
            holds ? node.then : node.otherwise,
            node.type === "with" && holds ? value : dot,
            branchScope,
          );
          if (jump !== undefined) return jump;
        }
      }
    }
  }

  #range(node: Node & { type: "range" }, dot: unknown, scope: Scope): void {
    const { declares, commands } = node.pipeline;
    const value = this.#pipeline({ commands }, dot, scope);
    const entries = this.#entries(value);
    if (entries.length === 0) {
      this.#block(node.otherwise, dot, scope);
      return;
    }
    for (const [key, item] of entries) {
      this.#step();
      const variables = new Map<string, unknown>();
      const names = declares?.variables ?? [];
      if (names.length > 1) variables.set(names[0]!, key);
      if (names.length > 0) variables.set(names.at(-1)!, item);
      if (this.#block(node.then, item, [...scope, variables]) === BREAK) return;
    }
  }

  #entries(value: unknown): [unknown, unknown][] {
    if (value === undefined || value === null) return [];
    if (Array.isArray(value)) return value.map((item, i) => [i, item]);
    if (isMap(value)) return Object.keys(value).sort().map((key) => [key, value[key]]);
    this.#fail(`range cannot go over ${typeName(value)}`);
  }

  #pipeline({ declares, commands }: Pipeline, dot: unknown, scope: Scope): unknown {
    let piped: unknown[] = [];
    for (const command of commands) piped = [this.#command(command, dot, scope, piped)];
    const value = piped[0];
    for (const name of declares?.variables ?? []) {
      const holder = declares!.assigns ? scope.findLast((variables) => variables.has(name)) : scope.at(-1);
      if (holder === undefined) this.#fail(`there is no variable ${name}`);
      holder.set(name, value);
    }
    return value;
  }

  #command({ head, args }: Command, dot: unknown, scope: Scope, piped: unknown[]): unknown {
    if (head.type !== "function") return this.#operand(head, dot, scope);
    return this.#call(head.name, [
      ...args.map((arg) => () => this.#operand(arg, dot, scope)),
      ...piped.map((v) => () => v),
    ]);
  }

  #call(name: string, args: (() => unknown)[]): unknown {
    this.#step();
    if (name === "and" || name === "or") {
      let value: unknown;
      for (const arg of args) if (truth(value = arg()) === (name === "or")) return value;
      return value;
    }
    const values = args.map((arg) => arg());
    try {
      return this.#functions.get(name)!(...values);
    } catch (error) {
      this.#fail(`${name}: ${(error as Error).message}`);
    }
  }

  #operand(operand: Operand, dot: unknown, scope: Scope): unknown {
    switch (operand.type) {
      case "literal":
        return operand.value;
      case "dot":
        return dot;
      case "function":
        return this.#call(operand.name, []);
      case "pipeline":
        return this.#pipeline(operand.pipeline, dot, scope);
      case "variable": {
        if (operand.name === "$") return this.#root;
        const holder = scope.findLast((variables) => variables.has(operand.name));
        if (holder === undefined) this.#fail(`there is no variable ${operand.name}`);
        return holder.get(operand.name);
      }
      case "path": {
        let value = this.#operand(operand.of, dot, scope);
        for (const field of operand.fields) value = this.#field(value, field);
        return value;
      }
    }
  }

  #field(value: unknown, name: string): unknown {
    if (value instanceof Struct) {
      const found = value.field(name);
      if (found === undefined) this.#fail(`${value.typeName} has no field ${name}`);
      return found.value;
    }
    if (isMap(value)) return Object.hasOwn(value, name) ? value[name] : this.#missing;
    this.#fail(`.${name} is asked of ${typeName(value)}`);
  }

  #write(text: string): void {
    if (this.#out.length + text.length > MAX_OUTPUT) this.#fail("its output is too long");
    this.#out += text;
  }
}
