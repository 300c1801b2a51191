import { tmpdir } from "node:os";
import { SupportBundleError } from "../../../core/errors.ts";
import { formatSize } from "../../../core/size.ts";
import { withTimeLimit } from "../../../core/time_limit.ts";
import { readBounded } from "../../bounded_body.ts";
import { findCommand, startGrouped } from "./child_process.ts";

export interface HostCommandResult {
  stdout: string;
  stderr: string;
  /** -1 when a signal ended it. */
  exitCode: number;
}

const MAX_OUTPUT_BYTES = 4_000_000;
const TIMEOUT_MS = 30_000;

/** Runs a tool of the host whose answer is small, in its plain locale.
 * @throws {SupportBundleError} `COMMAND_NOT_FOUND` when the host does not have it, `COMMAND_TIMEOUT` when it does not end,
 * `HOST_OUTPUT` when it writes more than 4 MB; the signal's reason when aborted */
export async function hostCommand(
  command: string,
  args: string[],
  signal: AbortSignal,
  options: { timeoutMs?: number } = {},
): Promise<HostCommandResult> {
  const limitMs = options.timeoutMs ?? TIMEOUT_MS;
  return await withTimeLimit(limitMs, signal, async (limited) => {
    const env = toolEnvironment(Deno.env.toObject());
    const child = startGrouped(await findCommand(command, env), { args, cwd: tmpdir(), env, signal: limited });
    const [stdout, stderr, exitCode] = await Promise.all([
      readBounded(child.stdout, MAX_OUTPUT_BYTES, { drain: true }),
      readBounded(child.stderr, MAX_OUTPUT_BYTES, { drain: true }),
      child.exitCode,
    ]);
    await child.close();
    signal.throwIfAborted();
    if (limited.aborted) {
      throw new SupportBundleError(`"${command}" did not end within ${limitMs / 1000} s, and was killed`, {
        code: "COMMAND_TIMEOUT",
      });
    }
    if (stdout.truncated) {
      throw new SupportBundleError(`"${command}" wrote more than ${formatSize(MAX_OUTPUT_BYTES)}`, {
        code: "HOST_OUTPUT",
      });
    }
    const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
    return { stdout: text(stdout.bytes), stderr: text(stderr.bytes), exitCode };
  });
}

/** The output of a tool that has to succeed.
 * @param what it is to do, for the error: `read the services`
 * @throws {SupportBundleError} `HOST_COMMAND` with what the tool says, when it fails */
export async function hostOutput(
  what: string,
  command: string,
  args: string[],
  signal: AbortSignal,
): Promise<HostCommandResult> {
  const result = await hostCommand(command, args, signal);
  if (result.exitCode === 0) return result;
  const why = result.stderr.trim().split("\n")[0] || `exit code ${result.exitCode}`;
  throw new SupportBundleError(`Cannot ${what}: ${command}: ${why}`, { code: "HOST_COMMAND" });
}

/** The environment for a tool of the system: its plain locale, and the folders of administrators' tools, which are in the
 * PATH of few users. */
export function toolEnvironment(env: Readonly<Record<string, string>>): Record<string, string> {
  const plain = { ...env, LC_ALL: "C" };
  if (Deno.build.os === "windows") return plain;
  return { ...plain, PATH: [env.PATH, "/usr/local/sbin", "/usr/sbin", "/sbin"].filter(Boolean).join(":") };
}
