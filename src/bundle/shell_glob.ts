/** A single-level shell glob, as analyzers use it: `*` and `?` never cross `/`, `[a-z]` and `[^a]` are classes, `\` takes
 * the next character as it is. There is no `**` and there are no braces.
 * @returns a test for whole bundle paths */
export function shellGlob(glob: string): (path: string) => boolean {
  let source = "";
  for (let i = 0; i < glob.length; i++) {
    const c = glob[i]!;
    if (c === "*") source += "[^/]*";
    else if (c === "?") source += "[^/]";
    else if (c === "\\" && i + 1 < glob.length) source += literal(glob[++i]!);
    else if (c === "[") {
      const end = glob.indexOf("]", i + 2);
      if (end < 0) source += literal(c);
      else {
        const body = glob.slice(i + 1, end);
        const negated = body[0] === "^" || body[0] === "!";
        source += `(?!/)[${negated ? "^" : ""}${(negated ? body.slice(1) : body).replace(/[\\\]\[^]/g, "\\$&")}]`;
        i = end;
      }
    } else source += literal(c);
  }
  const pattern = new RegExp(`^${source}$`, "su");
  return (path) => pattern.test(path);
}

function literal(c: string): string {
  return /[\\^$.*+?()[\]{}|/]/.test(c) ? `\\${c}` : c;
}
