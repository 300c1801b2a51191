import { toBytes } from "./latin1.ts";
import type { LineOutput } from "./line_output.ts";
import type { Carried, LinePass, PreviousLine } from "./line_pass.ts";

/** Runs the rules over a line that is too long to be looked at as a whole, part by part, each as if it were the line. */
export class LineParts {
  readonly #pass: LinePass;
  readonly #trial: LinePass;
  readonly #output: LineOutput;
  readonly #carried: Carried;

  /** @param trial for the same rules and file as `pass`, to see what they would do */
  constructor(pass: LinePass, trial: LinePass, output: LineOutput) {
    this.#pass = pass;
    this.#trial = trial;
    this.#output = output;
    this.#carried = pass.carried;
  }

  /** @param depth how many string literals the part begins in
   * @returns the part after redaction, or undefined when it stays */
  redact(part: Uint8Array, depth: number): Uint8Array | undefined {
    this.#pass.carried = this.#carried;
    const change = run(this.#pass, part, this.#output, depth);
    if (change?.previous !== undefined) this.#output.replacePrevious(change.previous);
    return change?.text === undefined ? undefined : toBytes(change.text);
  }

  /** What `redact` would make of it, without effect and with the constant mask. */
  try(part: Uint8Array, depth: number): Uint8Array | undefined {
    this.#trial.carried = this.#carried;
    const text = run(this.#trial, part, NO_LINE, depth)?.text;
    return text === undefined ? undefined : toBytes(text);
  }

  /** Gives out what will not change any more. */
  give(bytes: Uint8Array): void {
    this.#output.addPart(bytes);
  }

  /** Counts bytes that are left out for what the last trial hid. */
  hid(bytes: number): void {
    this.#pass.countHidden(this.#trial.lastRule, bytes);
  }
}

const NO_LINE: PreviousLine = { text: () => undefined };

function run(pass: LinePass, part: Uint8Array, previous: PreviousLine, depth: number) {
  pass.wantAll(part);
  return pass.run(part, 0, part.length, previous, depth);
}
