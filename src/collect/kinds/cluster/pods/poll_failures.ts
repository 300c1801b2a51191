import { KubeApiError, KubeUnreachableError } from "../../../../kube/errors.ts";

const MAX_IN_A_ROW = 5;

/** Lets polls fail a few times in a row, where the failure may pass: an API server that restarts should not cost a run. */
export class PollFailures {
  #inARow = 0;

  succeeded(): void {
    this.#inARow = 0;
  }

  /** @throws the error, when there is no point in another poll */
  failed(error: unknown): void {
    const passing = error instanceof KubeUnreachableError || (error instanceof KubeApiError && error.status >= 500);
    if (!passing || ++this.#inARow >= MAX_IN_A_ROW) throw error;
  }
}
