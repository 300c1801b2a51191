import { anySignal } from "../../../core/any_signal.ts";
import type { Clock } from "../../../core/clock.ts";
import { isAbort } from "../../../core/errors.ts";
import { KubeApiError } from "../../../kube/errors.ts";

/** A kubelet that gave no answer this often is not asked again. */
const MAX_FAILURES = 2;
/** A kubelet that answers at all does not let more time pass without a byte. */
const SILENCE_MS = 15_000;

/** Reads from kubelets, by way of the API server. One that does not answer costs a few seconds, once: it must not use up
 * the time that others need. */
export class FailingNodes {
  readonly #failures = new Map<string, number>();

  constructor(readonly clock: Clock) {}

  /** @param open asks the kubelet of this node; it obeys its signal
   * @returns what `open` gives; it fails with a TimeoutError when the node falls silent while somebody reads
   * @throws {DOMException} a TimeoutError when there is no answer in time, or there was none to others
   * @throws what `open` throws */
  async read(
    node: string,
    signal: AbortSignal,
    open: (signal: AbortSignal) => Promise<ReadableStream<Uint8Array>>,
  ): Promise<ReadableStream<Uint8Array>> {
    if ((this.#failures.get(node) ?? 0) >= MAX_FAILURES) {
      throw timeout(`The kubelet of node "${node}" does not answer: it is not asked any more`);
    }
    const silent = new AbortController();
    const either = anySignal(signal, silent.signal);
    const within = async <T>(action: () => Promise<T>): Promise<T> => {
      try {
        return await this.#within(node, { parent: signal, silent }, action);
      } catch (error) {
        either[Symbol.dispose]();
        throw error;
      }
    };
    const reader = (await within(() => open(either))).getReader();
    return new ReadableStream<Uint8Array>({
      async pull(controller) {
        const { done, value } = await within(() => reader.read());
        if (!done) return controller.enqueue(value);
        either[Symbol.dispose]();
        controller.close();
      },
      async cancel(reason) {
        either[Symbol.dispose]();
        await reader.cancel(reason);
      },
    }, { highWaterMark: 0 });
  }

  async #within<T>(
    node: string,
    { parent, silent }: { parent: AbortSignal; silent: AbortController },
    action: () => Promise<T>,
  ): Promise<T> {
    const answered = new AbortController();
    const silence = async (): Promise<never> => {
      await this.clock.sleep(SILENCE_MS, answered.signal);
      const error = timeout(`The kubelet of node "${node}" did not answer for ${SILENCE_MS / 1000} s`);
      if (!answered.signal.aborted) silent.abort(error);
      throw error;
    };
    try {
      return await Promise.race([action(), silence()]);
    } catch (error) {
      // A deadline of the request is passed on as it is; where nobody wanted to stop, it says the same.
      const failed = silent.signal.aborted || isNodeFailure(error) || (isAbort(error) && !parent.aborted);
      if (failed) this.#failures.set(node, (this.#failures.get(node) ?? 0) + 1);
      throw silent.signal.aborted ? silent.signal.reason : error;
    } finally {
      answered.abort(ANSWERED);
    }
  }
}

/** A reason given costs less than one that is made for each answer. */
const ANSWERED = "answered";

function timeout(message: string): DOMException {
  return new DOMException(message, "TimeoutError");
}

/** The API server answers 500 or 502 where the kubelet did not answer it. */
function isNodeFailure(error: unknown): boolean {
  return error instanceof KubeApiError && error.status >= 500 &&
    /dial tcp|i\/o timeout|deadline exceeded|no route to host|handshake timeout|proxy error/i.test(error.detail ?? "");
}
