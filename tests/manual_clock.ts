import type { Clock } from "../src/core/clock.ts";

interface Sleeper {
  until: number;
  /** Among sleepers with one wake time, the one that came first wakes first. */
  order: number;
  wake(): void;
}

/** A clock that only a test turns. Sleepers wake in the order of their times, and while one is woken the clock shows its
 * time: a loop that sleeps 10 s at a time runs six times during `advance(60_000)`. */
export class ManualClock implements Clock {
  #nowMs: number;
  #order = 0;
  readonly #sleepers = new Set<Sleeper>();

  constructor(start: Date | string = "2026-03-02T00:00:00Z") {
    this.#nowMs = new Date(start).getTime();
  }

  now(): Date {
    return new Date(this.#nowMs);
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    if (signal?.aborted || ms <= 0) return Promise.resolve();
    return new Promise((resolve) => {
      const wake = () => {
        this.#sleepers.delete(sleeper);
        signal?.removeEventListener("abort", wake);
        resolve();
      };
      const sleeper: Sleeper = { until: this.#nowMs + ms, order: this.#order++, wake };
      this.#sleepers.add(sleeper);
      signal?.addEventListener("abort", wake, { once: true });
    });
  }

  /** How many calls of `sleep` have not returned yet. */
  get sleeping(): number {
    return this.#sleepers.size;
  }

  /** When the next sleeper wakes; undefined when nobody sleeps. */
  get nextWake(): Date | undefined {
    const next = this.#next();
    return next && new Date(next.until);
  }

  /** Turns the clock forward and wakes whoever is due on the way. What wakes gets to run, and to sleep anew, before the
   * clock goes on. */
  async advance(ms: number): Promise<void> {
    await this.set(new Date(this.#nowMs + ms));
  }

  /** Sets the wall clock, or lets the machine sleep: nobody wakes early or late by it, as timers do not follow the wall
   * clock. */
  jump(to: Date | string): void {
    const target = new Date(to).getTime();
    for (const sleeper of this.#sleepers) sleeper.until += target - this.#nowMs;
    this.#nowMs = target;
  }

  /** As {@linkcode advance}, to an instant; backwards as {@linkcode jump}. */
  async set(to: Date | string): Promise<void> {
    const target = new Date(to).getTime();
    if (target < this.#nowMs) return this.jump(to);
    await settle();
    for (let next = this.#next(); next !== undefined && next.until <= target; next = this.#next()) {
      this.#nowMs = Math.max(this.#nowMs, next.until);
      next.wake();
      await settle();
    }
    this.#nowMs = target;
    await settle();
  }

  /** Waits, in real time and without end, until at least `count` calls of `sleep` are pending: for code that does I/O
   * between two sleeps. The test's own deadline is the bound. */
  async untilSleeping(count = 1): Promise<void> {
    while (this.#sleepers.size < count) await new Promise((resolve) => setTimeout(resolve, 1));
  }

  #next(): Sleeper | undefined {
    let next: Sleeper | undefined;
    for (const sleeper of this.#sleepers) {
      if (next === undefined || sleeper.until < next.until) next = sleeper;
      else if (sleeper.until === next.until && sleeper.order < next.order) next = sleeper;
    }
    return next;
  }
}

/** Lets everything run that waits for no I/O. */
async function settle(): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, 0));
}
