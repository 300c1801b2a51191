import { Buffer } from "node:buffer";
import type { LoginMethod } from "./login.ts";

const READY_TIMEOUT_MS = 30_000;
const CLOSE_TIMEOUT_MS = 2000;
/** What is right under Deno 2.6: `ssh2` cannot use its AES-GCM, and has no ChaCha20 without native code; its Diffie-Hellman
 * groups have keys of 512 bits whatever was asked for, and it has no P-521. */
const ALGORITHMS = {
  cipher: ["aes128-ctr", "aes256-ctr", "aes192-ctr"],
  kex: ["curve25519-sha256", "curve25519-sha256@libssh.org", "ecdh-sha2-nistp256", "ecdh-sha2-nistp384"],
};

export interface SessionOptions {
  host: string;
  port: number;
  username: string;
  methods: LoginMethod[];
  /** Algorithms of host keys, the preferred ones first. */
  hostKeyAlgorithms: string[];
  acceptsHostKey(key: Uint8Array): boolean;
  signal: AbortSignal;
}

/** A file that is open at the server. */
export type Handle = Buffer;

/** What an SFTP server answers when it does not do what it was asked to.
 * @see https://datatracker.ietf.org/doc/html/draft-ietf-secsh-filexfer-02#section-7 */
export const SFTP_STATUS = { noSuchFile: 2, permissionDenied: 3, failure: 4, noSpace: 14, quota: 15 } as const;

export interface FileFacts {
  bytes: number;
  isFolder: boolean;
}

/** A connection to an SFTP server. Whatever is asked of it fails once the connection is lost, or the signal aborted. */
export class SftpSession implements AsyncDisposable {
  // deno-lint-ignore no-explicit-any -- `ssh2` has no types of its own
  readonly #client: any;
  // deno-lint-ignore no-explicit-any
  readonly #sftp: any;
  readonly #pending: Pending;

  // deno-lint-ignore no-explicit-any
  private constructor(client: any, sftp: any, pending: Pending) {
    this.#client = client;
    this.#sftp = sftp;
    this.#pending = pending;
  }

  /** @throws what `ssh2` says, with `level` or `code`, or the signal's reason */
  static async open(options: SessionOptions): Promise<SftpSession> {
    const { signal } = options;
    signal.throwIfAborted();
    const { default: { Client } } = await import("ssh2");
    const client = new Client();
    const pending = new Pending();
    const closed = Promise.withResolvers<void>();
    client.on("error", (error: Error) => pending.end(error));
    client.on("close", () => {
      pending.end(new Deno.errors.ConnectionReset("the connection was lost"));
      closed.resolve();
    });
    const abort = () => {
      pending.end(signal.reason);
      client.destroy();
    };
    signal.addEventListener("abort", abort, { once: true });
    client.on("close", () => signal.removeEventListener("abort", abort));
    try {
      await pending.add<void>((done) => {
        client.on("ready", () => done(undefined));
        client.connect(connectOptions(options));
      });
      // deno-lint-ignore no-explicit-any
      const sftp = await pending.add<any>((done) => client.sftp(done));
      return new SftpSession(client, sftp, pending);
    } catch (error) {
      client.destroy();
      freeCiphers(client);
      throw error;
    }
  }

  openFile(path: string, flags: "w" | "r" | "r+"): Promise<Handle> {
    return this.#pending.add((done) => this.#sftp.open(path, flags, { mode: 0o600 }, done));
  }

  closeFile(handle: Handle): Promise<void> {
    return this.#pending.add((done) => this.#sftp.close(handle, done));
  }

  /** The bytes may be used again once it has returned, before it has settled. */
  write(handle: Handle, bytes: Uint8Array, position: number): Promise<void> {
    const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
    return this.#pending.add((done) => this.#sftp.write(handle, buffer, 0, buffer.length, position, done));
  }

  /** @returns how many bytes there were, 0 at the end of the file */
  read(handle: Handle, into: Uint8Array, position: number): Promise<number> {
    const buffer = Buffer.from(into.buffer, into.byteOffset, into.length);
    return this.#pending.add((done) => this.#sftp.read(handle, buffer, 0, buffer.length, position, done));
  }

