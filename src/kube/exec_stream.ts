import { anySignal } from "../core/any_signal.ts";
import { concatBytes } from "../core/concat_bytes.ts";
import { SupportBundleError } from "../core/errors.ts";
import type { ExecEnd, ExecResult, ExecStream, ExecTarget } from "./kube_client.ts";
import type { Pace } from "./paced_sockets.ts";

const STDOUT = 1;
const STDERR = 2;
const STATUS = 3;
const STDIN = 0;
const CLOSE = 255;
/** Knows how to end stdin. */
const WITH_STDIN = "v5.channel.k8s.io";
/** Newest first; servers before 1.30 know the older one only. Both differ in the end of stdin alone. */
export const EXEC_PROTOCOLS = [WITH_STDIN, "v4.channel.k8s.io"];

/** What may wait for the reader of a stream before the sender is held back … */
const QUEUE_BYTES = 4 * 1024 * 1024;
/** … and what may wait where it cannot be. */
const MAX_BACKLOG_BYTES = 64 * 1024 * 1024;
const MAX_STDERR_BYTES = 64 * 1024;
const STDIN_FRAME_BYTES = 32 * 1024;

/** @param stdin whether the command gets an input */
export function execPath({ namespace, pod, container, command }: ExecTarget, stdin = false): string {
  const query = new URLSearchParams({ container, stdout: "true", stderr: "true" });
  if (stdin) query.set("stdin", "true");
  for (const part of command) query.append("command", part);
  return `/api/v1/namespaces/${encodeURIComponent(namespace)}/pods/${encodeURIComponent(pod)}/exec?${query}`;
}

/** A command that ran, and whose connection broke before its status came: its pod may be gone. Nothing is said about the
 * cluster. */
export class ExecBrokenError extends SupportBundleError {
  constructor(message: string, hint = "Check that the pod still runs") {
    super(message, { code: "KUBE_EXEC_BROKEN", hint });
  }
}

/** Thrown when the server refused the WebSocket: the reason is in the answer to a plain request for the same path. */
export class ExecRefused extends Error {}

/** Reads a command's output off its WebSocket, to the end.
 * @param maxBytes of stdout, and of stderr; what comes after is dropped
 * @param stdin all that the command has to read
 * @throws {SupportBundleError} NOT_SUPPORTED when the server cannot end the command's input
 * @throws {ExecRefused} when the socket never opened
 * @throws {ExecBrokenError} when it broke before the command's status came */
export async function readExec(
  socket: WebSocket,
  { maxBytes, signal, stdin }: { maxBytes: number; signal?: AbortSignal; stdin?: Uint8Array },
): Promise<ExecResult> {
  const stdout = new BoundedBuffer(maxBytes);
  const stderr = new BoundedBuffer(maxBytes);
  const status = await follow(
    socket,
    {
      stdout: (chunk) => stdout.add(chunk),
      stderr: (chunk) => stderr.add(chunk),
    },
    signal,
    stdin,
  );
  return {
    stdout: stdout.bytes(),
    stderr: stderr.bytes(),
    failure: failureOf(status),
    truncated: stdout.truncated || stderr.truncated,
  };
}

/** Hands a command's output on as it comes off its WebSocket, and holds the sender back while nobody reads it.
 * @param pace of the socket's connection; without one, a backlog of 64 MiB ends the stream with an error
 * @returns once the socket is open
 * @throws {ExecRefused} when it never opened */
