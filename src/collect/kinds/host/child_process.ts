import { existsSync } from "node:fs";
import { stat } from "node:fs/promises";
import { delimiter, isAbsolute, join, resolve } from "node:path";
import { systemClock } from "../../../core/clock.ts";
import { raceAgainst } from "../../../core/race_against.ts";
import { SupportBundleError } from "../../../core/errors.ts";

/** A command of its own process group that leaves nothing behind. */
export interface GroupedChild {
  stdout: ReadableStream<Uint8Array>;
  stderr: ReadableStream<Uint8Array>;
  /** The exit code; -1 when a signal ended it. */
  exitCode: Promise<number>;
  /** Ends the command with everything it started; harmless when it has ended. */
  close(): Promise<void>;
}

// How long something that a command left running may hold its output open after the command's end.
const LEFTOVER_MS = 1000;

/** Starts a command. It is killed, its whole group with it, when the signal is aborted.
 * @param options.env its whole environment
 * @throws {SupportBundleError} `COMMAND_NOT_FOUND` */
export function startGrouped(
  command: string,
  options: { args: string[]; cwd: string; env: Record<string, string>; signal: AbortSignal },
): GroupedChild {
  options.signal.throwIfAborted();
  let child: Deno.ChildProcess;
  try {
    child = new Deno.Command(command, {
      args: options.args,
      cwd: options.cwd,
      env: options.env,
      clearEnv: true,
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
      detached: true,
    }).spawn();
  } catch (error) {
    throw commandNotFound(command, error);
  }
  let ended = false;
  const kill = () => {
    // The group outlives its first process, and keeps its number from being given away. A process of that number
    // is therefore a stranger, and there is no group left.
    if (ended && existsSync(`/proc/${child.pid}`)) return;
    try {
      if (Deno.build.os === "windows") child.kill("SIGKILL");
      else Deno.kill(-child.pid, "SIGKILL");
    } catch {
      // It has ended already.
    }
  };
  options.signal.addEventListener("abort", kill, { once: true });
  const exitCode = child.status.then(({ code, signal }) => {
    ended = true;
    options.signal.removeEventListener("abort", kill);
    return signal === null ? code : -1;
  });
  return {
    stdout: endingWith(child.stdout, exitCode, kill),
    stderr: endingWith(child.stderr, exitCode, kill),
    exitCode,
    async close() {
      kill();
      await exitCode;
    },
  };
}

/** A command's output that ends soon after the command, even if something it left running keeps it open: that is killed,
 * and given up when it has escaped from the group. */
function endingWith(
  output: ReadableStream<Uint8Array>,
  exit: Promise<unknown>,
  kill: () => void,
): ReadableStream<Uint8Array> {
  const reader = output.getReader();
  const orEnd = raceAgainst(exit.then(() => undefined));
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      const read = reader.read();
      let result = await orEnd(read) ?? await soon(read);
      if (result === undefined) {
        kill();
        result = await soon(read);
      }
      if (result?.value) return controller.enqueue(result.value);
      if (result === undefined) await reader.cancel();
      controller.close();
    },
    cancel: (reason) => reader.cancel(reason),
  }, { highWaterMark: 0 });
}

/** @returns undefined when it takes too long */
async function soon<T>(promise: Promise<T>): Promise<T | undefined> {
  const settled = new AbortController();
  try {
    return await Promise.race([promise, systemClock.sleep(LEFTOVER_MS, settled.signal).then(() => undefined)]);
  } finally {
    settled.abort();
  }
}

/** The file that a command names: a path made absolute, or a name looked up in `PATH`.
 * @throws {SupportBundleError} `COMMAND_NOT_FOUND` */
export async function findCommand(command: string, env: Readonly<Record<string, string>>): Promise<string> {
  const named = /[\/\\]/.test(command);
  const windows = Deno.build.os === "windows";
  const folders = named ? [""] : (env.PATH ?? env.Path ?? "").split(delimiter).filter((folder) => folder !== "");
  const endings = windows ? ["", ...(env.PATHEXT ?? ".COM;.EXE;.BAT;.CMD").split(";")] : [""];
  let found = false;
  for (const folder of folders) {
    for (const ending of endings) {
      const path = folder === ""
        ? resolve(command + ending)
        : join(isAbsolute(folder) ? folder : resolve(folder), command + ending);
      const info = await stat(path).catch(() => undefined);
      if (!info?.isFile()) continue;
      if (windows || (info.mode & 0o111) !== 0) return path;
      found = true;
    }
  }
  throw commandNotFound(command, found ? new Deno.errors.PermissionDenied() : new Deno.errors.NotFound());
}

function commandNotFound(command: string, cause: unknown): SupportBundleError {
  return new SupportBundleError(
    cause instanceof Deno.errors.NotFound
      ? `Cannot run "${command}": no such command on this host`
      : `Cannot run "${command}": it cannot be executed`,
    { code: "COMMAND_NOT_FOUND", hint: "Install it, or exclude the collector", cause },
  );
}
