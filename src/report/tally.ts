/** Counts by name, with a bound on the names: those that come after are counted together. */
export class Tally {
  readonly #counts = new Map<string, number>();
  readonly #max: number;
  /** Of names beyond the bound. */
  others = 0;

  constructor(max = 50_000) {
    this.#max = max;
  }

  add(name: string, count = 1): void {
    const known = this.#counts.get(name);
    if (known === undefined && this.#counts.size >= this.#max) this.others += count;
    else this.#counts.set(name, (known ?? 0) + count);
  }

  get size(): number {
    return this.#counts.size;
  }

  /** Most first, then by name. */
  top(max: number): { name: string; count: number }[] {
    return [...this.#counts].map(([name, count]) => ({ name, count }))
      .sort((a, b) => b.count - a.count || (a.name < b.name ? -1 : 1)).slice(0, max);
  }
}

/** The first of many, and how many there were. */
export class Bounded<T> {
  readonly items: T[] = [];
  total = 0;

  constructor(readonly max: number) {}

  add(item: T): void {
    if (this.total++ < this.max) this.items.push(item);
  }

  get left(): number {
    return this.total - this.items.length;
  }
}
