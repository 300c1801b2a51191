import { describeError } from "../core/errors.ts";
import { recover, type RecoveryOptions } from "./recovery.ts";

/** Looks for executions whose daemon died, as long as this one lives: with a shared store the others' too. */
export class Rescuer {
  readonly #stopping = new AbortController();
  #running: Promise<void> | undefined;

  /** @param onRecovered told when something may have become runnable */
  constructor(
    private readonly options: RecoveryOptions,
    private readonly onRecovered: () => void,
    private readonly everyMs = 30_000,
  ) {}

  start(): void {
    this.#running ??= this.#loop();
  }

  /** Twice is harmless. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
  }

  async #loop(): Promise<void> {
    for (;;) {
      await this.options.clock.sleep(this.everyMs, this.#stopping.signal);
      if (this.#stopping.signal.aborted) return;
      try {
        await recover(this.options);
        this.onRecovered(); // also for what only waited for another's lease to end
      } catch (error) {
        this.options.log.error("cannot look for interrupted executions", {
          component: "executor",
          error: describeError(error),
        });
      }
    }
  }
}
