import { badWhen, type SpecConditionError } from "./condition_error.ts";
import { type HttpToken, tokenize } from "./http_tokens.ts";
import { compileRegex } from "./regex.ts";
import type { Condition } from "./when.ts";

/** What came of a request: the status of the response, or none. */
export interface HttpAnswer {
  statusCode?: number;
  failed: boolean;
}

type Value = number | string | boolean;

/** A part of an expression. There is one variable, so that types are known before anything is evaluated. */
interface Part {
  type: "number" | "text" | "boolean";
  /** The value of a text or number that is written as one. */
  literal?: Value;
  of(statusCode: number): Value;
}

type Fail = (problem: string, token?: HttpToken) => SpecConditionError;

const MAX_LENGTH = 4096;
const MAX_DEPTH = 50;
const HINT = "Write it as statusCode == 200, statusCode >= 200 && statusCode < 300, statusCode in (200, 204), or error";

/** `error` for a request that failed; else a boolean expression over `statusCode`, which is false without a response.
 *
 * Operators, from the loosest: `? :`, `||`, `&&`, comparisons (`= == === != !== < <= > >= =~ !~ in`), `+ -`, `* / %`,
 * and the prefixes `! -`. Patterns of `=~` are RE2's, and written in quotes.
 * @throws {SpecConditionError} also for types that do not go together */
export function httpCondition(when: string): Condition<HttpAnswer> {
  if (when.trim() === "error") return ({ failed }) => failed;
  const expression = parse(when);
  return ({ statusCode }) => statusCode !== undefined && expression.of(statusCode) === true;
}

function parse(when: string): Part {
  const fail: Fail = (problem, token) =>
    badWhen(when, token === undefined ? problem : `${problem} (at character ${token.at + 1})`, HINT);
  if (when.length > MAX_LENGTH) throw fail(`it is longer than ${MAX_LENGTH} characters`);
  const parser = new ExpressionParser(tokenize(when, fail), fail);
  const expression = parser.whole();
  if (expression.type !== "boolean") throw fail(`it is a ${expression.type}, neither true nor false`);
  return expression;
}

class ExpressionParser {
  #next = 0;
  #depth = 0;

  constructor(readonly tokens: readonly HttpToken[], readonly fail: Fail) {}

