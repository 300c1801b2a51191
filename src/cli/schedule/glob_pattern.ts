/** A shell-like pattern over whole names: `*` any text, `?` one character, all else literal; casing does not count. */
export function globPattern(glob: string): { test(name: string): boolean } {
  const pattern = [...glob.toLowerCase()];
  return { test: (name) => matches(pattern, [...name.toLowerCase()]) };
}

/** The usual two-pointer walk: on a mismatch the last `*` takes one character more. Linear in memory, never exponential. */
function matches(pattern: string[], text: string[]): boolean {
  let p = 0;
  let t = 0;
  let star = -1;
  let mark = 0;
  while (t < text.length) {
    if (p < pattern.length && pattern[p] === "*") {
      star = p++;
      mark = t;
    } else if (p < pattern.length && (pattern[p] === "?" || pattern[p] === text[t])) {
      p++;
      t++;
    } else if (star >= 0) {
      p = star + 1;
      t = ++mark;
    } else {
      return false;
    }
  }
  while (pattern[p] === "*") p++;
  return p === pattern.length;
}
