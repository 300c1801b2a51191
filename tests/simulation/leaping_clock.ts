import type { Clock } from "../../src/core/clock.ts";

interface Sleeper {
  untilMs: number;
  wake(): void;
}

/** A clock on which waiting takes no time: when everybody sleeps, it leaps to the first who is to wake. So a year passes as
 * fast as the work in it is done. */
export class LeapingClock implements Clock {
  #nowMs: number;
  #leaping = false;
  readonly #sleepers = new Set<Sleeper>();
  readonly #arrived = Promise.withResolvers<void>();
  readonly #asleep = Promise.withResolvers<void>();

  /** @param untilMs it goes no further @param count how many sleep while nothing is to be done */
  constructor(startMs: number, private readonly untilMs: number, private readonly count: number) {
    this.#nowMs = startMs;
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
      const sleeper: Sleeper = { untilMs: this.#nowMs + ms, wake };
      this.#sleepers.add(sleeper);
      signal?.addEventListener("abort", wake, { once: true });
      this.#leap();
    });
  }

  /** Resolves when everybody sleeps for the first time; the clock stands until {@linkcode run}. */
  get asleep(): Promise<void> {
    return this.#asleep.promise;
  }

  /** Resolves at the end of the time. */
  run(): Promise<void> {
    this.#leaping = true;
    this.#leap();
    return this.#arrived.promise;
  }

  #leap(): void {
    if (this.#sleepers.size < this.count) return;
    this.#asleep.resolve();
    if (!this.#leaping) return;
    let next: Sleeper | undefined;
    for (const sleeper of this.#sleepers) if (next === undefined || sleeper.untilMs < next.untilMs) next = sleeper;
    if (next!.untilMs > this.untilMs) return this.#arrived.resolve();
    this.#nowMs = Math.max(this.#nowMs, next!.untilMs);
    next!.wake();
  }
}
