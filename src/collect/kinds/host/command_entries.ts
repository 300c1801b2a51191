import { bytesEntry, type Entry, jsonEntry } from "../../../bundle/entry.ts";
import { boundBody, readBounded } from "../../bounded_body.ts";
import type { CollectContext } from "../../collector.ts";
import { startDeadline } from "../../deadline.ts";
import { startGrouped } from "./child_process.ts";

const MAX_STDOUT_BYTES = 50_000_000;
// Held in memory until standard output has been read.
const MAX_STDERR_BYTES = 10_000_000;

export interface CommandRun {
  /** Path of the files without their endings. */
  base: string;
  /** Path of the program. */
  command: string;
  args: string[];
  cwd: string;
  env: Record<string, string>;
  /** Longest time of the command, in ms and as the spec writes it. */
  limit?: { ms: number; text: string };
  /** What else the info file says. */
  info: { outputDir: string; input: string; env: string[] | null };
}

/** Runs a command and yields what it writes (`.txt`), its errors if any (`-stderr.txt`), and how it ended (`-info.json`): a
 * failure or a timeout is content. Nothing of it is left running.
 * @throws {SupportBundleError} `COMMAND_NOT_FOUND`; the signal's reason when aborted */
export async function* commandEntries(
  { base, command, args, cwd, env, limit, info }: CommandRun,
  { clock, signal }: Pick<CollectContext, "clock" | "signal">,
): AsyncGenerator<Entry> {
  using deadline = startDeadline(clock, limit?.ms, signal);
  const child = startGrouped(command, { args, cwd, env, signal: deadline.signal });
  try {
    const stderr = readBounded(child.stderr, MAX_STDERR_BYTES, { drain: true });
    const body = child.stdout.pipeThrough(
      new TransformStream({
        flush() {
          if (deadline.expired) stdout.truncated = { limit: `timeout ${limit?.text}` };
        },
      }),
    );
    const file = { type: "file", path: `${base}.txt`, body, source: command } as const;
    const stdout = boundBody(file, MAX_STDOUT_BYTES, { drain: true });
    yield stdout;
    const exitCode = await child.exitCode;
    const { bytes, truncated } = await stderr;
    signal.throwIfAborted();
    if (bytes.length > 0) {
      const entry = bytesEntry(`${base}-stderr.txt`, bytes, command);
      yield truncated ? { ...entry, truncated: { limit: `${MAX_STDERR_BYTES} bytes` } } : entry;
    }
    const error = deadline.expired
      ? `killed: it did not end within ${limit?.text}`
      : exitCode === 0
      ? ""
      : new TextDecoder().decode(bytes);
    yield jsonEntry(
      `${base}-info.json`,
      { command: [command, ...args].join(" "), exitCode: String(exitCode), error, ...info },
      { indent: 0, source: command },
    );
  } finally {
    await child.close();
  }
}
