import { badWhen } from "./condition_error.ts";
import { isMask } from "./hidden.ts";
import { type Billionths, tryParseQuantity } from "./quantity.ts";
import { compares, comparison, type Condition, ORDERINGS_AND_NOT } from "./when.ts";

const HINT = "Write it as >= 3, or > 5Gi";

/** `<op> <quantity>`, with or without a blank between them.
 * @throws {SpecConditionError} */
export function quantityCondition(when: string): Condition<Billionths> {
  const [, operator, value] = /^([!=<>]+)\s*([^\s!=<>]+)$/.exec(when.trim()) ?? [];
  if (operator === undefined || value === undefined) {
    throw badWhen(when, "it is not an operator and a number or quantity", HINT);
  }
  const by = comparison(operator, when, ORDERINGS_AND_NOT);
  const wanted = tryParseQuantity(value);
  if (wanted === undefined) throw badWhen(when, `"${value}" is neither a number nor a quantity`, HINT);
  return (actual) => compares(actual, by, wanted);
}

/** A value of a bundle that shall be compared.
 * @param what names it in the error
 * @throws {Error} when it is neither a number nor a quantity */
export function toQuantity(value: unknown, what: string): Billionths {
  if (typeof value === "number" || typeof value === "string") {
    const quantity = tryParseQuantity(String(value));
    if (quantity !== undefined) return quantity;
  }
  const hidden = typeof value === "string" && isMask(value);
  throw new Error(`${what} ${hidden ? "was hidden by redaction" : "is neither a number nor a quantity"}`);
}