  /** @returns undefined when there is no such file */
  async stat(path: string): Promise<FileFacts | undefined> {
    try {
      // deno-lint-ignore no-explicit-any
      const stats = await this.#pending.add<any>((done) => this.#sftp.stat(path, done));
      return { bytes: stats.size, isFolder: stats.isDirectory() };
    } catch (error) {
      if (sftpStatus(error) === SFTP_STATUS.noSuchFile) return undefined;
      throw error;
    }
  }

  makeFolder(path: string): Promise<void> {
    return this.#pending.add((done) => this.#sftp.mkdir(path, done));
  }

  remove(path: string): Promise<void> {
    return this.#pending.add((done) => this.#sftp.unlink(path, done));
  }

  /** Gives a file another name, in place of the file that has it. */
  async rename(from: string, to: string): Promise<void> {
    if (this.#extends("posix-rename@openssh.com")) {
      return await this.#pending.add((done) => this.#sftp.ext_openssh_rename(from, to, done));
    }
    await this.remove(to).catch((error) => {
      if (sftpStatus(error) !== SFTP_STATUS.noSuchFile) throw error;
    });
    await this.#pending.add((done) => this.#sftp.rename(from, to, done));
  }

  /** Has the server put a file on its disk, where it can. */
  async sync(handle: Handle): Promise<void> {
    if (!this.#extends("fsync@openssh.com")) return;
    await this.#pending.add((done) => this.#sftp.ext_openssh_fsync(handle, done));
  }

  /** What is left for this account on the disk of a folder; undefined when the server does not say. */
  async freeBytes(folder: string): Promise<number | undefined> {
    if (!this.#extends("statvfs@openssh.com", "2")) return undefined;
    // deno-lint-ignore no-explicit-any
    const disk = await this.#pending.add<any>((done) => this.#sftp.ext_openssh_statvfs(folder, done));
    return Number(disk.f_bavail) * Number(disk.f_frsize);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#pending.end(new Error("the session is closed"));
    const closed = Promise.withResolvers<void>();
    const timer = setTimeout(() => {
      this.#client.destroy();
      closed.resolve();
    }, CLOSE_TIMEOUT_MS);
    this.#client.on("close", closed.resolve);
    if (this.#client._sock?.destroyed) closed.resolve();
    else this.#client.end();
    await closed.promise;
    clearTimeout(timer);
    freeCiphers(this.#client);
  }

  #extends(name: string, version = "1"): boolean {
    return this.#sftp._extensions?.[name] === version;
  }
}

/** The code of an SFTP server's answer; undefined for any other failure. */
export function sftpStatus(error: unknown): number | undefined {
  return error instanceof Error && "code" in error && typeof error.code === "number" ? error.code : undefined;
}

function connectOptions(options: SessionOptions) {
  return {
    host: options.host.replace(/^\[|\]$/g, ""),
    port: options.port,
    username: options.username,
    authHandler: [{ type: "none", username: options.username }, ...options.methods],
    hostVerifier: (key: Uint8Array) => options.acceptsHostKey(new Uint8Array(key)),
    readyTimeout: READY_TIMEOUT_MS,
    algorithms: { ...ALGORITHMS, serverHostKey: options.hostKeyAlgorithms },
  };
}

/** Those of `node:crypto` are resources of Deno until their end, which `ssh2` never calls. */
// deno-lint-ignore no-explicit-any
export function freeCiphers({ _protocol }: any): void {
  for (const cipher of [_protocol?._cipher?._cipherInstance, _protocol?._decipher?._decipherInstance]) {
    try {
      cipher?.final();
    } catch {
      // It has come to its end before.
    }
  }
}

/** What has been asked for and not yet answered. */
class Pending {
  readonly #waiting = new Set<(error: unknown) => void>();
  #ended?: { error: unknown };

  /** @param ask passes `done` to a function that takes a callback */
  add<T>(ask: (done: (error: unknown, result?: T) => void) => void): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      if (this.#ended !== undefined) return reject(this.#ended.error);
      this.#waiting.add(reject);
      const done = (error: unknown, result?: T) => {
        this.#waiting.delete(reject);
        if (error) reject(this.#ended?.error ?? error);
        else resolve(result as T);
      };
      try {
        ask(done);
      } catch (error) {
        done(error);
      }
    });
  }

  /** All that waits fails, and all that comes. */
  end(error: unknown): void {
    this.#ended ??= { error };
    for (const reject of this.#waiting) reject(this.#ended.error);
    this.#waiting.clear();
  }
}
