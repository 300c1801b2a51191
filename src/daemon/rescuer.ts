import { describeError } from "../core/errors.ts";
import { recover, type RecoveryOptions } from "./recovery.ts";
import { RepeatedTask } from "./repeated_task.ts";

/** Looks for executions whose daemon died, as long as this one lives: with a shared store the others' too. */
export class Rescuer extends RepeatedTask {
  /** @param onRecovered told when something may have become runnable */
  constructor(
    private readonly options: RecoveryOptions,
    private readonly onRecovered: () => void,
    private readonly everyMs = 30_000,
  ) {
    super(options.clock, everyMs);
  }

  protected override async turn(): Promise<number> {
    try {
      await recover(this.options);
      this.onRecovered(); // also for what only waited for another's lease to end
    } catch (error) {
      this.options.log.error("cannot look for interrupted executions", {
        component: "executor",
        error: describeError(error),
      });
    }
    return this.everyMs;
  }
}
