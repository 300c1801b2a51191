/** Many short byte strings in one array: a hundred thousand of them cost no more than their bytes. */
export class Literals {
  /** All of them, one after the other; longer than they are. */
  bytes = new Uint8Array(4096);
  /** Where each begins, and where the last one ends. */
  readonly starts: number[] = [0];

  static of(texts: readonly string[]): Literals {
    const literals = new Literals();
    for (const text of texts) literals.add(new TextEncoder().encode(text));
    return literals;
  }

  get count(): number {
    return this.starts.length - 1;
  }

  add(literal: Uint8Array): void {
    const start = this.starts.at(-1)!, end = start + literal.length;
    if (end > this.bytes.length) {
      const larger = new Uint8Array(2 * end);
      larger.set(this.bytes);
      this.bytes = larger;
    }
    this.bytes.set(literal, start);
    this.starts.push(end);
  }

  lengthOf(number: number): number {
    return this.starts[number + 1]! - this.starts[number]!;
  }
}
