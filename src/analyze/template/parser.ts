import { lex, type Token } from "./lexer.ts";
import { TemplateError } from "./template_error.ts";

export type Node =
  | { type: "text"; text: string }
  | { type: "print"; pipeline: Pipeline }
  | { type: "if"; pipeline: Pipeline; then: Node[]; otherwise: Node[] }
  | { type: "with"; pipeline: Pipeline; then: Node[]; otherwise: Node[] }
  | { type: "range"; pipeline: Pipeline; then: Node[]; otherwise: Node[] }
  | { type: "break" }
  | { type: "continue" };

/** `$x := a | b c`: each command's value becomes the last argument of the next one. */
export interface Pipeline {
  declares?: { variables: string[]; assigns: boolean };
  commands: Command[];
}

/** A value, or a function with arguments. */
export interface Command {
  head: Operand;
  args: Operand[];
}

export type Operand =
  | { type: "literal"; value: unknown }
  | { type: "dot" }
  | { type: "variable"; name: string }
  | { type: "function"; name: string }
  | { type: "pipeline"; pipeline: Pipeline }
  | { type: "path"; of: Operand; fields: string[] };

const MAX_DEPTH = 50;
const UNSUPPORTED = new Set(["define", "template", "block"]);

/** Reads a template into nodes.
 * @param isFunction tells which words are functions
 * @throws {TemplateError} */
