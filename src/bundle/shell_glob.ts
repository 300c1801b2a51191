/** One thing that a segment of a glob asks for: a number of any characters, or one character. */
type Step = "any" | ((char: string) => boolean);

/** A single-level shell glob, as analyzers use it: `*` and `?` never cross `/`, `[a-z]` and `[^a]` are classes, `\` takes
 * the next character as it is. There is no `**` and there are no braces. The time for a path is that of its length times that
 * of the glob at most, however many stars there are.
 * @returns a test for whole bundle paths */
export function shellGlob(glob: string): (path: string) => boolean {
  const segments = readSegments(glob);
  return (path) => {
    const parts = path.split("/");
    return parts.length === segments.length && segments.every((steps, i) => matches(steps, [...parts[i]!]));
  };
}

/** The folder that all matches lie in, with its `/`; as much of it as has no wildcard. */
export function globFolder(glob: string): string {
  const literal = /^[^*?[\\]*/.exec(glob)![0];
  return literal.slice(0, literal.lastIndexOf("/") + 1);
}

function readSegments(glob: string): Step[][] {
  const segments: Step[][] = [[]];
  const chars = [...glob];
  for (let i = 0; i < chars.length; i++) {
    const steps = segments.at(-1)!;
    let c = chars[i]!;
    const end = c === "[" ? chars.indexOf("]", i + 2) : -1;
    if (c === "*") {
      if (steps.at(-1) !== "any") steps.push("any");
    } else if (c === "?") steps.push(() => true);
    else if (end > 0) {
      steps.push(readClass(chars.slice(i + 1, end)));
      i = end;
    } else {
      if (c === "\\" && i + 1 < chars.length) c = chars[++i]!;
      const wanted = c;
      if (c === "/") segments.push([]);
      else steps.push((char) => char === wanted);
    }
  }
  return segments;
}

function readClass(body: string[]): (char: string) => boolean {
  const negated = body[0] === "^" || body[0] === "!";
  const ranges: [from: string, to: string][] = [];
  for (let i = negated ? 1 : 0; i < body.length; i++) {
    const from = body[i]!;
    const isRange = body[i + 1] === "-" && i + 2 < body.length;
    ranges.push([from, isRange ? body[i + 2]! : from]);
    if (isRange) i += 2;
  }
  return (char) => ranges.some(([from, to]) => from <= char && char <= to) !== negated;
}

/** When the steps behind a star do not fit, the star takes one character more; those before it never have to be tried again. */
function matches(steps: Step[], chars: string[]): boolean {
  let step = 0, at = 0;
  let star = -1, starAt = 0;
  while (at < chars.length) {
    const wanted = steps[step];
    if (wanted === "any") {
      star = step++;
      starAt = at;
    } else if (wanted?.(chars[at]!)) {
      step++;
      at++;
    } else if (star >= 0) {
      step = star + 1;
      at = ++starAt;
    } else return false;
  }
  while (steps[step] === "any") step++;
  return step === steps.length;
}
