import type { Clock } from "../core/clock.ts";

/** Something that the daemon does again and again, on its clock, until it is stopped. */
export abstract class RepeatedTask {
  readonly #stopping = new AbortController();
  #running: Promise<void> | undefined;

  /** @param firstAfterMs the first turn's time, from the start */
  constructor(private readonly taskClock: Clock, private readonly firstAfterMs = 0) {}

  start(): void {
    this.#running ??= this.#loop();
  }

  /** Waits for a turn that goes on, unless that heeds {@linkcode stopping}. Twice is harmless. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
  }

  protected get stopping(): AbortSignal {
    return this.#stopping.signal;
  }

  /** Must not reject.
   * @returns after how many milliseconds the next one is due */
  protected abstract turn(): Promise<number>;

  async #loop(): Promise<void> {
    for (let waitMs = this.firstAfterMs;;) {
      if (waitMs > 0) await this.taskClock.sleep(waitMs, this.stopping);
      if (this.stopping.aborted) return;
      waitMs = await this.turn();
    }
  }
}