export function parseTemplate(template: string, isFunction: (name: string) => boolean): Node[] {
  const pieces = lex(template);
  let at = 0;

  function fail(problem: string): never {
    throw new TemplateError(template, problem);
  }

  /** Nodes up to an `else` or `end`, which is returned. */
  function block(depth: number, inRange: boolean): { nodes: Node[]; closing?: Token[] } {
    if (depth > MAX_DEPTH) fail("it is nested too deeply");
    const nodes: Node[] = [];
    while (at < pieces.length) {
      const piece = pieces[at++]!;
      if ("text" in piece) {
        nodes.push({ type: "text", text: piece.text });
        continue;
      }
      const tokens = trimSpaces(piece.action);
      const first = tokens[0];
      const keyword = first?.type === "word" ? first.text : "";
      if (keyword === "end" || keyword === "else") {
        if (depth === 0) fail(`unexpected {{${keyword}}}`);
        return { nodes, closing: tokens };
      }
      if (keyword === "if" || keyword === "with" || keyword === "range") {
        nodes.push(control(keyword, tokens.slice(1), depth, inRange || keyword === "range"));
      } else if (keyword === "break" || keyword === "continue") {
        if (!inRange) fail(`{{${keyword}}} outside range`);
        nodes.push({ type: keyword });
      } else if (UNSUPPORTED.has(keyword)) {
        fail(`{{${keyword}}} is not supported`);
      } else {
        nodes.push({ type: "print", pipeline: pipelineOf(tokens, 2, depth) });
      }
    }
    if (depth > 0) fail("an {{end}} is missing");
    return { nodes };
  }

  function control(keyword: "if" | "with" | "range", tokens: Token[], depth: number, inRange: boolean): Node {
    const pipeline = pipelineOf(trimSpaces(tokens), keyword === "range" ? 2 : 1, depth);
    const { nodes: then, closing } = block(depth + 1, inRange);
    if (closing![0]!.text === "end") return { type: keyword, pipeline, then, otherwise: [] };
    const rest = trimSpaces(closing!.slice(1));
    if (rest.length > 0) {
      const next = rest[0]!.text;
      if (keyword === "range" || (next !== "if" && next !== "with")) fail(`unexpected {{else ${next}}}`);
      return {
        type: keyword,
        pipeline,
        then,
        otherwise: [control(next as "if" | "with", rest.slice(1), depth + 1, inRange)],
      };
    }
    const { nodes: otherwise, closing: last } = block(depth + 1, inRange);
    if (last![0]!.text !== "end") fail("more than one {{else}}");
    return { type: keyword, pipeline, then, otherwise };
  }

  function pipelineOf(tokens: Token[], maxVariables: number, depth: number): Pipeline {
    if (depth > MAX_DEPTH) fail("it is nested too deeply");
    const { declares, rest } = declaration(tokens, maxVariables);
    const commands: Command[] = [];
    let command: Token[] = [];
    let level = 0;
    for (const token of [...rest, { type: "symbol", text: "|" } as Token]) {
      if (token.type === "symbol" && token.text === "(") level++;
      if (token.type === "symbol" && token.text === ")" && --level < 0) fail("unexpected )");
      if (level === 0 && token.type === "symbol" && token.text === "|") {
        commands.push(commandOf(trimSpaces(command), commands.length, depth));
        command = [];
      } else {
        command.push(token);
      }
    }
    if (level > 0) fail("a ( is not closed");
    return { declares, commands };
  }

  function declaration(tokens: Token[], maxVariables: number): { declares?: Pipeline["declares"]; rest: Token[] } {
    const operatorAt = tokens.findIndex((token) =>
      token.type === "symbol" && (token.text === ":=" || token.text === "=")
    );
    if (operatorAt === -1) return { rest: tokens };
    const variables: string[] = [];
    for (const token of tokens.slice(0, operatorAt)) {
      if (token.type === "variable") variables.push(token.text);
      else if (token.type !== "space" && token.text !== ",") fail(`unexpected "${token.text}" before an assignment`);
    }
    if (variables.length === 0 || variables.length > maxVariables) fail("an assignment needs a variable before it");
    const assigns = tokens[operatorAt]!.text === "=";
    return { declares: { variables, assigns }, rest: trimSpaces(tokens.slice(operatorAt + 1)) };
  }

  function commandOf(tokens: Token[], position: number, depth: number): Command {
    const operands: Operand[] = [];
    let i = 0;
    while (i < tokens.length) {
      if (tokens[i]!.type === "space") {
        i++;
        continue;
      }
      const [operand, next] = operandAt(tokens, i, depth);
      operands.push(operand);
      i = next;
      if (i < tokens.length && tokens[i]!.type !== "space") fail(`unexpected "${tokens[i]!.text}"`);
    }
    const [head, ...args] = operands;
    if (head === undefined) fail("a command is empty");
    if (head.type !== "function" && (args.length > 0 || position > 0)) {
      fail(`"${tokens[0]!.text}" is not a function, but it is given arguments`);
    }
    return { head, args };
  }

  function operandAt(tokens: Token[], start: number, depth: number): [Operand, number] {
    const token = tokens[start]!;
    let i = start + 1;
    let operand: Operand;
    if (token.type === "string" || token.type === "number") {
      operand = { type: "literal", value: token.value };
    } else if (token.type === "variable") {
      operand = { type: "variable", name: token.text };
    } else if (token.type === "field") {
      operand = { type: "dot" };
      if (token.text !== ".") i = start;
    } else if (token.type === "word") {
      operand = wordOperand(token.text);
    } else if (token.text === "(") {
      let level = 1;
      while (i < tokens.length && level > 0) {
        const { type, text } = tokens[i++]!;
        if (type === "symbol" && text === "(") level++;
        if (type === "symbol" && text === ")") level--;
      }
      operand = { type: "pipeline", pipeline: pipelineOf(trimSpaces(tokens.slice(start + 1, i - 1)), 0, depth + 1) };
    } else {
      fail(`unexpected "${token.text}"`);
    }
    const fields: string[] = [];
    while (i < tokens.length && tokens[i]!.type === "field" && tokens[i]!.text !== ".") {
      fields.push(tokens[i++]!.text.slice(1));
    }
    return [fields.length === 0 ? operand : { type: "path", of: operand, fields }, i];
  }

  function wordOperand(word: string): Operand {
    if (word === "true" || word === "false") return { type: "literal", value: word === "true" };
    if (word === "nil") return { type: "literal", value: undefined };
    if (!isFunction(word)) fail(`there is no function "${word}"`);
    return { type: "function", name: word };
  }

  return block(0, false).nodes;
}

function trimSpaces(tokens: Token[]): Token[] {
  let start = 0;
  let end = tokens.length;
  while (start < end && tokens[start]!.type === "space") start++;
  while (end > start && tokens[end - 1]!.type === "space") end--;
  return tokens.slice(start, end);
}
