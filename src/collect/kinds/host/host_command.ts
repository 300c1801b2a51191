import { SupportBundleError } from "../../../core/errors.ts";
import { readBounded } from "../../bounded_body.ts";

export interface HostCommandResult {
  stdout: string;
  stderr: string;
  /** -1 when a signal ended it. */
  exitCode: number;
}

const MAX_OUTPUT_BYTES = 4_000_000;

/** Runs a tool of the host whose answer is small, in its plain locale.
 * @throws {SupportBundleError} `COMMAND_NOT_FOUND` when the host does not have it; the signal's reason when aborted */
export async function hostCommand(command: string, args: string[], signal: AbortSignal): Promise<HostCommandResult> {
  signal.throwIfAborted();
  let child: Deno.ChildProcess;
  try {
    child = new Deno.Command(command, {
      args,
      env: { LC_ALL: "C" },
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
      signal,
    }).spawn();
  } catch (error) {
    throw commandNotFound(command, error);
  }
  const [stdout, stderr, status] = await Promise.all([
    readBounded(child.stdout, MAX_OUTPUT_BYTES, { drain: true }),
    readBounded(child.stderr, MAX_OUTPUT_BYTES, { drain: true }),
    child.status,
  ]);
  signal.throwIfAborted();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { stdout: text(stdout.bytes), stderr: text(stderr.bytes), exitCode: status.signal ? -1 : status.code };
}

export function commandNotFound(command: string, cause: unknown): SupportBundleError {
  return new SupportBundleError(
    cause instanceof Deno.errors.NotFound
      ? `Cannot run "${command}": no such command on this host`
      : `Cannot run "${command}": it cannot be executed`,
    { code: "COMMAND_NOT_FOUND", hint: "Install it, or exclude the collector", cause },
  );
}
