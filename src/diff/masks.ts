/** What redaction leaves in place of a value: `***HIDDEN***`, or a token such as `***TOKEN_PASSWORD_A1B2C3***`. */
const MASK = /\*\*\*[A-Za-z0-9][\w.:-]{0,80}\*\*\*/g;
const HIDDEN = "***HIDDEN***";

/** Whether two texts say the same, as far as redaction lets anybody know. */
export type SameText = (before: string, after: string) => boolean;

/** What is hidden equals anything: that redaction hid more in one bundle, or nothing, is no change of the cluster.
 * @param tokensTell tokens of both bundles were made with the same key: different ones stand for different values */
export function sameText(tokensTell: boolean): SameText {
  return (before, after) => {
    if (before === after) return true;
    if (!before.includes("***") && !after.includes("***")) return false;
    const old = before.split("\n"), current = after.split("\n");
    return old.length === current.length && old.every((line, i) => sameLine(line, current[i]!, tokensTell));
  };
}

/** A mask ends with its line: it must not stand for lines that came. */
function sameLine(before: string, after: string, tokensTell: boolean): boolean {
  return before === after || covers(before, after, tokensTell) || covers(after, before, tokensTell);
}

/** True when `text` is what `pattern` may stand for: its masks match anything, its other parts themselves, in order. */
function covers(pattern: string, text: string, tokensTell: boolean): boolean {
  const parts: string[] = [];
  let end = 0;
  let open = false;
  for (const match of pattern.matchAll(MASK)) {
    // A token against another one is a change; against what is not hidden at all, it is not.
    if (tokensTell && match[0] !== HIDDEN && text.search(MASK) >= 0) continue;
    parts.push(pattern.slice(end, match.index));
    end = match.index + match[0].length;
    open = true;
  }
  if (!open) return false;
  const first = parts.shift()!, last = pattern.slice(end);
  if (!text.startsWith(first) || !text.endsWith(last) || first.length + last.length > text.length) return false;
  let at = first.length;
  for (const part of parts) {
    const found = text.indexOf(part, at);
    if (found < 0 || found + part.length > text.length - last.length) return false;
    at = found + part.length;
  }
  return true;
}
