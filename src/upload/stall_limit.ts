import { anySignal } from "../core/any_signal.ts";

/** Ends what makes no progress any more: its signal is aborted when {@linkcode touch} was not called for so long. However
 * long the whole takes, it is not ended while it moves. */
export class StallLimit implements Disposable {
  readonly signal: AbortSignal & Disposable;
  readonly #own = new AbortController();
  readonly #ms: number;
  #timer?: ReturnType<typeof setTimeout>;
  #ended = false;

  constructor(ms: number, parent: AbortSignal) {
    this.#ms = ms;
    this.signal = anySignal(parent, this.#own.signal);
    this.touch();
  }

  touch(): void {
    clearTimeout(this.#timer);
    if (this.#ended) return;
    this.#timer = setTimeout(
      () => this.#own.abort(new DOMException(`Nothing moved for ${this.#ms / 1000} s`, "TimeoutError")),
      this.#ms,
    );
  }

  /** Waits for something that is slow on purpose. */
  async allow<T>(waiting: Promise<T>): Promise<T> {
    clearTimeout(this.#timer);
    try {
      return await waiting;
    } finally {
      this.touch();
    }
  }

  [Symbol.dispose](): void {
    this.#ended = true;
    clearTimeout(this.#timer);
    this.signal[Symbol.dispose]();
  }
}
