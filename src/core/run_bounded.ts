import type { Clock } from "./clock.ts";
import { concatBytes } from "./concat_bytes.ts";
import { HAS_GROUPS, killWithGroup } from "./process_group.ts";

export interface BoundedRun {
  args: readonly string[];
  /** Its whole environment. */
  env: Readonly<Record<string, string>>;
  /** All that it can read; default: nothing. */
  stdin?: string;
  timeoutMs: number;
  maxOutputBytes: number;
  clock: Clock;
  signal?: AbortSignal;
}

export interface BoundedEnd {
  success: boolean;
  code: number;
  /** What ended it, when that was a signal. */
  signal: Deno.Signal | null;
  timedOut: boolean;
  /** The end of it, when there was more than `maxOutputBytes`. */
  stdout: Uint8Array;
  /** It wrote more than `maxOutputBytes`. */
  cut: boolean;
  /** On one line, its end. */
  stderr: string;
}

const MAX_STDERR_BYTES = 16 * 1024;
const MAX_DETAIL = 300;

/** Runs a program that nobody talks to: without a terminal, in a group of its own, and no longer than it may. When this
 * returns, nothing of that group is left.
 * @throws what the system says when it cannot be started; the signal's reason when aborted */
export async function runBounded(program: string, run: BoundedRun): Promise<BoundedEnd> {
  const { clock, signal } = run;
  signal?.throwIfAborted();
  const child = new Deno.Command(program, {
    args: [...run.args],
    env: { ...run.env },
    clearEnv: true,
    detached: HAS_GROUPS,
    stdin: run.stdin === undefined ? "null" : "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const end = () => killWithGroup(child);
  const done = new AbortController();
  let timedOut = false;
  signal?.addEventListener("abort", end, { once: true });
  const limit = clock.sleep(run.timeoutMs, done.signal).then(() => {
    if (done.signal.aborted) return;
    timedOut = true;
    end();
  });
  try {
    const told = run.stdin === undefined
      ? undefined
      : new Blob([run.stdin]).stream().pipeTo(child.stdin).catch(() => {}); // it need not read
    const [status, stdout, stderr] = await Promise.all([
      child.status,
      readEnd(child.stdout, run.maxOutputBytes),
      readEnd(child.stderr, MAX_STDERR_BYTES),
      told,
    ]);
    signal?.throwIfAborted();
    const said = new TextDecoder().decode(stderr.bytes).replace(/\s+/g, " ").trim();
    return {
      ...status,
      timedOut,
      stdout: stdout.bytes,
      cut: stdout.cut,
      stderr: said.length > MAX_DETAIL ? `…${said.slice(-MAX_DETAIL)}` : said,
    };
  } finally {
    signal?.removeEventListener("abort", end);
    done.abort();
    await limit;
    end(); // what it started and left behind
  }
}

/** The last bytes of a stream, `max` at most. */
async function readEnd(stream: ReadableStream<Uint8Array>, max: number): Promise<{ bytes: Uint8Array; cut: boolean }> {
  let chunks: Uint8Array[] = [];
  let size = 0;
  let cut = false;
  for await (const chunk of stream) {
    chunks.push(chunk);
    size += chunk.length;
    if (size < 2 * max) continue;
    chunks = [concatBytes(chunks).slice(-max)];
    size = max;
    cut = true;
  }
  return { bytes: concatBytes(chunks).slice(-max), cut: cut || size > max };
}