export async function streamExec(
  socket: WebSocket,
  { pace, signal, onBytes }: { pace?: Pace; signal?: AbortSignal; onBytes?: (bytes: number) => void } = {},
): Promise<ExecStream> {
  const stderr = new BoundedBuffer(MAX_STDERR_BYTES);
  const opened = Promise.withResolvers<void>();
  const unwanted = new AbortController();
  const either = signal === undefined ? unwanted.signal : anySignal(signal, unwanted.signal);
  let sink!: ReadableStreamDefaultController<Uint8Array>;
  let cancelled = false;
  const stdout = new ReadableStream<Uint8Array>({
    start: (controller) => void (sink = controller),
    pull: () => pace?.resume(),
    cancel() {
      cancelled = true;
      unwanted.abort(new DOMException("The output is not wanted any more", "AbortError"));
    },
  }, new ByteLengthQueuingStrategy({ highWaterMark: QUEUE_BYTES }));

  const ended = follow(socket, {
    opened: opened.resolve,
    stdout(chunk) {
      if (cancelled || unwanted.signal.aborted) return;
      sink.enqueue(chunk);
      onBytes?.(chunk.length);
      const room = sink.desiredSize ?? 0;
      if (room <= 0) pace?.pause();
      if (QUEUE_BYTES - room > MAX_BACKLOG_BYTES) unwanted.abort(tooFast());
    },
    stderr: (chunk) => stderr.add(chunk),
  }, either).then((status): ExecEnd => {
    sink.close();
    return { stderr: stderr.bytes(), failure: failureOf(status), cancelled: false };
  }).catch((error): ExecEnd => {
    if (cancelled) return { stderr: stderr.bytes(), failure: undefined, cancelled: true };
    sink.error(error);
    opened.reject(error);
    throw error;
  }).finally(() => {
    pace?.end();
    if (signal !== undefined) (either as ReturnType<typeof anySignal>)[Symbol.dispose]();
  });
  ended.catch(() => {}); // whoever reads stdout hears of it there
  await opened.promise;
  return { stdout, ended };
}

function tooFast(): ExecBrokenError {
  return new ExecBrokenError(
    "Cannot read the output of the command to its end: it comes faster than it can be taken, and the connection cannot be slowed down",
    "Reach the API server without a proxy, or take less at once",
  );
}

interface Heard {
  opened?(): void;
  stdout(chunk: Uint8Array): void;
  stderr(chunk: Uint8Array): void;
}

/** Follows a command to its status, which comes after all output. */
function follow(socket: WebSocket, heard: Heard, signal?: AbortSignal, stdin?: Uint8Array): Promise<ExecStatus> {
  let status: ExecStatus | undefined;
  let opened = false;
  socket.binaryType = "arraybuffer";
  return new Promise<ExecStatus>((resolve, reject) => {
    const abort = () => {
      socket.close();
      reject(signal!.reason);
    };
    signal?.addEventListener("abort", abort, { once: true });
    if (signal?.aborted) abort();
    socket.onopen = () => {
      opened = true;
      heard.opened?.();
      if (stdin === undefined) return;
      if (socket.protocol === WITH_STDIN) return sendStdin(socket, stdin);
      socket.close();
      reject(stdinWithoutEnd());
    };
    socket.onmessage = ({ data }) => {
      const frame = new Uint8Array(data as ArrayBuffer);
      const body = frame.subarray(1);
      if (frame[0] === STDOUT && body.length > 0) heard.stdout(body);
      else if (frame[0] === STDERR && body.length > 0) heard.stderr(body);
      else if (frame[0] === STATUS) status = JSON.parse(new TextDecoder().decode(body));
    };
    // The close event always follows, with no more to say.
    socket.onerror = (event) => event.preventDefault();
    socket.onclose = ({ code, reason }) => {
      signal?.removeEventListener("abort", abort);
      if (!opened) return reject(new ExecRefused());
      if (status !== undefined) return resolve(status);
      reject(
        new ExecBrokenError(
          `The connection to the command broke before it ended (WebSocket close ${code}${reason && ` ${reason}`})`,
        ),
      );
    };
  });
}

/** Sends the whole input, in frames that every server takes, and then its end. */
function sendStdin(socket: WebSocket, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length; at += STDIN_FRAME_BYTES) {
    const part = bytes.subarray(at, at + STDIN_FRAME_BYTES);
    const frame = new Uint8Array(part.length + 1);
    frame[0] = STDIN;
    frame.set(part, 1);
    socket.send(frame);
  }
  socket.send(new Uint8Array([CLOSE, STDIN]));
}

function stdinWithoutEnd(): SupportBundleError {
  return new SupportBundleError(
    `Cannot give a command in a pod its input: the API server does not speak ${WITH_STDIN}, which ends it`,
    { code: "NOT_SUPPORTED", hint: "Kubernetes 1.30 or newer is needed for this" },
  );
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
    if (room <= 0) return;
    const kept = chunk.length > room ? chunk.slice(0, room) : chunk;
    this.#chunks.push(kept);
    this.#size += kept.length;
  }

  bytes(): Uint8Array {
    return concatBytes(this.#chunks);
  }
}
