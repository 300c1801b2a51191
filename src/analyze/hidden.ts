/** What redaction leaves in place of a value: a mask or a token. */
const MASK = /\*\*\*[A-Z][A-Z0-9_]{0,100}\*\*\*/;
const WHOLE_MASK = new RegExp(`^${MASK.source}$`);

/** True when something of the text was hidden by redaction, so that it cannot be compared any more. */
export function isHidden(text: string): boolean {
  return text.includes("***") && MASK.test(text);
}

/** True when nothing but a mask is left of the text. */
export function isMask(text: string): boolean {
  return WHOLE_MASK.test(text.trim());
}

/** Whether a value of a bundle, or anything inside it, was hidden. */
export function hasHidden(value: unknown): boolean {
  if (typeof value === "string") return isHidden(value);
  if (typeof value !== "object" || value === null) return false;
  return Object.entries(value).some(([key, child]) => isHidden(key) || hasHidden(child));
}

/** What to say when a value was needed. */
export function hiddenValue(path: string): string {
  return `The value in ${path} cannot be judged: redaction has hidden it`;
}
