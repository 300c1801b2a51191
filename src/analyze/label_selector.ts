import { SpecConditionError } from "./condition_error.ts";

export type Labels = Readonly<Record<string, unknown>> | null | undefined;

/** Tells whether an object with these labels is meant. */
export type LabelTest = (labels: Labels) => boolean;

/** One of `matchExpressions`. */
export interface Requirement {
  key: string;
  operator: string;
  values?: string[] | null;
}

const KEY = String.raw`[A-Za-z0-9](?:[-A-Za-z0-9_./]*[A-Za-z0-9])?`;
const VALUE = String.raw`[-A-Za-z0-9_.]*`;
const PART = new RegExp(
  String.raw`^(?:!\s*(${KEY})|(${KEY})(?:\s*(==?|!=|<|>)\s*(${VALUE})|\s+(in|notin)\s*\(([-A-Za-z0-9_.,\s]*)\))?)$`,
);
const HINT = "Write it as app=web, tier!=db, zone in (a, b), zone notin (c), gpu or !gpu, joined by commas";

/** Reads a selector in the form of `kubectl -l`; an empty one means every object.
 * @throws {SpecConditionError}
 * @see https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#label-selectors */
export function parseLabelSelector(selector: string): LabelTest {
  const parts = selector.split(/,(?![^(]*\))/).map((part) => part.trim()).filter((part) => part !== "");
  const tests = parts.map((part) => parsePart(part, selector));
  return (labels) => tests.every((test) => test(labels));
}

function parsePart(part: string, selector: string): LabelTest {
  const [match, absent, key, operator, value = "", set, list = ""] = PART.exec(part) ?? [];
  if (match === undefined) {
    throw new SpecConditionError(`selector "${selector}"`, `"${part}" is not a requirement`, HINT);
  }
  if (absent !== undefined) return requirement({ key: absent, operator: "DoesNotExist" });
  const values = list.split(",").map((each) => each.trim());
  switch (operator ?? set) {
    case undefined:
      return requirement({ key: key!, operator: "Exists" });
    case "in":
      return requirement({ key: key!, operator: "In", values });
    case "notin":
      return requirement({ key: key!, operator: "NotIn", values });
    case "!=":
      return requirement({ key: key!, operator: "NotIn", values: [value] });
    case "<":
    case ">": {
      if (!/^-?\d+$/.test(value)) {
        throw new SpecConditionError(`selector "${selector}"`, `"${value}" is not a whole number`, HINT);
      }
      return (labels) => {
        const actual = labelOf(labels, key!) ?? "";
        if (!/^-?\d+$/.test(actual)) return false;
        return operator === "<" ? Number(actual) < Number(value) : Number(actual) > Number(value);
      };
    }
  }
  return requirement({ key: key!, operator: "In", values: [value] });
}

/** Reads one of a label selector's `matchExpressions`.
 * @throws {SpecConditionError}
 * @see https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#resources-that-support-set-based-requirements */
export function requirement({ key, operator, values }: Requirement): LabelTest {
  const wanted = values ?? [];
  const hint = "Write operator: In or NotIn with values, Exists or DoesNotExist without";
  const what = `selector "${key} ${operator}"`;
  if (/^(?:In|NotIn)$/.test(operator) !== (wanted.length > 0)) {
    throw new SpecConditionError(what, wanted.length > 0 ? "it has values" : "it has no values", hint);
  }
  const isWanted = (value: string | undefined) => value !== undefined && wanted.includes(value);
  switch (operator) {
    case "In":
      return (labels) => isWanted(labelOf(labels, key));
    case "NotIn":
      return (labels) => !isWanted(labelOf(labels, key));
    case "Exists":
      return (labels) => labelOf(labels, key) !== undefined;
    case "DoesNotExist":
      return (labels) => labelOf(labels, key) === undefined;
  }
  throw new SpecConditionError(what, `"${operator}" is not an operator`, hint);
}

/** The value of a label; undefined when the object does not have it. */
export function labelOf(labels: Labels, label: string): string | undefined {
  if (typeof labels !== "object" || labels === null || !Object.hasOwn(labels, label)) return undefined;
  const value = labels[label];
  return typeof value === "string" ? value : undefined;
}
