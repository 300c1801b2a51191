import type { Clock } from "../../../core/clock.ts";
import { startDeadline } from "../../deadline.ts";
import { dial } from "./dial.ts";

const MAX_CONNECTIONS = 100;

/** Listens on a TCP port and answers whoever knows its question: who dials an address and gets the answer has reached this
 * very process, and not something else that listens there. */
export class TokenListener implements AsyncDisposable {
  readonly #listener: Deno.TcpListener;
  readonly #question = randomToken();
  readonly #answer = randomToken();
  readonly #connections = new Set<Deno.Conn>();
  readonly #serving: Promise<void>;

  /** @throws what the system says when nobody can listen there */
  constructor(address: { hostname: string; port: number }) {
    this.#listener = Deno.listen({ ...address, transport: "tcp" });
    // Whoever waits for an answer sees that there is none.
    this.#serving = this.#serve().catch(() => {});
  }

  /** Dials an address and asks.
   * @returns false when what answers there is not this listener
   * @throws {Deno.errors.TimedOut} and what the system says */
  async isReachedBy(
    address: { hostname: string; port: number },
    ms: number,
    { clock, signal }: { clock: Clock; signal: AbortSignal },
  ): Promise<boolean> {
    using deadline = startDeadline(clock, ms, signal);
    const connection = await dial(address, ms, { clock, signal });
    const close = () => closeQuietly(connection);
    deadline.signal.addEventListener("abort", close, { once: true });
    try {
      deadline.signal.throwIfAborted();
      await writeAll(connection, this.#question);
      return equal(await readUpTo(connection, this.#answer.length), this.#answer);
    } catch (error) {
      signal.throwIfAborted();
      if (deadline.expired) throw new Deno.errors.TimedOut("connected, and got no answer in time");
      throw error;
    } finally {
      deadline.signal.removeEventListener("abort", close);
      close();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#listener.close();
    for (const connection of this.#connections) closeQuietly(connection);
    await this.#serving;
  }

  async #serve(): Promise<void> {
    const answering = new Set<Promise<void>>();
    for await (const connection of this.#listener) {
      if (answering.size >= MAX_CONNECTIONS) {
        closeQuietly(connection);
        continue;
      }
      const answered = this.#answerTo(connection).then(() => void answering.delete(answered));
      answering.add(answered);
    }
    await Promise.all(answering);
  }

  async #answerTo(connection: Deno.Conn): Promise<void> {
    this.#connections.add(connection);
    try {
      const heard = await readUpTo(connection, this.#question.length);
      if (equal(heard, this.#question)) await writeAll(connection, this.#answer);
    } catch {
      // Health checks of load balancers come and go.
    } finally {
      this.#connections.delete(connection);
      closeQuietly(connection);
    }
  }
}

function randomToken(): Uint8Array {
  return new TextEncoder().encode(crypto.randomUUID());
}

async function writeAll(connection: Deno.Conn, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length;) at += await connection.write(bytes.subarray(at));
}

/** As many bytes, or fewer when the other side ends before. */
async function readUpTo(connection: Deno.Conn, length: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(length);
  let at = 0;
  while (at < length) {
    const read = await connection.read(bytes.subarray(at));
    if (read === null) break;
    at += read;
  }
  return bytes.subarray(0, at);
}

function equal(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}

function closeQuietly(connection: Deno.Conn): void {
  try {
    connection.close();
  } catch {
    // It is closed already.
  }
}
