import type { Account } from "../core/account.ts";
import type { Clock } from "../core/clock.ts";
import type { ExitCode } from "../core/exit_codes.ts";

/** What a command knows of the outside world. Made once by `run_cli.ts`; tests make their own. */
export interface CliContext {
  readonly env: Readonly<Record<string, string>>;
  /** Takes variables out of what children inherit from now on; `env` keeps them. */
  withholdVariables?(names: Iterable<string>): void;
  /** Absolute. Relative paths of flags and arguments start here. */
  readonly cwd: string;
  readonly clock: Clock;
  /** Data only: what `-o json` prints stays parseable. */
  readonly stdout: Output;
  /** Notes, progress and questions. */
  readonly stderr: Output;
  readonly stdin: Input;
  /** Who gives the command; absent: the account of this process. */
  readonly account?: Account;
  /** Aborted by Ctrl-C and SIGTERM. */
  readonly signal: AbortSignal;
  /** Aborted by the second one: drop everything. */
  readonly abort: AbortSignal;
  /** What the process shall end with when the command returns: set it for an answer that is no error. A failure is thrown. */
  exitCode: ExitCode | number;
}

export interface Output {
  /** Takes the text at once, in the order of the calls; the promise says when it is out. */
  write(text: string): Promise<void> | void;
  /** As `write`, for what is no text. Absent where only texts can be written. */
  writeBytes?(bytes: Uint8Array): Promise<void> | void;
  readonly isTerminal: boolean;
  /** Width of the terminal; `Infinity` when it is none, so that nothing is cut in a pipe. */
  readonly columns: number;
  /** True: the process goes on when nobody reads any more. Default: it ends, as in `… | head`. */
  outlivesReader?: boolean;
}

export interface Input {
  readonly isTerminal: boolean;
  /** Everything until its end, as UTF-8. */
  readAll(): Promise<string>;
  /** One line without its end; undefined at the end of the input. For questions on a terminal. */
  readLine(): Promise<string | undefined>;
  /** As `readLine`, and nothing that is typed is shown; further lines that were pasted with it come along. Absent where the
   * terminal cannot do that.
   * @param ask called when the terminal shows nothing any more, so that a quick answer to it is not shown either */
  readHidden?(ask?: () => Promise<void> | void): Promise<string | undefined>;
}
