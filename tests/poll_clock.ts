import { type Clock, systemClock } from "../src/core/clock.ts";
import { ManualClock } from "./manual_clock.ts";

const POLL_MS = 1000;
const REAL_MS = 30;

/** A clock for code that polls a real server: what waits for the next poll waits a moment of real time, and every longer
 * wait, a deadline, ends when the test turns the clock. So a slow machine lets no deadline pass by itself. */
export class PollClock implements Clock {
  readonly #deadlines = new ManualClock(new Date());

  now(): Date {
    return this.#deadlines.now();
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return ms <= POLL_MS ? systemClock.sleep(REAL_MS, signal) : this.#deadlines.sleep(ms, signal);
  }

  async advance(ms: number): Promise<void> {
    await this.#deadlines.advance(ms);
  }
}
