import { isRecord } from "../stored_objects.ts";
import type { FilterOperator, JsonPath, Step } from "./parse.ts";

const MAX_VALUES = 1_000_000;

/** All values that a path leads to, in the order of the document; keys that are missing lead nowhere.
 * @throws {Error} when the path leads to too many */
export function evaluateJsonPath({ range, steps }: JsonPath, document: unknown): unknown[] {
  const evaluation = new Evaluation(document);
  if (range === undefined) return evaluation.follow(steps, document);
  return evaluation.follow(range, document).slice(0, 1).flatMap((first) => evaluation.follow(steps, first));
}

class Evaluation {
  readonly #root: unknown;
  #count = 0;

  constructor(root: unknown) {
    this.#root = root;
  }

  follow(steps: readonly Step[], current: unknown): unknown[] {
    let values = [current];
    for (const step of steps) {
      values = values.flatMap((value) => {
        const found = this.#step(step, value, current);
        this.#spend(found.length + 1);
        return found;
      });
    }
    return values;
  }

  #spend(values: number): void {
    if ((this.#count += values) > MAX_VALUES) throw new Error("The jsonPath leads to too many values");
  }

  #step(step: Step, value: unknown, current: unknown): unknown[] {
    switch (step.type) {
      case "root":
        return [this.#root];
      case "current":
        return [current];
      case "literal":
        return [step.value];
      case "field":
        return isRecord(value) && Object.hasOwn(value, step.name) ? [value[step.name]] : [];
      case "every":
        return children(value);
      case "descend":
        return this.#descendants(value);
      case "slice":
        return Array.isArray(value) ? slice(value, step.from, step.to, step.by) : [];
      case "union":
        return step.paths.flatMap((path) => this.follow(path, value));
      case "filter":
        return Array.isArray(value) ? value.filter((item) => this.#passes(step, item)) : [];
    }
  }

  #descendants(value: unknown): unknown[] {
    this.#spend(1);
    const found = [value];
    for (const child of children(value)) {
      if (typeof child === "object" && child !== null) {
        for (const each of this.#descendants(child)) found.push(each);
      }
    }
    return found;
  }

  #passes({ left, operator, right }: Step & { type: "filter" }, item: unknown): boolean {
    const [actual] = this.follow(left, item);
    if (operator === "exists") return actual !== undefined;
    if (actual === undefined) return false;
    const [wanted] = this.follow(right, item);
    return wanted !== undefined && holds(actual, operator, wanted);
  }
}

function children(value: unknown): unknown[] {
  if (Array.isArray(value)) return value;
  return isRecord(value) ? Object.values(value) : [];
}

function slice(list: unknown[], from: number | undefined, to: number | undefined, by: number): unknown[] {
  return list.slice(from, to).filter((_, i) => i % by === 0);
}

/** Values of different types are different, and in no order. */
function holds(left: unknown, operator: FilterOperator, right: unknown): boolean {
  if (operator === "==") return left === right;
  if (operator === "!=") return left !== right;
  const comparable = (typeof left === "number" && typeof right === "number") ||
    (typeof left === "string" && typeof right === "string");
  if (!comparable) return false;
  switch (operator) {
    case "<":
      return left < right;
    case "<=":
      return left <= right;
    case ">":
      return left > right;
  }
  return left >= right;
}