  whole(): Part {
    const part = this.#ternary();
    const rest = this.tokens[this.#next];
    if (rest !== undefined) throw this.fail(`"${rest.text}" is not expected`, rest);
    return part;
  }

  #take(...symbols: string[]): HttpToken | undefined {
    const token = this.tokens[this.#next];
    if (token?.type !== "symbol" || !symbols.includes(token.text)) return undefined;
    this.#next++;
    return token;
  }

  #need(symbol: string): void {
    if (this.#take(symbol) !== undefined) return;
    const token = this.tokens[this.#next];
    throw this.fail(token === undefined ? `"${symbol}" is missing` : `"${token.text}" stands where "${symbol}" should`);
  }

  #inner<T>(read: () => T): T {
    if (++this.#depth > MAX_DEPTH) throw this.fail(`it is nested deeper than ${MAX_DEPTH} levels`);
    const value = read();
    this.#depth--;
    return value;
  }

  #ternary(): Part {
    const test = this.#or();
    const token = this.#take("?");
    if (token === undefined) return test;
    this.#expect("boolean", token, test);
    const then = this.#inner(() => this.#ternary());
    this.#need(":");
    const otherwise = this.#inner(() => this.#ternary());
    if (then.type !== otherwise.type) throw this.fail(`"?" has a ${then.type} and a ${otherwise.type}`, token);
    return { type: then.type, of: (status) => test.of(status) ? then.of(status) : otherwise.of(status) };
  }

  #or(): Part {
    let left = this.#and();
    for (let token; (token = this.#take("||")) !== undefined;) {
      const [a, b] = [left, this.#and()];
      this.#expect("boolean", token, a, b);
      left = { type: "boolean", of: (status) => a.of(status) || b.of(status) };
    }
    return left;
  }

  #and(): Part {
    let left = this.#comparison();
    for (let token; (token = this.#take("&&")) !== undefined;) {
      const [a, b] = [left, this.#comparison()];
      this.#expect("boolean", token, a, b);
      left = { type: "boolean", of: (status) => a.of(status) && b.of(status) };
    }
    return left;
  }

  #comparison(): Part {
    let left = this.#sum();
    for (let token; (token = this.#take("==", "!=", "<", "<=", ">", ">=", "=~", "!~", "in")) !== undefined;) {
      if (token.text === "in") left = this.#isIn(left, token);
      else if (token.text === "=~" || token.text === "!~") left = this.#matches(left, this.#sum(), token);
      else left = this.#compares(left, this.#sum(), token);
    }
    return left;
  }

  #compares(left: Part, right: Part, token: HttpToken): Part {
    const [a, b] = this.#alike(left, right, token);
    const order = (compare: (x: Value, y: Value) => boolean): Part => ({
      type: "boolean",
      of: (status) => compare(a.of(status), b.of(status)),
    });
    if (token.text === "==") return order((x, y) => x === y);
    if (token.text === "!=") return order((x, y) => x !== y);
    if (a.type === "boolean") throw this.fail(`"${token.text}" does not compare true and false`, token);
    if (token.text === "<") return order((x, y) => x < y);
    if (token.text === "<=") return order((x, y) => x <= y);
    if (token.text === ">") return order((x, y) => x > y);
    return order((x, y) => x >= y);
  }

  #matches(left: Part, pattern: Part, token: HttpToken): Part {
    if (left.type === "boolean" || typeof pattern.literal !== "string") {
      throw this.fail(`"${token.text}" needs a number or a text, and a pattern in quotes`, token);
    }
    const regex = compileRegex(pattern.literal, "pattern");
    return { type: "boolean", of: (status) => regex.test(String(left.of(status))) === (token.text === "=~") };
  }

  #isIn(left: Part, token: HttpToken): Part {
    this.#need("(");
    const tests: Part[] = [];
    do {
      const item = this.#inner(() => this.#ternary());
      tests.push(this.#compares(left, item, { ...token, text: "==" }));
    } while (this.#take(",") !== undefined);
    this.#need(")");
    return { type: "boolean", of: (status) => tests.some((test) => test.of(status)) };
  }

  #sum(): Part {
    let left = this.#product();
    for (let token; (token = this.#take("+", "-")) !== undefined;) {
      const [a, b] = [left, this.#product()];
      left = a.type === "text" && b.type === "text" && token.text === "+"
        ? { type: "text", of: (status) => `${a.of(status)}${b.of(status)}` }
        : this.#arithmetic(a, b, token);
    }
    return left;
  }

  #product(): Part {
    let left = this.#prefixed();
    for (let token; (token = this.#take("*", "/", "%")) !== undefined;) {
      left = this.#arithmetic(left, this.#prefixed(), token);
    }
    return left;
  }

  #arithmetic(a: Part, b: Part, token: HttpToken): Part {
    this.#expect("number", token, a, b);
    const [x, y] = [a.of as (status: number) => number, b.of as (status: number) => number];
    const number = (of: Part["of"]): Part => ({ type: "number", of });
    switch (token.text) {
      case "+":
        return number((status) => x(status) + y(status));
      case "-":
        return number((status) => x(status) - y(status));
      case "*":
        return number((status) => x(status) * y(status));
      case "/":
        return number((status) => x(status) / y(status));
      default:
        return number((status) => x(status) % y(status));
    }
  }

  #prefixed(): Part {
    const token = this.#take("!", "-");
    if (token === undefined) return this.#operand();
    const part = this.#inner(() => this.#prefixed());
    this.#expect(token.text === "!" ? "boolean" : "number", token, part);
    return token.text === "!"
      ? { type: "boolean", of: (status) => !part.of(status) }
      : { type: "number", of: (status) => -(part.of(status) as number) };
  }

  #operand(): Part {
    if (this.#take("(") !== undefined) {
      const part = this.#inner(() => this.#ternary());
      this.#need(")");
      return { ...part, literal: undefined };
    }
    const token = this.tokens[this.#next++];
    if (token === undefined) throw this.fail("a value is missing at its end");
    const { type, value, text } = token;
    if (type === "number" || type === "text") return { type, literal: value, of: () => value };
    if (type === "word" && text.toLowerCase() === "statuscode") return { type: "number", of: (status) => status };
    if (type === "word" && (text === "true" || text === "false")) return { type: "boolean", of: () => text === "true" };
    throw this.fail(
      type === "word" ? `there is no "${text}", only statusCode` : `"${text}" stands where a value should`,
      token,
    );
  }

  #expect(type: Part["type"], token: HttpToken, ...parts: Part[]): void {
    const other = parts.find((part) => part.type !== type);
    if (other !== undefined) throw this.fail(`"${token.text}" needs a ${type}, not a ${other.type}`, token);
  }

  /** A number in quotes is the number, where it meets one. */
  #alike(left: Part, right: Part, token: HttpToken): [Part, Part] {
    const asNumber = (part: Part): Part | undefined => {
      const { literal } = part;
      if (typeof literal !== "string" || !/^\s*\d+(?:\.\d+)?\s*$/.test(literal)) return undefined;
      return { type: "number", of: () => Number(literal) };
    };
    if (left.type === right.type) return [left, right];
    const [a, b] = left.type === "number" ? [left, asNumber(right)] : [asNumber(left), right];
    if (a?.type === "number" && b?.type === "number") return [a, b];
    throw this.fail(`"${token.text}" has a ${left.type} and a ${right.type}`, token);
  }
}
