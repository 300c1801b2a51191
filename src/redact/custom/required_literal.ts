/** A text that must be on every line an RE2 pattern matches, or undefined when none is certain. Knows enough of the
 * syntax for the patterns people write and gives up on the rest, which costs time and never a match. */
export function requiredLiteral(pattern: string): string | undefined {
  if (/\\[QC]|\(\?[a-zA-Z]*-/.test(pattern)) return undefined;
  const reader = new Reader(pattern);
  const best = reader.sequence();
  return reader.at < pattern.length || best.length < 3 ? undefined : best;
}

class Reader {
  at = 0;

  constructor(readonly pattern: string) {}

  /** Reads up to the end or a closing parenthesis. @returns the longest certain run of characters, "" for none */
  sequence(): string {
    let best = "", run = "", certain = true;
    const close = () => {
      if (run.length > best.length) best = run;
      run = "";
    };
    while (this.at < this.pattern.length && this.pattern[this.at] !== ")") {
      if (this.pattern[this.at] === "|") {
        certain = false;
        this.at++;
        continue;
      }
      const atom = this.#atom();
      const quantifier = this.#quantifier();
      if (quantifier === "maybe") close();
      else if (atom.literal !== undefined) {
        run += atom.literal;
        if (quantifier === "repeated") close();
      } else {
        close();
        if (atom.inner !== undefined && atom.inner.length > best.length) best = atom.inner;
      }
    }
    close();
    return certain ? best : "";
  }

  /** One character, class, escape or group. */
  #atom(): { literal?: string; inner?: string } {
    const c = this.pattern[this.at++]!;
    if (c === "(") return this.#group();
    if (c === "[") {
      if (this.pattern[this.at] === "^") this.at++;
      if (this.pattern[this.at] === "]") this.at++;
      while (this.at < this.pattern.length && this.pattern[this.at] !== "]") {
        if (this.pattern.startsWith("[:", this.at)) {
          const end = this.pattern.indexOf(":]", this.at);
          this.at = end < 0 ? this.pattern.length : end + 2;
        } else this.at += this.pattern[this.at] === "\\" ? 2 : 1;
      }
      this.at++;
      return {};
    }
    if (c === "\\") {
      const escaped = this.pattern[this.at++] ?? "";
      if (!/[A-Za-z0-9]/.test(escaped)) return { literal: escaped };
      if (/[pPx]/.test(escaped)) {
        if (this.pattern[this.at] === "{") this.at = Math.max(this.pattern.indexOf("}", this.at), this.at) + 1;
        else this.at += escaped === "x" ? 2 : 1;
      }
      return {};
    }
    // characters outside of ASCII have other forms under (?i)
    return ".^$".includes(c) || c > "\x7f" ? {} : { literal: c };
  }

  #group(): { inner?: string } {
    const head = /^\?(?:P?<\w+>|[a-zA-Z]*(?::|\)))/.exec(this.pattern.slice(this.at, this.at + 200));
    if (head !== null) this.at += head[0].length;
    if (head?.[0].endsWith(")")) return {};
    const inner = this.sequence();
    this.at++;
    return { inner };
  }

  #quantifier(): "once" | "repeated" | "maybe" {
    const match = /^(?:[*?+]|\{(\d+)(?:,\d*)?\})\??/.exec(this.pattern.slice(this.at, this.at + 30));
    if (match === null) return "once";
    this.at += match[0].length;
    return match[0][0] === "*" || match[0][0] === "?" || Number(match[1] ?? 1) === 0 ? "maybe" : "repeated";
  }
}
