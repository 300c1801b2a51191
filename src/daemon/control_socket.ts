import { dirname } from "node:path";
import type { StateFolder } from "../schedule/state_folder.ts";
import {
  type ControlAnswer,
  type ControlRequest,
  controlSocketPath,
  type DaemonStatus,
  MAX_REQUEST_BYTES,
} from "./control_protocol.ts";
import type { DaemonLog } from "./daemon_log.ts";
import type { ControlAddress } from "./pid_file.ts";
import { readLines } from "./read_lines.ts";

/** What can be asked of the daemon. */
export interface ControlHandlers {
  nudge(): void;
  status(): Promise<DaemonStatus>;
  /** Begins to stop; does not wait for the end. */
  stop(): void;
  /** @returns what came of it, for the one who asked */
  reload(): Promise<string>;
}

const REQUEST_TIMEOUT_MS = 5_000;

/** Takes commands: a Unix socket that only this user can open (Windows: a loopback port that asks for a token). */
export class ControlSocket {
  readonly #listener: Deno.Listener<Deno.Conn>;
  readonly #connections = new Set<Deno.Conn>();
  readonly #serving: Promise<void>;
  #stopped = false;

  private constructor(
    listener: Deno.Listener<Deno.Conn>,
    readonly address: ControlAddress,
    private readonly handlers: ControlHandlers,
    private readonly log: DaemonLog,
  ) {
    this.#listener = listener;
    this.#serving = this.#serve();
  }

  /** Whoever holds the daemon's lock may call it: what lies at the socket's path is then a leftover, and removed. */
  static async open(
    state: StateFolder,
    handlers: ControlHandlers,
    log: DaemonLog,
    options: { transport?: "unix" | "tcp"; temporary?: string } = {},
  ): Promise<ControlSocket> {
    if ((options.transport ?? (Deno.build.os === "windows" ? "tcp" : "unix")) === "tcp") {
      const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
      const { port } = listener.addr as Deno.NetAddr;
      return new ControlSocket(listener, { transport: "tcp", port, token: crypto.randomUUID() }, handlers, log);
    }
    const path = await controlSocketPath(state, options.temporary);
    await ownFolder(dirname(path));
    await Deno.remove(path).catch(() => {});
    const listener = Deno.listen({ transport: "unix", path });
    await Deno.chmod(path, 0o600);
    return new ControlSocket(listener as Deno.Listener<Deno.Conn>, { transport: "unix", path }, handlers, log);
  }

  async stop(): Promise<void> {
    if (this.#stopped) return await this.#serving;
    this.#stopped = true;
    this.#listener.close();
    for (const connection of this.#connections) close(connection);
    await this.#serving;
    if (this.address.transport === "unix") await Deno.remove(this.address.path).catch(() => {});
  }

  async #serve(): Promise<void> {
    const answers = new Set<Promise<void>>();
    while (!this.#stopped) {
      let connection: Deno.Conn;
      try {
        connection = await this.#listener.accept();
      } catch {
        if (this.#stopped) break;
        await new Promise((resolve) => setTimeout(resolve, 100)); // out of file descriptors: do not spin
        continue;
      }
      this.#connections.add(connection);
      const answering = this.#answer(connection).finally(() => {
        this.#connections.delete(connection);
        answers.delete(answering);
      });
      answers.add(answering);
    }
    await Promise.all(answers);
  }

  async #answer(connection: Deno.Conn): Promise<void> {
    // A client that connects and says nothing must not stay.
    const tooLate = setTimeout(() => close(connection), REQUEST_TIMEOUT_MS);
    try {
      for await (const line of readLines(connection.readable, MAX_REQUEST_BYTES)) {
        const answer = await this.#handle(line.text);
        const writer = connection.writable.getWriter();
        await writer.write(new TextEncoder().encode(JSON.stringify(answer) + "\n"));
        break;
      }
    } catch (error) {
      if (!this.#stopped) this.log.debug("a control connection broke", { error: String(error) });
    } finally {
      clearTimeout(tooLate);
      close(connection);
    }
  }

  async #handle(line: string): Promise<ControlAnswer> {
    let request: Partial<ControlRequest>;
    try {
      request = JSON.parse(line) ?? {};
    } catch {
      return { ok: false, error: "the request is not JSON" };
    }
    if (this.address.transport === "tcp" && request.token !== this.address.token) {
      return { ok: false, error: "the token is not the one in daemon.json" };
    }
    try {
      switch (request.op) {
        case "nudge":
          this.handlers.nudge();
          return { ok: true };
        case "status":
          return { ok: true, status: await this.handlers.status() };
        case "stop":
          this.handlers.stop();
          return { ok: true };
        case "reload":
          return { ok: true, message: await this.handlers.reload() };
        default:
          return { ok: false, error: `unknown operation "${String(request.op).slice(0, 40)}"` };
      }
    } catch (error) {
      return { ok: false, error: error instanceof Error ? error.message : String(error) };
    }
  }
}

/** Makes the folder, and refuses one that somebody else made there first: it could be swapped under the socket. A link of our
 * own may lead to it. */
async function ownFolder(path: string): Promise<void> {
  await Deno.mkdir(path, { recursive: true, mode: 0o700 });
  const info = await Deno.lstat(path);
  const own = Deno.uid();
  const ours = own === null || info.uid === null || info.uid === own;
  if (ours && info.isSymlink) return await ownFolder(await Deno.realPath(path));
  if (!ours || !info.isDirectory) throw new Error(`${path} belongs to somebody else`);
  await Deno.chmod(path, 0o700);
}

function close(connection: Deno.Conn): void {
  try {
    connection.close();
  } catch {
    // closed already, by the other side or by its stream
  }
}
