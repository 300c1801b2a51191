import { KubeUnreachableError } from "./errors.ts";
import type { ExecResult, ExecTarget } from "./kube_client.ts";

const STDOUT = 1;
const STDERR = 2;
const STATUS = 3;
/** Newest first; servers before 1.30 know the older one only. Both differ in stdin alone, which is never sent. */
export const EXEC_PROTOCOLS = ["v5.channel.k8s.io", "v4.channel.k8s.io"];

export function execPath({ namespace, pod, container, command }: ExecTarget): string {
  const query = new URLSearchParams({ container, stdout: "true", stderr: "true" });
  for (const part of command) query.append("command", part);
  return `/api/v1/namespaces/${encodeURIComponent(namespace)}/pods/${encodeURIComponent(pod)}/exec?${query}`;
}

/** Thrown when the server refused the WebSocket: the reason is in the answer to a plain request for the same path. */
export class ExecRefused extends Error {}

/** Reads a command's output off its WebSocket, to the end.
 * @param maxBytes of stdout, and of stderr; what comes after is dropped
 * @throws {ExecRefused} when the socket never opened
 * @throws {KubeUnreachableError} when it broke before the command's status came */
export function readExec(socket: WebSocket, maxBytes: number, signal?: AbortSignal): Promise<ExecResult> {
  const out = { [STDOUT]: new BoundedBuffer(maxBytes), [STDERR]: new BoundedBuffer(maxBytes) };
  let status: ExecStatus | undefined;
  let opened = false;
  socket.binaryType = "arraybuffer";
  return new Promise<ExecResult>((resolve, reject) => {
    const abort = () => {
      socket.close();
      reject(signal!.reason);
    };
    signal?.addEventListener("abort", abort, { once: true });
    if (signal?.aborted) abort();
    socket.onopen = () => opened = true;
    socket.onmessage = ({ data }) => {
      const frame = new Uint8Array(data as ArrayBuffer);
      const body = frame.subarray(1);
      if (frame[0] === STDOUT || frame[0] === STDERR) out[frame[0]].add(body);
      else if (frame[0] === STATUS) status = JSON.parse(new TextDecoder().decode(body));
    };
    // The close event always follows, with no more to say.
    socket.onerror = (event) => event.preventDefault();
    socket.onclose = ({ code, reason }) => {
      signal?.removeEventListener("abort", abort);
      if (!opened) return reject(new ExecRefused());
      if (status === undefined) {
        return reject(
          new KubeUnreachableError(
            `The connection to the command broke before it ended (WebSocket close ${code}${reason && ` ${reason}`})`,
          ),
        );
      }
      resolve({
        stdout: out[STDOUT].bytes(),
        stderr: out[STDERR].bytes(),
        failure: failureOf(status),
        truncated: out[STDOUT].truncated || out[STDERR].truncated,
      });
    };
  });
}

interface ExecStatus {
  status?: string;
  message?: string;
  details?: { causes?: { reason?: string; message?: string }[] };
}

/** Reads the status that ends an exec: `NonZeroExitCode` with a cause `ExitCode`, or another failure in words. */
export function failureOf({ status, message, details }: ExecStatus): ExecResult["failure"] {
  if (status === "Success") return undefined;
  const cause = details?.causes?.find(({ reason }) => reason === "ExitCode")?.message;
  // Some runtimes put it into the message alone.
  const code = /^\d+$/.exec(cause ?? "")?.[0] ?? /exit (?:status|code) (\d+)$/.exec(message ?? "")?.[1];
  const exitCode = code === undefined ? undefined : Number(code);
  return {
    ...(exitCode === undefined ? {} : { exitCode }),
    message: message ?? "The command failed without a message",
  };
}

class BoundedBuffer {
  #chunks: Uint8Array[] = [];
  #size = 0;
  truncated = false;

  constructor(readonly limit: number) {}

  add(chunk: Uint8Array): void {
    const room = this.limit - this.#size;
    if (chunk.length > room) this.truncated = true;
    if (room <= 0 || chunk.length === 0) return;
    const kept = chunk.length > room ? chunk.slice(0, room) : chunk;
    this.#chunks.push(kept);
    this.#size += kept.length;
  }

  bytes(): Uint8Array {
    const all = new Uint8Array(this.#size);
    let at = 0;
    for (const chunk of this.#chunks) {
      all.set(chunk, at);
      at += chunk.length;
    }
    return all;
  }
}
