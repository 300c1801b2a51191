import { RE2JS } from "re2js";

/** Says whether a path matches a glob: `*` within a segment, `**` across segments, `?` one character, `[a-z]`, `[!a]`,
 * `{x,y}`, `\` before a character that is meant literally. The whole path must match.
 * @throws {SyntaxError} when the glob cannot be read */
export function compileGlob(glob: string): (path: string) => boolean {
  const pattern = RE2JS.compile(new GlobReader(glob).read(), RE2JS.DOTALL);
  return (path) => pattern.matches(path);
}

class GlobReader {
  #at = 0;
  #depth = 0;

  constructor(readonly glob: string) {}

  read(): string {
    let out = "";
    while (this.#at < this.glob.length) out += this.#next();
    if (this.#depth > 0) throw new SyntaxError('a "{" is not closed');
    return out;
  }

  #next(): string {
    const c = this.glob[this.#at++]!;
    switch (c) {
      case "*":
        if (this.glob[this.#at] !== "*") return "[^/]*";
        while (this.glob[this.#at] === "*") this.#at++;
        return ".*";
      case "?":
        return "[^/]";
      case "[":
        return this.#characters();
      case "{":
        this.#depth++;
        return "(?:";
      case "}":
        if (this.#depth === 0) throw new SyntaxError('a "}" has no "{" before it');
        this.#depth--;
        return ")";
      case ",":
        return this.#depth > 0 ? "|" : ",";
      case "\\":
        if (this.#at >= this.glob.length) throw new SyntaxError('nothing follows the last "\\"');
        return RE2JS.quote(this.glob[this.#at++]!);
      default:
        return RE2JS.quote(c);
    }
  }

  #characters(): string {
    const not = this.glob[this.#at] === "!" || this.glob[this.#at] === "^";
    if (not) this.#at++;
    const end = this.glob.indexOf("]", this.#at + 1);
    if (end < 0) throw new SyntaxError('a "[" is not closed');
    const set = this.glob.slice(this.#at, end).replace(/[\\\[\]^&~]/g, "\\$&");
    this.#at = end + 1;
    return not ? `[^/${set}]` : `[${set}]`;
  }
}
