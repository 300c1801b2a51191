/** What redaction leaves in place of a value: a mask or a token. */
const MASK = /\*\*\*[A-Z][A-Z0-9_]{0,100}\*\*\*/;

/** True when something of the text was hidden by redaction, so that it cannot be compared any more. */
export function isHidden(text: string): boolean {
  return text.includes("***") && MASK.test(text);
}

/** Whether a value of a bundle, or anything inside it, was hidden. */
export function hasHidden(value: unknown): boolean {
  if (typeof value === "string") return isHidden(value);
  if (typeof value !== "object" || value === null) return false;
  return Object.entries(value).some(([key, child]) => isHidden(key) || hasHidden(child));
}
