import { describeError } from "../core/errors.ts";
import { DAEMON_ENV, EXECUTION_ENV } from "../core/execution_mark.ts";
import { spawnChild } from "./spawn_child.ts";
import { USUAL_ARENAS } from "./one_arena.ts";
import { endGroup, killGroup } from "./process_identity.ts";
import { readLines, readTail } from "./read_lines.ts";
import { type TellRequest, type TellResult, tellResultSchema } from "./tell_protocol.ts";

export interface TellProcessOptions {
  /** The command line of the child: this program's `tell`. */
  command: { command: string; args: string[] };
  request: TellRequest;
  /** Names of what it does not get of this process's environment. */
  withheld?: readonly string[];
  /** Ends the child at once. */
  signal: AbortSignal;
  /** When the child is ended, by real time. */
  limitMs: number;
  onResult(result: TellResult): void;
}

const MAX_LINE_BYTES = 64 * 1024;
const MAX_STDERR_BYTES = 4 * 1024;

/** Sends notifications in a child process, so that whatever a notifier does costs the daemon nothing. When it returns, no
 * process of the child's group is left. Never rejects.
 * @returns what is wrong with the child; empty when it ended well */
export async function tellInChild(options: TellProcessOptions): Promise<string> {
  let child: Deno.ChildProcess;
  try {
    const env = { ...USUAL_ARENAS, [DAEMON_ENV]: String(Deno.pid), [EXECUTION_ENV]: `tell-${crypto.randomUUID()}` };
    child = spawnChild(options.command, env, options.withheld);
  } catch (error) {
    return `it could not be started: ${describeError(error)}`;
  }
  let late = false;
  const end = () => void killGroup(child.pid, "SIGKILL");
  // Real time: it bounds a process, which knows no other.
  const timer = setTimeout(() => {
    late = true;
    end();
  }, options.limitMs);
  options.signal.addEventListener("abort", end, { once: true });
  if (options.signal.aborted) end();
  const complaint = readTail(child.stderr, MAX_STDERR_BYTES);
  const heard = listen(child.stdout, options.onResult);
  try {
    await send(child.stdin, options.request);
    const status = await child.status;
    await endGroup(child.pid);
    await heard;
    const said = (await complaint).trim();
    if (late) return `it did not end within ${options.limitMs / 1000} s`;
    if (status.success) return "";
    return `it ended with ${status.signal ?? `exit code ${status.code}`}${said === "" ? "" : `: ${said}`}`;
  } finally {
    clearTimeout(timer);
    options.signal.removeEventListener("abort", end);
  }
}

async function send(stdin: WritableStream<Uint8Array>, request: TellRequest): Promise<void> {
  const writer = stdin.getWriter();
  try {
    await writer.write(new TextEncoder().encode(JSON.stringify(request) + "\n"));
    await writer.close();
  } catch {
    // It ended before it read all of it. How it ended says why.
    await writer.abort().catch(() => {});
  }
}

async function listen(stdout: ReadableStream<Uint8Array>, onResult: (result: TellResult) => void): Promise<void> {
  try {
    for await (const { text, cut } of readLines(stdout, MAX_LINE_BYTES)) {
      if (cut) continue;
      const result = tellResultSchema.safeParse(parseJson(text));
      if (result.success) onResult(result.data);
    }
  } catch {
    // a broken pipe: what was heard until then counts
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
