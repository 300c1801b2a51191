import { Buffer } from "node:buffer";
import { EXECUTION_ENV } from "../../src/core/execution_mark.ts";
import type { SecretHunt } from "./secret_hunt.ts";

/** A process that had a secret in its environment. */
export interface Holder {
  secret: string;
  command: string;
  /** Of which it is a part, when it is. */
  execution: string;
}

const EVERY_MS = 40;

/** Watches command lines and environments, as /proc shows them to everybody, and to the owner: command lines of all processes,
 * and the environments of those that come from a program. */
export class ProcessWatch implements AsyncDisposable {
  readonly #holders = new Map<string, Holder>();
  readonly #seen = new Set<string>();
  readonly #stopping = new AbortController();
  readonly #watching: Promise<void>;

  /** @param program path of the program; what it starts is watched with it */
  constructor(private readonly hunt: SecretHunt, private readonly program: string) {
    this.#watching = this.#watch();
  }

  /** Commands that were seen, of the program and what it started. */
  get commands(): string[] {
    return [...this.#seen];
  }

  get holders(): Holder[] {
    return [...this.#holders.values()];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopping.abort();
    await this.#watching;
  }

  async #watch(): Promise<void> {
    while (!this.#stopping.signal.aborted) {
      this.#look();
      await new Promise((resolve) => setTimeout(resolve, EVERY_MS));
    }
  }

  #look(): void {
    const parents = new Map<number, number>();
    const commands = new Map<number, string>();
    for (const { name } of Deno.readDirSync("/proc")) {
      const pid = Number(name);
      const command = Number.isInteger(pid) ? read(`/proc/${pid}/cmdline`) : undefined;
      if (command === undefined) continue;
      commands.set(pid, command.toString().replaceAll("\0", " ").trim());
      for (const secret of this.hunt.namesIn(command)) this.hunt.leaks.add(`${secret} in a command line`);
      const stat = read(`/proc/${pid}/stat`)?.toString() ?? "";
      parents.set(pid, Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]));
    }
    const isOurs = (pid: number | undefined): boolean =>
      pid !== undefined && pid > 1 && (commands.get(pid)?.startsWith(this.program) || isOurs(parents.get(pid)));
    for (const [pid, command] of commands) {
      if (!isOurs(pid)) continue;
      this.#seen.add(command);
      const environment = read(`/proc/${pid}/environ`);
      if (environment === undefined) continue;
      const execution = new RegExp(`(?:^|\0)${EXECUTION_ENV}=([^\0]*)`).exec(environment.toString())?.[1] ?? "";
      for (const secret of this.hunt.namesIn(environment)) {
        this.#holders.set(`${secret} ${command} ${execution}`, { secret, command, execution });
      }
    }
  }
}

function read(path: string): Buffer | undefined {
  try {
    return Buffer.from(Deno.readFileSync(path));
  } catch {
    return undefined; // it has ended, or is somebody else's
  }
}
