import type { Clock } from "../core/clock.ts";

export interface RequestBudgetOptions {
  clock: Clock;
  /** Requests a second, on average; absent or 0: no limit. */
  qps?: number;
  /** Requests that may come at once after a pause; absent: twice `qps`. */
  burst?: number;
}

/** Groups of the API that a server of its own usually serves, although their names are those of built-in ones. */
const EXTENSIONS = /^(?:custom\.|external\.)?metrics\.k8s\.io$/;
/** Where everybody waits when the API server itself asks for patience. */
const SERVER = "";

/** Spreads the requests of all clients of one connection: no more a second than was asked for, and none while the server
 * wants to be left alone. */
export class RequestBudget {
  readonly #clock: Clock;
  readonly #intervalMs: number;
  readonly #burstMs: number;
  /** When the requests so far would have been sent, one after the other at the average rate. */
  #bookedUntil = 0;
  readonly #pausedUntil = new Map<string, number>();
  #latest = 0;

  constructor({ clock, qps = 0, burst }: RequestBudgetOptions) {
    this.#clock = clock;
    this.#intervalMs = qps > 0 ? 1000 / qps : 0;
    this.#burstMs = Math.max(1, burst || 2 * qps) * this.#intervalMs;
  }

  /** Resolves when a request for this path may be sent, in the order of the calls.
   * @throws the signal's reason */
  async turn(path: string, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    const now = this.#now();
    this.#bookedUntil = Math.max(this.#bookedUntil, now) + this.#intervalMs;
    const mine = this.#bookedUntil - this.#burstMs;
    while (true) {
      const wait = Math.max(mine, ...[SERVER, scopeOf(path)].map((scope) => this.#pausedUntil.get(scope) ?? 0)) -
        this.#now();
      if (wait <= 0) return;
      await this.#clock.sleep(wait, signal);
      signal?.throwIfAborted();
    }
  }

  /** The server refused a request for this path, and wants `ms` without another one. What the server of an extension
   * wants holds for its part of the API alone. */
  pause(path: string, ms: number): void {
    const scope = scopeOf(path);
    this.#pausedUntil.set(scope, Math.max(this.#pausedUntil.get(scope) ?? 0, this.#now() + ms));
  }

  #now(): number {
    const now = this.#clock.now().getTime();
    // A clock that was set back must not make anybody wait for it to come where it was.
    if (now < this.#latest) {
      this.#bookedUntil = now;
      this.#pausedUntil.clear();
    }
    return this.#latest = now;
  }
}

/** The group of the API where another server may stand behind it; otherwise {@linkcode SERVER}. */
function scopeOf(path: string): string {
  const group = /^\/apis\/([^/?]+)/.exec(path)?.[1] ?? SERVER;
  const builtIn = !group.includes(".") || (group.endsWith(".k8s.io") && !EXTENSIONS.test(group));
  return builtIn ? SERVER : group;
}
