import { isObject, list, type Loose, text, texts } from "./loose.ts";

type Labels = Readonly<Record<string, string>>;

/** Whether all of these labels are there with these values; a selector without any selects nothing. */
export function hasLabels(wanted: Labels, labels: Labels): boolean {
  const entries = Object.entries(wanted);
  return entries.length > 0 && entries.every(([key, value]) => Object.hasOwn(labels, key) && labels[key] === value);
}

/** A selector with `matchLabels` and `matchExpressions`. An empty one selects everything, none at all nothing. */
export function selects(selector: unknown, labels: Labels): boolean {
  if (!isObject(selector)) return false;
  const same = Object.entries(texts(selector.matchLabels)).every(([key, value]) =>
    Object.hasOwn(labels, key) && labels[key] === value
  );
  return same && list(selector.matchExpressions).every((each) => holds(each, labels));
}

function holds({ key, operator, values }: Loose, labels: Labels): boolean {
  const name = text(key);
  const has = Object.hasOwn(labels, name);
  const among = has && Array.isArray(values) && values.includes(labels[name]);
  switch (operator) {
    case "In":
      return among;
    case "NotIn":
      return !among;
    case "Exists":
      return has;
    case "DoesNotExist":
      return !has;
    default:
      return false;
  }
}
